#include "pool/wire.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace howdah::pool::wire {

namespace {

void put16(std::string& out, std::int16_t value)
{
    const auto v = static_cast<std::uint16_t>(value);
    out.push_back(static_cast<char>(v >> 8));
    out.push_back(static_cast<char>(v));
}

void put32(std::string& out, std::uint32_t v)
{
    const char bytes[4] = {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
                           static_cast<char>(v)};
    out.append(bytes, 4);
}

void put_string(std::string& out, std::string_view s)
{
    assert(s.find('\0') == std::string_view::npos);
    out.append(s);
    out.push_back('\0');
}

// Writes the type and leaves room for the length, which the destructor fills in.
class Frame {
public:
    Frame(std::string& out, char type) : out_(out)
    {
        out_.push_back(type);
        at_ = out_.size();
        out_.append(4, '\0');
    }
    ~Frame()
    {
        const auto n = static_cast<std::uint32_t>(out_.size() - at_);
        for (int i = 0; i < 4; ++i)
            out_[at_ + static_cast<std::size_t>(i)] = static_cast<char>(n >> (24 - 8 * i));
    }
    Frame(const Frame&) = delete;
    Frame& operator=(const Frame&) = delete;

private:
    std::string& out_;
    std::size_t at_ = 0;
};

// Takes values off the front of a body. After a failure everything reads as zero and ok() is false.
class Reader {
public:
    explicit Reader(std::string_view body) : rest_(body) {}

    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::int16_t i16() { return static_cast<std::int16_t>(u16()); }
    std::uint32_t u32() { return number(4); }
    std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
    std::string_view bytes(std::size_t n)
    {
        if (n > rest_.size()) {
            ok_ = false;
            n = 0;
        }
        const std::string_view taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }
    std::string_view string()
    {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos) {
            ok_ = false;
            return {};
        }
        const std::string_view taken = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return taken;
    }
    bool ok() const { return ok_; }
    bool finished() const { return ok_ && rest_.empty(); }
    std::size_t left() const { return rest_.size(); }

private:
    std::uint32_t number(std::size_t n)
    {
        std::uint32_t v = 0;
        for (const char c : bytes(n))
            v = v << 8 | static_cast<unsigned char>(c);
        return v;
    }

    std::string_view rest_;
    bool ok_ = true;
};

} // namespace

void put_parse(std::string& out, std::string_view name, std::string_view sql, std::span<const Param> params)
{
    const Frame frame(out, 'P');
    put_string(out, name);
    put_string(out, sql);
    put16(out, static_cast<std::int16_t>(params.size()));
    for (const Param& p : params)
        put32(out, p.type);
}

void put_bind(std::string& out, std::string_view portal, std::string_view name, std::span<const Param> params,
              std::span<const std::int16_t> formats)
{
    const Frame frame(out, 'B');
    put_string(out, portal);
    put_string(out, name);
    put16(out, static_cast<std::int16_t>(params.size()));
    for (const Param& p : params)
        put16(out, p.binary ? 1 : 0);
    put16(out, static_cast<std::int16_t>(params.size()));
    for (const Param& p : params) {
        put32(out, p.bytes ? static_cast<std::uint32_t>(p.bytes->size()) : ~std::uint32_t{0});
        if (p.bytes)
            out.append(*p.bytes);
    }
    put16(out, static_cast<std::int16_t>(formats.size()));
    for (const std::int16_t f : formats)
        put16(out, f);
}

void put_parse(std::string& out, std::string_view name, std::string_view sql, std::span<const Oid> types)
{
    const Frame frame(out, 'P');
    put_string(out, name);
    put_string(out, sql);
    put16(out, static_cast<std::int16_t>(types.size()));
    for (const Oid type : types)
        put32(out, type);
}

void put_shared(std::string& out, std::string_view name, std::string_view rest)
{
    {
        const Frame frame(out, 'B');
        out.push_back('\0'); // the unnamed portal
        put_string(out, name);
        out.append(rest);
    }
    static constexpr std::string_view execute("E\0\0\0\x09\0\0\0\0\0", 10);
    out.append(execute);
}

void put_rest_begin(std::string& rest, std::size_t params)
{
    put16(rest, 1);
    put16(rest, 1);
    put16(rest, static_cast<std::int16_t>(params));
}

void put_value(std::string& rest, const std::optional<std::string>& bytes)
{
    put32(rest, bytes ? static_cast<std::uint32_t>(bytes->size()) : ~std::uint32_t{0});
    if (bytes)
        rest.append(*bytes);
}

void put_array_begin(std::string& out, Oid element, std::size_t count)
{
    constexpr std::uint32_t dimensions = 1, has_nulls = 0, lower_bound = 1;
    for (const std::uint32_t part : {dimensions, has_nulls, element, static_cast<std::uint32_t>(count), lower_bound})
        put32(out, part);
}

void put_rest_end(std::string& rest, std::span<const std::int16_t> formats)
{
    put16(rest, static_cast<std::int16_t>(formats.size()));
    for (const std::int16_t format : formats)
        put16(rest, format);
}

void put_describe_portal(std::string& out, std::string_view portal)
{
    const Frame frame(out, 'D');
    out.push_back('P');
    put_string(out, portal);
}

void put_describe_statement(std::string& out, std::string_view name)
{
    const Frame frame(out, 'D');
    out.push_back('S');
    put_string(out, name);
}

void put_execute(std::string& out, std::string_view portal, std::int32_t max_rows)
{
    const Frame frame(out, 'E');
    put_string(out, portal);
    put32(out, static_cast<std::uint32_t>(max_rows));
}

