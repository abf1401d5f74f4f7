// json_edit:  json_set(d, p, v)  =>  howdah.json_edit('s', d, p, json(v))      json_insert, json_replace, json_remove
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"json_set", "json_insert", "json_replace", "json_remove"});
    if (!n)
        return std::nullopt;
    const std::string_view name = function_name(*n);
    if (n->args.empty())
        return null_of(PgType::text);
    const std::string json = text_of(*n->args[0], lowering).text;
    if (n->args.size() == 1)
        return Fragment{call("howdah.json", {json}), PgType::text, text_or_null};
    std::vector<std::string> args{json};
    const bool removes = name == "json_remove";
    if (!removes) {
        if (n->args.size() % 2 == 0)
            throw Error(std::string(name) + "() needs an odd number of arguments", expr.span);
        args.insert(args.begin(), quote_string(name.substr(5, 1)));
    }
    for (std::size_t i = 1; i < n->args.size(); ++i) {
        const bool is_path = removes || i % 2 == 1;
        args.push_back(is_path ? text_of(*n->args[i], lowering).text : as_json(*n->args[i], lowering));
    }
    return Fragment{call(removes ? "howdah.json_remove" : "howdah.json_edit", args), PgType::text, text_or_null};
}

} // namespace

const Rule json_edit{"json_edit", lower};

} // namespace howdah::dialect::rules
