// Going through a tree; see walk.hpp.
#include "dialect/walk.hpp"

#include "dialect/catalog.hpp"
#include "dialect/scope.hpp"

namespace howdah::dialect {

namespace {

using Each = std::function<void(const Expr&)>;

void give(const ExprPtr& e, const Each& f)
{
    if (e)
        f(*e);
}
void give(const std::vector<ExprPtr>& list, const Each& f)
{
    for (const ExprPtr& e : list)
        give(e, f);
}
void give(const Window& w, const Each& f)
{
    give(w.partition_by, f);
    for (const OrderingTerm& term : w.order_by)
        give(term.expr, f);
    if (w.frame) {
        give(w.frame->start_offset, f);
        give(w.frame->end_offset, f);
    }
}

struct Children {
    const Each& f;

    void operator()(const Literal&) const {}
    void operator()(const CurrentTime&) const {}
    void operator()(const Parameter&) const {}
    void operator()(const ColumnRef&) const {}
    void operator()(const Raise&) const {}
    void operator()(const Exists&) const {}
    void operator()(const Subquery&) const {}
    void operator()(const Unary& n) const { give(n.operand, f); }
    void operator()(const Binary& n) const
    {
        give(n.lhs, f);
        give(n.rhs, f);
    }
    void operator()(const Between& n) const
    {
        give(n.operand, f);
        give(n.low, f);
        give(n.high, f);
    }
    void operator()(const In& n) const
    {
        give(n.operand, f);
        give(n.list, f);
    }
    void operator()(const Like& n) const
    {
        give(n.operand, f);
        give(n.pattern, f);
        give(n.escape, f);
    }
    void operator()(const Case& n) const
    {
        give(n.operand, f);
        for (const Case::When& when : n.whens) {
            give(when.condition, f);
            give(when.result, f);
        }
        give(n.otherwise, f);
    }
    void operator()(const Cast& n) const { give(n.operand, f); }
    void operator()(const Collate& n) const { give(n.operand, f); }
    void operator()(const Call& n) const
    {
        give(n.args, f);
        give(n.filter, f);
        if (n.over)
            give(*n.over, f);
    }
    void operator()(const RowValue& n) const { give(n.members, f); }
    void operator()(const Parenthesized& n) const { give(n.inner, f); }
};

void walk(const ExprPtr& e, Visitor& v)
{
    if (e)
        walk(*e, v);
}
void walk(const std::vector<ResultColumn>& columns, Visitor& v)
{
    for (const ResultColumn& c : columns)
        walk(c.expr, v);
}
void walk(const std::vector<SetClause>& set, Visitor& v)
{
    for (const SetClause& s : set)
        walk(s.value, v);
}
void walk(const std::vector<OrderingTerm>& terms, Visitor& v)
{
    for (const OrderingTerm& term : terms)
        walk(term.expr, v);
}
void walk(const std::unique_ptr<With>& with, Visitor& v)
{
    if (!with)
        return;
    for (const CommonTable& table : with->tables)
        walk(*table.select, v);
}
void walk(const TableRef& ref, Visitor& v)
{
    if (!v.enter(ref))
        return;
    for (const ExprPtr& arg : ref.args)
        walk(arg, v);
    if (ref.select)
        walk(*ref.select, v);
    if (ref.join)
        walk(*ref.join, v);
}

struct Statements {
    Visitor& v;

