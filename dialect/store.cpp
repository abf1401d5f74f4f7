// What becomes of a value that is stored into a column; see store.hpp. The howdah.store_* are in runtime/75_store.sql.
#include "dialect/store.hpp"

#include "dialect/conversions.hpp"
#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"
#include "dialect/rtree.hpp"

#include <string>

namespace howdah::dialect {

namespace {

// The column's type in "cannot store TEXT value in INTEGER column t.c".
std::string type_in_message(const Table& table, const Column& column)
{
    if (!table.strict) {
        switch (column.storage) {
        case PgType::float8:
            return "REAL";
        case PgType::numeric:
            return "NUMERIC";
        case PgType::text:
            return "TEXT";
        case PgType::bytea:
            return "BLOB";
        default:
            return "INTEGER";
        }
    }
    std::string name;
    for (const char c : column.declared_type)
        name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

bool promotes(const Table& table, const Options& options)
{
    return !table.strict && options.mismatch == Mismatch::promote;
}

PgType promoted(PgType from, StorageClass c)
{
    const bool number = c == StorageClass::integer || c == StorageClass::real;
    return number && (from == PgType::int8 || from == PgType::float8) ? PgType::numeric : PgType::v;
}

[[noreturn]] void promote(const Table& table, const Column& column, PgType to)
{
    throw PromotionNeeded{{table.schema, table.name, column.name, to}};
}

Classes classes_that_fit(PgType type)
{
    Classes set = StorageClass::null;
    for (const auto c : {StorageClass::integer, StorageClass::real, StorageClass::text, StorageClass::blob})
        if (fits(c, type))
            set = set | Classes(c);
    return set;
}

// howdah.store_int8(value, policy, schema, table, column): the server decides.
Fragment store_at_run_time(const Fragment& value, const Table& table, const Column& column, const Options& options)
{
    const bool number = column.storage == PgType::int8 && value.type == PgType::numeric;
    const std::string policy = promotes(table, options) ? "promote" : type_in_message(table, column);
    std::string function = "howdah.store_";
    switch (column.storage) {
    case PgType::int8:
        function += "int8";
        break;
    case PgType::float8:
        function += "float8";
        break;
    case PgType::numeric:
        function += "numeric";
        break;
    case PgType::bytea:
        function += "bytea";
        break;
    default:
        function += "text";
    }
    const std::string argument = number ? value.text : widen(value, PgType::v).text;
    return {call(function, {argument, quote_string(policy), quote_string(table.schema), quote_string(table.name),
                            quote_string(column.name)}),
            column.storage,
            (value.classes & classes_that_fit(column.storage)) | (value.classes & Classes(StorageClass::null))};
}

bool only_null(const Fragment& f) { return f.classes.without_null().empty(); }

// A fragment of known class, printed as the column's type. A NULL slot has type text whatever the column.
Fragment carried(const Fragment& value, PgType type)
{
    if (value.type == type)
        return value;
    if (value.classes.without_null().empty() && value.type != PgType::text)
        return null_of(type);
    if (value.classes.without_null().empty())
        return {type == PgType::v ? call("howdah.t2v", {cast(value.text, PgType::text)}) : cast(value.text, type), type,
                StorageClass::null};
    return widen(value, type);
}

bool is_plain_literal(const Expr& expr)
{
    const Expr& e = bare(expr);
    if (as<Literal>(e))
        return true;
    const auto* sign = as<Unary>(e);
    return sign && (sign->op == UnaryOp::minus || sign->op == UnaryOp::plus) && as<Literal>(bare(*sign->operand));
}

} // namespace

bool fits(StorageClass c, PgType type)
{
    switch (type) {
    case PgType::int8:
    case PgType::boolean:
        return c == StorageClass::null || c == StorageClass::integer;
    case PgType::float8:
        return c == StorageClass::null || c == StorageClass::real;
    case PgType::numeric:
        return c == StorageClass::null || c == StorageClass::integer || c == StorageClass::real;
    case PgType::text:
        return c == StorageClass::null || c == StorageClass::text;
    case PgType::bytea:
        return c == StorageClass::null || c == StorageClass::blob;
    case PgType::v:
        break;
    }
    return true;
}

Fragment store(const Expr& expr, const Table& table, int column, Lowering& lowering)
{
    const Column& c = table.columns.at(static_cast<std::size_t>(column));
    if (is_coordinate(table, column))
        return coordinate(lowering.value(expr), table, column);
    const auto known =
        table.kind == Table::Kind::ordinary && lowering.foldable(expr) ? lowering.known_value(expr) : std::nullopt;
    if (!known)
        return store(lowering.value(expr), table, column, lowering);
    const Value stored = apply_affinity(*known, c.affinity);
    const StorageClass is = storage_class(stored);
    if (is_plain_literal(expr) && is == StorageClass::null)
        return null_of(c.storage);
    const Fragment f = is_plain_literal(expr) ? lowering.constant(stored) : lowering.slot(expr, c.affinity);
    if (fits(is, c.storage))
        return carried(f, c.storage);
    if (promotes(table, lowering.options()))
        promote(table, c, promoted(c.storage, is));
    return store_at_run_time(f, table, c, lowering.options());
}

Fragment store(const Fragment& value, const Table& table, int column, Lowering& lowering)
{
    const Column& c = table.columns.at(static_cast<std::size_t>(column));
    if (is_coordinate(table, column))
        return coordinate(value, table, column);
    // A view's columns convert nothing: its triggers see the value as it came.
    const bool view = table.kind == Table::Kind::view;
    const Fragment f = view ? value : with_affinity(value, c.affinity);
    if (f.type == c.storage)
        return f;
    const Classes classes = f.classes.without_null();
    if (classes.empty())
        return carried(f, c.storage);
    const Classes fitting = classes_that_fit(c.storage);
    const bool carries = c.storage == PgType::v ||
                         (c.storage == PgType::numeric && (f.type == PgType::int8 || f.type == PgType::float8));
    if (carries)
        return widen(f, c.storage);
    if ((classes & fitting).empty() && promotes(table, lowering.options())) {
        const bool numbers = !classes.has(StorageClass::text) && !classes.has(StorageClass::blob);
        promote(table, c, promoted(c.storage, numbers ? StorageClass::real : StorageClass::text));
    }
    return store_at_run_time(f, table, c, lowering.options());
}

Fragment store_rowid(const Expr& expr, const Table& table, Lowering& lowering)
{
    if (table.rtree)
        return store_rowid(lowering.value(expr), table);
    if (lowering.foldable(expr)) {
        if (const auto value = lowering.known_value(expr)) {
            const Value stored = apply_affinity(*value, Affinity::integer);
            if (fits(storage_class(stored), PgType::int8))
                return is_plain_literal(expr) ? widen(lowering.constant(stored), PgType::int8)
                                              : carried(lowering.slot(expr, Affinity::integer), PgType::int8);
        }
    }
    return store_rowid(lowering.value(expr), table);
}

Fragment store_rowid(const Fragment& value, const Table& table)
{
    if (table.rtree)
        return only_null(value) ? carried(value, PgType::int8) : rtree_id(value);
    const Fragment f = with_affinity(value, Affinity::integer);
    if (f.type == PgType::int8)
        return f;
    if (only_null(f))
        return carried(f, PgType::int8);
    const Classes stored = StorageClass::integer;
    return {call("howdah.store_rowid", {widen(f, PgType::v).text}), PgType::int8,
            f.classes.nullable() ? stored.with_null() : stored};
}

Fragment default_of(const Table& table, int column, Lowering& lowering)
{
    const Column& c = table.columns.at(static_cast<std::size_t>(column));
    if (is_coordinate(table, column))
        return coordinate(null_of(PgType::float8), table, column);
    if (!c.default_value)
        return null_of(c.storage);
    const std::string text = unparse(*c.default_value);
    const ExprPtr expr = parse_expression(text);
    const ResolveRequest request{lowering.catalog(), {}, lowering.options(), nullptr, false, false, table.schema, text};
    const auto source = resolve_table_expression(*expr, table, "", request);
    return store(*expr, table, column, lowering);
}

} // namespace howdah::dialect
