// iif:  iif(c, a, b)  =>  CASE WHEN c THEN a ELSE b END      a and b widened to one type
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"iif"});
    if (!n)
        return std::nullopt;
    const Fragment condition = lowering.condition(*n->args[0]);
    const std::vector<Fragment> results{lowering.value(*n->args[1]), lowering.value(*n->args[2])};
    const PgType type = common_type(results);
    return Fragment{"(CASE WHEN " + condition.text + " THEN " + widen(results[0], type).text + " ELSE " +
                        widen(results[1], type).text + " END)",
                    type, union_of(results), all_collated(results)};
}

} // namespace

const Rule iif{"iif", lower};

} // namespace howdah::dialect::rules
