// nullif:  nullif(a, b)  =>  CASE WHEN a = b THEN NULL ELSE a END
//
// The two are compared without affinity, by a's collation.
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"nullif"});
    if (!n)
        return std::nullopt;
    const Expr& first = *n->args[0];
    if (is_volatile(first))
        throw refusal("nullif(random(), …) would be computed twice; give it a name in a subquery", expr.span);
    Fragment a = lowering.value(first);
    const Fragment b = lowering.value(*n->args[1]);
    const Collation collation = first.has_collation ? first.collation : n->args[1]->collation;
    const Fragment equal = compare(BinaryOp::equal, a, b, collation);
    a.classes = a.classes.with_null();
    if (equal.text == "false" || equal.text == unknown().text)
        return a;
    a.text = "(CASE WHEN " + equal.text + " THEN NULL ELSE " + a.text + " END)";
    return a;
}

} // namespace

const Rule nullif{"nullif", lower};

} // namespace howdah::dialect::rules
