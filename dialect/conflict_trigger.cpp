// See conflict_trigger.hpp.
#include "dialect/conflict_trigger.hpp"

#include "dialect/governing.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_upsert.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/store.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>
#include <array>

namespace howdah::dialect {

namespace {

// Under the others PostgreSQL's own errors are right.
constexpr std::array clauses{ConflictAction::ignore, ConflictAction::replace, ConflictAction::fail,
                             ConflictAction::unspecified};

std::string_view name_of(ConflictAction clause)
{
    switch (clause) {
    case ConflictAction::ignore:
        return "ignore";
    case ConflictAction::replace:
        return "replace";
    case ConflictAction::fail:
        return "fail";
    default:
        return "declared";
    }
}

std::string relation_text(const Table& table) { return table.pg_schema + "." + table.pg; }

// What is done about a row's constraints under one clause.
class Probes {
public:
    Probes(const Table& table, TriggerEvent event, ConflictAction clause, Lowering& lowering)
        : table_(table), event_(event), clause_(clause), lowering_(lowering)
    {
    }

    std::string text()
    {
        std::string out;
        for (std::size_t i = 0; i < table_.columns.size(); ++i)
            if (table_.columns[i].not_null && static_cast<int>(i) != table_.rowid_alias)
                out += not_null(table_.columns[i]);
        for (std::size_t i = 0; i < table_.checks.size(); ++i)
            out += "IF NOT " + parens(check_text(table_, table_.checks[i], "new", lowering_)) + " THEN\n" +
                   broken(clause_ == ConflictAction::ignore ? clause_ : raising(clause_), "check_violation", "23514",
                          "", check_constraint_name(i + 1)) +
                   "END IF;\n";
        for (const Key& key : keys_of(table_, clause_ == ConflictAction::unspecified))
            out += unique(key);
        return out;
    }

private:
    static ConflictAction raising(ConflictAction clause)
    {
        return clause == ConflictAction::fail ? clause : ConflictAction::abort;
    }

    std::string not_null(const Column& column)
    {
        const ConflictAction action = not_null_conflict_of(column, clause_);
        const int at = static_cast<int>(&column - table_.columns.data());
        std::string put;
        if (replaces_null(column, clause_))
            put = "IF \"new\"." + quote_identifier(column.pg) + " IS NULL THEN\n\"new\"." +
                  quote_identifier(column.pg) + " := " + default_of(table_, at, lowering_).text + ";\nEND IF;\n";
        return put + "IF " + new_row_value(table_, at, "new", lowering_).text + " IS NULL THEN\n" +
               broken(action == ConflictAction::ignore ? action : raising(action), "not_null_violation", "23502",
                      column.pg, "") +
               "END IF;\n";
    }

    std::string unique(const Key& key)
    {
        std::string others = pg_name(table_) + " AS o WHERE " + same_key(table_, key, "o", "new", lowering_);
        if (event_ == TriggerEvent::update)
            others += " AND NOT (" + same_row() + ")";
        const ConflictAction action = conflict_of(table_, key, clause_);
        if (action == ConflictAction::replace)
            return replacing(table_, "DELETE FROM " + others + ";\n", clause_, lowering_);
        return "IF EXISTS (SELECT 1 FROM " + others + ") THEN\n" +
               broken(action, "unique_violation", "23505", "", key.index ? key.index->pg : rowid_index_name(table_)) +
               "END IF;\n";
    }

    std::string same_row() const
    {
        std::vector<std::string> parts;
        for (const int column : row_identity(table_))
            parts.push_back("o." + column_text(table_, column) + " = \"old\"." + column_text(table_, column));
        return join(parts, " AND ");
    }

    // FAIL ends the outermost statement and keeps what was done, which its loop sees to; in a trigger it is ABORT.
    std::string broken(ConflictAction action, std::string_view condition, const std::string& state,
                       const std::string& column, const std::string& constraint) const
    {
        if (action == ConflictAction::ignore)
            return "RETURN NULL;\n";
        const std::string raise = raise_violation(table_, condition,
                                                  column.empty() ? "CONSTRAINT = " + quote_string(constraint)
                                                                 : "COLUMN = " + quote_string(column));
        if (action != ConflictAction::fail)
            return raise;
        return "IF pg_trigger_depth() > 1 THEN\n" + raise + "END IF;\nPERFORM set_config('howdah.failure', ARRAY[" +
               quote_string(state) + ", '', '', " + quote_string(table_.pg_schema) + ", " + quote_string(table_.pg) +
               ", " + quote_string(column) + ", " + quote_string(constraint) + "]::text, true);\nRETURN NULL;\n";
    }

