// SELECT and what it is made of, as SQLite's SQL.
#include "dialect/unparser.hpp"

namespace howdah::dialect {

void Unparser::clause(std::string_view keyword, const ExprPtr& e)
{
    if (!e)
        return;
    word(keyword);
    word("");
    expr(*e);
}

void Unparser::with(const std::unique_ptr<With>& w)
{
    if (!w)
        return;
    raw(w->recursive ? "WITH RECURSIVE " : "WITH ");
    list(w->tables, [this](const CommonTable& table) {
        name(table.name);
        names(table.columns);
        raw(table.materialize == CommonTable::Materialize::yes  ? " AS MATERIALIZED ("
            : table.materialize == CommonTable::Materialize::no ? " AS NOT MATERIALIZED ("
                                                                : " AS (");
        select(*table.select);
        raw(")");
    });
    raw(" ");
}

void Unparser::select(const Select& s)
{
    static constexpr std::string_view operators[] = {" UNION ", " UNION ALL ", " INTERSECT ", " EXCEPT "};
    with(s.with);
    for (std::size_t i = 0; i < s.cores.size(); ++i) {
        if (i > 0)
            raw(operators[static_cast<std::size_t>(s.operators[i - 1])]);
        core(s.cores[i]);
    }
    order_and_limit(s.order_by, s.limit, s.offset);
}

void Unparser::order_and_limit(const std::vector<OrderingTerm>& order_by, const ExprPtr& limit, const ExprPtr& offset)
{
    if (!order_by.empty()) {
        raw(" ORDER BY ");
        ordering(order_by);
    }
    clause("LIMIT", limit);
    clause("OFFSET", offset);
}

void Unparser::core(const SelectCore& c)
{
    if (!c.values.empty()) {
        raw("VALUES ");
        return list(c.values, [this](const std::vector<ExprPtr>& row) {
            raw("(");
            exprs(row);
            raw(")");
        });
    }
    raw(c.distinct ? "SELECT DISTINCT " : c.all ? "SELECT ALL " : "SELECT ");
    columns(c.columns);
    if (c.from) {
        raw(" FROM ");
        from(*c.from);
    }
    clause("WHERE", c.where);
    if (!c.group_by.empty()) {
        raw(" GROUP BY ");
        exprs(c.group_by);
    }
    clause("HAVING", c.having);
    if (c.windows.empty())
        return;
    raw(" WINDOW ");
    list(c.windows, [this](const SelectCore::NamedWindow& named) {
        name(named.name);
        raw(" AS (");
        window(named.window);
        raw(")");
    });
}

void Unparser::columns(const std::vector<ResultColumn>& items)
{
    list(items, [this](const ResultColumn& column) {
        if (column.star) {
            if (!column.star_of.empty()) {
                name(column.star_of);
                raw(".");
            }
            return raw("*");
        }
        expr(*column.expr);
        if (!column.alias.empty()) {
            raw(" AS ");
            name(column.alias);
        }
    });
}

void Unparser::from(const FromClause& f)
{
    for (std::size_t i = 0; i < f.items.size(); ++i) {
        const FromClause::Item& item = f.items[i];
        if (i > 0)
            join_op(item.op);
        table(item.table);
        if (!item.on_is_resolved)
            clause("ON", item.on);
        if (!item.using_columns.empty()) {
            raw(" USING ");
            names(item.using_columns);
        }
    }
}

void Unparser::join_op(const JoinOp& op)
{
    static constexpr std::string_view kinds[] = {"",           "JOIN ",       "INNER JOIN ", "CROSS JOIN ",
                                                 "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN "};
    if (op.kind == JoinOp::Kind::comma)
        return raw(", ");
    raw(op.natural ? " NATURAL " : " ");
    raw(kinds[static_cast<std::size_t>(op.kind)]);
}

void Unparser::table(const TableRef& t)
{
    if (t.select || t.join) {
        raw("(");
        if (t.select)
            select(*t.select);
        else
            from(*t.join);
        raw(")");
    } else {
        qualified(t.table);
    }
    if (t.is_function) {
        raw("(");
        exprs(t.args);
        raw(")");
    }
    if (!t.alias.empty()) {
        raw(" AS ");
        name(t.alias);
    }
    if (!t.indexed_by.empty()) {
        raw(" INDEXED BY ");
        name(t.indexed_by);
    }
    raw(t.not_indexed ? " NOT INDEXED" : "");
}

} // namespace howdah::dialect