    void operator()(const SelectPtr& n) const { walk(*n, v); }
    void operator()(const CreateTrigger& n) const
    {
        walk(n.when, v);
        for (const TriggerStatement& statement : n.body)
            std::visit(*this, statement);
    }
    void operator()(const Insert& n) const
    {
        walk(n.with, v);
        if (n.source)
            walk(*n.source, v);
        for (const UpsertClause& upsert : n.upserts) {
            walk(upsert.set, v);
            walk(upsert.where, v);
        }
        walk(n.returning, v);
    }
    void operator()(const Update& n) const
    {
        walk(n.with, v);
        walk(n.table, v);
        walk(n.set, v);
        if (n.from)
            walk(*n.from, v);
        walk(n.where, v);
        walk(n.returning, v);
        walk(n.order_by, v);
        walk(n.limit, v);
        walk(n.offset, v);
    }
    void operator()(const Delete& n) const
    {
        walk(n.with, v);
        walk(n.table, v);
        walk(n.where, v);
        walk(n.returning, v);
        walk(n.order_by, v);
        walk(n.limit, v);
        walk(n.offset, v);
    }
    void operator()(const CreateTable& n) const
    {
        if (n.as_select)
            walk(*n.as_select, v);
    }
    template <typename Other>
    void operator()(const Other&) const
    {
    }
};

} // namespace

void for_each_child(const Expr& expr, const std::function<void(const Expr&)>& f) { std::visit(Children{f}, expr.node); }

const Select* select_of(const Expr& expr)
{
    if (const auto* n = as<In>(expr))
        return n->select.get();
    if (const auto* n = as<Exists>(expr))
        return n->select.get();
    if (const auto* n = as<Subquery>(expr))
        return n->select.get();
    return nullptr;
}

const Select* select_of(const Source& source)
{
    return source.common ? source.common->select.get() : source.select;
}

void walk(const Expr& expr, Visitor& visitor)
{
    if (!visitor.enter(expr))
        return;
    for_each_child(expr, [&](const Expr& child) { walk(child, visitor); });
    if (const Select* select = select_of(expr))
        walk(*select, visitor);
}

void walk(const FromClause& from, Visitor& visitor)
{
    for (const FromClause::Item& item : from.items) {
        walk(item.table, visitor);
        walk(item.on, visitor);
    }
}

void walk(const Select& select, Visitor& visitor)
{
    if (!visitor.enter(select))
        return;
    walk(select.with, visitor);
    for (const SelectCore& core : select.cores) {
        if (core.from)
            walk(*core.from, visitor);
        walk(core.columns, visitor);
        for (const auto& row : core.values)
            for (const ExprPtr& e : row)
                walk(e, visitor);
        walk(core.where, visitor);
        for (const ExprPtr& e : core.group_by)
            walk(e, visitor);
        walk(core.having, visitor);
        for (const SelectCore::NamedWindow& named : core.windows)
            give(named.window, [&](const Expr& e) { walk(e, visitor); });
    }
    walk(select.order_by, visitor);
    walk(select.limit, visitor);
    walk(select.offset, visitor);
}

void walk(const Statement& statement, Visitor& visitor) { std::visit(Statements{visitor}, statement.node); }
void walk(const TriggerStatement& statement, Visitor& visitor) { std::visit(Statements{visitor}, statement); }

// ------------------------------------------------------------------------------------------------ same_expression

namespace {

const Expr& meant(const Expr& e)
{
    const Expr& inside = bare(e);
    const auto* ref = as<ColumnRef>(inside);
    return ref && ref->alias_of ? meant(*ref->alias_of) : inside;
}

bool same(const ExprPtr& a, const ExprPtr& b) { return a && b ? same_expression(*a, *b) : !a && !b; }
bool same(const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b)
{
    if (a.size() != b.size())
        return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (!same(a[i], b[i]))
            return false;
    return true;
}

// Whether two nodes of one kind are equal.
bool same(const Literal& a, const Literal& b) { return a.value == b.value; }
bool same(const CurrentTime& a, const CurrentTime& b) { return a.form == b.form; }
bool same(const Parameter& a, const Parameter& b) { return a.index == b.index; }
bool same(const ColumnRef& a, const ColumnRef& b)
{
    if (a.as_string || b.as_string)
        return a.as_string == b.as_string && a.column.text == b.column.text;
    return a.source == b.source && a.index == b.index;
}
bool same(const Unary& a, const Unary& b) { return a.op == b.op && same(a.operand, b.operand); }
bool same(const Binary& a, const Binary& b) { return a.op == b.op && same(a.lhs, b.lhs) && same(a.rhs, b.rhs); }
bool same(const Between& a, const Between& b)
{
    return a.negated == b.negated && same(a.operand, b.operand) && same(a.low, b.low) && same(a.high, b.high);
}
bool same(const In& a, const In& b)
{
    return !a.select && !b.select && a.negated == b.negated && same(a.operand, b.operand) && same(a.list, b.list);
}
bool same(const Like& a, const Like& b)
{
    return a.op == b.op && a.negated == b.negated && same(a.operand, b.operand) && same(a.pattern, b.pattern) &&
           same(a.escape, b.escape);
}
bool same(const Case& a, const Case& b)
{
    if (a.whens.size() != b.whens.size() || !same(a.operand, b.operand) || !same(a.otherwise, b.otherwise))
        return false;
    for (std::size_t i = 0; i < a.whens.size(); ++i)
        if (!same(a.whens[i].condition, b.whens[i].condition) || !same(a.whens[i].result, b.whens[i].result))
            return false;
    return true;
}
bool same(const Cast& a, const Cast& b) { return equal_names(a.type, b.type) && same(a.operand, b.operand); }
bool same(const Collate& a, const Collate& b)
{
    return equal_names(a.collation.text, b.collation.text) && same(a.operand, b.operand);
}
bool same(const Call& a, const Call& b)
{
    return !a.over && !b.over && equal_names(a.name.text, b.name.text) && a.distinct == b.distinct &&
           a.star == b.star && same(a.args, b.args) && same(a.filter, b.filter);
}
bool same(const Exists&, const Exists&) { return false; }
bool same(const Subquery&, const Subquery&) { return false; }
bool same(const RowValue& a, const RowValue& b) { return same(a.members, b.members); }
bool same(const Raise&, const Raise&) { return false; }
bool same(const Parenthesized& a, const Parenthesized& b) { return same(a.inner, b.inner); }

} // namespace

bool same_expression(const Expr& a, const Expr& b)
{
    const Expr& x = meant(a);
    const Expr& y = meant(b);
    if (&x == &y)
        return true;
    if (x.node.index() != y.node.index())
        return false;
    return std::visit(
        [&y](const auto& node) { return same(node, std::get<std::remove_cvref_t<decltype(node)>>(y.node)); }, x.node);
}

} // namespace howdah::dialect
