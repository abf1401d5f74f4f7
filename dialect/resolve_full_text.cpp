// Which conditions of a FROM and a WHERE are queries of a full-text table, as its xBestIndex takes them up.
#include "dialect/full_text.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Hidden columns: that of the table, and rank.
bool is_hidden(const Source& source, const Expr& column)
{
    return as<ColumnRef>(bare(column))->index >= source.table->full_text->table_column();
}

void add(Source& source, int column, const Expr& pattern)
{
    if (column == source.table->full_text->rank_column())
        source.rank = &pattern;
    else
        source.matches.push_back({column, &pattern});
}

void become_match(Expr& e, ExprPtr operand, ExprPtr pattern)
{
    Like match;
    match.op = LikeOp::match;
    match.keyword.text = "MATCH";
    match.operand = std::move(operand);
    match.pattern = std::move(pattern);
    e.node = std::move(match);
}

// match('x', t) is t MATCH 'x'.
void call_as_match(Expr& e)
{
    auto* call = as<Call>(e);
    if (call && equal_names(call->name.text, "match") && call->args.size() == 2 && full_text_source(*call->args[1]))
        become_match(e, std::move(call->args[1]), std::move(call->args[0]));
}

// t = 'x' is t MATCH 'x' in fts5.
void equality_as_match(Expr& e)
{
    auto* equal = as<Binary>(e);
    if (!equal || equal->op != BinaryOp::equal)
        return;
    for (const bool turned : {false, true}) {
        ExprPtr& column = turned ? equal->rhs : equal->lhs;
        const Source* source = full_text_source(*column);
        if (!source || !source->table->full_text->is_fts5() || !is_hidden(*source, *column))
            continue;
        become_match(e, std::move(column), std::move(turned ? equal->lhs : equal->rhs));
        return;
    }
}

void conjuncts(Expr& e, const std::function<void(Expr&)>& see)
{
    Expr& inside = bare(e);
    if (auto* both = as<Binary>(inside); both && both->op == BinaryOp::logical_and) {
        conjuncts(*both->lhs, see);
        conjuncts(*both->rhs, see);
    } else {
        see(inside);
    }
}

void take_up(Expr& e)
{
    equality_as_match(e);
    call_as_match(e);
    const auto* match = as<Like>(e);
    if (!match || match->op != LikeOp::match || match->negated)
        return;
    if (const Source* source = full_text_source(*match->operand))
        add(const_cast<Source&>(*source), as<ColumnRef>(bare(*match->operand))->index, *match->pattern);
}

// MATCHes that are conditions of some rows only.
class LooseMatches : public Visitor {
public:
    bool enter(const Expr& e) override
    {
        const auto* match = as<Like>(e);
        const Source* source = match && match->op == LikeOp::match ? full_text_source(*match->operand) : nullptr;
        if (source) {
            const auto& taken = source->matches;
            const bool strict = match->pattern.get() == source->rank ||
                                std::any_of(taken.begin(), taken.end(),
                                            [&](const auto& m) { return m.pattern == match->pattern.get(); });
            const_cast<Source*>(source)->loose_match = source->loose_match || !strict;
        }
        return true;
    }
};

void each_condition(const FromClause& from, const std::function<void(Expr&)>& see)
{
    for (const FromClause::Item& item : from.items) {
        if (item.table.join)
            each_condition(*item.table.join, see);
        if (item.on)
            see(*item.on);
    }
}

} // namespace

// t('query', 'rank function'): the values of the hidden columns.
void Resolver::table_arguments(const TableRef& ref)
{
    Source* source = ref.source.get();
    if (!source || !source->table || !source->table->full_text)
        return;
    if (!source->table->full_text->is_fts5() && !ref.args.empty())
        throw refusal("arguments of an fts4 table; write MATCH");
    for (std::size_t i = 0; i < ref.args.size(); ++i)
        add(*source, source->table->full_text->table_column() + static_cast<int>(i), *ref.args[i]);
}

void Resolver::full_text_conditions(const FromClause* from, Expr* where)
{
    const auto each = [&](const std::function<void(Expr&)>& see) {
        if (from)
            each_condition(*from, see);
        if (where)
            see(*where);
    };
    each([](Expr& e) { conjuncts(e, take_up); });
    LooseMatches loose;
    each([&](Expr& e) { walk(e, loose); });
}

} // namespace howdah::dialect
