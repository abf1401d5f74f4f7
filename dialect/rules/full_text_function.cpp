// full_text_function:  bm25(t, …), highlight(t, …), snippet(t, …)  =>  howdah.fts_bm25("t"."~doc", $1::jsonb, …), …
//                      of fts4 and fts3: snippet(t, …), offsets(t), matchinfo(t, …)
//
// They are functions of the row and of the query that found it. After GROUP BY there is no such row.
#include "dialect/full_text.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"bm25", "highlight", "snippet", "offsets", "matchinfo", "optimize"});
    if (!n)
        return std::nullopt;
    const Source* source = n->args.empty() ? nullptr : full_text_source(*n->args.front());
    const bool is_table =
        source && as<ColumnRef>(bare(*n->args.front()))->index == source->table->full_text->table_column();
    const bool fts5 = !source || source->table->full_text->is_fts5();
    if (!fts5 && !is_table && !lowering.substitute)
        throw Error("illegal first argument to " + fold(n->name.text), expr.span);
    const bool of_fts4 = call_of(expr, {"offsets", "matchinfo", "optimize"}) != nullptr;
    if (!is_table || lowering.substitute || (fts5 && of_fts4))
        throw Error("unable to use function " + fold(n->name.text) + " in the requested context", expr.span);
    return full_text_auxiliary(*n, *source, lowering);
}

} // namespace

const Rule full_text_function{"full_text_function", lower};

} // namespace howdah::dialect::rules
