// is_true:  x IS TRUE  =>  (truth of x) IS TRUE      and IS FALSE, IS NOT TRUE, IS NOT FALSE
//
// With the words TRUE and FALSE SQLite's IS asks for the truth of x; with 1 and 0 it compares.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::is && n->op != BinaryOp::is_not))
        return std::nullopt;
    const auto* word = as<Literal>(bare(*n->rhs));
    if (!word || word->form != Literal::Form::boolean)
        return std::nullopt;
    const bool truth = word->value != Value(std::int64_t{0});
    const std::string text = "(" + lowering.condition(*n->lhs).text + (n->op == BinaryOp::is ? " IS " : " IS NOT ") +
                             (truth ? "TRUE" : "FALSE") + ")";
    return Fragment{text, PgType::boolean, StorageClass::integer};
}

} // namespace

const Rule is_true{"is_true", lower};

} // namespace howdah::dialect::rules
