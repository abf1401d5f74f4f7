// coalesce:  coalesce(a, b, …), ifnull(a, b)  =>  COALESCE(a, b, …)      all widened to one type
// nullif:    nullif(a, b)  =>  CASE WHEN a = b THEN NULL ELSE a END      compared without affinity, by a's collation
// iif:       iif(c, a, b)  =>  CASE WHEN c THEN a ELSE b END
// hint:      likely(x), unlikely(x), likelihood(x, p)  =>  x
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

bool all_collated(const std::vector<Fragment>& fragments)
{
    return std::all_of(fragments.begin(), fragments.end(), [](const Fragment& f) { return f.collated; });
}

std::optional<Fragment> lower_coalesce(const Expr& expr, Lowering& lowering)
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

std::optional<Fragment> lower_nullif(const Expr& expr, Lowering& lowering)
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

std::optional<Fragment> lower_iif(const Expr& expr, Lowering& lowering)
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

std::optional<Fragment> lower_hint(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"likely", "unlikely", "likelihood"});
    return n ? std::optional(lowering.any(*n->args[0])) : std::nullopt;
}

} // namespace

const Rule coalesce{"coalesce", lower_coalesce};
const Rule nullif{"nullif", lower_nullif};
const Rule iif{"iif", lower_iif};
const Rule hint{"hint", lower_hint};

} // namespace howdah::dialect::rules
