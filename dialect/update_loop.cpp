// UPDATE row by row; see rowloop.hpp and update_plan.hpp.
//
//     FOR howdah_row IN <which rows, in SQLite's order> LOOP
//         UPDATE t SET … WHERE <that row> RETURNING … INTO howdah_out;
//         <count it>
//     END LOOP
#include "dialect/conflict_trigger.hpp"
#include "dialect/full_text.hpp"
#include "dialect/key_recheck.hpp"
#include "dialect/lower_returning.hpp"
#include "dialect/lower_upsert.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowloop.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/update_plan.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_target.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

class UpdateLoop {
public:
    UpdateLoop(const UpdatePlan& plan, Lowering& lowering, Compiled& out)
        : plan_(plan),
          update_(plan.update),
          table_(plan.table),
          lowering_(lowering),
          out_(out),
          loop_(table_, lowering),
          alias_(update_.table.source->pg_alias),
          behind_triggers_((plan.fails || plan.conflict != UpdatePlan::Conflict::raise) &&
                           looks_behind_before_triggers(table_, TriggerEvent::update))
    {
    }

    void lower()
    {
        refuse_unseen();
        loop_.keeps_earlier_rows = plan_.fails && (!lowering_.in_trigger || update_.conflict == ConflictAction::fail);
        loop_.triggers_fail = plan_.triggers_fail;
        // An fts3 table whose docids move leaves rowids of SQLite's own tables, or none.
        if (!lowering_.in_trigger && !(table_.full_text && table_.full_text->module == FullText::Module::fts3))
            left_behind_ = rowid_left_behind(table_, true);
        loop_.rowids = !left_behind_.empty();
        loop_.kept_errors = fail_condition(table_, plan_.rules, update_.conflict);
        lower_returning_list();
        if (behind_triggers_) {
            loop_.declarations.emplace_back(probing_declaration);
            loop_.before += begin_probing(table_, update_.conflict);
            loop_.after += end_probing();
            loop_.failure_is_told = true;
        }
        std::vector<std::string> values;
        std::string statement;
        const std::string from = other_rows(update_, lowering_);
        {
            const OnceSubqueries once(lowering_, changing(), "set");
            for (const int c : plan_.set.columns())
                values.push_back(plan_.set.value(c, lowering_).text);
            if (plan_.chooses_while_changing)
                still_chosen_ = " AND (" + lowering_.where(update_.where.get()) + ")";
            const bool probes = plan_.conflict == UpdatePlan::Conflict::probe && !behind_triggers_;
            const bool apart = plan_.fires_apart && !plan_.fails;
            statement = probes ? probed(values) : apart ? behind_own_triggers(values) : plain(values);
            if (!once.statements().empty()) {
                loop_.declarations.insert(loop_.declarations.end(), once.declarations().begin(),
                                          once.declarations().end());
                if (update_.from) { // whose rows come with their new values
                    loop_.before += once.statements();
                } else {
                    loop_.declarations.emplace_back("howdah_started boolean := false");
                    statement = "IF NOT howdah_started THEN\n" + once.statements() +
                                "howdah_started := true;\nEND IF;\n" + statement;
                }
            }
        }
        loop_.body = statement;
        std::vector<std::string> found;
        for (std::size_t i = 0; update_.from && i < values.size(); ++i)
            found.push_back(values[i] + " AS v" + std::to_string(i + 1));
        const std::string rows = changed_rows(plan_, found, from, lowering_);
        const std::string with = lowering_.with_clause(update_.with.get());
        loop_.source = with + rows;
        if (!update_.from && !with.empty() && has_row_subqueries())
            put_in_front(with);
        loop_.finish(out_);
    }

private:
    // What is not the same at every row, though no row says so.
    std::vector<const Table*> changing() const
    {
        return tables_written(table_, effects_of(table_, {TriggerEvent::update}, &plan_.set.columns(),
                                                 lowering_.catalog(), lowering_.options().foreign_keys));
    }

    void refuse_unseen() const
    {
        const auto triggers = triggers_on(table_, TriggerEvent::update, &plan_.set.columns());
        const bool before = std::any_of(triggers.begin(), triggers.end(), [](const Trigger* t) {
            return t->definition->time == CreateTrigger::Time::before;
        });
        if (before && !behind_triggers_ && (plan_.fails || plan_.conflict != UpdatePlan::Conflict::raise))
            throw refusal("this conflict clause cannot be combined with the BEFORE UPDATE trigger of " + table_.name);
        if (!update_.with)
            return;
        for (const auto& common : update_.with->tables)
            if (common.select && reads(*common.select, table_, lowering_.catalog()) && has_row_subqueries())
                throw refusal("WITH over " + table_.name +
                              " cannot be combined with subqueries that are run row by row");
    }

    bool has_row_subqueries() const
    {
        return plan_.chooses_while_changing || plan_.set.any([](const Expr& e) { return has_subquery(e); });
    }

