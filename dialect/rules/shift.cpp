// shift:  a << n  =>  a << n for a literal n of 0 to 63, else howdah.shl(a, n)
//
// PostgreSQL shifts by n modulo 64; SQLite shifts everything out, and a negative n shifts the other way.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
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

const Rule shift{"shift", lower};

} // namespace howdah::dialect::rules
