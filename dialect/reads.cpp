// What an expression or a SELECT reads; see reads.hpp.
#include "dialect/reads.hpp"

#include "dialect/scope.hpp"

namespace howdah::dialect {

namespace {

using TableVisitor = std::function<bool(const TableRef&)>;

// Walks everything below a node; ends as soon as a visitor answers true.
class Walk {
public:
    Walk(const ExprVisitor* exprs, const TableVisitor* tables) : exprs_(exprs), tables_(tables) {}

    bool operator()(const ExprPtr& expr) const { return expr && (*this)(*expr); }
    bool operator()(const SelectPtr& select) const { return select && (*this)(*select); }
    bool operator()(const std::vector<ExprPtr>& list) const
    {
        for (const auto& e : list)
            if ((*this)(e))
                return true;
        return false;
    }
    bool operator()(const std::vector<OrderingTerm>& terms) const
    {
        for (const auto& t : terms)
            if ((*this)(t.expr))
                return true;
        return false;
    }

    bool operator()(const Expr& expr) const
    {
        if (exprs_ && (*exprs_)(expr))
            return true;
        return std::visit([this](const auto& node) { return below(node); }, expr.node);
    }
    bool operator()(const Select& select) const
    {
        if (select.with)
            for (const auto& common : select.with->tables)
                if ((*this)(common.select))
                    return true;
        for (const auto& core : select.cores)
            if (of_core(core))
                return true;
        return (*this)(select.order_by) || (*this)(select.limit) || (*this)(select.offset);
    }
    bool operator()(const FromClause& from) const
    {
        for (const auto& item : from.items)
            if (of_table(item.table) || (*this)(item.on))
                return true;
        return false;
    }

private:
    bool of_core(const SelectCore& core) const
    {
        for (const auto& column : core.columns)
            if ((*this)(column.expr))
                return true;
        for (const auto& row : core.values)
            if ((*this)(row))
                return true;
        for (const auto& window : core.windows)
            if (of_window(window.window))
                return true;
        return (core.from && (*this)(*core.from)) || (*this)(core.where) || (*this)(core.group_by) ||
               (*this)(core.having);
    }
    bool of_table(const TableRef& ref) const
    {
        if (tables_ && (*tables_)(ref))
            return true;
        return (*this)(ref.select) || (*this)(ref.args) || (ref.join && (*this)(*ref.join));
    }
    bool of_window(const Window& window) const
    {
        return (*this)(window.partition_by) || (*this)(window.order_by) ||
               (window.frame && ((*this)(window.frame->start_offset) || (*this)(window.frame->end_offset)));
    }

    bool below(const Literal&) const { return false; }
    bool below(const CurrentTime&) const { return false; }
    bool below(const Parameter&) const { return false; }
    bool below(const ColumnRef& e) const { return e.alias_of && (*this)(*e.alias_of); }
    bool below(const Unary& e) const { return (*this)(e.operand); }
    bool below(const Binary& e) const { return (*this)(e.lhs) || (*this)(e.rhs); }
    bool below(const Between& e) const { return (*this)(e.operand) || (*this)(e.low) || (*this)(e.high); }
    bool below(const In& e) const { return (*this)(e.operand) || (*this)(e.list) || (*this)(e.select); }
    bool below(const Like& e) const { return (*this)(e.operand) || (*this)(e.pattern) || (*this)(e.escape); }
    bool below(const Case& e) const
    {
        for (const auto& when : e.whens)
            if ((*this)(when.condition) || (*this)(when.result))
                return true;
        return (*this)(e.operand) || (*this)(e.otherwise);
    }
    bool below(const Cast& e) const { return (*this)(e.operand); }
    bool below(const Collate& e) const { return (*this)(e.operand); }
    bool below(const Call& e) const { return (*this)(e.args) || (*this)(e.filter) || (e.over && of_window(*e.over)); }
    bool below(const Exists& e) const { return (*this)(e.select); }
    bool below(const Subquery& e) const { return (*this)(e.select); }
    bool below(const RowValue& e) const { return (*this)(e.members); }
    bool below(const Raise&) const { return false; }
    bool below(const Parenthesized& e) const { return (*this)(e.inner); }

    const ExprVisitor* exprs_;
    const TableVisitor* tables_;
};

template <typename Node>
bool reads_table(const Node& node, const Table& table, const Catalog& catalog)
{
    const TableVisitor is_table = [&](const TableRef& ref) {
        const Table* found = ref.source && ref.source->table
                                 ? ref.source->table
                                 : catalog.find_table(ref.table.schema.text, ref.table.name.text);
        if (!found)
            return false;
        return found == &table || (found->view && found->view->select && reads(*found->view->select, table, catalog));
    };
    return Walk(nullptr, &is_table)(node);
}

} // namespace

bool any_expr(const Expr& expr, const ExprVisitor& visit) { return Walk(&visit, nullptr)(expr); }
bool any_expr(const Select& select, const ExprVisitor& visit) { return Walk(&visit, nullptr)(select); }
bool any_expr(const FromClause& from, const ExprVisitor& visit) { return Walk(&visit, nullptr)(from); }

const Select* subquery_of(const Expr& expr)
{
    if (const auto* e = as<Subquery>(expr))
        return e->select.get();
    if (const auto* e = as<Exists>(expr))
        return e->select.get();
    if (const auto* e = as<In>(expr))
        return e->select.get();
    return nullptr;
}

bool reads(const Expr& expr, const Table& table, const Catalog& catalog) { return reads_table(expr, table, catalog); }
bool reads(const Select& select, const Table& table, const Catalog& catalog)
{
    return reads_table(select, table, catalog);
}

bool reads_while_changing(const Expr& expr, const Table& table, const Catalog& catalog)
{
    return any_expr(expr, [&](const Expr& e) {
        const Select* select = subquery_of(e);
        return select && select->correlated && reads(*select, table, catalog);
    });
}

bool reads_once(const Expr& expr, const Table& table, const Catalog& catalog)
{
    return any_expr(expr, [&](const Expr& e) {
        const Select* select = subquery_of(e);
        return select && !select->correlated && reads(*select, table, catalog);
    });
}

bool has_subquery(const Expr& expr)
{
    return any_expr(expr, [](const Expr& e) { return subquery_of(e) != nullptr; });
}

} // namespace howdah::dialect
