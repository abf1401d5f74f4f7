// window_function:  row_number() OVER …, lag(x, n, d) OVER …  =>  the same, integers as bigint
//
// PostgreSQL counts rows in int4 and wants int4 where SQLite takes any integer.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

// The second argument of nth_value(): a number that is no integer, and what is no number, is as wrong as 0.
std::string nth(const Expr& expr, Lowering& lowering)
{
    const Fragment n = is_constant(expr, lowering) ? constant(expr, Affinity::numeric, lowering) : lowering.value(expr);
    if (only_null(n))
        return "0";
    switch (n.type) {
    case PgType::int8:
        return n.classes.nullable() ? "coalesce(" + n.text + ", 0)::int" : parens(n.text + "::int");
    case PgType::float8:
    case PgType::numeric:
        return "(CASE WHEN " + n.text + " = trunc(" + n.text + ") THEN " + n.text + " ELSE 0 END)::int";
    case PgType::text:
    case PgType::bytea:
        if (is_constant(expr, lowering))
            return "0";
        break;
    default:
        break;
    }
    throw refusal("nth_value() with a second argument that may be no number", expr.span);
}

// lag() and lead() give the default where the offset is no integer: there is no such row.
std::optional<std::string> is_an_offset(const Expr& expr, Lowering& lowering)
{
    const Fragment n = to_number(lowering.value(expr));
    if (n.type == PgType::int8)
        return n.classes.nullable() ? std::optional(n.text + " IS NOT NULL") : std::nullopt;
    return n.text + " = trunc(" + n.text + ")";
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Call>(expr);
    if (!n || !n->over || !n->function)
        return std::nullopt;
    const std::string name(function_name(*n));
    const auto int4 = [&](const Expr& e) { return parens(to_integer(lowering.value(e)).text + "::int"); };
    if (name == "row_number" || name == "rank" || name == "dense_rank")
        return Fragment{aggregate_text(*n, {name, "", false, {}}, lowering), PgType::int8, StorageClass::integer};
    if (name == "percent_rank" || name == "cume_dist")
        return Fragment{aggregate_text(*n, {name, "", false, {}}, lowering), PgType::float8, StorageClass::real};
    if (name == "ntile")
        return Fragment{cast(aggregate_text(*n, {name, int4(*n->args[0]), false, {}}, lowering), PgType::int8),
                        PgType::int8, StorageClass::integer};
    if (name == "first_value" || name == "last_value" || name == "nth_value") {
        const Fragment x = lowering.value(*n->args[0]);
        const std::string args = name == "nth_value" ? x.text + ", " + nth(*n->args[1], lowering) : x.text;
        return Fragment{aggregate_text(*n, {name, args, false, {}}, lowering), x.type, x.classes.with_null()};
    }
    if (name != "lag" && name != "lead")
        return std::nullopt;
    std::vector<Fragment> values{lowering.value(*n->args[0])};
    if (n->args.size() > 2)
        values.push_back(lowering.value(*n->args[2]));
    const PgType type = common_type(values);
    std::string args = widen(values[0], type).text;
    if (n->args.size() > 1)
        args += ", " + int4(*n->args[1]);
    if (n->args.size() > 2)
        args += ", " + widen(values[1], type).text;
    std::string text = aggregate_text(*n, {name, args, false, {}}, lowering);
    if (const auto offset = n->args.size() > 1 ? is_an_offset(*n->args[1], lowering) : std::nullopt)
        text = "(CASE WHEN " + *offset + " THEN " + text + " ELSE " +
               (n->args.size() > 2 ? widen(values[1], type) : null_of(type)).text + " END)";
    return Fragment{std::move(text), type, n->args.size() > 2 ? union_of(values) : values[0].classes.with_null()};
}

} // namespace

const Rule window_function{"window_function", lower};

} // namespace howdah::dialect::rules
