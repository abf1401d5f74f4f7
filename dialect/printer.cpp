// Pieces of PostgreSQL text; see printer.hpp.
#include "dialect/printer.hpp"

#include "dialect/error.hpp"
#include "dialect/text.hpp"

#include <charconv>
#include <cmath>

namespace howdah::dialect {

namespace {

std::string doubled(std::string_view text, char quote)
{
    std::string out;
    out.reserve(text.size() + 2);
    out += quote;
    for (const char c : text) {
        if (c == quote)
            out += quote;
        out += c;
    }
    out += quote;
    return out;
}

std::string real_text(double d)
{
    if (std::isinf(d))
        return d < 0 ? "-Infinity" : "Infinity";
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, d);
    return std::string(buffer, end.ptr);
}

std::string hex(std::string_view bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

// The class that a value of a boolean has once it is one.
PgType carrier(PgType type) { return type == PgType::boolean ? PgType::int8 : type; }

} // namespace

std::string quote_identifier(std::string_view name) { return doubled(name, '"'); }

std::string quote_string(std::string_view text) { return doubled(text, '\''); }

std::string qualified(std::string_view schema, std::string_view name)
{
    return quote_identifier(schema) + "." + quote_identifier(name);
}

Fragment literal(const Value& value)
{
    if (const auto* i = std::get_if<std::int64_t>(&value))
        return {"'" + std::to_string(*i) + "'::bigint", PgType::int8, StorageClass::integer};
    if (const auto* r = std::get_if<double>(&value)) {
        if (std::isnan(*r))
            return null_of(PgType::float8);
        return {"'" + real_text(*r) + "'::double precision", PgType::float8, StorageClass::real};
    }
    if (const auto* t = std::get_if<std::string>(&value)) {
        if (!is_storable_text(*t))
            throw refusal(
                "a text value with a NUL character or invalid UTF-8 cannot be stored in PostgreSQL text; use a BLOB");
        return {quote_string(*t) + "::text", PgType::text, StorageClass::text};
    }
    if (const auto* b = std::get_if<Blob>(&value))
        return {"'\\x" + hex(b->bytes) + "'::bytea", PgType::bytea, StorageClass::blob};
    return null_of(PgType::text);
}

Fragment null_of(PgType type)
{
    type = carrier(type);
    return {"NULL::" + std::string(plain_type_name(type)), type, StorageClass::null};
}

std::string join(const std::vector<std::string>& parts, std::string_view separator)
{
    std::string out;
    for (const std::string& part : parts) {
        if (&part != &parts.front())
            out += separator;
        out += part;
    }
    return out;
}

std::string call(std::string_view name, const std::vector<std::string>& args)
{
    return std::string(name) + "(" + join(args, ", ") + ")";
}

std::string call(std::string_view name, std::initializer_list<std::string_view> args)
{
    return call(name, std::vector<std::string>(args.begin(), args.end()));
}

std::string parens(std::string_view text)
{
    std::string out = "(";
    out += text;
    out += ')';
    return out;
}

std::string cast(std::string_view text, PgType type)
{
    return parens(std::string(text) + "::" + std::string(plain_type_name(type)));
}

PgType wider(PgType a, PgType b)
{
    a = carrier(a);
    b = carrier(b);
    if (a == b)
        return a;
    const auto is_number = [](PgType t) { return t == PgType::int8 || t == PgType::float8 || t == PgType::numeric; };
    return is_number(a) && is_number(b) ? PgType::numeric : PgType::v;
}

Fragment widen(Fragment from, PgType to)
{
    to = carrier(to);
    if (from.type == to)
        return from;
    if (from.classes.without_null().empty()) { // NULL, or what is computed to be NULL: an aggregate, RAISE()
        const Fragment null = null_of(to);
        return from.text.starts_with("NULL::")
                   ? null
                   : Fragment{"(CASE WHEN " + from.text + " IS NULL THEN " + null.text + " END)", to, from.classes};
    }
    if (from.type == PgType::boolean)
        return widen({parens(from.text + "::int::bigint"), PgType::int8, from.classes}, to);
    if (to == PgType::numeric && from.type == PgType::int8)
        return {cast(from.text, PgType::numeric), to, from.classes};
    if (to == PgType::numeric && from.type == PgType::float8)
        return {call("howdah.r2n", {from.text}), to, from.classes};
    if (to == PgType::v) {
        switch (from.type) {
        case PgType::int8:
            return {call("howdah.i2v", {from.text}), to, from.classes};
        case PgType::float8:
            return {call("howdah.r2v", {from.text}), to, from.classes};
        case PgType::numeric:
            return {call("howdah.n2v", {from.text}), to, from.classes};
        case PgType::text:
            return {call("howdah.t2v", {from.text}), to, from.classes};
        case PgType::bytea:
            return {call("howdah.b2v", {from.text}), to, from.classes};
        case PgType::boolean:
        case PgType::v:
            break;
        }
    }
    throw refusal("a value that PostgreSQL carries as " + std::string(pg_type_name(from.type)) + " is needed as " +
                  std::string(pg_type_name(to)) + ", which cannot hold it");
}

} // namespace howdah::dialect
