// glob:  a GLOB 'x*'  =>  a LIKE 'x%'      a GLOB '[a-c]*'  =>  a ~ '^…$'      glob(p, a) => a GLOB p
//
// A pattern without a class of characters is one of LIKE's. The others become regular expressions on the server, once
// for a constant pattern; PostgreSQL takes an index range from either.
#include "dialect/functions.hpp"
#include "dialect/rules/patterns.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

Fragment glob(const Expr& operand, const Expr& pattern, Lowering& lowering)
{
    const Fragment x = lowering.value(operand);
    const Fragment p = lowering.value(pattern);
    for (const Fragment* f : {&x, &p}) {
        if (!only_null(*f) && f->classes == Classes(StorageClass::blob))
            return truth_value(false);
    }
    const Fragment subject = to_text(x);
    Fragment result;
    std::optional<std::string> as_like;
    if (const auto text = text_literal(pattern))
        as_like = glob_as_like(*text);
    if (only_null(x) || only_null(p))
        result = unknown();
    else if (as_like)
        result = predicate_fragment(
            "(" + collation_key(subject, Collation::binary).text + " LIKE " + quote_string(*as_like) + ")", {&subject});
    else
        result = predicate_fragment(call("howdah.glob", {to_text(p).text, subject.text}), {&subject, &p});
    std::vector<std::string> blobs;
    for (const Fragment* f : {&x, &p}) {
        if (f->type == PgType::v && f->classes.has(StorageClass::blob))
            blobs.push_back("(" + f->text + ").b IS NOT NULL");
        else if (f->type == PgType::bytea)
            blobs.push_back(is_not_null(*f));
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
    if (!n || n->op != LikeOp::glob)
        return std::nullopt;
    Fragment result = glob(*n->operand, *n->pattern, lowering);
    if (n->negated)
        result.text = "(NOT " + result.text + ")";
    return result;
}

std::optional<Fragment> lower_function(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"glob"});
    return n ? std::optional(glob(*n->args[1], *n->args[0], lowering)) : std::nullopt;
}

} // namespace

const Rule glob_operator{"glob", lower_operator};
const Rule glob_function{"glob", lower_function};

} // namespace howdah::dialect::rules
