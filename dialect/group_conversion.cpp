// See group_conversion.hpp.
#include "dialect/group_conversion.hpp"

#include "dialect/catalog.hpp"
#include "dialect/error.hpp"
#include "dialect/resolver.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

const Expr& unaliased(const Expr& expr)
{
    const Expr& e = bare(expr);
    const auto* ref = as<ColumnRef>(e);
    return ref && ref->alias_of ? unaliased(*ref->alias_of) : e;
}

// The column or aggregate whose register an operand is, through what computes nothing.
const Expr* kept_value(const Expr& operand)
{
    const Expr& e = unaliased(operand);
    if (const auto* collate = as<Collate>(e))
        return kept_value(*collate->operand);
    if (const auto* sign = as<Unary>(e); sign && sign->op == UnaryOp::plus)
        return kept_value(*sign->operand);
    const auto* ref = as<ColumnRef>(e);
    const auto* call = as<Call>(e);
    return (ref && ref->source && ref->depth == 0) || (call && call->aggregate && !call->over) ? &e : nullptr;
}

// SELECT id FROM t finds values as rowids, and converts a copy.
bool finds_rowids(const Select& select)
{
    const SelectCore& core = select.cores.front();
    if (select.cores.size() > 1 || core.distinct || core.aggregate || core.where || select.limit || !core.from ||
        core.from->items.size() != 1)
        return false;
    const auto* ref = as<ColumnRef>(unaliased(*core.outputs.front().expr));
    const Source* source = ref ? ref->source : nullptr;
    return source && source->kind == Source::Kind::table && source->table->has_rowid() &&
           (ref->index < 0 || ref->index == source->rowid_alias);
}

Affinity affinity_together(Affinity a, Affinity b)
{
    if (a == Affinity::none || b == Affinity::none)
        return a == Affinity::none ? b : a;
    return is_numeric(a) || is_numeric(b) ? Affinity::numeric : Affinity::blob;
}

// `sorted`: an INTEGER that has become REAL, or a whole REAL that was told so again, is an INTEGER then.
bool converts(const Classes& classes, Affinity to, bool sorted)
{
    switch (to) {
    case Affinity::none:
    case Affinity::blob:
        return false;
    case Affinity::text:
        return classes.has(StorageClass::integer) || classes.has(StorageClass::real);
    case Affinity::real:
        return classes.has(StorageClass::text) || classes.has(StorageClass::integer) ||
               (sorted && classes.has(StorageClass::real));
    default:
        return classes.has(StorageClass::text) || classes.has(StorageClass::real);
    }
}

std::optional<GroupConversion> conversion_in(const Expr& expr, bool sorted)
{
    const auto* in = as<In>(unaliased(expr));
    const Expr* value = in && in->select ? kept_value(*in->operand) : nullptr;
    if (!value || finds_rowids(*in->select))
        return std::nullopt;
    const Affinity to = affinity_together(as_operand(*in->select, 0).affinity, in->operand->affinity);
    return converts(value->classes, to, sorted) ? std::optional(GroupConversion{value, to}) : std::nullopt;
}

void conjuncts(const Expr& expr, std::vector<const Expr*>& list)
{
    const auto* both = as<Binary>(bare(expr));
    if (!both || both->op != BinaryOp::logical_and) {
        list.push_back(&expr);
        return;
    }
    conjuncts(*both->lhs, list);
    conjuncts(*both->rhs, list);
}

std::vector<GroupConversion> all_in(const Expr& expr, bool sorted)
{
    std::vector<GroupConversion> list;
    if (const auto conversion = conversion_in(expr, sorted))
        list.push_back(*conversion);
    else
        for_each_child(unaliased(expr), [&](const Expr& child) {
            for (const GroupConversion& c : all_in(child, sorted))
                list.push_back(c);
        });
    return list;
}

// How often an expression speaks of the value, parentheses aside.
int times(const Expr& expr, const Expr& value)
{
    const Expr& e = unaliased(expr);
    if (same_expression(e, value))
        return 1;
    int n = 0;
    for_each_child(e, [&](const Expr& child) { n += times(child, value); });
    return n;
}

Error unknown(const Expr& value)
{
    return refusal("what IN (SELECT …) makes of a grouped value is seen by what SQLite computes after it", value.span);
}

