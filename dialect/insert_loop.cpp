// INSERT row by row; see insert_loop.hpp.
//
//     FOR howdah_row IN <the rows, in order> LOOP
//         howdah_row.rowid := <the next one>;
//         INSERT … VALUES (howdah_row.…) ON CONFLICT … RETURNING … INTO howdah_out;
//         <count it>
//     END LOOP
//
// Where keys differ in what they do (form probe), each key is looked at in SQLite's order before the INSERT.
#include "dialect/insert_loop.hpp"

#include "dialect/assignments.hpp"
#include "dialect/conflict_trigger.hpp"
#include "dialect/constraint_message.hpp"
#include "dialect/governing.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/insert_rows.hpp"
#include "dialect/insert_set.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_returning.hpp"
#include "dialect/lower_upsert.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowid.hpp"
#include "dialect/rowloop.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Form = InsertPolicy::Form;

class InsertLoop {
public:
    InsertLoop(const Insert& insert, const Table& table, Lowering& lowering, Compiled& out)
        : insert_(insert),
          table_(table),
          lowering_(lowering),
          out_(out),
          loop_(table_, lowering),
          rows_(insert_rows(insert, table, lowering, true)),
          policy_(insert_policy(insert, table, rows_, lowering.catalog(),
                                lowering.in_trigger || lowering.options().foreign_keys)),
          clauses_(clauses_to_tell(insert, table, lowering)),
          alias_(quote_identifier(insert.target->pg_alias))
    {
        if (policy_.form == Form::replace ||
            (policy_.form == Form::upsert && (clauses_.updates_apart || updates_by_what_it_read_once())))
            policy_.form = Form::probe;
        const bool looks = policy_.form == Form::probe || wants_filter(table_, insert.conflict) || fails() ||
                           puts_defaults(table_, insert.conflict);
        if (looks && insert.upserts.empty() && looks_behind_before_triggers(table_, TriggerEvent::insert)) {
            behind_triggers_ = true;
            policy_.form = Form::plain;
        }
        // An UPSERT's SET speaks of the new row as "excluded"; where PostgreSQL does not, the loop's record is it.
        if (policy_.form == Form::probe && insert.excluded)
            loop_.row = quote_identifier(insert.excluded->pg_alias);
    }

    void lower()
    {
        refuse_unseen();
        loop_.rowids = table_.has_rowid();
        const bool rehearsal = lowering_.request().rehearsal;
        // In a trigger only what governs it says FAIL (TriggerProgram): its function sees howdah.failure, too.
        loop_.keeps_earlier_rows =
            rehearsal || (lowering_.in_trigger ? insert_.conflict == ConflictAction::fail : fails());
        loop_.triggers_fail = clauses_.all == ConflictAction::fail;
        if (!rehearsal)
            loop_.kept_errors = fail_condition(table_, policy_.rules, insert_.conflict);
        if (rehearsal)
            loop_.on_failure = count_row_that_failed_late();
        else
            lower_returning_list();
        loop_.body =
            next_rowid() + skip_refused() + (policy_.form == Form::probe ? probes() : std::string()) + insert();
        if (behind_triggers_) {
            loop_.declarations.emplace_back(probing_declaration);
            loop_.before += begin_probing(table_, insert_.conflict);
            loop_.after += end_probing();
            loop_.failure_is_told = !rehearsal;
        }
        const std::string from = source();
        loop_.source = lowering_.with_clause(insert_.with.get()) + from;
        loop_.as_set = as_set();
        loop_.finish(out_);
    }

private:
    // AUTOINCREMENT gives a rowid to a row that is then left out, too.
    std::string filter(const std::string& row)
    {
        return !behind_triggers_ && wants_filter(table_, insert_.conflict)
                   ? ignore_filter(table_, rows_, insert_.conflict, lowering_, row)
                   : std::string();
    }

    std::string skip_refused()
    {
        const std::string passes = table_.autoincrement ? filter(loop_.row) : std::string();
        return passes.empty() ? passes : "CONTINUE WHEN NOT (" + passes + ");\n";
    }

    std::string source()
    {
        const std::string query = rows_query_without_echoes(rows_, table_);
        const std::string passes = table_.autoincrement ? std::string() : filter("n");
        return passes.empty() ? query : "SELECT n.* FROM (" + query + ") AS n WHERE " + passes;
    }

