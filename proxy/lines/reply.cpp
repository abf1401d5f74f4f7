#include "proxy/lines/reply.hpp"

#include "proxy/json_text.hpp"

#include <charconv>
#include <cmath>

namespace howdah::proxy::lines {

namespace {

// PostgreSQL's pg_type.oid of the types that have a SQLite class of their own.
enum : std::uint32_t {
    oid_bool = 16,
    oid_bytea = 17,
    oid_int8 = 20,
    oid_int2 = 21,
    oid_int4 = 23,
    oid_oid = 26,
    oid_float4 = 700,
    oid_float8 = 701
};

void open_object(std::string& out, std::string_view id)
{
    out += '{';
    if (!id.empty())
        out.append("\"id\":").append(id).append(",");
}

// TEXT of SQLite need not be UTF-8 (CAST(x'ff' AS TEXT)), JSON must be.
void append_text(std::string& out, std::string_view text)
{
    if (is_utf8(text)) {
        append_json_string(out, text);
    } else {
        out += "{\"text\":\"";
        append_base64(out, text);
        out += "\"}";
    }
}

void append_name(std::string& out, std::string_view name)
{
    if (is_utf8(name)) {
        append_json_string(out, name);
        return;
    }
    std::string clean;
    for (const char c : name)
        clean += static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "\xEF\xBF\xBD";
    append_json_string(out, clean);
}

void append_real(std::string& out, double value)
{
    if (std::isfinite(value))
        append_json_real(out, value);
    else if (std::isnan(value))
        out += "null"; // SQLite has no NaN: it stores NULL
    else
        out += value > 0 ? R"({"real":"inf"})" : R"({"real":"-inf"})";
}

void append_value(std::string& out, const ValueView& value)
{
    switch (value.type) {
    case StorageClass::null:
        out += "null";
        break;
    case StorageClass::integer:
        append_json_integer(out, value.integer);
        break;
    case StorageClass::real:
        append_real(out, value.real);
        break;
    case StorageClass::text:
        append_text(out, value.bytes);
        break;
    case StorageClass::blob:
        out += "{\"blob\":\"";
        append_base64(out, value.bytes);
        out += "\"}";
        break;
    }
}

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0; }

void append_bytea(std::string& out, std::string_view text)
{
    std::string bytes;
    for (std::size_t i = 2; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));
    append_value(out, {StorageClass::blob, 0, 0, bytes});
}

void append_raw_value(std::string& out, std::uint32_t type, std::string_view text)
{
    switch (type) {
    case oid_bool:
        out += text == "t" ? '1' : '0';
        break;
    case oid_int2:
    case oid_int4:
    case oid_int8:
    case oid_oid:
        out += text;
        break;
    case oid_float4:
    case oid_float8: {
        double value = 0;
        std::from_chars(text.data(), text.data() + text.size(),
                        value); // PostgreSQL's Infinity and NaN are read as well
        append_real(out, value);
        break;
    }
    case oid_bytea:
        append_bytea(out, text);
        break;
    default:
        append_text(out, text);
    }
}

template <typename Range, typename Each>
void append_list(std::string& out, const Range& range, Each each)
{
    out += '[';
    bool first = true;
    for (const auto& element : range) {
        if (!first)
            out += ',';
        first = false;
        each(element);
    }
    out += ']';
}

} // namespace

void append_hello(std::string& out, std::string_view id, std::string_view database)
{
    open_object(out, id);
    out += "\"hello\":{\"database\":";
    append_json_string(out, database);
    out += ",\"server\":\"howdah\",\"protocol\":1}}\n";
}

void append_header(std::string& out, std::string_view id, std::span<const Column> columns)
{
    open_object(out, id);
    out += "\"columns\":";
    append_list(out, columns, [&](const Column& column) { append_name(out, column.name); });
    out += ",\"decltypes\":";
    append_list(out, columns, [&](const Column& column) {
        if (column.decltype_)
            append_name(out, *column.decltype_);
        else
            out += "null";
    });
    out += "}\n";
}

void append_row(std::string& out, std::span<const ValueView> row)
{
    append_list(out, row, [&](const ValueView& value) { append_value(out, value); });
    out += '\n';
}

void append_trailer(std::string& out, std::string_view id, const Outcome& outcome, bool more)
{
    open_object(out, id);
    out += "\"rows\":";
    append_json_integer(out, static_cast<std::int64_t>(outcome.rows));
    out += ",\"changes\":";
    append_json_integer(out, outcome.changes);
    out += ",\"total_changes\":";
    if (outcome.total_is_known)
        append_json_integer(out, outcome.total_changes);
    else
        out += "null";
    out += ",\"last_insert_rowid\":";
    append_json_integer(out, outcome.last_insert_rowid);
    out += outcome.autocommit ? ",\"autocommit\":true" : ",\"autocommit\":false";
    out += more ? ",\"more\":true}\n" : "}\n";
}

void append_error(std::string& out, std::string_view id, const ClientError& error, bool autocommit)
{
    open_object(out, id);
    out += "\"error\":{\"code\":";
    append_json_integer(out, error.code);
    out += ",\"name\":";
    append_json_string(out, error.name);
    out += ",\"message\":";
    append_name(out, error.message);
    out += ",\"sqlstate\":";
    append_json_string(out, error.sqlstate);
    out += autocommit ? "},\"autocommit\":true}\n" : "},\"autocommit\":false}\n";
}

void append_raw_header(std::string& out, std::string_view id, std::span<const RawColumn> columns)
{
    std::vector<Column> plain;
    for (const auto& column : columns)
        plain.push_back({column.name, std::nullopt, ColumnKind::dynamic});
    append_header(out, id, plain);
}

void append_raw_row(std::string& out, std::span<const RawColumn> columns, std::span<const RawField> row)
{
    std::size_t i = 0;
    append_list(out, row, [&](const RawField& field) {
        const std::uint32_t type = i < columns.size() ? columns[i].type : 0;
        ++i;
        if (field)
            append_raw_value(out, type, *field);
        else
            out += "null";
    });
    out += '\n';
}

ClientError bad_request(std::string message)
{
    ClientError error;
    error.code = 21;
    error.name = "SQLITE_MISUSE";
    error.message = std::move(message);
    error.sqlstate = "08P01";
    return error;
}

} // namespace howdah::proxy::lines
