// See decode.hpp.
#include "decode.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace howdah::proxy::pgwire {

namespace {

constexpr std::size_t short_size = 512; // the room of a client whose messages are short, as most are
constexpr std::size_t read_size = 4 * 1024;
constexpr std::size_t keep_size = 64 * 1024; // an empty buffer larger than this is given back
constexpr std::size_t max_startup_bytes = 10'000;
constexpr std::size_t max_password_bytes = 66'000;
constexpr std::size_t max_cancel_key_bytes = 256;
constexpr std::int32_t ssl_request = 80877103, gssenc_request = 80877104, cancel_request = 80877102;

struct BadMessage {
    std::string why;
};

// Reads a message's body; throws BadMessage where it is too short.
class Reader {
public:
    explicit Reader(std::string_view body) : rest_(body) {}

    std::uint8_t byte() { return static_cast<std::uint8_t>(take(1)[0]); }
    std::int16_t int16() { return static_cast<std::int16_t>(unsigned_of(take(2))); }
    std::uint16_t count() { return static_cast<std::uint16_t>(int16()); } // PostgreSQL 14 and newer: unsigned
    std::int32_t int32() { return static_cast<std::int32_t>(unsigned_of(take(4))); }
    std::string_view take(std::size_t n)
    {
        if (n > rest_.size())
            throw BadMessage{"insufficient data left in message"};
        const std::string_view taken = rest_.substr(0, n);
        rest_.remove_prefix(n);
        return taken;
    }
    std::string_view string()
    {
        const std::size_t end = rest_.find('\0');
        if (end == std::string_view::npos)
            throw BadMessage{"invalid string in message"};
        const std::string_view s = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return s;
    }
    std::string_view rest() { return take(rest_.size()); }
    std::size_t left() const { return rest_.size(); }
    void end() const
    {
        if (!rest_.empty())
            throw BadMessage{"invalid message format"};
    }

private:
    static std::uint32_t unsigned_of(std::string_view bytes)
    {
        std::uint32_t n = 0;
        for (const char c : bytes)
            n = n << 8U | static_cast<std::uint8_t>(c);
        return n;
    }
    std::string_view rest_;
};

Query read_query(Reader& r) { return {r.string()}; }

// Parse ::= string statement, string sql, int16 n, n × int32 type
Parse read_parse(Reader& r)
{
    Parse m{r.string(), r.string(), {}};
    const std::size_t n = r.count();
    if (n * 4 > r.left())
        throw BadMessage{"insufficient data left in message"};
    m.types.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
        m.types.push_back(static_cast<Oid>(r.int32()));
    return m;
}

std::vector<std::int16_t> read_formats(Reader& r)
{
    const std::size_t n = r.count();
    if (n * 2 > r.left())
        throw BadMessage{"insufficient data left in message"};
    std::vector<std::int16_t> formats;
    formats.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        formats.push_back(r.int16());
        if (formats.back() != 0 && formats.back() != 1)
            throw BadMessage{"unsupported format code: " + std::to_string(formats.back())};
    }
    return formats;
}

// Bind ::= string portal, string statement, formats, int16 n, n × (int32 length or -1, bytes), formats
Bind read_bind(Reader& r)
{
    Bind m{r.string(), r.string(), read_formats(r), {}, {}};
    const std::size_t n = r.count();
    if (n * 4 > r.left())
        throw BadMessage{"insufficient data left in message"};
    m.values.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
        const std::int32_t length = r.int32();
        if (length < -1)
            throw BadMessage{"invalid message format"};
        if (length == -1)
            m.values.emplace_back(std::nullopt);
        else
            m.values.emplace_back(r.take(static_cast<std::size_t>(length)));
    }
    if (m.formats.size() > 1 && m.formats.size() != n)
        throw BadMessage{"bind message has " + std::to_string(m.formats.size()) + " parameter formats but " +
                         std::to_string(n) + " parameters"};
    m.result_formats = read_formats(r);
    return m;
}

template <typename T>
T read_named(Reader& r, const char* what)
{
    T m{static_cast<char>(r.byte()), r.string()};
    if (m.kind != 'S' && m.kind != 'P')
        throw BadMessage{std::string("invalid ") + what + " message subtype " + std::to_string(m.kind)};
    return m;
}

template <typename T>
T skipped(Reader& r)
{
    r.rest();
    return {};
}

Message read_message(char type, Reader& r)
{
    switch (type) {
    case 'Q':
        return read_query(r);
    case 'P':
        return read_parse(r);
    case 'B':
        return read_bind(r);
    case 'D':
        return read_named<Describe>(r, "DESCRIBE");
    case 'E':
        return Execute{r.string(), std::max(0, r.int32())};
    case 'C':
        return read_named<Close>(r, "CLOSE");
    case 'S':
        return Sync{};
    case 'H':
        return Flush{};
    case 'F':
        return skipped<FunctionCall>(r);
    case 'd':
        return skipped<CopyData>(r);
    case 'c':
        return skipped<CopyDone>(r);
    case 'f':
        return skipped<CopyFail>(r);
    case 'X':
        return skipped<Terminate>(r);
    default: // 'p': next() lets no other through
        return Password{r.rest()};
    }
}

