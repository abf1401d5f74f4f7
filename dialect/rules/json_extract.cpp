// json_extract:  json_extract(d, '$.a')  =>  howdah.json_extract(d, '$.a')
//                json_extract(d, p)      =>  howdah.json_extract_at(d, p)      several paths: an array
//
// What is extracted has a class of its own: true is 1, an object its text.
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"json_extract"});
    if (!n)
        return std::nullopt;
    if (n->args.size() < 2)
        return null_of(PgType::text);
    std::vector<std::string> args;
    for (const ExprPtr& arg : n->args)
        args.push_back(text_of(*arg, lowering).text);
    if (args.size() == 2)
        return Fragment{call(path_function("json_extract", *n->args[1], lowering), args), PgType::v, Classes::any()};
    return Fragment{call("howdah.json_extract_all", args), PgType::text, text_or_null};
}

} // namespace

const Rule json_extract{"json_extract", lower};

} // namespace howdah::dialect::rules