    void lower_returning_list()
    {
        if (lowering_.in_trigger)
            return;
        const OnceSubqueries once(lowering_, plan_.returning.changing, "seen");
        loop_.returning =
            lower_returning(update_.returning_outputs, *update_.table.source, Returned::stored, lowering_, out_);
        seen_ = once.at_first_row();
        loop_.declarations = once.declarations();
        if (plan_.returning.looks)
            loop_.declarations.emplace_back("howdah_id record");
    }

    std::string update(const std::vector<std::string>& values) const
    {
        std::vector<std::string> list;
        for (std::size_t i = 0; i < values.size(); ++i)
            list.push_back(column_text(table_, plan_.set.columns()[i]) + " = " + values[i]);
        return "UPDATE " + target_text(table_, *update_.table.source) + " SET " + join(list, ", ") + " WHERE " +
               identity_condition(table_, alias_, "howdah_row") + still_chosen_;
    }

    std::string plain(const std::vector<std::string>& values)
    {
        std::vector<std::string> taken;
        for (std::size_t i = 0; i < values.size(); ++i)
            taken.push_back(update_.from ? "howdah_row.v" + std::to_string(i + 1) : values[i]);
        update_text_ = update(taken);
        const std::string text = counted(update_text_);
        if (plan_.conflict != UpdatePlan::Conflict::ignore || behind_triggers_)
            return text;
        return "BEGIN\n" + text + "EXCEPTION WHEN unique_violation OR not_null_violation OR check_violation THEN " +
               raise_of_others() + "END;\n";
    }

    // What a foreign key does, and what a DELETE fires, is under its own clauses, and breaks constraints of other
    // tables.
    std::string raise_of_others()
    {
        if (tables_written(table_,
                           effects_of(table_, {TriggerEvent::update}, &plan_.set.columns(), lowering_.catalog(), true))
                .size() == 1)
            return "NULL;\n";
        loop_.declarations.emplace_back("howdah_broken_schema text; howdah_broken text");
        return "GET STACKED DIAGNOSTICS howdah_broken_schema = SCHEMA_NAME, howdah_broken = TABLE_NAME;\n"
               "IF (howdah_broken_schema, howdah_broken) <> (" +
               quote_string(table_.pg_schema) + ", " + quote_string(table_.pg) + ") THEN\nRAISE;\nEND IF;\n";
    }

    // The row as it will be: howdah_new; `taken`: what the columns that are set are set to.
    std::string computed(const std::vector<std::string>& values, std::vector<std::string>& taken)
    {
        loop_.declarations.emplace_back("howdah_new record");
        std::vector<std::string> list;
        const auto add = [&](int column) {
            const auto& columns = plan_.set.columns();
            const auto at = std::find(columns.begin(), columns.end(), column);
            const auto i = static_cast<std::size_t>(at - columns.begin());
            const std::string value = at == columns.end() ? quote_identifier(alias_) + "." + column_text(table_, column)
                                      : update_.from      ? "howdah_row.v" + std::to_string(i + 1)
                                                          : values[i];
            list.push_back(value + " AS " + column_text(table_, column));
        };
        if (table_.has_rowid())
            add(-1);
        for (std::size_t i = 0; i < table_.columns.size(); ++i)
            if (table_.columns[i].generated == Column::Generated::no && !table_.columns[i].hidden &&
                !(table_.has_rowid() && static_cast<int>(i) == table_.rowid_alias))
                add(static_cast<int>(i));
        for (const int c : plan_.set.columns())
            taken.push_back("howdah_new." + column_text(table_, c));
        update_text_ = "SELECT " + join(list, ", ") + " INTO howdah_new FROM " +
                       target_text(table_, *update_.table.source) + " WHERE " +
                       identity_condition(table_, alias_, "howdah_row") + still_chosen_;
        return update_text_ + ";\nCONTINUE WHEN NOT FOUND;\n";
    }

    // What a BEFORE trigger has made of the row stays, but for what the statement sets.
    std::string behind_own_triggers(const std::vector<std::string>& values)
    {
        loop_.declarations.emplace_back(probing_declaration);
        loop_.after += end_probing();
        std::vector<std::string> taken;
        const std::string text = computed(values, taken);
        return text + begin_firing_alone(table_) + update(taken) + ";\n" +
               begin_behind_triggers(table_, end_probing() + "CONTINUE;\n") + counted(update(taken));
    }

    // The row as it will be, key by key against the others, then the change itself.
    std::string probed(const std::vector<std::string>& values)
    {
        std::vector<std::string> taken;
        std::string text = computed(values, taken);
        for (const int c : plan_.set.columns())
            if (c >= 0 && ignores_null(c))
                text += "CONTINUE WHEN howdah_new." + column_text(table_, c) + " IS NULL;\n";
            else if (c >= 0 && table_.columns[static_cast<std::size_t>(c)].not_null)
                text += raise_null(table_, c, "howdah_new");
        text += raise_checks(table_, "howdah_new", lowering_);
        const KeyRecheck recheck(plan_, lowering_);
        if (!recheck) {
            for (const auto& rule : plan_.rules)
                text += probe(rule);
            return text + counted(update(taken));
        }
        loop_.declarations.emplace_back(KeyRecheck::declaration);
        text += KeyRecheck::begin();
        for (const auto& rule : recheck.keys())
            text += probed_twice(rule);
        return text + KeyRecheck::end(table_, exists(identity_condition(table_, "o", "howdah_row"))) +
               counted(update(taken));
    }