    std::string as_set()
    {
        if (lowering_.in_trigger || loop_.keeps_earlier_rows || behind_triggers_ || clauses_.updates_apart ||
            clauses_.all != ConflictAction::unspecified)
            return {};
        std::string sql = insert_as_set(insert_, table_, rows_, policy_, filter("n"), on_conflict_, lowering_);
        if (!sql.empty())
            sql += table_.has_rowid() ? " RETURNING " + rid_of_new() + " AS rid" : " RETURNING 1 AS one";
        return sql.empty() ? sql : lowering_.with_clause(insert_.with.get()) + sql;
    }

    bool fails() const { return may_fail(table_, policy_.rules, insert_.conflict); }

    void refuse_unseen() const
    {
        // BEFORE INSERT triggers fire in SQLite before a key is looked at, even for a row that is then not inserted.
        const auto triggers = triggers_on(table_, TriggerEvent::insert);
        const bool before = std::any_of(triggers.begin(), triggers.end(), [](const Trigger* t) {
            return t->definition->time == CreateTrigger::Time::before;
        });
        if (before && !behind_triggers_ &&
            (policy_.form == Form::probe || wants_filter(table_, insert_.conflict) || fails()))
            throw refusal("this conflict clause cannot be combined with the BEFORE INSERT trigger of " + table_.name);
        const auto looks = [&](const Expr* e) { return e && has_subquery(*e); };
        bool subqueries = false;
        for (const auto& item : insert_.returning_outputs)
            subqueries = subqueries || looks(item.expr);
        for (const auto& clause : insert_.upserts) {
            for (const auto& set : clause.set)
                subqueries = subqueries || looks(set.value.get());
            subqueries = subqueries || looks(clause.where.get());
        }
        if (insert_.with && subqueries)
            throw refusal(
                "subqueries in RETURNING or DO UPDATE cannot be combined with WITH in an INSERT that runs row by row");
    }

