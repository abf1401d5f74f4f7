// full_text_function:  bm25(t, …), highlight(t, …), snippet(t, …)  =>  howdah.fts_bm25("t"."~doc", $1::jsonb, …), …
//
// They are functions of the row and of the query that found it. After GROUP BY there is no such row.
#include "dialect/full_text.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"bm25", "highlight", "snippet"});
    if (!n)
        return std::nullopt;
    const Source* source = n->args.empty() ? nullptr : full_text_source(*n->args.front());
    const bool is_table =
        source && as<ColumnRef>(bare(*n->args.front()))->index == source->table->full_text->table_column();
    if (!is_table || lowering.substitute)
        throw Error("unable to use function " + fold(n->name.text) + " in the requested context", expr.span);
    return full_text_auxiliary(*n, *source, lowering);
}

} // namespace

const Rule full_text_function{"full_text_function", lower};

} // namespace howdah::dialect::rules
