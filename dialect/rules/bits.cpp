// bit_operation:  a & b, a | b, ~a  =>  the same over the 64-bit integers of the operands
// shift:          a << n  =>  a << n for a literal n of 0 to 63, else howdah.shl(a, n)
//
// PostgreSQL shifts by n modulo 64; SQLite shifts everything out, and a negative n shifts the other way.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower_bits(const Expr& expr, Lowering& lowering)
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

std::optional<Fragment> lower_shift(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::shift_left && n->op != BinaryOp::shift_right))
        return std::nullopt;
    const bool left = n->op == BinaryOp::shift_left;
    const Fragment a = to_integer(lowering.any(*n->lhs));
    if (const auto count = integer_literal(*n->rhs); count && *count >= 0 && *count < 64)
        return Fragment{"(" + a.text + (left ? " << " : " >> ") + std::to_string(*count) + ")", PgType::int8,
                        strict(StorageClass::integer, {&a})};
    const Fragment b = to_integer(lowering.any(*n->rhs));
    return Fragment{call(left ? "howdah.shl" : "howdah.shr", {a.text, b.text}), PgType::int8,
                    strict(StorageClass::integer, {&a, &b})};
}

} // namespace

const Rule bit_operation{"bit_operation", lower_bits};
const Rule shift{"shift", lower_shift};

} // namespace howdah::dialect::rules
