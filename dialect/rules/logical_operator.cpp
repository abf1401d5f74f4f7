// logical:  a AND b, a OR b, NOT a  =>  the same over the truth of each
//
// Any value has a truth in SQLite: a number that is not zero, a text whose numeric prefix is not.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    if (const auto* n = as<Unary>(expr); n && n->op == UnaryOp::logical_not) {
        const Fragment f = lowering.condition(*n->operand);
        return predicate_fragment("(NOT " + f.text + ")", {&f});
    }
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::logical_and && n->op != BinaryOp::logical_or))
        return std::nullopt;
    const Fragment a = lowering.condition(*n->lhs);
    const Fragment b = lowering.condition(*n->rhs);
    return predicate_fragment("(" + a.text + (n->op == BinaryOp::logical_and ? " AND " : " OR ") + b.text + ")",
                              {&a, &b});
}

} // namespace

const Rule logical_operator{"logical", lower};

} // namespace howdah::dialect::rules
