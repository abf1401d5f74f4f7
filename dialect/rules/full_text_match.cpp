// full_text_match:  t MATCH 'q'  =>  howdah.fts_vector("t"."~doc") @@ $1::tsquery [AND howdah.fts_matches("t"."~doc",
// $2)]
//
// The query is read when it is bound: SQLite's own fts5 finds its errors, its tokenizers cut it. A phrase, NEAR and ^
// are what a tsquery without positions cannot say; the rows that it finds are then looked at.
#include "dialect/lower_full_text.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Like>(expr);
    const Source* source = n && n->op == LikeOp::match ? full_text_source(*n->operand) : nullptr;
    if (!source)
        return std::nullopt;
    if (n->negated)
        throw Error("unable to use function MATCH in the requested context", expr.span);
    return full_text_condition(*source, as<ColumnRef>(bare(*n->operand))->index, *n->pattern, lowering);
}

} // namespace

const Rule full_text_match{"full_text_match", lower};

} // namespace howdah::dialect::rules
