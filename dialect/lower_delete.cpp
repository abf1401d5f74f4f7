// DELETE as one set, or row by row where triggers or RETURNING look at the rows that are still there.
#include "dialect/governing.hpp"
#include "dialect/full_text.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/lower_returning.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowloop.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/update_plan.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_keys.hpp"
#include "dialect/write_order.hpp"
#include "dialect/write_target.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

class DeleteLowering {
public:
    DeleteLowering(const Delete& del, const Table& table, Lowering& lowering, Compiled& out)
        : delete_(del),
          table_(table),
          lowering_(lowering),
          out_(out),
          source_(*del.table.source),
          one_row_(at_most_one_row(del.where.get(), source_, table))
    {
    }

    void lower()
    {
        if (table_.kind == Table::Kind::view) {
            lower_view();
            return;
        }
        if (!lowering_.in_trigger)
            view_ = returning_view(delete_.returning_outputs, table_, {TriggerEvent::delete_}, nullptr, lowering_);
        const bool fires = !triggers_on(table_, TriggerEvent::delete_).empty();
        if (view_.looks || ((fires || refers_to_itself()) && !one_row_)) {
            lower_loop();
            return;
        }
        lowering_.begin_step();
        if (table_.full_text && table_.full_text->content == FullText::Content::external) {
            lower_external();
            return;
        }
        std::string sql = "DELETE FROM " + target_text(table_, source_);
        const std::string where = delete_.limit ? chosen_rows() : lowering_.where(delete_.where.get());
        if (!where.empty())
            sql += " WHERE " + where;
        const auto returning = lower_returning(delete_.returning_outputs, source_, Returned::deleted, lowering_, out_);
        const std::string with = lowering_.with_clause(delete_.with.get());
        if (returning.empty() || lowering_.in_trigger)
            add_step(with + sql);
        else if (one_row_)
            add_step(with + sql + returning_text(returning, ""));
        else
            add_step(returned_in_order(with, sql, returning, source_, delete_.where.get(), lowering_));
    }

private:
    void lower_external()
    {
        if (delete_.limit)
            throw refusal("DELETE with LIMIT from a full-text table with external content");
        const std::string where = lowering_.where(delete_.where.get());
        const std::string sql = external_rows_deleted(source_, where, lowering_);
        const std::string with = lowering_.with_clause(delete_.with.get());
        if (lowering_.in_trigger) {
            add_step(with + sql);
            return;
        }
        Step step = lowering_.step((with.empty() ? "WITH " : with + ", ") + sql, Step::Role::write);
        step.returns_rowid = true;
        out_.steps.push_back(std::move(step));
    }

    // A row that the CASCADE of another takes is not counted; one that RESTRICT keeps may be a later one.
    bool refers_to_itself() const
    {
        using Action = ForeignKeyClause::Action;
        return lowering_.options().foreign_keys &&
               std::any_of(table_.foreign_keys.begin(), table_.foreign_keys.end(), [&](const ForeignKey& key) {
                   return (key.on_delete == Action::cascade || key.on_delete == Action::restrict) &&
                          equal_names(key.parent, table_.name);
               });
    }

    // The rows of ORDER BY and LIMIT.
    std::string chosen_rows()
    {
        const std::string ctid = quote_identifier(source_.pg_alias) + ".ctid";
        std::string sql = "SELECT " + ctid + " FROM " + target_text(table_, source_);
        if (const std::string where = lowering_.where(delete_.where.get()); !where.empty())
            sql += " WHERE " + where;
        return ctid + " = ANY (ARRAY(" + sql + " ORDER BY " + chosen_order() +
               lowering_.limit(delete_.limit.get(), delete_.offset.get()) + "))";
    }

    std::string chosen_order()
    {
        const std::string order = visit_order(source_, delete_.where.get(), lowering_);
        return delete_.order_by.empty() ? order : lowering_.order_by(delete_.order_by) + ", " + order;
    }

    std::string rows()
    {
        const std::string order = visit_order(source_, delete_.where.get(), lowering_);
        std::string sql = "SELECT " + identity_list(table_, source_.pg_alias) + " FROM " + target_text(table_, source_);
        if (const std::string where = lowering_.where(delete_.where.get()); !where.empty())
            sql += " WHERE " + where;
        if (!delete_.limit)
            return sql + " ORDER BY " + order;
        return "SELECT * FROM (" + sql + " ORDER BY " + chosen_order() +
               lowering_.limit(delete_.limit.get(), delete_.offset.get()) + ") AS s ORDER BY " + identity_order(table_);
    }