    // A row that is in when one of its AFTER triggers fails has moved last_insert_rowid(), one that is kept out not.
    std::string count_row_that_failed_late() const
    {
        std::vector<std::string> functions;
        for (const Trigger* t : triggers_on(table_, TriggerEvent::insert))
            if (t->definition->time == CreateTrigger::Time::after)
                functions.push_back(quote_string(trigger_function(table_, *t)));
        if (functions.empty())
            return "NULL;\n";
        // The outermost function of the error's context is the one that the row's INSERT has called.
        const std::string outermost = R"re('.*PL/pgSQL function (?:[^\n.]*\.)?"?([^\n"]*)"?\(\) line')re";
        return "IF substring(howdah_context FROM " + outermost + ") IN (" + join(functions, ", ") +
               ") THEN\nhowdah_rids := array_append(howdah_rids, " + field(table_.rowid_pg) + ");\nEND IF;\n";
    }

    void lower_returning_list()
    {
        if (lowering_.in_trigger)
            return;
        const ReturningView view = insert_returning_view(insert_, table_, policy_, lowering_);
        reads_ = view.looks;
        const OnceSubqueries once(lowering_, view.changing, "seen");
        loop_.returning =
            lower_returning(insert_.returning_outputs, *insert_.target, Returned::stored, lowering_, out_);
        loop_.declarations = once.declarations();
        keep_seen(once);
        if (reads_)
            loop_.declarations.emplace_back("howdah_id record");
    }

    // SQLite computes RETURNING in one place for new rows and in one for each DO UPDATE, and each of them once.
    void keep_seen(const OnceSubqueries& once)
    {
        if (once.statements().empty())
            return;
        seen_ = once.statements();
        for (const std::string& declaration : once.declarations())
            seen_names_.push_back(declaration.substr(0, declaration.find(' ')));
        std::vector<std::string> places{"new"};
        for (std::size_t i = 0; i < insert_.upserts.size(); ++i)
            places.push_back(place_of(insert_.upserts[i]));
        if (places.size() > 1 && !reads_)
            throw refusal("a subquery in RETURNING of an UPSERT reads what AFTER triggers change");
        for (const std::string& place : places) {
            loop_.declarations.push_back("howdah_" + place + "_known boolean := false");
            for (std::size_t i = 0; i < seen_names_.size(); ++i) {
                const std::string& d = once.declarations()[i];
                loop_.declarations.push_back("howdah_" + place + std::to_string(i + 1) + d.substr(d.find(' ')));
            }
        }
    }

    std::string place_of(const UpsertClause& clause) const
    {
        return "update" + std::to_string(&clause - insert_.upserts.data() + 1) + "_";
    }

    std::string seen(const std::string& place) const
    {
        if (seen_.empty())
            return {};
        std::string keep, recall;
        for (std::size_t i = 0; i < seen_names_.size(); ++i) {
            const std::string kept = "howdah_" + place + std::to_string(i + 1);
            keep += kept + " := " + seen_names_[i] + ";\n";
            recall += seen_names_[i] + " := " + kept + ";\n";
        }
        const std::string known = "howdah_" + place + "_known";
        return "IF " + known + " THEN\n" + recall + "ELSE\n" + seen_ + keep + known + " := true;\nEND IF;\n";
    }

    std::string field(std::string_view name) const { return loop_.row + "." + quote_identifier(name); }

    std::string next_rowid()
    {
        if (rows_.rowid == InsertRows::Rowid::none || rowid_is_chosen_late(table_, lowering_.catalog()))
            return {};
        const std::string rowid = field(table_.rowid_pg);
        const Writers writers = lowering_.options().writers;
        std::string last = last_rowid(table_, lowering_.catalog(), writers);
        if (counts_rowids()) {
            declare("howdah_last bigint");
            loop_.before += "howdah_last := " + last + ";\n";
            return rowid + " := " + dialect::next_rowid(table_, writers, "howdah_last", "1") + ";\n";
        }
        if (table_.autoincrement) {
            loop_.declarations.emplace_back("howdah_sequence bigint := 0");
            last = "greatest(" + last + ", howdah_sequence)";
            // SQLite does not come to it when a row ends the statement.
            const std::string record =
                record_sequence_statements(table_, lowering_.catalog(), writers, "howdah_sequence");
            loop_.after += loop_.keeps_earlier_rows
                               ? "IF current_setting('howdah.failure') = '' THEN\n" + record + "END IF;\n"
                               : record;
        }
        std::string text;
        if (rows_.rowid != InsertRows::Rowid::given) {
            const std::string assign =
                planned_without_scans(rowid + " := " + dialect::next_rowid(table_, writers, last, "1")) + ";\n";
            text = rows_.rowid == InsertRows::Rowid::automatic
                       ? assign
                       : "IF " + rowid + " IS NULL THEN\n" + assign + "END IF;\n";
        }
        if (table_.autoincrement)
            text += "howdah_sequence := greatest(howdah_sequence, " + rowid + ");\n";
        return text;
    }

    // The largest rowid is the one that the loop has inserted last.
    bool counts_rowids() const
    {
        return !reads_ && !loop_.keeps_earlier_rows && !lowering_.in_trigger &&
               alone_chooses_rowids(insert_, table_, rows_, policy_, lowering_);
    }

    std::string insert()
    {
        std::vector<std::string> values;
        const auto names = column_names(rows_, table_);
        for (const auto& name : names)
            values.push_back(loop_.row + "." + name);
        on_conflict_ = on_conflict(insert_, table_, policy_, lowering_);
        const std::string sql = "INSERT INTO " + pg_name(table_) + " AS " + alias_ + " (" + join(names, ", ") +
                                ") VALUES (" + join(values, ", ") + ")" + on_conflict_;
        return counted(sql, rid_of_new(), {upserts() ? policy_.rules.front().upsert : nullptr, false}) +
               (counts_rowids() ? "howdah_last := greatest(howdah_last, howdah_out.rid);\n" : "");
    }

    bool upserts() const { return policy_.form == Form::upsert && policy_.rules.front().upsert->do_update; }

    // NULL where the row is not a new one.
    std::string rid_of_new() const
    {
        return table_.has_rowid() && upserts() ? "CASE WHEN " + alias_ + ".xmax = 0 THEN " + rowid() + " END" : rowid();
    }

    std::string rowid() const
    {
        return table_.has_rowid() ? alias_ + "." + quote_identifier(table_.rowid_pg) : std::string();
    }

    // The statements of subqueries that are computed when they are first come to, which is where `condition` holds.
    std::string compute_once(const OnceSubqueries& once, const std::string& stem, const std::string& condition)
    {
        if (once.statements().empty())
            return {};
        for (const auto& d : once.declarations())
            declare(d);
        const std::string known = "howdah_" + stem + "known";
        declare(known + " boolean := false");
        return "IF NOT " + known + (condition.empty() ? "" : " AND " + condition) + " THEN\n" + once.statements() +
               known + " := true;\nEND IF;\n";
    }

    struct Updates {
        const UpsertClause* clause = nullptr; // by which the row may be updated
        bool surely = false;                  // it is not a new one
    };

    // A statement that changes one row or none, and what is kept of it.
    std::string counted(const std::string& sql, const std::string& rowid, Updates updates)
    {
        if (lowering_.in_trigger && rowid.empty())
            return sql + ";\n";
        if (!reads_)
            return seen("new") + sql + loop_.into(rowid) + loop_.counted();
        // The RETURNING list looks at what was done: it must see it as it is now.
        const std::string alias = insert_.target->pg_alias;
        std::string text = sql + " RETURNING " + identity_list(table_, alias) + ", " +
                           (rowid.empty() ? std::string("NULL::bigint") : rowid) + " AS rid, " + alias_ +
                           ".xmax = 0 AS is_new INTO howdah_id;\nIF FOUND THEN\n";
        if (updates.surely || !updates.clause)
            text += seen(updates.clause ? place_of(*updates.clause) : "new");
        else if (!seen_.empty())
            text +=
                "IF howdah_id.is_new THEN\n" + seen("new") + "ELSE\n" + seen(place_of(*updates.clause)) + "END IF;\n";
        return text +
               loop_.select_into("howdah_id.rid", pg_name(table_) + " AS " + alias_ + " WHERE " +
                                                      identity_condition(table_, alias, "howdah_id")) +
               loop_.counted() + "END IF;\n";
    }

    // ------------------------------------------------------------------------------------------ key by key

    std::string probes()
    {
        std::string text = constraints_first();
        bool earlier_raise_matters = std::any_of(policy_.rules.begin(), policy_.rules.end(), [](const KeyRule& r) {
            return r.upsert || r.action == ConflictAction::ignore || r.action == ConflictAction::replace;
        });
        for (const auto& rule : policy_.rules)
            text += probe(rule, earlier_raise_matters);
        return text;
    }

    std::string probe(const KeyRule& rule, bool raise)
    {
        const std::string condition = same_key(table_, rule.key, "o", row_alias(), lowering_);
        const std::string exists = "EXISTS (SELECT 1 FROM " + pg_name(table_) + " AS o WHERE " + condition + ")";
        if (rule.upsert && rule.upsert->do_update)
            return update_instead(*rule.upsert, rule.key, condition);
        if (rule.upsert || rule.action == ConflictAction::ignore)
            return "CONTINUE WHEN " + exists + ";\n";
        if (rule.action == ConflictAction::replace)
            return delete_conflicting(condition);
        return raise ? raise_unless(exists, rule) : std::string();
    }

    // The record's name as same_key() quotes it.
    std::string row_alias() const
    {
        return insert_.excluded && loop_.row != "howdah_row" ? insert_.excluded->pg_alias : "howdah_row";
    }

    // What DO UPDATE may find changed by the rows before.
    std::vector<const Table*> changing() const
    {
        return tables_written(table_, effects_of(table_, {TriggerEvent::insert, TriggerEvent::update}, nullptr,
                                                 lowering_.catalog(), lowering_.options().foreign_keys));
    }

    // DO UPDATE with a subquery that is computed at its first use.
    bool updates_by_what_it_read_once() const
    {
        const std::vector<const Table*> tables = changing();
        const auto once = [&](const ExprPtr& e) {
            return e && std::any_of(tables.begin(), tables.end(),
                                    [&](const Table* t) { return reads_once(*e, *t, lowering_.catalog()); });
        };
        return std::any_of(insert_.upserts.begin(), insert_.upserts.end(), [&](const UpsertClause& clause) {
            return once(clause.where) || std::any_of(clause.set.begin(), clause.set.end(),
                                                     [&](const SetClause& set) { return once(set.value); });
        });
    }

    void refuse_generated(const UpsertClause& clause) const
    {
        const auto reads = [&](const Expr& e) {
            const auto* ref = as<ColumnRef>(e);
            return ref && ref->source && ref->source == insert_.excluded.get() && ref->index >= 0 &&
                   table_.columns[static_cast<std::size_t>(ref->index)].generated != Column::Generated::no;
        };
        bool found = clause.where && any_expr(*clause.where, reads);
        for (const SetClause& set : clause.set)
            found = found || any_expr(*set.value, reads);
        if (found)
            throw refusal("a generated column of excluded cannot be read where keys are looked at one by one");
    }

    std::string update_instead(const UpsertClause& clause, const Key& key, const std::string& condition)
    {
        const Unconverted unconverted(insert_, table_, clause, key, lowering_);
        declare("howdah_key record");
        refuse_generated(clause);
        const std::string stem = "set" + std::to_string(&clause - insert_.upserts.data()) + "_";
        const Assignments set(clause.set, table_, ConflictAction::abort);
        std::string first, row = identity_condition(table_, insert_.target->pg_alias, "howdah_key");
        if (clause.where) {
            const OnceSubqueries once(lowering_, changing(), stem + "where");
            row += " AND " + lowering_.condition(*clause.where).text;
            first = compute_once(once, stem + "where", {});
        }
        const OnceSubqueries once(lowering_, changing(), stem);
        const std::string update =
            "UPDATE " + pg_name(table_) + " AS " + alias_ + " SET " + set.list(lowering_) + " WHERE " + row;
        const std::string passes = "EXISTS (SELECT 1 FROM " + pg_name(table_) + " AS " + alias_ + " WHERE " + row + ")";
        first += compute_once(once, stem, clause.where ? passes : std::string());
        return "SELECT " + identity_list(table_, "o") + " INTO howdah_key FROM " + pg_name(table_) + " AS o WHERE " +
               condition + ";\nIF FOUND THEN\n" + first + counted_update(update, clause) + "CONTINUE;\nEND IF;\n";
    }

    std::string counted_update(const std::string& update, const UpsertClause& clause)
    {
        const std::string text = counted(update, "NULL::bigint", {&clause, true});
        if (!clauses_.updates_apart)
            return text;
        const std::string under = governed(may_roll_back(insert_, table_) ? marked(text, abort_mark) : text,
                                           ConflictAction::abort, clauses_.all, lowering_.in_trigger);
        if (insert_.conflict != ConflictAction::fail)
            return under;
        declare("howdah_updates boolean := false");
        if (!loop_.kept_errors.empty()) // as a rehearsal has none
            loop_.kept_errors += " AND NOT howdah_updates";
        return "howdah_updates := true;\n" + under + "howdah_updates := false;\n";
    }

    std::string delete_conflicting(const std::string& condition)
    {
        const std::string sql = "DELETE FROM " + pg_name(table_) + " AS o WHERE " + condition + ";\n";
        return replacing(table_, sql, insert_.conflict, lowering_);
    }

    // A violation that must be told before a later key skips or changes something.
    std::string raise_unless(const std::string& violated, const KeyRule& rule)
    {
        const std::string name = rule.key.index ? rule.key.index->pg : rowid_index_name(table_);
        return "IF " + violated + " THEN\n" +
               raise_violation(table_, "unique_violation", "CONSTRAINT = " + quote_string(name)) + "END IF;\n";
    }

    // SQLite tests NOT NULL and CHECK before any key.
    std::string constraints_first()
    {
        std::string text;
        for (std::size_t i = 0; i < rows_.columns.size(); ++i)
            if (table_.columns[static_cast<std::size_t>(rows_.columns[i])].not_null && rows_.classes[i].nullable())
                text += raise_null(table_, rows_.columns[i], row_alias());
        return text + raise_checks(table_, row_alias(), lowering_);
    }

    void declare(const std::string& declaration)
    {
        auto& list = loop_.declarations;
        if (std::find(list.begin(), list.end(), declaration) == list.end())
            list.push_back(declaration);
    }

    const Insert& insert_;
    const Table& table_;
    Lowering& lowering_;
    Compiled& out_;
    RowLoop loop_;
    InsertRows rows_;
    InsertPolicy policy_;
    InsertClauses clauses_;
    std::string alias_;
    std::string on_conflict_;
    std::string seen_; // the subqueries of RETURNING that are computed once
    std::vector<std::string> seen_names_;
    bool reads_ = false;
    bool behind_triggers_ = false; // what is wrong with a row is looked for when its BEFORE triggers have run
};

} // namespace

void lower_insert_loop(const Insert& insert, const Table& table, Lowering& lowering, Compiled& out)
{
    InsertLoop(insert, table, lowering, out).lower();
}

} // namespace howdah::dialect
