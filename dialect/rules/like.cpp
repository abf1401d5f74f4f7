// like:  a LIKE 'Ab%'  =>  lower(a COLLATE "C") LIKE 'ab%'      like(p, a) => a LIKE p
//
// SQLite's LIKE takes ASCII letters alike, has no escape character unless one is given, sees numbers as texts, and
// never matches a blob. Under PRAGMA case_sensitive_like letters differ. ILIKE follows the locale and uses no index.
#include "dialect/functions.hpp"
#include "dialect/parser.hpp"
#include "dialect/rules/patterns.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/text.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

bool can_be_blob(const Fragment& f) { return f.classes.has(StorageClass::blob); }

// The subject as it is matched.
std::string folded(const Fragment& text, const Lowering& lowering)
{
    return lowering.options().case_sensitive_like ? text.text : "lower(" + text.text + " COLLATE \"C\")";
}

Fragment match_literal(const Fragment& subject, std::string pattern, std::string_view escape, Lowering& lowering)
{
    const auto translated = like_pattern(pattern, escape);
    if (!translated)
        return known_unless_null(false, {&subject});
    pattern = lowering.options().case_sensitive_like ? *translated : ascii_lower(*translated);
    // Without letters there is nothing to fold, and an index on the text itself serves.
    const bool has_letters = std::any_of(pattern.begin(), pattern.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    return predicate_fragment("(" + (has_letters ? folded(subject, lowering) : subject.text) + " LIKE " +
                                  quote_string(pattern) + ")",
                              {&subject});
}

// A pattern that depends on no row is translated by SQLite when it is bound.
Fragment match_constant(const Fragment& subject, const Expr& pattern, Lowering& lowering)
{
    const std::string text = unparse(pattern);
    const Fragment p =
        computed_slot(lowering.options().case_sensitive_like ? "replace(" + text + ", '\\', '\\\\')"
                                                             : "replace(lower(" + text + "), '\\', '\\\\')",
                      lowering);
    if (only_null(p))
        return unknown();
    return predicate_fragment("(" + folded(subject, lowering) + " LIKE " + p.text + ")", {&subject, &p});
}

Fragment match(const Fragment& subject, const Expr& pattern, const Fragment& pattern_value, const Expr* escape,
               Lowering& lowering)
{
    const auto pattern_literal = text_literal(pattern);
    const auto escape_literal = escape ? text_literal(*escape) : std::optional<std::string>("");
    if (escape && escape_literal && character_count(*escape_literal) != 1)
        throw Error("ESCAPE expression must be a single character", escape->span);
    if (pattern_literal && escape_literal)
        return match_literal(subject, *pattern_literal, *escape_literal, lowering);
    if (!escape && is_constant(pattern, lowering) && !lowering.in_trigger)
        return match_constant(subject, pattern, lowering);
    const Fragment p = to_text(pattern_value);
    const std::string function = lowering.options().case_sensitive_like ? "howdah.like_cs" : "howdah.like_";
    if (!escape)
        return predicate_fragment(call(function, {p.text, subject.text}), {&subject, &p});
    const Fragment e = to_text(lowering.value(*escape));
    return predicate_fragment(call(function, {p.text, subject.text, e.text}), {&subject, &p, &e});
}

Fragment like(const Expr& operand, const Expr& pattern, const Expr* escape, Lowering& lowering)
{
    const Fragment x = lowering.value(operand);
    const bool translated_here =
        escape ? text_literal(pattern) && text_literal(*escape)
               : text_literal(pattern) || (is_constant(pattern, lowering) && !lowering.in_trigger);
    const Fragment p = translated_here ? Fragment{"", PgType::text, pattern.classes} : lowering.value(pattern);
    if (x.classes == Classes(StorageClass::blob))
        return truth_value(false);
    if (p.classes == Classes(StorageClass::blob))
        return truth_value(false);
    Fragment result = only_null(x) || only_null(p) ? unknown() : match(to_text(x), pattern, p, escape, lowering);
    std::vector<std::string> blobs;
    for (const Fragment* f : {&x, &p}) {
        if (!can_be_blob(*f))
            continue;
        if (f->type == PgType::v)
            blobs.push_back("(" + f->text + ").b IS NOT NULL");
        else if (f->type == PgType::bytea)
            blobs.push_back(is_not_null(*f));
        else if (f == &p)
            throw refusal("LIKE with a pattern that may be a blob cannot be run", pattern.span);
    }
    if (!blobs.empty()) {
        result.classes = integer.with_null();
        result.text = "(CASE WHEN " + join(blobs, " OR ") + " THEN false ELSE " + result.text + " END)";
    }
    return result;
}

std::optional<Fragment> lower_operator(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Like>(expr);
    if (!n || n->op != LikeOp::like)
        return std::nullopt;
    Fragment result = like(*n->operand, *n->pattern, n->escape.get(), lowering);
    if (n->negated)
        result.text = "(NOT " + result.text + ")";
    return result;
}

std::optional<Fragment> lower_function(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"like"});
    if (!n)
        return std::nullopt;
    return like(*n->args[1], *n->args[0], n->args.size() > 2 ? n->args[2].get() : nullptr, lowering);
}

} // namespace

const Rule like_operator{"like", lower_operator};
const Rule like_function{"like", lower_function};

} // namespace howdah::dialect::rules
