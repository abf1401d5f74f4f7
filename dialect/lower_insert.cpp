// INSERT and REPLACE, in the form that keeps SQLite's rowids, conflicts and order (catalogue 13).
#include "dialect/assignments.hpp"
#include "dialect/conflict_trigger.hpp"
#include "dialect/governing.hpp"
#include "dialect/insert_loop.hpp"
#include "dialect/insert_many.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/insert_rows.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/lower_returning.hpp"
#include "dialect/lower_upsert.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_target.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Form = InsertPolicy::Form;

class InsertLowering {
public:
    InsertLowering(const Insert& insert, Lowering& lowering, Compiled& out)
        : insert_(insert),
          lowering_(lowering),
          out_(out),
          table_(*insert.target->table),
          filtered_(wants_filter(table_, insert.conflict)),
          chosen_late_(rowid_is_chosen_late(table_, lowering.catalog()))
    {
    }

    void lower()
    {
        const InsertClauses clauses = clauses_to_tell(insert_, table_, lowering_);
        const ConflictAction governs = clauses.all;
        updates_apart_ = clauses.updates_apart;
        triggers_fail_ = governs == ConflictAction::fail;
        if (governs != ConflictAction::unspecified)
            out_.steps.push_back(begin_governing(governs));
        if (table_.kind == Table::Kind::view)
            lower_view();
        else
            lower_rows();
        if (governs != ConflictAction::unspecified)
            out_.steps.push_back(end_governing(lowering_.in_trigger));
    }

private:
    void lower_rows()
    {
        lowering_.begin_step();
        InsertRows rows = insert_rows(insert_, table_, lowering_, filtered_);
        InsertPolicy policy = insert_policy(insert_, table_, rows, lowering_.catalog(),
                                            lowering_.in_trigger || lowering_.options().foreign_keys);
        out_.rehearsal = lowering_.request().rehearsal;
        out_.chooses_rowids = numbered(rows);
        out_.moves_rowid_when_failing =
            table_.has_rowid() && (!rows.single() || fires_after() || tests_keys_behind_row(policy));
        if (out_.rehearsal || goes_row_by_row(rows, policy)) {
            lowering_.fired("row_by_row");
            lower_insert_loop(insert_, table_, lowering_, out_);
            return;
        }
        if (policy.form == Form::replace || skips_by_one_key(rows, policy)) { // which looks at whole rows
            lowering_.begin_step();
            rows = insert_rows(insert_, table_, lowering_, true);
        }
        if (policy.form != Form::plain)
            for (InsertRows::Echo& echo : rows.echoes)
                echo.exact = false;
        Step step = as_set(rows, policy);
        if (may_insert_many(insert_, table_, rows, policy, lowering_.options())) {
            own_tables_.clear();
            const Step many = as_set(insert_many_rows(insert_, table_, lowering_), policy);
            if (!step.slots.empty() && many.slots == step.slots)
                step.many = many.sql;
        }
        out_.steps.push_back(std::move(step));
    }

    // INSTEAD OF triggers do the work, row by row; nothing is counted (catalogue 15).
    void lower_view()
    {
        lowering_.begin_step();
        const InsertRows rows = insert_rows(insert_, table_, lowering_, true);
        const std::string sql = into(rows) + rows_query(rows, table_);
        out_.steps.push_back(step_on_view(lowering_.with_clause(insert_.with.get()) + sql, insert_.returning_outputs,
                                          *insert_.target, Returned::stored, lowering_, out_));
    }

    // Foreign keys that are deferred, and all of them in a statement that may write more than its row; otherwise they
    // are tested ahead of it.
    bool tests_keys_behind_row(const InsertPolicy& policy) const
    {
        const std::vector<ForeignKey>& keys = table_.foreign_keys;
        if (!lowering_.options().foreign_keys || keys.empty())
            return false;
        const bool replaces = std::any_of(policy.rules.begin(), policy.rules.end(), [](const KeyRule& rule) {
            return !rule.upsert && rule.action == ConflictAction::replace;
        });
        return !insert_.returning.empty() || fires(CreateTrigger::Time::before) || replaces || updates_keys(policy) ||
               std::all_of(keys.begin(), keys.end(), [](const ForeignKey& key) { return key.deferred; });
    }

