// Expressions: the rules, in order, for each kind of node. The first that applies gives the text; a node to which none
// applies is refused. To teach howdah a new piece of SQLite's expressions, write a file in rules/ and name it here.
#include "dialect/functions.hpp"
#include "dialect/lower.hpp"
#include "dialect/rules/rules.hpp"

#include <span>

namespace howdah::dialect {

namespace {

using List = std::span<const Rule* const>;

template <const Rule&... Rules>
List list()
{
    static constexpr const Rule* rules[] = {&Rules...};
    return rules;
}

struct RulesFor {
    List operator()(const Literal&) const { return list<rules::literal_value>(); }
    List operator()(const CurrentTime&) const { return list<rules::current_time>(); }
    List operator()(const Parameter&) const { return list<rules::bound_parameter>(); }
    List operator()(const ColumnRef&) const { return list<rules::column_reference>(); }
    List operator()(const Unary&) const
    {
        return list<rules::null_test, rules::logical_operator, rules::negation, rules::bit_operation,
                    rules::transparent>();
    }
    List operator()(const Binary&) const
    {
        return list<rules::row_comparison, rules::is_true, rules::comparison_operator, rules::is_operator,
                    rules::logical_operator, rules::arithmetic, rules::modulo, rules::concat, rules::shift,
                    rules::bit_operation, rules::json_arrow>();
    }
    List operator()(const Between&) const { return list<rules::between>(); }
    List operator()(const In&) const { return list<rules::in_list, rules::in_select>(); }
    List operator()(const Like&) const
    {
        return list<rules::like_operator, rules::glob_operator, rules::full_text_match, rules::no_such_operator>();
    }
    List operator()(const Case&) const { return list<rules::case_expression>(); }
    List operator()(const Cast&) const { return list<rules::cast_expression>(); }
    List operator()(const Collate&) const { return list<rules::transparent>(); }
    List operator()(const Call&) const
    {
        return list<rules::count, rules::sum, rules::average, rules::extreme, rules::group_concat, rules::json_group,
                    rules::window_function, rules::coalesce, rules::nullif, rules::iif, rules::hint,
                    rules::scalar_extreme, rules::length, rules::ascii_case, rules::substr, rules::trim, rules::replace,
                    rules::instr, rules::like_function, rules::glob_function, rules::hex, rules::quote, rules::type_of,
                    rules::unicode, rules::soundex, rules::zeroblob, rules::round, rules::abs, rules::sign,
                    rules::integral_part, rules::mathematics, rules::random_value, rules::format, rules::date_of_column,
                    rules::date_function, rules::json_extract, rules::json_function, rules::json_constructor,
                    rules::json_edit, rules::full_text_function>();
    }
    List operator()(const Exists&) const { return list<rules::exists>(); }
    List operator()(const Subquery&) const { return list<rules::scalar_subquery>(); }
    List operator()(const RowValue&) const { return {}; }
    List operator()(const Raise&) const { return list<rules::raise>(); }
    List operator()(const Parenthesized&) const { return list<rules::transparent>(); }
};

std::string what_is_refused(const Expr& expr)
{
    if (const auto* call = as<Call>(expr))
        return "the function " + call->name.text + "() cannot be run on PostgreSQL";
    if (as<RowValue>(expr))
        return "a row value cannot stand here";
    return "this expression cannot be run on PostgreSQL";
}

// What the resolver and the rule know together. A fragment that is never NULL's equal keeps its classes: RAISE().
// Beside an aggregate of no rows a column is NULL that never is in a row, which the resolver does not know.
Fragment narrowed(Fragment f, const Expr& expr, bool may_have_no_row)
{
    Classes both = f.classes & expr.classes;
    if (may_have_no_row && f.classes.nullable() && !both.empty())
        both = both.with_null();
    if (!both.without_null().empty() || f.classes.without_null().empty())
        f.classes = both.empty() ? f.classes : both;
    return f;
}

} // namespace

Fragment Lowering::any(const Expr& expr)
{
    if (substitute) {
        if (std::optional<Fragment> f = substitute(expr))
            return *f;
    }
    if (rules::is_constant(expr, *this))
        return rules::constant(expr, Affinity::none, *this);
    for (const Rule* rule : std::visit(RulesFor{}, expr.node)) {
        if (std::optional<Fragment> f = rule->lower(expr, *this)) {
            fired(rule->name);
            return narrowed(std::move(*f), expr, static_cast<bool>(substitute));
        }
    }
    throw refusal(what_is_refused(expr), expr.span);
}

Fragment Lowering::value(const Expr& expr) { return to_value(any(expr)); }

Fragment Lowering::condition(const Expr& expr)
{
    if (rules::is_constant(expr, *this) && rules::is_fixed(expr)) {
        const std::optional<Value> value = known_value(expr);
        if (const auto* i = value ? std::get_if<std::int64_t>(&*value) : nullptr)
            return rules::truth_value(*i != 0);
    }
    return to_condition(any(expr));
}

} // namespace howdah::dialect
