// Storage classes, affinities and the PostgreSQL types that carry them (datatype3.html; catalogue section 2).
#include "dialect/types.hpp"

#include "dialect/mirror.hpp"

#include <cmath>
#include <limits>

namespace howdah::dialect {

namespace {

constexpr std::uint32_t four(const char (&text)[5])
{
    std::uint32_t h = 0;
    for (int i = 0; i < 4; ++i)
        h = (h << 8) | static_cast<unsigned char>(text[i]);
    return h;
}

// sqlite3VdbeIntegerAffinity: a REAL that is a whole number becomes INTEGER, save at the two ends of the range.
Value whole_number_as_integer(double r)
{
    constexpr double limit = 9223372036854775808.0;
    if (r > -limit && r < limit && std::trunc(r) == r)
        return static_cast<std::int64_t>(r);
    return r;
}

} // namespace

// The five rules, as SQLite runs them: a window of four characters slides over the type, INT wins at once, CHAR, CLOB
// and TEXT win over the rest, BLOB over REAL.
Affinity affinity_of_type(std::string_view declared_type)
{
    if (declared_type.empty())
        return Affinity::blob;
    Affinity affinity = Affinity::numeric;
    std::uint32_t h = 0;
    for (const char ch : declared_type) {
        const auto lower = static_cast<unsigned char>(ch >= 'A' && ch <= 'Z' ? ch + ('a' - 'A') : ch);
        h = (h << 8) | lower;
        if (h == four("char") || h == four("clob") || h == four("text"))
            affinity = Affinity::text;
        else if (h == four("blob") && (affinity == Affinity::numeric || affinity == Affinity::real))
            affinity = Affinity::blob;
        else if ((h == four("real") || h == four("floa") || h == four("doub")) && affinity == Affinity::numeric)
            affinity = Affinity::real;
        else if ((h & 0x00ffffffU) == (four(" int") & 0x00ffffffU))
            return Affinity::integer;
    }
    return affinity;
}

PgType pg_type_of(Classes classes)
{
    const Classes some = classes.without_null();
    if (some.only(StorageClass::text))
        return PgType::text;
    if (some.only(StorageClass::integer))
        return PgType::int8;
    if (some.only(StorageClass::real))
        return PgType::float8;
    if (some.only(StorageClass::blob))
        return PgType::bytea;
    if (some == (Classes(StorageClass::integer) | Classes(StorageClass::real)))
        return PgType::numeric;
    return PgType::v;
}

Classes classes_of(PgType type)
{
    switch (type) {
    case PgType::boolean:
    case PgType::int8:
        return Classes(StorageClass::integer).with_null();
    case PgType::float8:
        return Classes(StorageClass::real).with_null();
    case PgType::text:
        return Classes(StorageClass::text).with_null();
    case PgType::bytea:
        return Classes(StorageClass::blob).with_null();
    case PgType::numeric:
        return (Classes(StorageClass::integer) | Classes(StorageClass::real)).with_null();
    case PgType::v:
        break;
    }
    return Classes::any();
}

std::string_view pg_type_name(PgType type)
{
    switch (type) {
    case PgType::boolean:
        return "boolean";
    case PgType::int8:
        return "bigint";
    case PgType::float8:
        return "double precision";
    case PgType::text:
        return "text COLLATE \"C\"";
    case PgType::bytea:
        return "bytea";
    case PgType::numeric:
        return "numeric";
    case PgType::v:
        break;
    }
    return "howdah.v";
}

std::string_view plain_type_name(PgType type) { return type == PgType::text ? "text" : pg_type_name(type); }

Value apply_affinity(Value value, Affinity affinity)
{
    if (affinity == Affinity::text) {
        if (const auto* i = std::get_if<std::int64_t>(&value))
            return std::to_string(*i);
        if (const auto* r = std::get_if<double>(&value))
            return real_text(*r);
        return value;
    }
    if (!is_numeric(affinity))
        return value;
    if (const auto* t = std::get_if<std::string>(&value)) {
        Value number = numeric_text(*t);
        if (storage_class(number) == StorageClass::null)
            return value;
        value = std::move(number);
    }
    if (affinity == Affinity::real) {
        // A whole number is stored as an integer and read back as a REAL, which is how -0.0 loses its sign.
        if (const auto* i = std::get_if<std::int64_t>(&value))
            return static_cast<double>(*i);
        if (const auto* r = std::get_if<double>(&value); r && *r == 0)
            return 0.0;
    } else if (const auto* r = std::get_if<double>(&value)) {
        return whole_number_as_integer(*r);
    }
    return value;
}

} // namespace howdah::dialect
