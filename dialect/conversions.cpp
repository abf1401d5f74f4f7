// SQLite's conversions as PostgreSQL text; see conversions.hpp. The howdah.* functions are in
// runtime/20_conversions.sql.
#include "dialect/conversions.hpp"

#include <string>

namespace howdah::dialect {

namespace {

bool only_null(const Fragment& f) { return f.classes.without_null().empty(); }

// The classes of `f` after each that is not NULL has become one of `to`.
Classes becoming(const Fragment& f, Classes to) { return f.classes.nullable() ? to.with_null() : to.without_null(); }

constexpr Classes integer_or_real() { return Classes(StorageClass::integer) | Classes(StorageClass::real); }

Fragment made(std::string_view function, const Fragment& f, PgType type, Classes classes)
{
    return {call(function, {f.text}), type, becoming(f, classes)};
}

// What a number is read from: a blob need not be a text that PostgreSQL could hold.
Fragment blob_digits(const Fragment& f) { return made("howdah.b2digits", f, PgType::text, StorageClass::text); }

Fragment with_text_affinity(const Fragment& f)
{
    switch (f.type) {
    case PgType::int8:
    case PgType::float8:
    case PgType::numeric:
        return to_text(f);
    case PgType::v: {
        Classes classes = f.classes;
        if (classes.has(StorageClass::integer) || classes.has(StorageClass::real))
            classes = classes | Classes(StorageClass::text);
        classes = classes & (Classes(StorageClass::text) | Classes(StorageClass::blob) | Classes(StorageClass::null));
        return {call("howdah.aff_text", {f.text}), PgType::v, classes};
    }
    default:
        return f;
    }
}

Fragment with_real_affinity(const Fragment& f)
{
    switch (f.type) {
    case PgType::int8:
    case PgType::numeric:
        return to_real(f);
    case PgType::text:
        return {call("howdah.aff_real_t", {f.text}), PgType::v, f.classes | Classes(StorageClass::real)};
    case PgType::v:
        return {call("howdah.aff_real", {f.text}), PgType::v, f.classes | Classes(StorageClass::real)};
    default:
        return f;
    }
}

// INTEGER and NUMERIC: a real with an integral value becomes INTEGER, a text that looks numeric a number.
Fragment with_numeric_affinity(const Fragment& f)
{
    switch (f.type) {
    case PgType::float8:
        return {call("howdah.intify", {call("howdah.r2n", {f.text})}), PgType::numeric, becoming(f, integer_or_real())};
    case PgType::numeric:
        return made("howdah.intify", f, PgType::numeric, integer_or_real());
    case PgType::text:
        return {call("howdah.aff_num_t", {f.text}), PgType::v, f.classes | integer_or_real()};
    case PgType::v:
        return {call("howdah.aff_num", {f.text}), PgType::v, f.classes | integer_or_real()};
    default:
        return f;
    }
}

} // namespace

Fragment to_value(const Fragment& f) { return f.type == PgType::boolean ? widen(f, PgType::int8) : f; }

Fragment to_text(const Fragment& f)
{
    if (only_null(f))
        return null_of(PgType::text);
    switch (f.type) {
    case PgType::boolean:
        return to_text(to_value(f));
    case PgType::int8:
        return {cast(f.text, PgType::text), PgType::text, becoming(f, StorageClass::text)};
    case PgType::float8:
        return made("howdah.r2t", f, PgType::text, StorageClass::text);
    case PgType::numeric:
        return made("howdah.n2t", f, PgType::text, StorageClass::text);
    case PgType::text:
        return f;
    case PgType::bytea:
        return made("howdah.b2t", f, PgType::text, StorageClass::text);
    case PgType::v:
        break;
    }
    return made("howdah.v2t", f, PgType::text, StorageClass::text);
}

Fragment to_c_string(const Fragment& f)
{
    if (f.type == PgType::bytea || f.type == PgType::v)
        return made(f.type == PgType::v ? "howdah.v2c" : "howdah.b2c", f, PgType::text, StorageClass::text);
    return to_text(f);
}

Fragment to_number(const Fragment& f)
{
    if (only_null(f))
        return null_of(PgType::int8);
    switch (f.type) {
    case PgType::boolean:
        return to_value(f);
    case PgType::int8:
    case PgType::float8:
    case PgType::numeric:
        return f;
    case PgType::text:
        return made("howdah.t2n", f, PgType::numeric, integer_or_real());
    case PgType::bytea:
        return to_number(blob_digits(f));
    case PgType::v:
        break;
    }
    return made("howdah.v2n", f, PgType::numeric, integer_or_real());
}

Fragment to_integer(const Fragment& f)
{
    if (only_null(f))
        return null_of(PgType::int8);
    switch (f.type) {
    case PgType::boolean:
        return to_value(f);
    case PgType::int8:
        return f;
    case PgType::float8:
        return made("howdah.r2i", f, PgType::int8, StorageClass::integer);
    case PgType::numeric:
        return made("howdah.n2i", f, PgType::int8, StorageClass::integer);
    case PgType::text:
        return made("howdah.t2i", f, PgType::int8, StorageClass::integer);
    case PgType::bytea:
        return to_integer(blob_digits(f));
    case PgType::v:
        break;
    }
    return made("howdah.v2i", f, PgType::int8, StorageClass::integer);
}

Fragment as_stored_real(const Fragment& f)
{
    if (f.type == PgType::float8)
        return {call("howdah.stored_real", {f.text}), PgType::numeric, f.classes | Classes(StorageClass::integer)};
    if (f.type == PgType::v)
        return {call("howdah.stored_real", {f.text}), PgType::v, f.classes | Classes(StorageClass::integer)};
    return f;
}

Fragment to_real(const Fragment& f)
{
    if (only_null(f))
        return null_of(PgType::float8);
    switch (f.type) {
    case PgType::boolean:
        return to_real(to_value(f));
    case PgType::int8:
    case PgType::numeric:
        return {cast(f.text, PgType::float8), PgType::float8, becoming(f, StorageClass::real)};
    case PgType::float8:
        return f;
    case PgType::text:
        return made("howdah.t2r", f, PgType::float8, StorageClass::real);
    case PgType::bytea:
        return to_real(blob_digits(f));
    case PgType::v:
        break;
    }
    return made("howdah.v2r", f, PgType::float8, StorageClass::real);
}

Fragment integers_to_real(const Fragment& f)
{
    if (f.type == PgType::int8 || f.type == PgType::numeric)
        return to_real(f);
    if (f.type != PgType::v)
        return f;
    return {call("howdah.real_v", {f.text}), f.type,
            f.classes.without(StorageClass::integer) | Classes(StorageClass::real)};
}

Fragment to_numeric_cast(const Fragment& f)
{
    if (only_null(f))
        return null_of(PgType::int8);
    switch (f.type) {
    case PgType::boolean:
        return to_value(f);
    case PgType::int8:
    case PgType::float8:
    case PgType::numeric:
        return f;
    case PgType::text:
        return made("howdah.t2num", f, PgType::numeric, integer_or_real());
    case PgType::bytea:
        return to_numeric_cast(blob_digits(f));
    case PgType::v:
        break;
    }
    return made("howdah.v2num", f, PgType::numeric, integer_or_real());
}

Fragment to_blob(const Fragment& f)
{
    if (only_null(f))
        return null_of(PgType::bytea);
    if (f.type == PgType::bytea)
        return f;
    if (f.type == PgType::v)
        return made("howdah.v2b", f, PgType::bytea, StorageClass::blob);
    return made("howdah.t2b", to_text(f), PgType::bytea, StorageClass::blob);
}

Fragment to_condition(const Fragment& f)
{
    const Classes classes = becoming(f, StorageClass::integer);
    if (only_null(f))
        return {"NULL::boolean", PgType::boolean, StorageClass::null};
    switch (f.type) {
    case PgType::boolean:
        return f;
    case PgType::int8:
    case PgType::float8:
    case PgType::numeric:
        return {parens(f.text + " <> 0"), PgType::boolean, classes};
    case PgType::text:
        return {call("howdah.truth_t", {f.text}), PgType::boolean, classes};
    case PgType::bytea:
        return to_condition(blob_digits(f));
    case PgType::v:
        break;
    }
    return {call("howdah.truth", {f.text}), PgType::boolean, classes};
}

Fragment with_affinity(const Fragment& f, Affinity affinity)
{
    if (f.type == PgType::boolean)
        return with_affinity(to_value(f), affinity);
    if (only_null(f))
        return f;
    switch (affinity) {
    case Affinity::none:
    case Affinity::blob:
        return f;
    case Affinity::text:
        return with_text_affinity(f);
    case Affinity::numeric:
    case Affinity::integer:
        return with_numeric_affinity(f);
    case Affinity::real:
        break;
    }
    return with_real_affinity(f);
}

Fragment collation_key(const Fragment& f, Collation collation)
{
    if (f.type == PgType::v) {
        if (collation == Collation::binary)
            return f;
        return {call(collation == Collation::nocase ? "howdah.v_nocase" : "howdah.v_rtrim", {f.text}), f.type,
                f.classes};
    }
    if (f.type != PgType::text || only_null(f))
        return f;
    const std::string binary = f.collated ? f.text : parens(f.text + " COLLATE \"C\"");
    switch (collation) {
    case Collation::binary:
        break;
    case Collation::nocase:
        return {"lower(" + f.text + " COLLATE \"C\")", f.type, f.classes, true};
    case Collation::rtrim:
        return {"rtrim(" + binary + ", ' ')", f.type, f.classes, true};
    }
    return {binary, f.type, f.classes, true};
}

} // namespace howdah::dialect
