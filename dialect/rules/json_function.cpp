// json_function:  json(d), json_valid(d), json_type(d), json_array_length(d), json_patch(d, e), json_quote(x)
//                 =>  the functions of the same name in howdah
//
// SQLite's JSON is a TEXT that keeps its order and spelling; jsonb of PostgreSQL would not.
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    if (const Call* n = call_of(expr, {"json_quote"}))
        return Fragment{as_json(*n->args[0], lowering), PgType::text, StorageClass::text};
    const Call* n = call_of(expr, {"json", "json_valid", "json_type", "json_array_length", "json_patch"});
    if (!n)
        return std::nullopt;
    const std::string_view name = function_name(*n);
    std::vector<std::string> args;
    for (const ExprPtr& arg : n->args)
        args.push_back(text_of(*arg, lowering).text);
    const bool has_path = args.size() == 2 && name != "json_patch";
    const std::string text =
        call(has_path ? path_function(name, *n->args[1], lowering) : "howdah." + std::string(name), args);
    if (name == "json_valid")
        return Fragment{text, PgType::boolean, StorageClass::integer};
    if (name == "json_array_length")
        return Fragment{text, PgType::int8, integer.with_null()};
    return Fragment{text, PgType::text, text_or_null};
}

} // namespace

const Rule json_function{"json_function", lower};

} // namespace howdah::dialect::rules