    void lower_loop()
    {
        lowering_.fired("row_by_row");
        RowLoop loop(table_, lowering_);
        std::string seen;
        if (!lowering_.in_trigger) {
            const OnceSubqueries once(lowering_, view_.changing, "seen");
            loop.returning = lower_returning(delete_.returning_outputs, source_, Returned::deleted, lowering_, out_);
            loop.declarations = once.declarations();
            seen = once.at_first_row();
        }
        const std::string sql = "DELETE FROM " + target_text(table_, source_) + " WHERE " +
                                identity_condition(table_, source_.pg_alias, "howdah_row");
        if (lowering_.in_trigger)
            loop.body = sql + ";\n";
        else if (view_.looks)
            loop.body = returned_afterwards(sql, loop, seen);
        else
            loop.body = seen + sql + loop.into() + loop.counted();
        const std::string from = rows();
        loop.source = lowering_.with_clause(delete_.with.get()) + from;
        loop.finish(out_);
    }

    // The list looks at the table: it sees it without the row, whose values are kept aside.
    std::string returned_afterwards(const std::string& sql, RowLoop& loop, const std::string& seen) const
    {
        loop.declarations.emplace_back("howdah_old record");
        std::vector<std::string> list;
        const auto keep = [&](const std::string& name) {
            list.push_back("howdah_old." + quote_identifier(name) + " AS " + quote_identifier(name));
        };
        if (table_.has_rowid() && table_.rowid_alias < 0)
            keep(table_.rowid_pg);
        for (const auto& column : table_.columns)
            keep(column.pg);
        const std::string alias = quote_identifier(source_.pg_alias);
        return sql + " RETURNING " + alias + ".* INTO howdah_old;\nIF FOUND THEN\n" + seen +
               loop.select_into("", "(SELECT " + join(list, ", ") + ") AS " + alias) + loop.counted() + "END IF;\n";
    }

    void lower_view()
    {
        if (delete_.limit)
            throw refusal("DELETE from a view with LIMIT is not supported");
        lowering_.begin_step();
        std::string sql = "DELETE FROM " + target_text(table_, source_);
        if (const std::string where = lowering_.where(delete_.where.get()); !where.empty())
            sql += " WHERE " + where;
        out_.steps.push_back(step_on_view(lowering_.with_clause(delete_.with.get()) + sql, delete_.returning_outputs,
                                          source_, Returned::deleted, lowering_, out_));
    }

    void add_step(const std::string& sql)
    {
        if (const std::string rowid = rowid_left_behind(table_, false); !rowid.empty() && !lowering_.in_trigger) {
            out_.steps.push_back(write_leaving_rowid(sql, rowid, lowering_));
            return;
        }
        Step step = lowering_.step(sql, Step::Role::write);
        step.returns_rows = !delete_.returning_outputs.empty();
        out_.steps.push_back(std::move(step));
    }

    const Delete& delete_;
    const Table& table_;
    Lowering& lowering_;
    Compiled& out_;
    const Source& source_;
    bool one_row_;
    ReturningView view_;
};

} // namespace

void lower_delete(const Delete& del, Lowering& lowering, Compiled& out)
{
    const Table& table = *del.table.source->table;
    begin_write(table, ConflictAction::unspecified, lowering, out);
    if (table.full_text)
        check_full_text_delete(del);
    out.changes_others =
        changes_others(table, {TriggerEvent::delete_}, nullptr, lowering.catalog(), lowering.options().foreign_keys);
    // No clause that governs a trigger governs what its DELETE fires.
    const bool ungoverned = lowering.in_trigger && heeds_clauses(table, TriggerEvent::delete_, lowering.catalog());
    with_promotions(out, [&] {
        if (ungoverned)
            out.steps.push_back(begin_governing(ConflictAction::unspecified));
        DeleteLowering(del, table, lowering, out).lower();
        if (ungoverned)
            out.steps.push_back(end_governing(true));
    });
}

} // namespace howdah::dialect
