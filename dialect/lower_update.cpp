// UPDATE as one set, where that is the same (catalogue 13); otherwise update_loop.cpp.
#include "dialect/governing.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/lower_create_view.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/lower_returning.hpp"
#include "dialect/parser.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/update_plan.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_order.hpp"
#include "dialect/write_target.hpp"

#include <algorithm>
#include <utility>

namespace howdah::dialect {

namespace {

// Whether a trigger's text reads NEW.column.
class NewColumn : public Visitor {
public:
    explicit NewColumn(const std::string& column) : column_(column) {}
    bool enter(const Expr& e) override
    {
        const auto* ref = as<ColumnRef>(e);
        found = found || (ref && equal_names(ref->table.text, "new") && equal_names(ref->column.text, column_));
        return !found;
    }
    bool found = false;

private:
    const std::string& column_;
};

class UpdateLowering {
public:
    UpdateLowering(const Update& update, const Table& table, Lowering& lowering, Compiled& out)
        : update_(update),
          table_(table),
          lowering_(lowering),
          out_(out),
          plan_(update, table, lowering),
          alias_(update.table.source->pg_alias)
    {
    }

    void lower()
    {
        out_.changes_others = changes_others(table_, {TriggerEvent::update}, &plan_.set.columns(), lowering_.catalog(),
                                             lowering_.options().foreign_keys);
        const bool governs =
            governs_triggers(table_, TriggerEvent::update, &plan_.set.columns(), update_.conflict, lowering_.catalog());
        if (governs)
            out_.steps.push_back(begin_governing(update_.conflict));
        if (governs && update_.conflict == ConflictAction::fail)
            plan_.triggers_fail = plan_.fails = plan_.row_by_row = true;
        if (table_.kind == Table::Kind::view)
            lower_view();
        else
            lower_rows();
        if (governs)
            out_.steps.push_back(end_governing(lowering_.in_trigger));
    }

private:
    void lower_rows()
    {
        if (update_.from && update_.limit)
            throw refusal("UPDATE … FROM with ORDER BY or LIMIT is not supported; choose the rows in a subquery");
        if (plan_.row_by_row) {
            lower_update_loop(plan_, lowering_, out_);
            return;
        }
        lowering_.begin_step();
        const std::string sql = plan_.one_match && !update_.limit ? direct() : keyed();
        finish(sql);
    }

    std::string head() const { return "UPDATE " + target_text(table_, *update_.table.source) + " SET "; }

    std::string direct()
    {
        const std::string from = other_rows(update_, lowering_);
        std::string sql = head() + plan_.set.list(lowering_);
        if (!from.empty())
            sql += " FROM " + from;
        const std::string where = lowering_.where(update_.where.get());
        return where.empty() ? sql : sql + " WHERE " + where;
    }

    // The rows, and with FROM the values, are found first.
    std::string keyed()
    {
        const std::string found = "\"~found\""; // no alias of the client's
        const std::string from = other_rows(update_, lowering_);
        std::vector<std::string> values, list;
        for (const int c : plan_.set.columns()) {
            const Fragment value = plan_.set.value(c, lowering_);
            const std::string name = "\"~v" + std::to_string(list.size() + 1) + "\"";
            const std::string column = column_text(table_, c);
            if (update_.from)
                values.push_back(value.text + " AS " + name);
            list.push_back(column + " = " + (update_.from ? found + ("." + name) : value.text));
        }
        return head() + join(list, ", ") + " FROM (" + changed_rows(plan_, values, from, lowering_) + ") AS " + found +
               " WHERE " + identity_condition(table_, alias_, found);
    }

    void finish(std::string sql)
    {
        const auto returning =
            lower_returning(update_.returning_outputs, *update_.table.source, Returned::stored, lowering_, out_);
        if (returning.empty() || lowering_.in_trigger) {
            add_step(lowering_.with_clause(update_.with.get()) + sql);
            return;
        }
        if (plan_.one_row) {
            add_step(lowering_.with_clause(update_.with.get()) + sql + returning_text(returning, ""));
            return;
        }
        const std::string with = lowering_.with_clause(update_.with.get());
        add_step(returned_in_order(with, sql, returning, *update_.table.source, update_.where.get(), lowering_));
    }

