// DELETE as one set, or row by row where triggers or RETURNING look at the rows that are still there.
#include "dialect/full_text.hpp"
#include "dialect/governing.hpp"
#include "dialect/live_lookup.hpp"
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
        if (!delete_.limit && !one_row_)
            live_ = live_lookups(delete_.where.get(), table_, lowering_);
        const bool fires = !triggers_on(table_, TriggerEvent::delete_).empty();
        if (view_.looks || !live_.empty() || ((fires || refers_to_itself()) && !one_row_)) {
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

    // Where rows are chosen as they are visited these are more. None is deleted unless one could be before.
    std::string condition()
    {
        if (live_.empty())
            return lowering_.where(delete_.where.get());
        std::string before = conditions_before(*delete_.where, live_, lowering_);
        if (!says_all_before(*delete_.where, live_))
            before += (before.empty() ? "" : " AND ") + ("EXISTS (SELECT 1 FROM " + target_text(table_, source_)) +
                      " WHERE " + lowering_.where(delete_.where.get()) + ")";
        return before;
    }

    std::string rows()
    {
        const std::string order = visit_order(source_, delete_.where.get(), lowering_);
        std::vector<std::string> list{identity_list(table_, source_.pg_alias)};
        list.insert(list.end(), lists_.begin(), lists_.end());
        std::string sql = "SELECT " + join(list, ", ") + " FROM " + target_text(table_, source_);
        if (const std::string where = condition(); !where.empty())
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
                                identity_condition(table_, source_.pg_alias, "howdah_row") + still_chosen(loop);
        if (lowering_.in_trigger)
            loop.body = sql + ";\n";
        else if (view_.looks)
            loop.body = returned_afterwards(sql, loop, seen);
        else
            loop.body = seen + at_row_ + sql + loop.into() + loop.counted();
        const std::string from = rows();
        loop.source = lowering_.with_clause(delete_.with.get()) + from;
        loop.finish(out_);
    }

    // What WHERE says of a row when it is visited.
    std::string still_chosen(RowLoop& loop)
    {
        if (live_.empty())
            return {};
        lowering_.fired("live_lookup");
        lowering_.asked_for_each_row = live_;
        const Expr* listed = values_gone_through(*delete_.where, live_, lowering_);
        if (listed)
            look_for_value(*listed, loop);
        const auto around = lowering_.substitute;
        lowering_.substitute = [&](const Expr& expr) {
            return &expr == listed ? std::optional(Fragment{"howdah_listed", PgType::boolean, StorageClass::integer})
                                   : std::nullopt;
        };
        std::string where;
        {
            OnceSubqueries once(lowering_, {&table_}, "chosen");
            once.bring_with_rows(loop.row, lists_);
            where = lowering_.where(delete_.where.get());
            loop.declarations.insert(loop.declarations.end(), once.declarations().begin(), once.declarations().end());
            loop.before += once.statements();
        }
        lowering_.substitute = around;
        lowering_.asked_for_each_row.clear();
        return " AND (" + where + ")";
    }

    // The rows of one value come one behind the other: it is looked for at the first of them.
    void look_for_value(const Expr& listed, RowLoop& loop)
    {
        const Fragment x = lowering_.value(*as<In>(listed)->operand);
        lists_.push_back(x.text + " AS value");
        loop.declarations.push_back("howdah_value " + std::string(plain_type_name(x.type)));
        loop.declarations.emplace_back("howdah_listed boolean");
        const std::string value = loop.row + ".value";
        at_row_ = "IF howdah_listed IS NULL OR " + value +
                  " IS DISTINCT FROM howdah_value THEN\nhowdah_value := " + value +
                  ";\nhowdah_listed := EXISTS (SELECT 1 FROM " + target_text(table_, source_) + " WHERE " +
                  identity_condition(table_, source_.pg_alias, "howdah_row") + " AND " + lowering_.filter(listed) +
                  ");\nEND IF;\n";
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
    std::set<const Expr*> live_;     // terms of WHERE
    std::string at_row_;             // statements ahead of the row's own
    std::vector<std::string> lists_; // what WHERE says of each row at first, as columns of rows()
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
