// scalar_extreme:  max(a, b)  =>  CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN GREATEST(a, b) END
//
// SQLite's is NULL when any argument is, PostgreSQL's GREATEST ignores NULLs. Of equal values max() keeps the first and
// min() the last; PostgreSQL always the first, so min()'s arguments are turned around where equal values can differ.
// Under NOCASE and RTRIM the arguments are sorted by their keys.
#include "dialect/rules/rules.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

Collation collation_of_arguments(const Call& n)
{
    for (const ExprPtr& arg : n.args) {
        if (arg->has_collation)
            return arg->collation;
    }
    return Collation::binary;
}

std::string by_sorting(bool max, const std::vector<Fragment>& args, Collation collation, Lowering& lowering)
{
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < args.size(); ++i)
        rows.push_back("(" + std::to_string(i) + ", " + args[i].text + ")");
    const std::string alias = quote_identifier(lowering.fresh("extreme"));
    const Fragment x{alias + ".\"x\"", args.front().type, args.front().classes};
    return "(SELECT " + x.text + " FROM (VALUES " + join(rows, ", ") + ") AS " + alias + "(\"i\", \"x\") ORDER BY " +
           collation_key(x, collation).text + (max ? " DESC, " : ", ") + alias + ".\"i\"" + (max ? "" : " DESC") +
           " LIMIT 1)";
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"max", "min"});
    if (!n || n->args.size() < 2)
        return std::nullopt;
    const bool max = function_name(*n) == "max";
    std::vector<Fragment> args = values(n->args, lowering);
    if (std::any_of(args.begin(), args.end(), [](const Fragment& f) { return only_null(f); }))
        return null_of(common_type(args));
    const PgType type = common_type(args);
    std::vector<std::string> nullable;
    std::vector<std::string> texts;
    for (Fragment& f : args) {
        f = widen(f, type);
        if (f.classes.nullable())
            nullable.push_back(is_not_null(f));
        texts.push_back(f.text);
    }
    const Collation collation = collation_of_arguments(*n);
    const bool may_have_text = type == PgType::text || type == PgType::v;
    std::string text;
    if (collation != Collation::binary && may_have_text) {
        text = by_sorting(max, args, collation, lowering);
    } else {
        texts.front() = collation_key(args.front(), Collation::binary).text;
        if (!max && (type == PgType::numeric || type == PgType::v))
            std::reverse(texts.begin(), texts.end());
        text = call(max ? "GREATEST" : "LEAST", texts);
    }
    if (!nullable.empty())
        text = "(CASE WHEN " + join(nullable, " AND ") + " THEN " + text + " END)";
    const Classes classes = union_of(args);
    return Fragment{text, type, nullable.empty() ? classes.without_null() : classes.with_null()};
}

} // namespace

const Rule scalar_extreme{"scalar_extreme", lower};

} // namespace howdah::dialect::rules
