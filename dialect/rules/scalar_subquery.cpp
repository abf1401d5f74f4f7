// scalar_subquery:  (SELECT a FROM t)  =>  (SELECT a FROM t LIMIT 1)
//
// SQLite takes the first row of several; PostgreSQL raises an error.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Subquery>(expr);
    return n ? std::optional(lowering.scalar(*n->select)) : std::nullopt;
}

} // namespace

const Rule scalar_subquery{"scalar_subquery", lower};

} // namespace howdah::dialect::rules
