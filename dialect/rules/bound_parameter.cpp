// parameter:  ?, :a  =>  $n::bigint | $n::text | …   by the class of the bound value
//
// A parameter has no affinity but a class; PostgreSQL would infer a type from where it stands.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    return as<Parameter>(expr) ? std::optional(lowering.slot(expr)) : std::nullopt;
}

} // namespace

const Rule bound_parameter{"parameter", lower};

} // namespace howdah::dialect::rules
