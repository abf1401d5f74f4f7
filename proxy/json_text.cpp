#include "proxy/json_text.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace howdah::proxy {

namespace {

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto base64_values = [] {
    std::array<int, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i)
        values[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<int>(i);
    return values;
}();

constexpr auto needs_escape = [] {
    std::array<bool, 256> table{};
    for (int c = 0; c < 0x20; ++c)
        table[static_cast<std::size_t>(c)] = true;
    table['"'] = table['\\'] = true;
    return table;
}();

// The length of the character that starts at p (RFC 3629: no overlong forms, no surrogates), 0 when there is none.
std::size_t character_length(const unsigned char* p, std::size_t left)
{
    const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
        return i < left && p[i] >= low && p[i] <= high;
    };
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xC2 && p[0] <= 0xDF)
        return follows(1) ? 2 : 0;
    if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        const bool second = p[0] == 0xE0 ? follows(1, 0xA0) : p[0] == 0xED ? follows(1, 0x80, 0x9F) : follows(1);
        return second && follows(2) ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        const bool second = p[0] == 0xF0 ? follows(1, 0x90) : p[0] == 0xF4 ? follows(1, 0x80, 0x8F) : follows(1);
        return second && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

void append_escape(std::string& out, unsigned char c)
{
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
    case '"':
        out += "\\\"";
        return;
    case '\\':
        out += "\\\\";
        return;
    case '\n':
        out += "\\n";
        return;
    case '\r':
        out += "\\r";
        return;
    case '\t':
        out += "\\t";
        return;
    default:
        out += "\\u00";
        out += digits[c >> 4U];
        out += digits[c & 15U];
    }
}

} // namespace

bool is_utf8(std::string_view text)
{
    const auto* p = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t i = 0;
    while (i < text.size()) {
        std::uint64_t eight = 0;
        while (i + sizeof eight <= text.size()) {
            std::memcpy(&eight, p + i, sizeof eight);
            if ((eight & 0x8080808080808080ULL) != 0)
                break;
            i += sizeof eight;
        }
        if (i == text.size())
            break;
        const std::size_t length = character_length(p + i, text.size() - i);
        if (length == 0)
            return false;
        i += length;
    }
    return true;
}

void append_json_string(std::string& out, std::string_view text)
{
    out += '"';
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (needs_escape[c]) {
            out.append(text, start, i - start);
            append_escape(out, c);
            start = i + 1;
        }
    }
    out.append(text, start);
    out += '"';
}

void append_json_integer(std::string& out, std::int64_t value)
{
    std::array<char, 24> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    out.append(digits.data(), end);
}

void append_json_real(std::string& out, double value)
{
    std::array<char, 32> digits{};
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
    out += text;
    if (text.find_first_of(".e") == std::string_view::npos)
        out += ".0";
}

void append_base64(std::string& out, std::string_view bytes)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(bytes[i])); };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const unsigned group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
        for (const unsigned shift : {18U, 12U, 6U, 0U})
            out += base64_alphabet[group >> shift & 63U];
    }
    if (bytes.size() - i == 1) {
        out += base64_alphabet[byte(i) >> 2U];
        out += base64_alphabet[byte(i) << 4U & 63U];
        out += "==";
    } else if (bytes.size() - i == 2) {
        out += base64_alphabet[byte(i) >> 2U];
        out += base64_alphabet[(byte(i) << 4U | byte(i + 1) >> 4U) & 63U];
        out += base64_alphabet[byte(i + 1) << 2U & 63U];
        out += '=';
    }
}

std::optional<std::string> decode_base64(std::string_view text)
{
    for (int padding = 0; padding < 2 && text.ends_with('=') && text.size() % 4 != 1; ++padding)
        text.remove_suffix(1);
    if (text.size() % 4 == 1)
        return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3 + 2);
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        const int value = base64_values[static_cast<unsigned char>(c)];
        if (value < 0)
            return std::nullopt;
        bits = bits << 6U | static_cast<unsigned>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> count & 255U);
        }
    }
    return bytes;
}

} // namespace howdah::proxy
