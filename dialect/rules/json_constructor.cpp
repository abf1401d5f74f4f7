// json_constructor:  json_array(a, b)  =>  '[' || json(a) || ',' || json(b) || ']'      json_object(k, v) likewise
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::string label(const Expr& expr, Lowering& lowering)
{
    const Fragment f = lowering.value(expr);
    if (f.type == PgType::text && !f.classes.nullable())
        return call("howdah.t2j", {f.text});
    return call("howdah.json_label", {widen(f, PgType::v).text});
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"json_array", "json_object"});
    if (!n)
        return std::nullopt;
    const bool object = function_name(*n) == "json_object";
    if (object && n->args.size() % 2 != 0)
        throw Error("json_object() requires an even number of arguments", expr.span);
    std::string text = object ? "('{'" : "('['";
    for (std::size_t i = 0; i < n->args.size(); ++i) {
        const bool is_label = object && i % 2 == 0;
        text += i == 0 ? " || " : is_label || !object ? " || ',' || " : " || ':' || ";
        text += is_label ? label(*n->args[i], lowering) : as_json(*n->args[i], lowering);
    }
    return Fragment{text + (object ? " || '}')" : " || ']')"), PgType::text, StorageClass::text};
}

} // namespace

const Rule json_constructor{"json_constructor", lower};

} // namespace howdah::dialect::rules
