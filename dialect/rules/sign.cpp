// sign:  sign(x)  =>  sign(x)::bigint      NULL of what is no number
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"sign"});
    if (!n)
        return std::nullopt;
    const Fragment x = mathematical(lowering.value(*n->args[0]));
    return Fragment{cast(call("sign", {x.text}), PgType::int8), PgType::int8, integer.with_null()};
}

} // namespace

const Rule sign{"sign", lower};

} // namespace howdah::dialect::rules
