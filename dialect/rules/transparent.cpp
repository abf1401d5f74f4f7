// transparent:  (x), +x, x COLLATE c  =>  x
//
// They change what a comparison does with x, which the resolver has noted, but not the value.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    if (const auto* n = as<Parenthesized>(expr))
        return lowering.any(*n->inner);
    if (const auto* n = as<Collate>(expr))
        return lowering.any(*n->operand);
    if (const auto* n = as<Unary>(expr); n && n->op == UnaryOp::plus)
        return lowering.any(*n->operand);
    return std::nullopt;
}

} // namespace

const Rule transparent{"transparent", lower};

} // namespace howdah::dialect::rules