    void lower_view()
    {
        if (update_.limit)
            throw refusal("UPDATE of a view with LIMIT is not supported");
        if (const std::string columns = update_of_view_sql(table_, plan_.set.columns()); !columns.empty()) {
            Step step;
            step.sql = columns;
            out_.steps.push_back(std::move(step));
        }
        lowering_.begin_step();
        const std::string sql = direct();
        const std::string with = lowering_.with_clause(update_.with.get());
        const auto around = std::exchange(lowering_.substitute, [this](const Expr& e) { return returned(e); });
        out_.steps.push_back(step_on_view(with + sql, update_.returning_outputs, *update_.table.source,
                                          Returned::stored, lowering_, out_));
        lowering_.substitute = around;
    }

    // A column in RETURNING of an UPDATE of a view: SQLite 3.40 has those that are set and those that the triggers
    // read, and NULL for the others.
    std::optional<Fragment> returned(const Expr& expr)
    {
        const auto* ref = as<ColumnRef>(expr);
        if (!ref || ref->source != update_.table.source.get() || ref->index < 0)
            return std::nullopt;
        const auto& columns = plan_.set.columns();
        const bool is_set = std::find(columns.begin(), columns.end(), ref->index) != columns.end();
        const auto column = static_cast<std::size_t>(ref->index);
        if (!is_set && column < 32 && !triggers_read(table_.columns[column].name))
            return null_of(PgType::v);
        const Affinity affinity = view_affinities(lowering_.catalog(), table_)[column];
        return with_affinity(lowering_.column(*update_.table.source, ref->index), affinity);
    }

    bool triggers_read(const std::string& column) const
    {
        const auto fired = triggers_on(table_, TriggerEvent::update, &plan_.set.columns());
        return std::any_of(fired.begin(), fired.end(), [&](const Trigger* trigger) {
            const std::optional<Statement> statement = parse(trigger->text);
            NewColumn visitor(column);
            walk(*statement, visitor);
            return visitor.found;
        });
    }

    void add_step(const std::string& sql)
    {
        if (const std::string rowid = rowid_left_behind(table_, true); !rowid.empty() && !lowering_.in_trigger) {
            out_.steps.push_back(write_leaving_rowid(sql, rowid, lowering_));
            return;
        }
        Step step = lowering_.step(sql, Step::Role::write);
        step.returns_rows = !update_.returning_outputs.empty();
        out_.steps.push_back(std::move(step));
    }

    const Update& update_;
    const Table& table_;
    Lowering& lowering_;
    Compiled& out_;
    UpdatePlan plan_;
    std::string alias_;
};

// SQLite reads all rows before it changes the first one of a virtual table: one that REPLACE removes is changed, too.
void refuse_moves_that_replace(const Update& update, const Table& table, const Lowering& lowering)
{
    if ((!table.full_text && !table.rtree) || update.conflict != ConflictAction::replace)
        return;
    for (const SetClause& set : update.set)
        for (const int column : set.indexes)
            if ((column == -1 || column == table.rowid_alias) &&
                (set.indexes.size() > 1 || !lowering.foldable(*set.value)))
                throw refusal("UPDATE OR REPLACE that moves rows of a virtual table; give the rowid as a value");
}

} // namespace

void lower_update(const Update& update, Lowering& lowering, Compiled& out)
{
    const Table& table = *update.table.source->table;
    begin_write(table, update.conflict, lowering, out);
    if (table.full_text)
        check_full_text_update(update);
    refuse_moves_that_replace(update, table, lowering);
    with_promotions(out, [&] { UpdateLowering(update, table, lowering, out).lower(); });
}

} // namespace howdah::dialect