void put_close_statement(std::string& out, std::string_view name)
{
    const Frame frame(out, 'C');
    out.push_back('S');
    put_string(out, name);
}

void put_close_portal(std::string& out, std::string_view portal)
{
    const Frame frame(out, 'C');
    out.push_back('P');
    put_string(out, portal);
}

void put_query(std::string& out, std::string_view sql)
{
    const Frame frame(out, 'Q');
    put_string(out, sql);
}

void put_sync(std::string& out) { const Frame frame(out, 'S'); }
void put_flush(std::string& out) { const Frame frame(out, 'H'); }
void put_terminate(std::string& out) { const Frame frame(out, 'X'); }

void Decoder::resize(std::size_t capacity)
{
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ > begin_)
        std::memcpy(larger.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    buffer_ = std::move(larger);
    capacity_ = capacity;
}

std::span<char> Decoder::room()
{
    const std::size_t have = end_ - begin_;
    if (have == 0)
        begin_ = end_ = 0;
    if (capacity_ == 0 || (capacity_ > large && std::max(have, wanted_) <= base)) {
        resize(base);
    } else if (have == capacity_) {
        // Grows only when the buffer is full: a length alone is a claim.
        resize(wanted_ > capacity_ ? std::min(capacity_ * 2, wanted_) : capacity_ * 2);
    } else if (begin_ > 0 && (end_ == capacity_ || wanted_ > capacity_ - begin_)) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, have);
        begin_ = 0;
        end_ = have;
    }
    return {buffer_.get() + end_, capacity_ - end_};
}

void Decoder::shrink()
{
    if (capacity_ > base && std::max(end_ - begin_, wanted_) <= base)
        resize(base);
}

void Decoder::filled(std::size_t n)
{
    assert(n <= capacity_ - end_);
    end_ += n;
}

std::optional<Message> Decoder::next()
{
    if (broken_ || end_ - begin_ < 5)
        return std::nullopt;
    const char* const at = buffer_.get() + begin_;
    const std::uint32_t length = Reader({at + 1, 4}).u32();
    if (length < 4 || length > max_message) {
        broken_ = true;
        return std::nullopt;
    }
    const std::size_t whole = 1 + std::size_t{length};
    if (end_ - begin_ < whole) {
        wanted_ = whole;
        return std::nullopt;
    }
    wanted_ = 0;
    begin_ += whole;
    return Message{at[0], {at + 5, length - 4}};
}

bool read_row(std::string_view body, std::vector<Field>& row)
{
    Reader in(body);
    const std::size_t columns = in.u16();
    if (columns > in.left() / 4)
        return false;
    row.clear();
    for (std::size_t i = 0; i < columns; ++i) {
        const std::int32_t n = in.i32();
        if (n == -1) {
            row.emplace_back();
        } else if (n < 0) {
            return false;
        } else {
            row.emplace_back(in.bytes(static_cast<std::size_t>(n)));
        }
    }
    return in.finished();
}

bool read_row_description(std::string_view body, std::vector<FieldDescription>& columns)
{
    Reader in(body);
    const std::size_t n = in.u16();
    if (n > in.left() / 19)
        return false;
    columns.clear();
    columns.reserve(n);
    for (std::size_t i = 0; i < n && in.ok(); ++i) {
        FieldDescription& column = columns.emplace_back();
        column.name = in.string();
        column.table_oid = in.u32();
        column.attribute = in.i16();
        column.type = in.u32();
        column.type_size = in.i16();
        column.type_modifier = in.i32();
        column.format = in.i16();
    }
    return in.finished();
}

bool read_parameter_types(std::string_view body, std::vector<Oid>& types)
{
    Reader in(body);
    types.clear();
    for (std::uint16_t n = in.u16(); n > 0 && types.size() < body.size(); --n)
        types.push_back(in.u32());
    return in.finished();
}

std::optional<std::string_view> read_tag(std::string_view body)
{
    Reader in(body);
    const std::string_view tag = in.string();
    if (!in.finished())
        return std::nullopt;
    return tag;
}

std::optional<char> read_status(std::string_view body)
{
    if (body.size() != 1 || (body[0] != 'I' && body[0] != 'T' && body[0] != 'E'))
        return std::nullopt;
    return body[0];
}

std::optional<Notification> read_notification(std::string_view body)
{
    Reader in(body);
    Notification n;
    n.pid = in.i32();
    n.channel = in.string();
    n.payload = in.string();
    if (!in.finished())
        return std::nullopt;
    return n;
}

Report read_report(std::string_view body)
{
    Report report;
    ServerError& e = report.error;
    std::string_view untranslated;
    Reader in(body);
    while (in.left() > 0) {
        const std::string_view code = in.bytes(1);
        if (code[0] == '\0')
            break;
        const std::string_view value = in.string();
        switch (code[0]) {
        case 'S':
            e.severity = value;
            break;
        case 'V':
            untranslated = value;
            break;
        case 'C':
            e.sqlstate = value;
            break;
        case 'M':
            e.message = value;
            break;
        case 'D':
            e.detail = value;
            break;
        case 'H':
            e.hint = value;
            break;
        case 'P':
            e.position = value;
            break;
        case 'W':
            e.where = value;
            break;
        case 's':
            e.schema = value;
            break;
        case 't':
            e.table = value;
            break;
        case 'c':
            e.column = value;
            break;
        case 'd':
            e.datatype = value;
            break;
        case 'n':
            e.constraint = value;
            break;
        case 'R':
            e.routine = value;
            break;
        default:
            break;
        }
    }
    if (!untranslated.empty())
        e.severity = untranslated;
    report.fatal = e.severity == "FATAL" || e.severity == "PANIC";
    return report;
}

} // namespace howdah::pool::wire
