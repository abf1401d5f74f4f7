// between:  x BETWEEN a AND b  =>  x >= a AND x <= b
//
// Each half is a comparison with affinity and collation of its own.
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Between>(expr);
    if (!n)
        return std::nullopt;
    if (is_volatile(*n->operand))
        throw refusal("random() BETWEEN would be computed twice; give it a name in a subquery", expr.span);
    Fragment low = compare(BinaryOp::greater_equal, *n->operand, *n->low, lowering);
    Fragment high = compare(BinaryOp::less_equal, *n->operand, *n->high, lowering);
    if (lowering.is_filter(expr) && !n->negated) {
        low = with_copy_first(low, BinaryOp::greater_equal, *n->operand, *n->low, lowering);
        high = with_copy_first(high, BinaryOp::less_equal, *n->operand, *n->high, lowering);
    }
    return predicate_fragment(
        (n->negated ? "(NOT (" : "(") + low.text + " AND " + high.text + (n->negated ? "))" : ")"), {&low, &high});
}

} // namespace

const Rule between{"between", lower};

} // namespace howdah::dialect::rules
