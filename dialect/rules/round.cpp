// round:  round(x, n)  =>  howdah.round_(x, n)
//
// Half away from zero on the printed decimal, always REAL; PostgreSQL rounds a float half to even.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"round"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_real(lowering.value(*n->args[0]));
    if (n->args.size() == 1)
        return Fragment{call("howdah.round_", {x.text}), PgType::float8, strict(StorageClass::real, {&x})};
    const Fragment digits = to_integer(lowering.value(*n->args[1]));
    return Fragment{call("howdah.round_", {x.text, digits.text}), PgType::float8,
                    strict(StorageClass::real, {&x, &digits})};
}

} // namespace

const Rule round{"round", lower};

} // namespace howdah::dialect::rules
