// count:  count(), count(*)  =>  count(*)      count(DISTINCT x)  =>  count(DISTINCT key(x))
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"count"});
    if (!n)
        return std::nullopt;
    AggregateText text{"count", "*", n->distinct, {}};
    if (!n->star && !n->args.empty()) {
        const Fragment x = lowering.value(*n->args[0]);
        text.args = n->distinct ? distinct_key(*n->args[0], x).text : x.text;
    }
    return Fragment{aggregate_text(*n, text, lowering), PgType::int8, StorageClass::integer};
}

} // namespace

const Rule count{"count", lower};

} // namespace howdah::dialect::rules
