// coalesce:  coalesce(a, b, …), ifnull(a, b)  =>  COALESCE(a, b, …)      all widened to one type
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"coalesce", "ifnull"});
    if (!n)
        return std::nullopt;
    const std::vector<Fragment> args = values(n->args, lowering);
    const PgType type = common_type(args);
    std::vector<std::string> texts;
    for (const Fragment& f : args)
        texts.push_back(widen(f, type).text);
    return Fragment{call("COALESCE", texts), type, expr.classes, all_collated(args)};
}

} // namespace

const Rule coalesce{"coalesce", lower};

} // namespace howdah::dialect::rules
