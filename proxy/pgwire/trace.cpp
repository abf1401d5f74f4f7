// See trace.hpp.
#include "trace.hpp"

#include <array>
#include <cstdio>

namespace howdah::proxy::pgwire {

namespace {

std::string name(std::string_view s) { return " " + quoted(s, '"'); }
std::string value(const std::optional<std::string_view>& v) { return v ? " " + quoted(*v, '\'') : " NULL"; }
std::string number(std::int64_t n) { return " " + std::to_string(n); }

std::string formats(const std::vector<std::int16_t>& all)
{
    std::string text;
    for (const std::int16_t f : all)
        text += number(f);
    return text;
}

struct Tracer {
    std::string operator()(const SslRequest&) const { return "SSLRequest"; }
    std::string operator()(const GssEncRequest&) const { return "GSSENCRequest"; }
    std::string operator()(const CancelRequest& m) const
    {
        return "CancelRequest" + number(m.process_id) + value(m.secret);
    }
    std::string operator()(const StartupMessage& m) const
    {
        std::string text = "StartupMessage " + std::to_string(m.major) + "." + std::to_string(m.minor);
        for (const auto& [key, setting] : m.parameters)
            text += name(key) + name(setting);
        return text;
    }
    std::string operator()(const Password& m) const { return "Password" + value(m.body); }
    std::string operator()(const Query& m) const { return "Query" + name(m.sql); }
    std::string operator()(const Parse& m) const
    {
        std::string text = "Parse" + name(m.statement) + name(m.sql);
        for (const Oid type : m.types)
            text += number(type);
        return text;
    }
    std::string operator()(const Bind& m) const
    {
        std::string text = "Bind" + name(m.portal) + name(m.statement);
        if (!m.formats.empty())
            text += " formats" + formats(m.formats);
        for (const auto& v : m.values)
            text += value(v);
        if (!m.result_formats.empty())
            text += " results" + formats(m.result_formats);
        return text;
    }
    std::string operator()(const Describe& m) const { return std::string("Describe ") + m.kind + name(m.name); }
    std::string operator()(const Execute& m) const
    {
        return "Execute" + name(m.portal) + (m.max_rows > 0 ? number(m.max_rows) : "");
    }
    std::string operator()(const Close& m) const { return std::string("Close ") + m.kind + name(m.name); }
    std::string operator()(const Sync&) const { return "Sync"; }
    std::string operator()(const Flush&) const { return "Flush"; }
    std::string operator()(const FunctionCall&) const { return "FunctionCall"; }
    std::string operator()(const CopyData&) const { return "CopyData"; }
    std::string operator()(const CopyDone&) const { return "CopyDone"; }
    std::string operator()(const CopyFail&) const { return "CopyFail"; }
    std::string operator()(const Terminate&) const { return "Terminate"; }
    std::string operator()(const Malformed& m) const { return "Malformed" + name(m.why); }
};

// Reads a message that encode.cpp wrote; what is short reads as zeroes.
class Fields {
public:
    explicit Fields(std::string_view body) : rest_(body) {}
    std::int64_t number(std::size_t bytes)
    {
        std::uint32_t n = 0;
        for (const char c : take(bytes))
            n = n << 8U | static_cast<std::uint8_t>(c);
        return bytes == 2 ? static_cast<std::int16_t>(n) : static_cast<std::int32_t>(n);
    }
    std::string_view string()
    {
        const std::string_view s = take(rest_.find('\0'));
        take(1);
        return s;
    }
    std::string_view take(std::size_t n)
    {
        const std::string_view s = rest_.substr(0, n);
        rest_.remove_prefix(s.size());
        return s;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

std::string authentication(Fields f)
{
    switch (f.number(4)) {
    case 0:
        return "AuthenticationOk";
    case 10: {
        std::string text = "AuthenticationSASL";
        for (std::string_view m = f.string(); !m.empty(); m = f.string())
            text += name(m);
        return text;
    }
    case 11:
        return "AuthenticationSASLContinue" + value(f.rest());
    case 12:
        return "AuthenticationSASLFinal" + value(f.rest());
    default:
        return "Authentication?";
    }
}

std::string notice(std::string text, Fields f)
{
    for (std::string_view code = f.take(1); !code.empty() && code[0] != '\0'; code = f.take(1))
        text += std::string(" ") + code[0] + name(f.string());
    return text;
}

std::string row_description(Fields f)
{
    std::string text = "RowDescription";
    for (std::int64_t n = f.number(2); n > 0; --n) {
        text += name(f.string());
        const std::int64_t table = f.number(4), attribute = f.number(2);
        for (const std::size_t size : {4U, 2U, 4U, 2U}) // type, its size, modifier, format
            text += number(f.number(size));
        if (table != 0)
            text += " of" + number(table) + number(attribute);
    }
    return text;
}

std::string data_row(Fields f)
{
    std::string text = "DataRow";
    for (std::int64_t n = f.number(2); n > 0; --n) {
        const std::int64_t length = f.number(4);
        text += length < 0 ? std::string(" NULL") : value(f.take(static_cast<std::size_t>(length)));
    }
    return text;
}

std::string negotiate(Fields f)
{
    const std::int64_t version = f.number(4);
    std::string text =
        "NegotiateProtocolVersion " + std::to_string(version >> 16) + "." + std::to_string(version & 0xffff);
    for (std::int64_t n = f.number(4); n > 0; --n)
        text += name(f.string());
    return text;
}

std::string parameter_types(Fields f)
{
    std::string text = "ParameterDescription";
    for (std::int64_t n = f.number(2); n > 0; --n)
        text += number(f.number(4));
    return text;
}

std::string backend_message(char type, Fields f)
{
    switch (type) {
    case 'R':
        return authentication(f);
    case 'v':
        return negotiate(f);
    case 'S': {
        const std::string parameter = name(f.string());
        return "ParameterStatus" + parameter + name(f.string());
    }
    case 'K': {
        const std::string process = number(f.number(4));
        return "BackendKeyData" + process + number(static_cast<std::int64_t>(f.rest().size()));
    }
    case 'Z':
        return "ReadyForQuery " + std::string(f.rest());
    case '1':
        return "ParseComplete";
    case '2':
        return "BindComplete";
    case '3':
        return "CloseComplete";
    case 'n':
        return "NoData";
    case 's':
        return "PortalSuspended";
    case 'I':
        return "EmptyQueryResponse";
    case 'C':
        return "CommandComplete" + name(f.string());
    case 't':
        return parameter_types(f);
    case 'T':
        return row_description(f);
    case 'D':
        return data_row(f);
    case 'E':
        return notice("ErrorResponse", f);
    case 'N':
        return notice("NoticeResponse", f);
    default:
        return std::string("Unknown ") + type;
    }
}

} // namespace

std::string quoted(std::string_view s, char quote)
{
    std::string text(1, quote);
    for (const char c : s) {
        if (c == quote || c == '\\') {
            text += {'\\', c};
        } else if (c == '\n') {
            text += "\\n";
        } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f' ||
                   (quote == '\'' && static_cast<unsigned char>(c) > '~')) {
            std::array<char, 5> hex{};
            std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            text += hex.data();
        } else {
            text += c;
        }
    }
    return text += quote;
}

std::string trace(const Message& message) { return std::visit(Tracer{}, message); }

std::string trace_backend(std::string_view bytes)
{
    std::string text;
    while (bytes.size() >= 5) {
        Fields header(bytes.substr(1, 4));
        const auto length = static_cast<std::size_t>(header.number(4));
        text += "B  " + backend_message(bytes[0], Fields(bytes.substr(5, length - 4))) + "\n";
        bytes.remove_prefix(std::min(bytes.size(), length + 1));
    }
    return bytes.empty() ? text : text + "B  (" + std::to_string(bytes.size()) + " bytes left)\n";
}

} // namespace howdah::proxy::pgwire
