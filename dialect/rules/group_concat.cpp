// group_concat:  group_concat(x, s)  =>  string_agg(text(x), text(s) ORDER BY the natural row order)
//
// Texts are joined in the order in which SQLite visits the rows, distinct ones in that of their first appearance.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"group_concat"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    const std::string separator = n->args.size() > 1 ? to_text(lowering.value(*n->args[1])).text : "','";
    std::string text = joined(*n, x, to_text(x).text, separator, lowering);
    if (n->over) // where nothing has been written yet a window function has no text
        text = call("NULLIF", {text, "''"});
    return Fragment{text, PgType::text, text_or_null};
}

} // namespace

const Rule group_concat{"group_concat", lower};

} // namespace howdah::dialect::rules