// One row needs no sorting, nor do groups that are asked for in their own order.
bool sorts_groups(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                  const std::vector<const Expr*>& sorted)
{
    return !sorted.empty() && !core.group_by.empty() &&
           (sorted.size() != core.group_by.size() ||
            std::any_of(terms.begin(), terms.end(),
                        [](const OrderingTerm& term) { return as<Collate>(bare(*term.expr)) != nullptr; }) ||
            !std::equal(sorted.begin(), sorted.end(), core.group_by.begin(),
                        [](const Expr* a, const ExprPtr& b) { return same_expression(unaliased(*a), unaliased(*b)); }));
}

const Expr& without_not(const Expr& expr)
{
    const auto* sign = as<Unary>(unaliased(expr));
    return sign && sign->op == UnaryOp::logical_not ? without_not(*sign->operand) : expr;
}

// Parts of the row are computed from left to right, those that ORDER BY names when it sorts.
void refuse_seen_in_outputs(const SelectCore& core, const std::vector<const Expr*>& sorted, bool sorts)
{
    for (std::size_t i = 0; i < core.outputs.size(); ++i)
        for (const GroupConversion& c : all_in(*core.outputs[i].expr, sorts)) {
            bool seen = times(*core.outputs[i].expr, *c.value) > 1;
            for (std::size_t later = i + 1; later < core.outputs.size(); ++later)
                seen = seen || times(*core.outputs[later].expr, *c.value) > 0;
            for (const Expr* term : sorted)
                seen = seen || (sorts && term != core.outputs[i].expr && times(*term, *c.value) > 0);
            if (seen)
                throw unknown(*c.value);
        }
    for (const Expr* term : sorted)
        for (const GroupConversion& c : all_in(*term, sorts))
            for (const SelectCore::Output& output : core.outputs)
                if (times(*output.expr, *c.value) > (output.expr == term ? 1 : 0))
                    throw unknown(*c.value);
}

} // namespace

std::vector<GroupConversion> converted_by_having(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                                                 const std::vector<const Expr*>& sorted, bool any_type)
{
    std::vector<GroupConversion> list;
    if (!core.aggregate)
        return list;
    const bool sorts = sorts_groups(core, terms, sorted);
    refuse_seen_in_outputs(core, sorted, sorts);
    if (!core.having)
        return list;
    // Read as a column of a subquery it is REAL again.
    const auto comes_back = [&](const GroupConversion& c) {
        return !any_type && c.value->affinity == Affinity::real && !c.value->classes.has(StorageClass::text) &&
               std::all_of(core.outputs.begin(), core.outputs.end(), [&](const SelectCore::Output& output) {
                   return times(*output.expr, *c.value) == 0 || same_expression(unaliased(*output.expr), *c.value);
               });
    };
    const auto is_shown = [&](const Expr& value) {
        return std::any_of(core.outputs.begin(), core.outputs.end(),
                           [&](const SelectCore::Output& output) { return times(*output.expr, value) > 0; }) ||
               std::any_of(sorted.begin(), sorted.end(), [&](const Expr* term) { return times(*term, value) > 0; });
    };
    std::vector<const Expr*> tests;
    conjuncts(*core.having, tests);
    for (const Expr* test : tests)
        for (const GroupConversion& c : all_in(*test, sorts)) {
            if (comes_back(c))
                continue;
            // Groups that are not sorted come in the order of what they were.
            const bool keeps_order = sorts || !c.value->classes.has(StorageClass::text) ||
                                     std::none_of(sorted.begin(), sorted.end(),
                                                  [&](const Expr* term) { return times(*term, *c.value) > 0; });
            const bool always = conversion_in(without_not(*test), sorts).has_value() && keeps_order &&
                                (c.to != Affinity::real || !sorts);
            if (times(*core.having, *c.value) > 1 || (is_shown(*c.value) && (!always || !any_type)))
                throw unknown(*c.value);
            list.push_back(c);
        }
    return list;
}

const GroupConversion* conversion_of(const std::vector<GroupConversion>& conversions, const Expr& expr)
{
    for (const GroupConversion& c : conversions)
        if (same_expression(expr, *c.value))
            return &c;
    return nullptr;
}

} // namespace howdah::dialect
