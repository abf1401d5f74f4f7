#include "answer.hpp"

#include <charconv>

namespace howdah::bench {

namespace {

std::uint32_t read32(std::string_view s)
{
    std::uint32_t n = 0;
    for (std::size_t i = 0; i < 4; ++i)
        n = n << 8U | static_cast<unsigned char>(s[i]);
    return n;
}

bool is_number(std::string_view text, std::int64_t expected)
{
    std::int64_t n = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), n);
    return end.ec == std::errc{} && end.ptr == text.data() + text.size() && n == expected;
}

std::string eight_digits(std::int64_t n)
{
    const std::string digits = std::to_string(n);
    return std::string(8 - digits.size(), '0') + digits;
}

// "\x3030…" and base64 of the same: what a blob begins with in text.
std::string hex(std::string_view bytes)
{
    std::string out = "\\x";
    for (const char c : bytes) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4U];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15U];
    }
    return out;
}

std::string base64_of_six(std::string_view bytes)
{
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < 6; i += 3) {
        unsigned n = 0;
        for (std::size_t k = 0; k < 3; ++k)
            n = n << 8U | static_cast<unsigned char>(bytes[i + k]);
        for (unsigned shift : {18U, 12U, 6U, 0U})
            out += digits[(n >> shift) & 63U];
    }
    return out;
}

bool starts_with(std::string_view text, std::string_view with) { return text.substr(0, with.size()) == with; }

} // namespace

void Answer::expect(const Step& step, std::int64_t key)
{
    step_ = &step;
    check_ = step.check;
    key_ = key;
    rows_ = 0;
    complete_ = wrong_ = tagged_ = false;
    error_.clear();
}

void Answer::feed(std::string_view bytes)
{
    if (!rest_.empty()) {
        rest_.append(bytes);
        bytes = rest_;
    }
    while (!bytes.empty() && !complete_) {
        const std::size_t taken = wire_ == Wire::lines ? take_line(bytes) : take_message(bytes);
        if (taken == 0)
            break;
        bytes.remove_prefix(taken);
    }
    rest_ = std::string(bytes);
}

std::size_t Answer::take_message(std::string_view bytes)
{
    if (skip_ > 0) {
        const std::size_t n = std::min(skip_, bytes.size());
        skip_ -= n;
        return n;
    }
    if (bytes.size() < 5)
        return 0;
    const std::size_t length = read32(bytes.substr(1)) + std::size_t{1};
    const std::size_t needed = bytes[0] == 'D' ? std::min(length, prefix) : length;
    if (bytes.size() < needed)
        return 0;
    message(bytes[0], bytes.substr(5, needed - 5), length - 5);
    skip_ = length - needed;
    return needed;
}

void Answer::message(char type, std::string_view body, std::size_t length)
{
    switch (type) {
    case 'D': {
        ++rows_;
        if (check_ == Step::Check::none || body.size() < 6)
            return;
        const std::size_t key_length = read32(body.substr(2));
        if (body.size() < 10 + key_length) { // NULL, or no second column
            wrong_ = true;
            return;
        }
        const std::string_view key = body.substr(6, key_length);
        row(key, body.substr(10 + key_length), length - 10 - key_length);
        return;
    }
    case 'C':
        tagged_ = step_->tag.empty() || body.substr(0, body.size() - 1) == step_->tag;
        return;
    case 'E':
        error_ = body;
        for (char& c : error_)
            c = c == '\0' ? ' ' : c;
        return;
    case 'Z':
        finish();
        return;
    default:
        return;
    }
}

std::size_t Answer::take_line(std::string_view bytes)
{
    const std::size_t end = bytes.find('\n');
    const std::size_t taken = end == std::string_view::npos ? bytes.size() : end + 1;
    if (skip_line_) {
        skip_line_ = end == std::string_view::npos;
        return taken;
    }
    if (end == std::string_view::npos && bytes.size() < prefix)
        return 0;
    line(bytes.substr(0, end));
    skip_line_ = end == std::string_view::npos;
    return taken;
}

// The prefix of a line, where it is long.
void Answer::line(std::string_view text)
{
    if (starts_with(text, "[")) {
        ++rows_;
        const std::size_t comma = text.find(',');
        if (check_ == Step::Check::none || comma == std::string_view::npos)
            return;
        std::string_view value = text.substr(comma + 1);
        value.remove_prefix(starts_with(value, R"({"blob":)") ? 9 : 1);
        row(text.substr(1, comma - 1), value, 0);
    } else if (starts_with(text, R"({"error")")) {
        error_ = text;
        finish();
    } else if (starts_with(text, R"({"rows")")) {
        tagged_ = check_ != Step::Check::tag || text.find(R"("changes":1,)") != std::string_view::npos;
        finish();
    }
}

// `length` of the value where the wire tells it, else 0.
void Answer::row(std::string_view key, std::string_view value, std::size_t length)
{
    if (check_ == Step::Check::range) {
        wrong_ |= !is_number(key, key_ + rows_ - 1);
        return;
    }
    wrong_ |= !is_number(key, key_);
    if (check_ == Step::Check::row) {
        const std::string text = std::to_string(key_) + ':';
        wrong_ |= !starts_with(value, text);
    } else if (check_ == Step::Check::blob) {
        const std::string digits = eight_digits(key_);
        const auto size = static_cast<std::size_t>(step_->size);
        const bool binary = starts_with(value, digits) && length == size;
        const bool text = starts_with(value, hex(digits)) && length == 2 * size + 2;
        wrong_ |= wire_ == Wire::lines ? !starts_with(value, base64_of_six(digits)) : !binary && !text;
    }
}

void Answer::finish()
{
    complete_ = true;
    if (failed() || check_ == Step::Check::none)
        return;
    const std::int64_t expected = check_ == Step::Check::range ? step_->rows : check_ == Step::Check::tag ? 0 : 1;
    wrong_ |= rows_ != expected || !tagged_;
}

} // namespace howdah::bench
