// case:  CASE x WHEN a THEN b …  =>  CASE WHEN x = a THEN b …      results widened to one type
//
// x = a is a comparison with affinity and collation of its own for each WHEN. Where x is the same in all of them it is
// printed once.
#include "dialect/rules/case_expression.hpp"

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
    const Whens whens = whens_of(*n, lowering);
    std::vector<Fragment> results;
    for (const Case::When& when : n->whens)
        results.push_back(lowering.value(*when.result));
    results.push_back(n->otherwise ? lowering.value(*n->otherwise) : null_of(PgType::text));
    const PgType type = common_type(results);

    std::vector<std::string> texts;
    for (const Fragment& f : results)
        texts.push_back(widen(f, type).text);
    if (!n->otherwise)
        texts.pop_back();
    const bool collated = std::all_of(results.begin(), results.end(), [](const Fragment& f) { return f.collated; });
    return Fragment{case_text(whens, texts), type, union_of(results), collated};
}

} // namespace

Whens whens_of(const Case& n, Lowering& lowering)
{
    Whens whens;
    whens.conditions = conditions(n, whens.operand, lowering);
    return whens;
}

std::string case_text(const Whens& whens, const std::vector<std::string>& results)
{
    std::string text = whens.operand.empty() ? "(CASE" : "(CASE " + whens.operand;
    for (std::size_t i = 0; i < whens.conditions.size(); ++i)
        text += " WHEN " + whens.conditions[i] + " THEN " + results[i];
    if (results.size() > whens.conditions.size())
        text += " ELSE " + results.back();
    return text + " END)";
}

const Rule case_expression{"case", lower};

} // namespace howdah::dialect::rules
