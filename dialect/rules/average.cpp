// average:  avg(x)  =>  avg(real(x))      total(x)  =>  COALESCE(sum(real(x)), 0)
//
// Always REAL. DISTINCT compares the values as they are, before they become REAL.
#include "dialect/rules/moving_sum.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"avg", "total"});
    if (!n)
        return std::nullopt;
    const bool total = function_name(*n) == "total";
    const Fragment x = lowering.value(*n->args[0]);
    // DISTINCT compares the values as they are, before they become REAL.
    const bool by_value = n->distinct && x.type != PgType::float8;
    const Fragment key = by_value ? widen(distinct_key(*n->args[0], x), PgType::v) : to_real(x);
    const std::string name = by_value ? (total ? "howdah.total" : "howdah.avg")
                             : total  ? real_sum(lowering)
                                      : real_average(lowering);
    if (x.type != PgType::int8 && sum_moves(*n, lowering)) {
        if (total)
            return Fragment{moving_total(*n, key, lowering), PgType::float8, Classes(StorageClass::real).with_null()};
        const std::string count = aggregate_text(*n, {"count", key.text, false, {}}, lowering);
        return Fragment{"(" + moving_sum(*n, key, lowering) + " / " + count + ")", PgType::float8,
                        Classes(StorageClass::real).with_null()};
    }
    const std::string text = aggregate_text(*n, {name, key.text, n->distinct, {}}, lowering);
    if (total)
        return Fragment{call("COALESCE", {text, "'0'::double precision"}), PgType::float8, StorageClass::real};
    return Fragment{text, PgType::float8, Classes(StorageClass::real).with_null()};
}

} // namespace

const Rule average{"average", lower};

} // namespace howdah::dialect::rules
