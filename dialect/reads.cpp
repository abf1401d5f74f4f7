// What an expression or a SELECT reads; see reads.hpp.
#include "dialect/reads.hpp"

#include "dialect/scope.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <set>

namespace howdah::dialect {

namespace {

class AnyExpr : public Visitor {
public:
    explicit AnyExpr(const ExprVisitor& visit) : visit_(visit) {}
    bool found = false;
    bool enter(const Expr& expr) override
    {
        found = found || visit_(expr);
        return !found;
    }
    bool enter(const Select&) override { return !found; }
    bool enter(const TableRef&) override { return !found; }

private:
    const ExprVisitor& visit_;
};

// Views are looked into, because a TableRef of a tree that is not resolved says only their name.
class ReadsTable : public Visitor {
public:
    ReadsTable(const Table& table, const Catalog& catalog) : table_(table), catalog_(catalog) {}
    bool found = false;
    bool enter(const Expr&) override { return !found; }
    bool enter(const Select&) override { return !found; }
    bool enter(const TableRef& ref) override
    {
        const Table* table = ref.source && ref.source->table
                                 ? ref.source->table
                                 : catalog_.find_table(ref.table.schema.text, ref.table.name.text);
        found = found || table == &table_;
        if (!found && table && table->view && table->view->select)
            found = reads(*table->view->select, table_, catalog_);
        return !found;
    }

private:
    const Table& table_;
    const Catalog& catalog_;
};

template <typename Node>
bool reads_table(const Node& node, const Table& table, const Catalog& catalog)
{
    ReadsTable visitor(table, catalog);
    walk(node, visitor);
    return visitor.found;
}

// Values of columns, wherever a view or a common table has them from.
class ReadsColumns : public Visitor {
public:
    ReadsColumns(const Table& table, const std::vector<int>& columns, const VisitPlan& plan)
        : table_(table), columns_(columns), plan_(plan)
    {
    }
    bool found = false;
    bool enter(const Expr& expr) override
    {
        const auto* ref = as<ColumnRef>(expr);
        if (ref && ref->source && ref->source->table == &table_ && copies_.count(ref->source) == 0)
            found = found || is_changed(ref->index);
        return !found;
    }
    bool enter(const Select& select) override
    {
        for (const SelectCore& core : select.cores)
            if (core.from)
                look_at(core);
        return !found;
    }
    bool enter(const TableRef& ref) override
    {
        const Source* source = ref.source.get();
        if (found || !source)
            return !found;
        const Select* inside = ref.select ? nullptr : select_of(*source);
        if (inside && seen_.insert(inside).second)
            walk(*inside, *this);
        return !found;
    }

private:
    void look_at(const SelectCore& core)
    {
        for (const FromClause::Item& item : core.from->items)
            found = found || item.op.natural || !item.using_columns.empty(); // whose columns no expression names
        for (const Source* source : sources_of(*core.from)) {
            const VisitLoop* loop = source && source->table == &table_ ? plan_.loop(core, *source) : nullptr;
            if (loop && loop->automatic)
                copies_.insert(source);
            else if (const Index* index = loop ? loop->index(table_) : nullptr)
                for (const IndexColumn& column : index->columns) // the order of the rows
                    found = found || column.expr || is_changed(column.column);
        }
    }
    bool is_changed(int column) const
    {
        return std::find(columns_.begin(), columns_.end(), column) != columns_.end() ||
               (column >= 0 && table_.columns[static_cast<std::size_t>(column)].generated != Column::Generated::no);
    }
    const Table& table_;
    const std::vector<int>& columns_;
    const VisitPlan& plan_;
    std::set<const Source*> copies_;
    std::set<const Select*> seen_;
};

} // namespace

bool any_expr(const Expr& expr, const ExprVisitor& visit)
{
    AnyExpr visitor(visit);
    walk(expr, visitor);
    return visitor.found;
}

bool reads(const Expr& expr, const Table& table, const Catalog& catalog) { return reads_table(expr, table, catalog); }
bool reads(const Select& select, const Table& table, const Catalog& catalog)
{
    return reads_table(select, table, catalog);
}

bool reads_while_changing(const Expr& expr, const Table& table, const std::vector<int>& columns, const VisitPlan& plan)
{
    return any_expr(expr, [&](const Expr& e) {
        const Select* select = select_of(e);
        if (!select || !select->correlated)
            return false;
        ReadsColumns visitor(table, columns, plan);
        walk(*select, visitor);
        return visitor.found;
    });
}

bool reads_once(const Expr& expr, const Table& table, const Catalog& catalog)
{
    return any_expr(expr, [&](const Expr& e) {
        const Select* select = select_of(e);
        return select && !select->correlated && reads(*select, table, catalog);
    });
}

bool has_subquery(const Expr& expr)
{
    return any_expr(expr, [](const Expr& e) { return select_of(e) != nullptr; });
}

} // namespace howdah::dialect
