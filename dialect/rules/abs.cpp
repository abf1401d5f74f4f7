// abs:  abs(x)  =>  abs(x)      of a text the REAL; of any class howdah.abs_v(x)
//
// The smallest INTEGER has none: "integer overflow".
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"abs"});
    if (!n)
        return std::nullopt;
    Fragment x = lowering.value(*n->args[0]);
    if (only_null(x))
        return null_of(PgType::int8);
    switch (x.type) {
    case PgType::int8:
        // abs() of PostgreSQL reports the overflow as 22003, whose second try says it in SQLite's words.
        return Fragment{call(lowering.options().exact_arithmetic ? "howdah.abs_i" : "abs", {x.text}), x.type,
                        x.classes};
    case PgType::numeric:
    case PgType::v:
        return Fragment{call("howdah.abs_v", {widen(x, PgType::v).text}), PgType::numeric, strict(number, {&x})};
    default:
        x = to_real(x);
        return Fragment{call("abs", {x.text}), x.type, x.classes};
    }
}

} // namespace

const Rule abs{"abs", lower};

} // namespace howdah::dialect::rules
