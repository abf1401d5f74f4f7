// case:  CASE x WHEN a THEN b …  =>  CASE WHEN x = a THEN b …      results widened to one type
//
// x = a is a comparison with affinity and collation of its own for each WHEN. Where x is the same in all of them it is
// printed once.
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

// The WHENs of CASE x when every comparison is a plain = of the same x; empty otherwise.
std::vector<std::string> plain_whens(const Case& n, std::string& x, Lowering& lowering)
{
    std::vector<std::string> out;
    for (const Case::When& when : n.whens) {
        if (is_row(*n.operand) || is_row(*when.condition))
            return {};
        const ComparisonRule rule = comparison(*n.operand, *when.condition);
        const Operands operands = comparison_operands(*n.operand, *when.condition, rule, lowering);
        const auto pair = comparable(operands.lhs, operands.rhs, rule.collation);
        if (!pair || (!out.empty() && pair->lhs.text != x))
            return {};
        x = pair->lhs.text;
        out.push_back(pair->rhs.text);
    }
    return out;
}

std::vector<std::string> conditions(const Case& n, std::string& x, Lowering& lowering)
{
    std::vector<std::string> out;
    if (n.operand)
        out = plain_whens(n, x, lowering);
    if (!out.empty())
        return out;
    x.clear();
    if (n.operand && is_volatile(*n.operand))
        throw refusal("CASE random() WHEN … with values of several classes cannot be run", n.operand->span);
    for (const Case::When& when : n.whens)
        out.push_back(n.operand ? compare(BinaryOp::equal, *n.operand, *when.condition, lowering).text
                                : lowering.condition(*when.condition).text);
    return out;
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Case>(expr);
    if (!n)
        return std::nullopt;
    std::string x;
    const std::vector<std::string> whens = conditions(*n, x, lowering);
    std::vector<Fragment> results;
    for (const Case::When& when : n->whens)
        results.push_back(lowering.value(*when.result));
    results.push_back(n->otherwise ? lowering.value(*n->otherwise) : null_of(PgType::text));
    const PgType type = common_type(results);

    std::string text = x.empty() ? "(CASE" : "(CASE " + x;
    for (std::size_t i = 0; i < whens.size(); ++i)
        text += " WHEN " + whens[i] + " THEN " + widen(results[i], type).text;
    if (n->otherwise)
        text += " ELSE " + widen(results.back(), type).text;
    const bool collated = std::all_of(results.begin(), results.end(), [](const Fragment& f) { return f.collated; });
    return Fragment{text + " END)", type, union_of(results), collated};
}

} // namespace

const Rule case_expression{"case", lower};

} // namespace howdah::dialect::rules