    bool ignores_null(int column) const
    {
        const Column& c = table_.columns[static_cast<std::size_t>(column)];
        return c.not_null && not_null_conflict_of(c, update_.conflict) == ConflictAction::ignore;
    }

    std::string probe(const KeyRule& rule)
    {
        const std::string others = key_of_another(rule);
        if (rule.action == ConflictAction::ignore)
            return "CONTINUE WHEN " + exists(others) + ";\n";
        if (rule.action == ConflictAction::replace)
            return remove("DELETE FROM " + pg_name(table_) + " AS o WHERE " + others + ";\n");
        const std::string constraint = rule.key.index ? rule.key.index->pg : rowid_index_name(table_);
        return "IF " + exists(others) + " THEN " + raise_key(table_, quote_string(constraint)) + "END IF;\n";
    }

    // SQLite holds its place in the table while it removes a row (OP_CursorLock), where that fires triggers: one of
    // them that changes another row there is an error.
    std::string remove(const std::string& deletion)
    {
        const Effects effects =
            effects_of(table_, {TriggerEvent::delete_}, nullptr, lowering_.catalog(), lowering_.options().foreign_keys);
        const auto changes_table = [&](const std::vector<const Table*>& tables) {
            return std::find(tables.begin(), tables.end(), &table_) != tables.end();
        };
        if (lowering_.in_trigger || !lowering_.options().recursive_triggers ||
            triggers_on(table_, TriggerEvent::delete_).empty() ||
            !(changes_table(effects.before) || changes_table(effects.after)))
            return replacing(table_, deletion, update_.conflict, lowering_);
        if (!holds_place_) {
            holds_place_ = true;
            loop_.declarations.emplace_back("howdah_written bigint; howdah_removed bigint");
        }
        std::vector<std::string> counts;
        for (const std::string_view what : {"inserted", "updated", "deleted"})
            counts.push_back("pg_stat_get_xact_tuples_" + std::string(what) + "(" + quote_string(pg_name(table_)) +
                             "::regclass)");
        const std::string written = join(counts, " + ");
        return "howdah_written := " + written + ";\n" +
               replacing(table_, deletion + "GET DIAGNOSTICS howdah_removed = ROW_COUNT;\n", update_.conflict,
                         lowering_) +
               "IF " + written + " <> howdah_written + howdah_removed THEN\n" +
               "RAISE EXCEPTION 'constraint failed' USING ERRCODE = 'HW0PI';\nEND IF;\n";
    }

    std::string probed_twice(const KeyRule& rule)
    {
        const bool replaces = rule.action == ConflictAction::replace;
        const std::string itself = identity_condition(table_, "o", "howdah_row") + " AND " +
                                   same_key(table_, rule.key, "o", "howdah_new", lowering_);
        const std::string probing = probe(rule);
        return (replaces ? std::string() : probing) +
               KeyRecheck::look(rule, exists(key_of_another(rule)), exists(itself), replaces ? probing : std::string());
    }

    std::string key_of_another(const KeyRule& rule)
    {
        return "NOT (" + identity_condition(table_, "o", "howdah_row") + ") AND " +
               same_key(table_, rule.key, "o", "howdah_new", lowering_);
    }

    std::string exists(const std::string& condition) const
    {
        return "EXISTS (SELECT 1 FROM " + pg_name(table_) + " AS o WHERE " + condition + ")";
    }

    std::string counted(const std::string& sql)
    {
        if (lowering_.in_trigger)
            return sql + ";\n";
        if (!plan_.returning.looks)
            return seen_ + sql + loop_.into(left_behind_) + loop_.counted();
        return sql + " RETURNING " + identity_list(table_, alias_) + " INTO howdah_id;\nIF FOUND THEN\n" + seen_ +
               loop_.select_into("", target_text(table_, *update_.table.source) + " WHERE " +
                                         identity_condition(table_, alias_, "howdah_id")) +
               loop_.counted() + "END IF;\n";
    }

    // Subqueries may speak of the client's common tables.
    void put_in_front(const std::string& with)
    {
        const auto at = loop_.body.find(update_text_);
        loop_.body.insert(at, with);
    }

    const UpdatePlan& plan_;
    const Update& update_;
    const Table& table_;
    Lowering& lowering_;
    Compiled& out_;
    RowLoop loop_;
    std::string alias_;
    bool behind_triggers_; // what is wrong with a row is looked for when its BEFORE triggers have run
    bool holds_place_ = false;
    std::string seen_, update_text_, still_chosen_, left_behind_;
};

} // namespace

void lower_update_loop(const UpdatePlan& plan, Lowering& lowering, Compiled& out)
{
    lowering.fired("row_by_row");
    UpdateLoop(plan, lowering, out).lower();
}

} // namespace howdah::dialect
