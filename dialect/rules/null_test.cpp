// null_test:  x ISNULL, x IS NULL  =>  x IS NULL      x NOTNULL  =>  x IS NOT NULL | NOT (x IS NULL)
//
// Of a composite (howdah.v) PostgreSQL's IS NOT NULL asks whether every field is set.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Unary>(expr);
    if (!n || !is_null_test(n->op))
        return std::nullopt;
    const Fragment f = lowering.any(*n->operand);
    return Fragment{n->op == UnaryOp::is_null ? is_null(f) : is_not_null(f), PgType::boolean, StorageClass::integer};
}

} // namespace

const Rule null_test{"null_test", lower};

} // namespace howdah::dialect::rules
