// sum:  sum(i)  =>  howdah.isum_f(sum(i)), sum(r), howdah.sum(v)
//
// SQLite's sum of INTEGERs is an INTEGER or the error "integer overflow", PostgreSQL's a numeric. A text counts by its
// numeric prefix, and as an INTEGER only if it looks like one. Over a frame whose start moves: moving_sum.hpp.
//
// sum(coalesce(r, 0)), sum(CASE WHEN c THEN r ELSE 0 END): of a choice between REALs and INTEGERs both are summed as
// PostgreSQL's own, and which of the sums counts is known in the end. howdah.sum() takes ten times as long.
#include "dialect/rules/case_expression.hpp"
#include "dialect/rules/moving_sum.hpp"

namespace howdah::dialect::rules {

namespace {

// A number that is REAL in one row and INTEGER in another.
struct Either {
    std::string real;    // the value as double precision
    std::string integer; // as bigint; NULL where it is REAL
    std::string is_real; // false of NULL
};

std::optional<Either> either_of(const Expr& expr, Lowering& lowering);

// What `choose` makes of the members' texts.
template <class Choose>
std::optional<Either> chosen(const std::vector<const Expr*>& members, Lowering& lowering, const Choose& choose)
{
    std::vector<std::string> reals, integers, are_real;
    for (const Expr* member : members) {
        const std::optional<Either> either = either_of(*member, lowering);
        if (!either)
            return std::nullopt;
        reals.push_back(either->real);
        integers.push_back(either->integer);
        are_real.push_back(either->is_real);
    }
    return Either{choose(reals, reals), choose(reals, integers), choose(reals, are_real)};
}

std::optional<Either> either_of(const Expr& expr, Lowering& lowering)
{
    const Fragment f = lowering.value(expr);
    if (only_null(f))
        return Either{"NULL::double precision", "NULL::bigint", "false"};
    if (f.type == PgType::float8)
        return Either{f.text, "NULL::bigint", is_not_null(f)};
    if (f.type == PgType::int8)
        return Either{to_real(f).text, f.text, "false"};
    const Expr& e = bare(expr);
    std::vector<const Expr*> members;
    if (const auto* n = as<Case>(e)) {
        for (const Case::When& when : n->whens)
            members.push_back(when.result.get());
        if (n->otherwise)
            members.push_back(n->otherwise.get());
        const Whens whens = whens_of(*n, lowering);
        return chosen(members, lowering, [&](const auto&, const auto& texts) { return case_text(whens, texts); });
    }
    const Call* n = call_of(e, {"coalesce", "ifnull", "iif"});
    if (!n)
        return std::nullopt;
    for (const ExprPtr& arg : n->args)
        members.push_back(arg.get());
    if (function_name(*n) != "iif")
        return chosen(members, lowering, [](const auto& reals, const auto& texts) {
            std::string text = "(CASE";
            for (std::size_t i = 0; i + 1 < texts.size(); ++i)
                text += " WHEN " + reals[i] + " IS NOT NULL THEN " + texts[i];
            return text + " ELSE " + texts.back() + " END)";
        });
    members.erase(members.begin());
    const Whens whens{{}, {lowering.condition(*n->args[0]).text}};
    return chosen(members, lowering, [&](const auto&, const auto& texts) { return case_text(whens, texts); });
}

std::optional<Fragment> sum_of_either(const Call& n, Lowering& lowering)
{
    if (n.distinct || n.over || is_volatile(*n.args[0]))
        return std::nullopt;
    const std::optional<Either> x = either_of(*n.args[0], lowering);
    if (!x)
        return std::nullopt;
    const auto aggregate = [&](const std::string& name, const std::string& text) {
        return aggregate_text(n, {name, text, false, {}}, lowering);
    };
    const std::string text = "(CASE WHEN " + aggregate("bool_or", x->is_real) + " THEN " +
                             call("howdah.r2n", {aggregate(real_sum(lowering), x->real)}) + " ELSE " +
                             call("howdah.isum_f", {aggregate("sum", x->integer)}) + "::numeric END)";
    return Fragment{text, PgType::numeric, number.with_null()};
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"sum"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    if (x.type == PgType::int8)
        return Fragment{call("howdah.isum_f", {aggregate_text(*n, {"sum", x.text, n->distinct, {}}, lowering)}),
                        PgType::int8, integer.with_null()};
    if (x.type == PgType::float8 && sum_moves(*n, lowering))
        return Fragment{moving_sum(*n, x, lowering), PgType::float8, Classes(StorageClass::real).with_null()};
    if (x.type == PgType::float8)
        return Fragment{aggregate_text(*n, {real_sum(lowering), x.text, n->distinct, {}}, lowering), PgType::float8,
                        Classes(StorageClass::real).with_null()};
    if (x.type == PgType::numeric)
        if (auto either = sum_of_either(*n, lowering))
            return either;
    return Fragment{
        aggregate_text(
            *n,
            {sum_moves(*n, lowering) ? "howdah.moving_sum" : "howdah.sum", widen(x, PgType::v).text, n->distinct, {}},
            lowering),
        PgType::numeric, number.with_null()};
}

} // namespace

const Rule sum{"sum", lower};

} // namespace howdah::dialect::rules
