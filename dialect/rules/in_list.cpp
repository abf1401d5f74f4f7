// in_list:  x IN (1, '2', ?)  =>  x IN (1, 2, $1)      x IN ()  =>  false
//
// Only the affinity of x is applied to the members; a column among them keeps its values as they are. A member that is
// a constant of a class x can never have is left out. An empty list is false, of NULL too.
#include "dialect/resolver.hpp"
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

// The list when every member has, or can be widened to, one type; a typed text each.
std::string lists(const Fragment& x, const std::vector<Fragment>& members, Collation collation)
{
    PgType type = x.type;
    for (const Fragment& m : members)
        type = only_null(m) ? type : wider(type, m.type);
    const auto key = [&](const Fragment& f) {
        return collation == Collation::binary ? f : collation_key(f, collation);
    };
    std::vector<std::string> texts;
    for (const Fragment& m : members)
        texts.push_back(key(widen(m, type)).text);
    return key(widen(x, type)).text + " IN (" + join(texts, ", ") + ")";
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<In>(expr);
    if (!n || n->select)
        return std::nullopt;
    if (n->list.empty())
        return truth_value(n->negated);
    if (is_row(*n->operand))
        throw refusal("a row value IN a list cannot be run; use IN (VALUES …)", expr.span);

    const ComparisonRule rule = membership(*n->operand);
    std::vector<Fragment> members;
    std::optional<Fragment> x;
    bool nullable = false;
    for (const ExprPtr& item : n->list) {
        const Operands operands = comparison_operands(*n->operand, *item, rule, lowering);
        x = to_value(operands.lhs);
        const Fragment member = to_value(operands.rhs);
        nullable = nullable || member.classes.nullable();
        // A constant REAL that did not become INTEGER under the affinity of x is never equal to one.
        const bool fraction = rule.rhs == Affinity::numeric && x->type == PgType::int8 &&
                              member.type == PgType::float8 && is_constant(*item, lowering);
        const bool meets = !fraction && comparable(*x, member, rule.collation).has_value();
        if (meets || member.classes.nullable())
            members.push_back(member);
    }
    if (only_null(*x))
        return unknown();
    Fragment result;
    if (members.empty())
        result = known_unless_null(false, {&*x});
    else
        result = {parens(lists(*x, members, rule.collation)), PgType::boolean,
                  nullable || x->classes.nullable() ? integer.with_null() : Classes(StorageClass::integer)};
    if (n->negated)
        result.text = "(NOT " + result.text + ")";
    return result;
}

} // namespace

const Rule in_list{"in_list", lower};

} // namespace howdah::dialect::rules
