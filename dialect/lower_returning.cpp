// RETURNING; see lower_returning.hpp.
#include "dialect/lower_returning.hpp"

#include "dialect/conversions.hpp"
#include "dialect/lower.hpp"
#include "dialect/reads.hpp"
#include "dialect/write_order.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// INTEGER to REAL, and nothing else.
Fragment integer_as_real(const Fragment& f)
{
    if (!f.classes.has(StorageClass::integer) || f.type == PgType::text || f.type == PgType::bytea)
        return f;
    if (f.type == PgType::v)
        return {call("howdah.integer_as_real", {f.text}), PgType::v, f.classes | Classes(StorageClass::real)};
    return to_real(f);
}

// What a DELETE computes has the form of what is stored; what it reads is REAL again.
bool is_virtual(const Table& table, int column)
{
    return table.columns[static_cast<std::size_t>(column)].generated == Column::Generated::virtual_;
}

// returning_affinity: a column in RETURNING has the affinity of the table's first column (SQLite 3.40: a register takes
// the place of the column and forgets which one it was). So a REAL column shows the INTEGER that an integral REAL is
// stored as; and where the first column is REAL, every INTEGER shows as REAL.
Fragment with_returning_affinity(const Expr& expr, const Fragment& f, const Source& target, Returned row,
                                 Lowering& lowering)
{
    const Expr* e = &bare(expr);
    bool plain = true;
    for (const auto* sign = as<Unary>(*e); sign && sign->op == UnaryOp::plus; sign = as<Unary>(*e)) {
        e = &bare(*sign->operand);
        plain = false;
    }
    const auto* column = as<ColumnRef>(*e);
    if (!column || column->source != &target || !target.table || target.table->columns.empty())
        return f;
    const auto& columns = target.table->columns;
    const bool real_first = columns.front().affinity == Affinity::real;
    const bool real = column->index >= 0 && columns[static_cast<std::size_t>(column->index)].affinity == Affinity::real;
    if (real_first && plain) {
        lowering.fired("returning_affinity");
        return integer_as_real(f);
    }
    if (real && (row == Returned::stored || is_virtual(*target.table, column->index))) {
        lowering.fired("returning_affinity");
        return as_stored_real(f);
    }
    return f;
}

} // namespace

std::vector<Fragment> lower_returning(const std::vector<SelectCore::Output>& list, const Source& target, Returned row,
                                      Lowering& lowering, Compiled& out)
{
    std::vector<Fragment> values;
    out.columns.resize(list.size()); // names and declared types are SQLite's own, and there already
    for (std::size_t i = 0; i < list.size(); ++i) {
        values.push_back(
            with_returning_affinity(*list[i].expr, to_value(lowering.value(*list[i].expr)), target, row, lowering));
        out.columns[i].type = values.back().type;
        out.columns[i].classes = values.back().classes;
    }
    return values;
}

Step step_on_view(std::string sql, const std::vector<SelectCore::Output>& list, const Source& target, Returned row,
                  Lowering& lowering, Compiled& out)
{
    if (std::any_of(list.begin(), list.end(), [](const auto& item) { return has_subquery(*item.expr); }))
        throw refusal("a subquery in RETURNING of a write to a view sees what the view's triggers did");
    sql += returning_text(lower_returning(list, target, row, lowering, out), "");
    Step step = lowering.step(std::move(sql), Step::Role::internal);
    step.returns_rows = !list.empty();
    return step;
}

std::string returning_text(const std::vector<Fragment>& values, const std::string& rowid)
{
    std::vector<std::string> parts;
    for (const auto& value : values)
        parts.push_back(value.text);
    if (!rowid.empty())
        parts.push_back(rowid);
    return parts.empty() ? std::string() : " RETURNING " + join(parts, ", ");
}

std::string returned_in_order(const std::string& with, const std::string& statement,
                              const std::vector<Fragment>& values, const Source& source, const Expr* where,
                              Lowering& lowering)
{
    std::vector<std::string> inner, names, order;
    for (const auto& value : values) {
        names.push_back("c" + std::to_string(names.size() + 1));
        inner.push_back(value.text + " AS " + names.back());
    }
    for (const auto& term : visit_terms(source, where, lowering)) {
        const std::string name = "k" + std::to_string(order.size() + 1);
        inner.push_back(term.key + " AS " + name);
        order.push_back(name + term.direction);
    }
    const std::string head = with.empty() ? "WITH " : with.substr(0, with.find_last_not_of(' ') + 1) + ", ";
    return head + "\"howdah changed\" AS (" + statement + " RETURNING " + join(inner, ", ") + ") SELECT " +
           join(names, ", ") + " FROM \"howdah changed\" ORDER BY " + join(order, ", ");
}

ReturningView returning_view(const std::vector<SelectCore::Output>& list, const Table& table,
                             const std::vector<TriggerEvent>& events, const std::vector<int>* changed,
                             const Lowering& lowering)
{
    ReturningView view;
    if (std::none_of(list.begin(), list.end(), [](const auto& item) { return has_subquery(*item.expr); }))
        return view;
    const Catalog& catalog = lowering.catalog();
    const auto reads_one = [&](const std::vector<const Table*>& tables) {
        return std::any_of(tables.begin(), tables.end(), [&](const Table* written) {
            return std::any_of(list.begin(), list.end(),
                               [&](const auto& item) { return reads(*item.expr, *written, catalog); });
        });
    };
    const Effects effects = effects_of(table, events, changed, catalog, lowering.options().foreign_keys);
    view.looks = reads_one({&table}) || reads_one(effects.before);
    view.follows = reads_one(effects.after);
    const bool own = std::find(effects.after.begin(), effects.after.end(), &table) != effects.after.end();
    if (view.looks && (view.follows || own))
        throw refusal("a subquery in RETURNING reads what the statement changes ahead of its AFTER triggers, and they "
                      "change that, too");
    view.changing = tables_written(table, effects);
    return view;
}

} // namespace howdah::dialect