    const Table& table_;
    TriggerEvent event_;
    ConflictAction clause_;
    Lowering& lowering_;
};

} // namespace

bool looks_behind_before_triggers(const Table& table, TriggerEvent event)
{
    if (table.kind != Table::Kind::ordinary || table.full_text || table.rtree)
        return false;
    return std::any_of(table.triggers.begin(), table.triggers.end(), [&](const Trigger& t) {
        return t.definition->time == CreateTrigger::Time::before && t.definition->event == event &&
               (!t.is_temporary() || table.is_private());
    });
}

bool declares_clauses(const Table& table)
{
    const auto is_other = [](ConflictAction action) { return action != ConflictAction::abort; };
    const std::vector<Key> keys = keys_of(table);
    return std::any_of(
               keys.begin(), keys.end(),
               [&](const Key& key) { return is_other(conflict_of(table, key, ConflictAction::unspecified)); }) ||
           std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& c) {
               return c.not_null && is_other(not_null_conflict_of(c, ConflictAction::unspecified));
           });
}

bool puts_defaults(const Table& table, ConflictAction statement, const std::vector<int>* columns)
{
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (replaces_null(table.columns[i], statement) &&
            (!columns || std::find(columns->begin(), columns->end(), static_cast<int>(i)) != columns->end()))
            return true;
    return false;
}

TriggerSql conflict_trigger_sql(const Catalog& catalog, const Table& table, TriggerEvent event, const Options& options)
{
    const CompileRequest request{"", catalog, {}, options, {}};
    Lowering lowering(request);
    lowering.in_trigger = true;
    std::string branches;
    for (const ConflictAction clause : clauses) {
        if (clause == ConflictAction::unspecified && !declares_clauses(table))
            continue;
        const std::string text = Probes(table, event, clause, lowering).text();
        branches += (branches.empty() ? "IF" : "ELSIF") + (" howdah_clause = " + quote_string(name_of(clause))) +
                    " THEN\n" + (text.empty() ? "NULL;\n" : text);
    }
    const bool inserts = event == TriggerEvent::insert;
    if (!inserts && before_triggers_write_table(table, event, nullptr, catalog))
        branches += (branches.empty() ? "IF" : "ELSIF") +
                    std::string(" howdah_clause = 'alone' THEN\nPERFORM set_config('howdah.probing', 'fired', true);\n"
                                "RETURN NULL;\n");
    const std::string block = "#variable_conflict use_column\nDECLARE\n    howdah_clause text := "
                              "split_part(current_setting('howdah.probing', "
                              "true), '/', 1);\n" +
                              declared_conflict(branches) +
                              "BEGIN\nIF current_setting('howdah.probing', true) <> howdah_clause || '/' || " +
                              "(pg_trigger_depth() - 1) || " + quote_string("/" + relation_text(table)) +
                              " THEN RETURN NEW; END IF;\n" + branches + "END IF;\nRETURN NEW;\nEND";
    const std::string function =
        qualified(table.pg_schema,
                  pg_identifier(table.pg_prefix + (inserts ? "howdah_probe_i_" : "howdah_probe_u_") + table.name));
    TriggerSql sql;
    sql.create_function = trigger_function_sql(function, block);
    const std::string name = inserts ? "\"~~howdah_probe_i\"" : "\"~~howdah_probe_u\"";
    sql.create_trigger = "CREATE TRIGGER " + name + " BEFORE " + (inserts ? "INSERT" : "UPDATE") + " ON " +
                         pg_name(table) +
                         " FOR EACH ROW WHEN (current_setting('howdah.probing', true) <> '') EXECUTE "
                         "FUNCTION " +
                         function + "()";
    sql.drop_trigger = "DROP TRIGGER " + name + " ON " + pg_name(table);
    sql.drop_function = "DROP FUNCTION " + function + "()";
    return sql;
}

std::string begin_probing(const Table& table, ConflictAction clause)
{
    return "PERFORM set_config('howdah.probing', " + quote_string(std::string(name_of(clause)) + "/") +
           " || pg_trigger_depth() || " + quote_string("/" + relation_text(table)) + ", true);\n";
}

namespace {

// "alone/0/main.t", as an expression.
std::string in_statement(std::string_view what, std::string_view depth, const Table& table)
{
    return quote_string(std::string(what) + "/") + " || " + std::string(depth) + " || " +
           quote_string("/" + relation_text(table));
}

} // namespace

std::string begin_firing_alone(const Table& table)
{
    return "PERFORM set_config('howdah.probing', " + in_statement("alone", "pg_trigger_depth()", table) + ", true);\n";
}

std::string begin_behind_triggers(const Table& table, const std::string& leave)
{
    return "IF current_setting('howdah.probing', true) <> 'fired' THEN\n" + leave +
           "END IF;\nPERFORM set_config('howdah.probing', " + in_statement("behind", "pg_trigger_depth()", table) +
           ", true);\n";
}

std::string has_fired_alone(const Table& table)
{
    return "current_setting('howdah.probing', true) = " + in_statement("behind", "(pg_trigger_depth() - 1)", table);
}

std::string end_probing() { return "PERFORM set_config('howdah.probing', coalesce(howdah_probing, ''), true);\n"; }

} // namespace howdah::dialect
