// See encode.hpp.
#include "encode.hpp"

namespace howdah::proxy::pgwire {

void authentication_ok(std::string& out) { MessageWriter(out, 'R').int32(0); }

void authentication_sasl(std::string& out, std::span<const std::string_view> mechanisms)
{
    MessageWriter m(out, 'R');
    m.int32(10);
    for (const std::string_view mechanism : mechanisms)
        m.string(mechanism);
    m.byte('\0');
}

void authentication_sasl_continue(std::string& out, std::string_view data)
{
    MessageWriter(out, 'R').int32(11).bytes(data);
}

void authentication_sasl_final(std::string& out, std::string_view data)
{
    MessageWriter(out, 'R').int32(12).bytes(data);
}

void negotiate_protocol_version(std::string& out, std::int32_t newest, std::span<const std::string_view> unknown)
{
    MessageWriter m(out, 'v');
    m.int32(newest).int32(static_cast<std::int32_t>(unknown.size()));
    for (const std::string_view option : unknown)
        m.string(option);
}

void parameter_status(std::string& out, std::string_view name, std::string_view value)
{
    MessageWriter(out, 'S').string(name).string(value);
}

void backend_key_data(std::string& out, std::int32_t process_id, std::string_view secret)
{
    MessageWriter(out, 'K').int32(process_id).bytes(secret);
}

void ready_for_query(std::string& out, char status) { MessageWriter(out, 'Z').byte(status); }
void parse_complete(std::string& out) { MessageWriter(out, '1'); }
void bind_complete(std::string& out) { MessageWriter(out, '2'); }
void close_complete(std::string& out) { MessageWriter(out, '3'); }
void no_data(std::string& out) { MessageWriter(out, 'n'); }
void portal_suspended(std::string& out) { MessageWriter(out, 's'); }
void empty_query_response(std::string& out) { MessageWriter(out, 'I'); }
void command_complete(std::string& out, std::string_view tag) { MessageWriter(out, 'C').string(tag); }

void parameter_description(std::string& out, std::span<const Oid> types)
{
    MessageWriter m(out, 't');
    m.int16(static_cast<std::int16_t>(types.size()));
    for (const Oid type : types)
        m.int32(static_cast<std::int32_t>(type));
}

void write_field(MessageWriter& m, const Field& f)
{
    m.string(f.name).int32(static_cast<std::int32_t>(f.table)).int16(f.attribute);
    m.int32(static_cast<std::int32_t>(f.type)).int16(f.size).int32(f.modifier).int16(f.format);
}

void row_description(std::string& out, std::span<const Field> fields)
{
    MessageWriter m(out, 'T');
    m.int16(static_cast<std::int16_t>(fields.size()));
    for (const Field& f : fields)
        write_field(m, f);
}

void error_response(std::string& out, const ClientError& error, int position)
{
    const std::string_view severity = error.fatal ? "FATAL" : "ERROR";
    MessageWriter m(out, 'E');
    m.byte('S').string(severity).byte('V').string(severity);
    m.byte('C').string(error.sqlstate.size() == 5 ? std::string_view(error.sqlstate) : "XX000");
    m.byte('M').string(error.message);
    if (!error.detail.empty())
        m.byte('D').string(error.detail);
    if (!error.hint.empty())
        m.byte('H').string(error.hint);
    if (position > 0)
        m.byte('P').string(std::to_string(position));
    m.byte('\0');
}

void notice_response(std::string& out, std::string_view severity, std::string_view sqlstate, std::string_view message)
{
    MessageWriter m(out, 'N');
    m.byte('S').string(severity).byte('V').string(severity).byte('C').string(sqlstate).byte('M').string(message);
    m.byte('\0');
}

} // namespace howdah::proxy::pgwire