    // DO UPDATE, for a key that can conflict, of columns that refer to others or that others refer to.
    bool updates_keys(const InsertPolicy& policy) const
    {
        const auto in_key = [&](int column) { return refers(column) || is_referred_to(column); };
        return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const KeyRule& rule) {
            return rule.upsert &&
                   std::any_of(rule.upsert->set.begin(), rule.upsert->set.end(), [&](const SetClause& set) {
                       return std::any_of(set.indexes.begin(), set.indexes.end(), in_key);
                   });
        });
    }

    bool refers(int column) const
    {
        return std::any_of(table_.foreign_keys.begin(), table_.foreign_keys.end(), [&](const ForeignKey& key) {
            return std::find(key.columns.begin(), key.columns.end(), column) != key.columns.end();
        });
    }

    bool is_referred_to(int column) const
    {
        if (column < 0)
            column = table_.rowid_alias;
        if (column < 0)
            return false;
        const Column& changed = table_.columns[static_cast<std::size_t>(column)];
        const auto names = [&](const ForeignKey& key) {
            const std::vector<std::string>& columns = key.parent_columns;
            return equal_names(key.parent, table_.name) &&
                   (columns.empty() ? changed.primary_key > 0
                                    : std::any_of(columns.begin(), columns.end(), [&](const std::string& name) {
                                          return equal_names(name, changed.name);
                                      }));
        };
        const std::vector<const Table*> children = lowering_.catalog().children_of(table_);
        return std::any_of(children.begin(), children.end(), [&](const Table* child) {
            return std::any_of(child->foreign_keys.begin(), child->foreign_keys.end(), names);
        });
    }

    bool fires_after() const { return fires(CreateTrigger::Time::after); }

    bool fires(CreateTrigger::Time time) const
    {
        const auto triggers = triggers_on(table_, TriggerEvent::insert);
        return std::any_of(triggers.begin(), triggers.end(),
                           [&](const Trigger* t) { return t->definition->time == time; });
    }

    bool goes_row_by_row(const InsertRows& rows, const InsertPolicy& policy) const
    {
        const ReturningView view = insert_returning_view(insert_, table_, policy, lowering_);
        if (policy.form == Form::probe || updates_apart_ || triggers_fail_ || view.looks ||
            (view.follows && !rows.single()))
            return true;
        // A row that is left out must not take others with it.
        if (policy.form == Form::replace && filtered_)
            return true;
        // What a BEFORE trigger did stays when the row then fails or is left out.
        if ((filtered_ || insert_.conflict == ConflictAction::fail) && fires(CreateTrigger::Time::before))
            return true;
        const bool fails = may_fail(table_, policy.rules, insert_.conflict);
        const bool late = fails || policy.form == Form::replace ||
                          (insert_.upserts.empty() && puts_defaults(table_, insert_.conflict));
        if (late && looks_behind_before_triggers(table_, TriggerEvent::insert))
            return true;
        if (rows.single())
            return false;
        if (fails)
            return true;
        if (!insert_triggers_allow_sets(triggers_on(table_, TriggerEvent::insert), table_, lowering_.catalog()))
            return true;
        // A row that is skipped gives its rowid to the next one, except where AUTOINCREMENT never gives one twice.
        const bool skips = policy.form == Form::nothing || policy.form == Form::upsert;
        if (skips && numbered(rows) && !table_.autoincrement && !policy.rules.empty() &&
            !skips_by_one_key(rows, policy))
            return true;
        // PostgreSQL refuses to change a row twice; SQLite does it.
        return policy.form == Form::rewrite || policy.form == Form::replace ||
               (policy.form == Form::upsert && policy.rules.front().upsert->do_update);
    }

    // Which rows are left out is known before the first one is in: one key decides, no trigger runs for them, and
    // nothing else about them can be an error.
    bool skips_by_one_key(const InsertRows& rows, const InsertPolicy& policy) const
    {
        if (policy.form != Form::nothing || policy.rules.size() != 1 || rows.single() || table_.autoincrement)
            return false;
        return rows.rowid == InsertRows::Rowid::automatic && rows.echoes.empty() &&
               is_known_ahead(table_, policy.rules.front().key) && !fires(CreateTrigger::Time::before) &&
               !table_.strict && (insert_.conflict == ConflictAction::ignore || !may_be_refused(rows));
    }

    // By what SQLite tests before it looks at keys.
    bool may_be_refused(const InsertRows& rows) const
    {
        const auto has_value = [&](std::size_t column) {
            const auto at = std::find(rows.columns.begin(), rows.columns.end(), static_cast<int>(column));
            return at != rows.columns.end() &&
                   !rows.classes[static_cast<std::size_t>(at - rows.columns.begin())].nullable();
        };
        for (std::size_t i = 0; i < table_.columns.size(); ++i)
            if (table_.columns[i].not_null && !has_value(i))
                return true;
        return !table_.checks.empty();
    }

    Step as_set(const InsertRows& rows, const InsertPolicy& policy)
    {
        const std::string filter = filtered_ ? ignore_filter(table_, rows, insert_.conflict, lowering_) : std::string();
        std::string sql = policy.form == Form::replace  ? replace_head(rows, policy)
                          : records_apart(rows, filter) ? sequence_head(rows, filter)
                                                        : head(rows, filter, policy);
        sql += on_conflict(insert_, table_, policy, lowering_);
        const auto returning =
            lower_returning(insert_.returning_outputs, *insert_.target, Returned::stored, lowering_, out_);
        if (policy.form == Form::replace ? records_sequence() : records_apart(rows, filter))
            sql = finish_sequence(sql, returning, policy);
        else
            sql += returning_text(returning, rowid_result(policy));
        return step(with_clause_of(sql));
    }

    // The client's common tables stand in front of the statement's own.
    std::string with_clause_of(const std::string& sql) const
    {
        const std::string with = lowering_.with_clause(insert_.with.get());
        if (with.empty() || own_tables_.empty())
            return with + (own_tables_.empty() ? std::string() : "WITH " + join(own_tables_, ", ") + " ") + sql;
        return with.substr(0, with.find_last_not_of(' ') + 1) + ", " + join(own_tables_, ", ") + " " + sql;
    }

    std::string into(const InsertRows& rows) const
    {
        return "INSERT INTO " + pg_name(table_) + " AS " + quote_identifier(insert_.target->pg_alias) + " (" +
               join(column_names(rows, table_), ", ") + ") ";
    }

    std::string head(const InsertRows& rows, const std::string& filter, const InsertPolicy& policy)
    {
        if (skips_by_one_key(rows, policy))
            return into(rows) + rows_with_rowids(rows, table_, lowering_, filter, {&policy.rules.front().key});
        if (filter.empty() && rows.is_values && rows.echoes.empty() && (rows.single() || !numbered(rows)))
            return into(rows) + "VALUES " + values_list(rows);
        return into(rows) + rows_with_rowids(rows, table_, lowering_, filter);
    }

    // sqlite_sequence is told by a part of the statement that stands before the INSERT.
    bool records_apart(const InsertRows& rows, const std::string& filter) const
    {
        const bool at_once = is_plain_row(rows, filter) && !lowering_.in_trigger &&
                             takes_rowids_at_once(table_, lowering_.options().writers);
        return records_sequence() && !at_once;
    }

    // VALUES of one row, which is in unless it conflicts.
    static bool is_plain_row(const InsertRows& rows, const std::string& filter)
    {
        return filter.empty() && rows.single() && rows.echoes.empty();
    }

    static bool numbered(const InsertRows& rows)
    {
        return rows.rowid == InsertRows::Rowid::automatic || rows.rowid == InsertRows::Rowid::mixed;
    }

    std::string values_list(const InsertRows& rows) const
    {
        std::vector<std::string> list;
        for (std::size_t i = 0; i < rows.values.size(); ++i) {
            std::vector<std::string> row;
            if (records_sequence())
                row.push_back(
                    taken_rowid(table_, lowering_.catalog(),
                                rows.rowid == InsertRows::Rowid::automatic ? "NULL::bigint" : rows.rowids[i].text));
            else if (rows.rowid == InsertRows::Rowid::automatic)
                row.push_back(next_rowid());
            else if (rows.rowid == InsertRows::Rowid::mixed)
                row.push_back(call("coalesce", {rows.rowids[i].text, next_rowid()}));
            else if (rows.rowid == InsertRows::Rowid::given)
                row.push_back(rows.rowids[i].text);
            for (const auto& value : rows.values[i])
                row.push_back(value.text);
            list.push_back(parens(join(row, ", ")));
        }
        return join(list, ", ");
    }

    std::string next_rowid() const
    {
        if (chosen_late_)
            return "NULL::bigint";
        const Writers writers = lowering_.options().writers;
        return dialect::next_rowid(table_, writers, last_rowid(table_, lowering_.catalog(), writers), "1");
    }

    // REPLACE of one row: what conflicts with it is deleted by the same statement. The join with the count of deleted
    // rows makes the delete come first.
    std::string replace_head(const InsertRows& rows, const InsertPolicy& policy)
    {
        lowering_.fired("replace");
        own_tables_.push_back("\"howdah new\" AS (" + rows_with_rowids(rows, table_, lowering_, "") + ")");
        own_tables_.push_back("\"howdah deleted\" AS (DELETE FROM " + pg_name(table_) +
                              " AS o USING \"howdah new\" AS n WHERE " +
                              conflicts(table_, policy.rules, "o", "n", lowering_) + " RETURNING 1)");
        if (records_sequence())
            own_tables_.push_back(
                record_sequence(table_, lowering_.catalog(), lowering_.options().writers,
                                "(SELECT max(" + quote_identifier(table_.rowid_pg) + ") FROM \"howdah new\")"));
        std::vector<std::string> values;
        for (const auto& name : column_names(rows, table_))
            values.push_back("n." + name);
        return into(rows) + "SELECT " + join(values, ", ") +
               " FROM \"howdah new\" AS n, (SELECT count(*) FROM \"howdah deleted\") AS d" +
               (records_sequence() ? " WHERE " + std::string(is_recorded) : std::string());
    }

    // Otherwise the trigger does that chooses the rowid.
    bool records_sequence() const { return table_.autoincrement && !chosen_late_; }

    // AUTOINCREMENT: sqlite_sequence learns the largest rowid that was tried, even when its row was then left out.
    std::string sequence_head(const InsertRows& rows, const std::string& filter)
    {
        own_tables_.push_back("\"howdah new\" AS (" + rows_with_rowids(rows, table_, lowering_, "") + ")");
        own_tables_.push_back(
            record_sequence(table_, lowering_.catalog(), lowering_.options().writers,
                            "(SELECT max(" + quote_identifier(table_.rowid_pg) + ") FROM \"howdah new\")"));
        return into(rows) + "SELECT * FROM \"howdah new\" AS n WHERE " + is_recorded +
               (filter.empty() ? filter : " AND " + filter);
    }

    // True. A condition that is no row's is tested first, so sqlite_sequence is told also when there is no row left.
    static constexpr const char* is_recorded = "(SELECT count(*) FROM \"howdah sequence\") >= 0";

    // The INSERT becomes a common table itself, so that RETURNING and the count are those of its rows.
    std::string finish_sequence(const std::string& insert, const std::vector<Fragment>& returning,
                                const InsertPolicy& policy)
    {
        const std::string alias = quote_identifier(insert_.target->pg_alias);
        own_tables_.push_back("\"howdah inserted\" AS (" + insert + " RETURNING " + alias + ".*, " + alias +
                              ".xmax = 0 AS \"howdah is new\")");
        std::vector<std::string> list;
        for (const auto& value : returning)
            list.push_back(value.text);
        const std::string rowid = alias + "." + quote_identifier(table_.rowid_pg);
        list.push_back(policy.form == Form::upsert ? "CASE WHEN " + alias + ".\"howdah is new\" THEN " + rowid + " END"
                                                   : rowid);
        return "SELECT " + join(list, ", ") + " FROM \"howdah inserted\" AS " + alias;
    }

    std::string rowid_result(const InsertPolicy& policy) const
    {
        if (!table_.has_rowid())
            return {};
        const std::string alias = quote_identifier(insert_.target->pg_alias);
        const std::string rowid = alias + "." + quote_identifier(table_.rowid_pg);
        // A row that was updated instead of inserted was locked before: its xmax is set.
        if (policy.form == Form::upsert && policy.rules.front().upsert->do_update)
            return "CASE WHEN " + alias + ".xmax = 0 THEN " + rowid + " END";
        return rowid;
    }

    Step step(std::string sql) const
    {
        Step step = lowering_.step(std::move(sql), Step::Role::write);
        step.returns_rowid = table_.has_rowid();
        step.returns_rows = !insert_.returning_outputs.empty();
        return step;
    }

    const Insert& insert_;
    Lowering& lowering_;
    Compiled& out_;
    const Table& table_;
    bool filtered_, chosen_late_;
    bool updates_apart_ = false, triggers_fail_ = false;
    std::vector<std::string> own_tables_;
};

} // namespace

void lower_insert(const Insert& insert, Lowering& lowering, Compiled& out)
{
    const Table& table = *insert.target->table;
    begin_write(table, insert.conflict, lowering, out);
    if (table.full_text)
        check_full_text_insert(insert);
    if (table.rtree && !insert.returning.empty())
        throw refusal("RETURNING of an INSERT into a virtual table");
    if (table.rtree && std::count(insert.column_indexes.begin(), insert.column_indexes.end(), -1) != 0)
        throw refusal("the rowid of an R-Tree by that name; name its first column");
    if (table.has_rowid())
        out.insert_table = table.name;
    if (table.full_text && lower_full_text_command(insert, lowering, out))
        return;
    std::vector<TriggerEvent> events{TriggerEvent::insert};
    if (!insert.upserts.empty())
        events.push_back(TriggerEvent::update);
    if (insert.conflict == ConflictAction::replace)
        events.push_back(TriggerEvent::delete_);
    out.changes_others = changes_others(table, events, nullptr, lowering.catalog(), lowering.options().foreign_keys);
    with_promotions(out, [&] { InsertLowering(insert, lowering, out).lower(); });
}

} // namespace howdah::dialect
