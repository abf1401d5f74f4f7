// bit_operation:  a & b, a | b, ~a  =>  the same over the 64-bit integers of the operands
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    if (const auto* n = as<Unary>(expr); n && n->op == UnaryOp::bit_not) {
        const Fragment x = to_integer(lowering.any(*n->operand));
        return Fragment{"(~ " + x.text + ")", PgType::int8, strict(StorageClass::integer, {&x})};
    }
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::bit_and && n->op != BinaryOp::bit_or))
        return std::nullopt;
    const Fragment a = to_integer(lowering.any(*n->lhs));
    const Fragment b = to_integer(lowering.any(*n->rhs));
    return Fragment{"(" + a.text + (n->op == BinaryOp::bit_and ? " & " : " | ") + b.text + ")", PgType::int8,
                    strict(StorageClass::integer, {&a, &b})};
}

} // namespace

const Rule bit_operation{"bit_operation", lower};

} // namespace howdah::dialect::rules
