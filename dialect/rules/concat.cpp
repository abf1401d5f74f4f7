// concat:  a || b  =>  text(a) || text(b)
//
// Both sides become text as SQLite writes it: 1.0 is '1.0', a blob its bytes. Two blobs give a text, too.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || n->op != BinaryOp::concat)
        return std::nullopt;
    const Fragment a = to_text(lowering.any(*n->lhs));
    const Fragment b = to_text(lowering.any(*n->rhs));
    return Fragment{"(" + a.text + " || " + b.text + ")", PgType::text, strict(StorageClass::text, {&a, &b}),
                    a.collated || b.collated};
}

} // namespace

const Rule concat{"concat", lower};

} // namespace howdah::dialect::rules
