// group_concat:  group_concat(x, s)  =>  string_agg(text(x), text(s) ORDER BY the natural row order)
//
// Texts are joined in the order in which SQLite visits the rows, distinct ones in that of their first appearance.
//
// A window function of SQLite's keeps the text of the frame and changes it at its ends, unless there is an EXCLUDE; an
// empty one is NULL. Where both ends move and an empty text alone stays in the frame, it forgets that there is one and
// cuts the next in the wrong place: refused when it meets an empty text.
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
    const Frame* frame = lowering.frame(*n);
    const bool keeps_text = n->over && (!frame || frame->exclude == Exclude::none);
    const bool moves = keeps_text && frame && frame->start != BoundKind::unbounded_preceding &&
                       frame->end != BoundKind::unbounded_following;
    std::string text = to_text(x).text;
    if (moves && (x.classes.has(StorageClass::text) || x.classes.has(StorageClass::blob)))
        text = call("howdah.in_moving_frame", {text});
    text = joined(*n, x, text, separator, lowering);
    if (keeps_text)
        text = call("NULLIF", {text, "''"});
    return Fragment{text, PgType::text, text_or_null};
}

} // namespace

const Rule group_concat{"group_concat", lower};

} // namespace howdah::dialect::rules
