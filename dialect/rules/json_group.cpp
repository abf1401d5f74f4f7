// json_group:  json_group_array(x)  =>  '[' || string_agg(json(x), ',' …) || ']'      json_group_object(k, v) likewise
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"json_group_array", "json_group_object"});
    if (!n)
        return std::nullopt;
    const bool object = function_name(*n) == "json_group_object";
    std::string text;
    if (object) {
        const Fragment key = to_text(lowering.value(*n->args[0]));
        std::string label = call("howdah.t2j", {key.text});
        if (key.classes.nullable())
            label = call("COALESCE", {label, "''::text"});
        const std::string pair = "(" + label + " || ':' || " + as_json(*n->args[1], lowering) + ")";
        text = aggregate_text(*n, {"string_agg", pair + ", ','", false, lowering.row_order}, lowering);
    } else {
        const Fragment x = n->distinct ? lowering.value(*n->args[0]) : Fragment{};
        text = joined(*n, x, as_json(*n->args[0], lowering), "','", lowering);
    }
    return Fragment{std::string(object ? "('{'" : "('['") + " || COALESCE(" + text + ", '') || " +
                        (object ? "'}')" : "']')"),
                    PgType::text, StorageClass::text};
}

} // namespace

const Rule json_group{"json_group", lower};

} // namespace howdah::dialect::rules
