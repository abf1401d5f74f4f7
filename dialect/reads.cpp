// What an expression or a SELECT reads; see reads.hpp.
#include "dialect/reads.hpp"

#include "dialect/scope.hpp"
#include "dialect/walk.hpp"

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

// A subquery in `expr` that reads `table`, and is correlated or is not.
bool reads_in_subquery(const Expr& expr, const Table& table, const Catalog& catalog, bool correlated)
{
    return any_expr(expr, [&](const Expr& e) {
        const Select* select = select_of(e);
        return select && select->correlated == correlated && reads(*select, table, catalog);
    });
}

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

bool reads_while_changing(const Expr& expr, const Table& table, const Catalog& catalog)
{
    return reads_in_subquery(expr, table, catalog, true);
}

bool reads_once(const Expr& expr, const Table& table, const Catalog& catalog)
{
    return reads_in_subquery(expr, table, catalog, false);
}

bool has_subquery(const Expr& expr)
{
    return any_expr(expr, [](const Expr& e) { return select_of(e) != nullptr; });
}

} // namespace howdah::dialect
