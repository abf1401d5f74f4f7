// hint:  likely(x), unlikely(x), likelihood(x, p)  =>  x
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"likely", "unlikely", "likelihood"});
    return n ? std::optional(lowering.any(*n->args[0])) : std::nullopt;
}

} // namespace

const Rule hint{"hint", lower};

} // namespace howdah::dialect::rules