// StartupMessage ::= int32 version, (string name, string value)*, 0
StartupMessage read_startup(std::int32_t version, Reader& r)
{
    StartupMessage m{version >> 16, version & 0xffff, {}};
    if (m.major != 3) {
        r.rest();
        return m;
    }
    while (true) {
        const std::string_view name = r.string();
        if (name.empty())
            break;
        m.parameters.emplace_back(name, r.string());
    }
    r.end();
    return m;
}

std::uint32_t length_at(const char* p)
{
    std::array<unsigned char, 4> b{};
    std::memcpy(b.data(), p, 4);
    return static_cast<std::uint32_t>(b[0]) << 24U | static_cast<std::uint32_t>(b[1]) << 16U |
           static_cast<std::uint32_t>(b[2]) << 8U | b[3];
}

bool is_running_type(char type) { return type != 0 && std::strchr("QPBDECSHFdcfX", type) != nullptr; }

} // namespace

std::span<char> Decoder::prepare()
{
    if (begin_ == end_) {
        begin_ = end_ = 0;
        if (buffer_.size() > keep_size)
            std::string().swap(buffer_);
    } else if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    // A long message doubles the buffer as its bytes come in.
    const std::size_t least = was_filled_ ? read_size : short_size;
    const std::size_t room = std::max(least, std::min(wanted_ > end_ ? wanted_ - end_ : 0, end_));
    if (buffer_.size() - end_ < room)
        buffer_.resize(end_ + room);
    return {buffer_.data() + end_, buffer_.size() - end_};
}

void Decoder::commit(std::size_t bytes)
{
    end_ += bytes;
    was_filled_ = was_filled_ || end_ == buffer_.size();
}

std::size_t Decoder::spare() const { return begin_ == end_ && buffer_.size() > 2 * read_size ? buffer_.size() : 0; }

void Decoder::rest()
{
    begin_ = end_ = 0;
    was_filled_ = false;
    std::string().swap(buffer_);
}

void Decoder::feed(std::string_view bytes)
{
    while (!bytes.empty()) {
        const std::span<char> room = prepare();
        const std::size_t n = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), n);
        commit(n);
        bytes.remove_prefix(n);
    }
}

Message Decoder::broken(char type, std::string why)
{
    dead_ = true;
    discard();
    return Malformed{type, std::move(why), true};
}

std::optional<Message> Decoder::next()
{
    if (dead_)
        return std::nullopt;
    if (phase_ == Phase::startup)
        return next_startup();
    const std::string_view bytes = pending();
    if (bytes.empty())
        return std::nullopt;
    const char type = bytes[0];
    const bool expected = phase_ == Phase::authentication ? type == 'p' : is_running_type(type);
    if (!expected)
        return broken(type, "invalid frontend message type " + std::to_string(static_cast<unsigned char>(type)));
    if (bytes.size() < 5)
        return std::nullopt;
    const std::size_t length = length_at(bytes.data() + 1);
    const std::size_t limit = phase_ == Phase::authentication ? max_password_bytes : max_message_bytes_;
    if (length < 4 || length > limit)
        return broken(type, "invalid message length " + std::to_string(length));
    if (bytes.size() < length + 1) {
        wanted_ = length + 1;
        return std::nullopt;
    }
    wanted_ = 0;
    begin_ += length + 1;
    Reader reader(bytes.substr(5, length - 4));
    try {
        Message message = read_message(type, reader);
        reader.end();
        return message;
    } catch (const BadMessage& bad) {
        return Malformed{type, bad.why, false};
    }
}

std::optional<Message> Decoder::next_startup()
{
    const std::string_view bytes = pending();
    if (bytes.size() < 4)
        return std::nullopt;
    const std::size_t length = length_at(bytes.data());
    if (length < 8 || length > max_startup_bytes)
        return broken(0, "invalid length of startup packet");
    if (bytes.size() < length)
        return std::nullopt;
    begin_ += length;
    Reader reader(bytes.substr(4, length - 4));
    try {
        const std::int32_t code = reader.int32();
        if (code == ssl_request || code == gssenc_request) {
            reader.end();
            return code == ssl_request ? Message(SslRequest{}) : Message(GssEncRequest{});
        }
        if (code == cancel_request) {
            CancelRequest cancel{reader.int32(), reader.rest()};
            if (cancel.secret.empty() || cancel.secret.size() > max_cancel_key_bytes)
                throw BadMessage{"invalid length of cancel request packet"};
            return cancel;
        }
        return read_startup(code, reader);
    } catch (const BadMessage&) {
        return broken(0, "invalid startup packet layout: expected terminator as last byte");
    }
}

} // namespace howdah::proxy::pgwire
