// window_function:  row_number() OVER …, lag(x, n, d) OVER …  =>  the same, integers as bigint
//
// PostgreSQL counts rows in int4 and wants int4 where SQLite takes any integer.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

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
        const std::string args = name == "nth_value" ? x.text + ", " + int4(*n->args[1]) : x.text;
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
    return Fragment{aggregate_text(*n, {name, args, false, {}}, lowering), type,
                    n->args.size() > 2 ? union_of(values) : values[0].classes.with_null()};
}

} // namespace

const Rule window_function{"window_function", lower};

} // namespace howdah::dialect::rules
