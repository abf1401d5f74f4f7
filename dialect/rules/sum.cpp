// sum:  sum(i)  =>  howdah.isum_f(sum(i)), sum(r), howdah.sum(v)
//
// SQLite's sum of INTEGERs is an INTEGER or the error "integer overflow", PostgreSQL's a numeric. A text counts by its
// numeric prefix, and as an INTEGER only if it looks like one. Over a frame whose start moves: moving_sum.hpp.
#include "dialect/rules/moving_sum.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"sum"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    if (x.type == PgType::int8)
        return Fragment{call("howdah.isum_f", {aggregate_text(*n, {"sum", x.text, n->distinct, {}}, lowering)}),
                        PgType::int8, integer.with_null()};
    if (x.type == PgType::float8 && sum_moves(*n, lowering))
        return Fragment{moving_sum(*n, x, lowering), PgType::float8, Classes(StorageClass::real).with_null()};
    if (x.type == PgType::float8)
        return Fragment{aggregate_text(*n, {real_sum(lowering), x.text, n->distinct, {}}, lowering), PgType::float8,
                        Classes(StorageClass::real).with_null()};
    return Fragment{
        aggregate_text(
            *n,
            {sum_moves(*n, lowering) ? "howdah.moving_sum" : "howdah.sum", widen(x, PgType::v).text, n->distinct, {}},
            lowering),
        PgType::numeric, number.with_null()};
}

} // namespace

const Rule sum{"sum", lower};

} // namespace howdah::dialect::rules
