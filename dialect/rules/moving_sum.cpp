// See moving_sum.hpp.
#include "dialect/rules/moving_sum.hpp"

namespace howdah::dialect::rules {

bool sum_moves(const Call& call, Lowering& lowering)
{
    const Frame* frame = lowering.frame(call);
    return frame && frame->exclude == Exclude::none && frame->start != BoundKind::unbounded_preceding;
}

// A NULL counts as 0: PostgreSQL forgets its sum when the last value leaves, SQLite does not.
std::string moving_total(const Call& call, const Fragment& real, Lowering& lowering)
{
    const std::string name = lowering.options().exact_arithmetic ? "howdah.moving_real_sum" : "howdah.moving_sum";
    const std::string value =
        real.classes.nullable() ? dialect::call("COALESCE", {real.text, "'0'::double precision"}) : real.text;
    return dialect::call("NULLIF", {aggregate_text(call, {name, value, false, {}}, lowering), "'NaN'"});
}

std::string moving_sum(const Call& call, const Fragment& real, Lowering& lowering)
{
    const std::string count = aggregate_text(call, {"count", real.text, false, {}}, lowering);
    return "(CASE WHEN " + count + " > 0 THEN " + moving_total(call, real, lowering) + " END)";
}

} // namespace howdah::dialect::rules
