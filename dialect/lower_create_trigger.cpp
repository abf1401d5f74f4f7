// See lower_create_trigger.hpp.
#include "dialect/lower_create_trigger.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/conversions.hpp"
#include "dialect/governing.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower_create_view.hpp"
#include "dialect/mirror.hpp"
#include "dialect/parser.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/trigger_cycles.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Time = CreateTrigger::Time;
using Event = CreateTrigger::Event;

// A TEMP trigger on a table that all sessions see: it fires for the session alone that made it.
bool is_for_one_session(const Table& table, const Trigger& trigger)
{
    return trigger.is_temporary() && !table.is_private();
}

// "999997_name": a later trigger sorts before an earlier one. "500001_name": TEMP ones come first, an earlier one
// before a later.
std::string firing_name(const Table& table, std::size_t number)
{
    const Trigger& trigger = table.triggers[number];
    if (!trigger.is_temporary() || equal_names(table.schema, "temp"))
        return pg_identifier(std::to_string(999999 - number) + "_" + trigger.name);
    // Counted among themselves: what other sessions make does not rename them.
    const auto earlier =
        std::count_if(table.triggers.begin(), table.triggers.begin() + static_cast<std::ptrdiff_t>(number),
                      [](const Trigger& t) { return t.is_temporary(); });
    return pg_identifier(std::to_string(500000 + earlier) + "_" + trigger.name);
}

std::string function_name(const Table& table, const Trigger& trigger)
{
    return qualified(trigger.is_temporary() ? "pg_temp" : table.pg_schema, trigger_function(table, trigger));
}

std::string relation_text(const Table& table) { return table.pg_schema + "." + table.pg; }

// A setting of our own per trigger; settings' names are plain identifiers, so the name is hashed.
std::string running_setting(const Table& table, const Trigger& trigger)
{
    std::uint32_t h = 2166136261U;
    for (const char c : table.pg_schema + "." + fold(trigger.name))
        h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
    std::string name = "howdah.in_";
    for (int shift = 28; shift >= 0; shift -= 4)
        name += "0123456789abcdef"[(h >> static_cast<unsigned>(shift)) & 0xFU];
    return name;
}

std::string is_on(std::string_view setting) { return "current_setting(" + quote_string(setting) + ", true) = 'on'"; }

// The function's block, from its parts.
class Block {
public:
    Block(const Catalog& catalog, const Table& table, std::size_t number, const Options& options)
        : catalog_(catalog),
          table_(table),
          number_(number),
          trigger_(table.triggers[number]),
          definition_(*trigger_.definition),
          options_(options),
          program_(catalog, table, trigger_.text, options, trigger_.schema)
    {
        refuse();
    }

    std::string text()
    {
        guarded_ = may_fire_itself(catalog_, table_, trigger_);
        const std::string leave = leave_early();
        std::string body;
        const std::string when = program_.when();
        for (const std::string& statement : program_.statements(leave_ignored()))
            body += statement;
        body = governed(body);
        if (!when.empty())
            body = "IF " + when + " THEN\n" + body + "END IF;\n";

        std::string out =
            "#variable_conflict use_column\nDECLARE\n    howdah_row record;\n    howdah_new_rowid bigint;\n";
        if (program_.uses_changes())
            out += "    howdah_changes bigint;\n    howdah_count bigint;\n    howdah_rows bigint;\n";
        out += declared_conflict(body);
        out += "    howdah_last_rowid bigint" + first_last_rowid() + ";\nBEGIN\n";
        out += prologue(leave) + body + epilogue() + leave_deleted() + "RETURN " + result() + ";\nEND";
        return out;
    }

private:
    // The body that belongs to the clause of the statement that fired the trigger.
    std::string governed(const std::string& body) const
    {
        std::string out;
        for (const ConflictAction conflict : governing) {
            const std::string other = body_under(conflict);
            if (!other.empty())
                out += (out.empty() ? "IF " : "ELSIF ") + governs_here(conflict) + " THEN\n" + other;
        }
        return out.empty() ? body : out + "ELSE\n" + body + "END IF;\n";
    }

    // Empty where it is the one without.
    std::string body_under(ConflictAction conflict) const
    try {
        if (!overrides_trigger(trigger_, table_, conflict, catalog_))
            return {};
        TriggerProgram program(catalog_, table_, trigger_.text, options_, trigger_.schema, TriggerProgram::Rows::plain,
                               conflict);
        std::string body;
        std::size_t n = 0;
        for (const std::string& statement : program.statements(leave_ignored())) {
            const TriggerStatement& said = program.definition().body[n++];
            body +=
                conflict == ConflictAction::fail ? failing(said, statement, trigger_.name, leave_ignored()) : statement;
        }
        return body;
    } catch (const Error& error) {
        return "RAISE EXCEPTION USING ERRCODE = 'HW001', MESSAGE = " + quote_string(error.message) + ";\n";
    }

    // Whether one that fires for the same row ahead of this one may end the statement under OR FAIL.
    bool sibling_fails() const
    {
        return std::any_of(table_.triggers.begin(), table_.triggers.end(), [&](const Trigger& t) {
            return &t != &trigger_ && t.definition->event == definition_.event && t.definition->time == Time::after &&
                   definition_.time == Time::after && overrides_trigger(t, table_, ConflictAction::fail, catalog_);
        });
    }

    void refuse()
    {
        const bool before = definition_.time == Time::before;
        for (std::size_t i = 0; i < table_.columns.size(); ++i)
            if (before && table_.columns[i].generated != Column::Generated::no &&
                program_.reads_new_column(static_cast<int>(i)))
                throw refusal("a BEFORE trigger that reads the generated column NEW." + table_.columns[i].name +
                              " cannot be run exactly; use an AFTER trigger");
        if (program_.ignores() && definition_.time == Time::after && older_sibling())
            throw refusal(
                "RAISE(IGNORE) in an AFTER trigger skips the table's older triggers, which PostgreSQL would still "
                "fire; make this trigger the first one");
    }

    // Whether another AFTER trigger fires for the same event after this one.
    bool older_sibling() const
    {
        return std::any_of(table_.triggers.begin(), table_.triggers.begin() + static_cast<std::ptrdiff_t>(number_),
                           [&](const Trigger& t) {
                               return t.definition->time == Time::after && t.definition->event == definition_.event;
                           });
    }

    // What the function gives back for a row that goes on.
    std::string result() const
    {
        if (definition_.time == Time::after)
            return "NULL";
        return definition_.event == Event::delete_ ? "OLD" : "NEW";
    }

    bool writes_table() const { return before_triggers_write_table(table_, definition_.event, nullptr, catalog_); }

    // A row that BEFORE triggers of a DELETE have deleted themselves is gone; the last of them says so.
    std::string leave_deleted() const
    {
        if (definition_.time != Time::before || definition_.event != Event::delete_ || !writes_table() ||
            trigger_.is_temporary() != table_.is_private())
            return {};
        for (std::size_t i = 0; i < number_; ++i)
            if (const CreateTrigger& other = *table_.triggers[i].definition;
                other.time == Time::before && other.event == Event::delete_)
                return {};
        std::vector<std::string> same;
        for (const int column : row_identity(table_))
            same.push_back("o." + column_text(table_, column) + " = OLD." + column_text(table_, column));
        return "IF NOT EXISTS (SELECT 1 FROM " + pg_name(table_) + " AS o WHERE " + join(same, " AND ") +
               ") THEN RETURN NULL; END IF;\n";
    }

    std::string leave_early() const { return "RETURN " + result() + ";"; }
    std::string leave_ignored() const { return epilogue() + "RETURN NULL;"; }

    std::string first_last_rowid() const
    {
        const bool inserted =
            definition_.time == Time::after && definition_.event == Event::insert && table_.has_rowid();
        return inserted && program_.uses_last_rowid() ? " := NEW." + quote_identifier(table_.rowid_pg) : std::string();
    }

    std::string prologue(const std::string& leave) const
    {
        std::string out;
        const auto leave_if = [&](const std::string& condition) {
            out += "IF " + condition + " THEN " + leave + " END IF;\n";
        };
        if (definition_.event == Event::delete_ && definition_.time != Time::instead_of)
            leave_if("current_setting('howdah.replacing', true) = " + quote_string(relation_text(table_) + "/") +
                     " || pg_trigger_depth()");
        if (definition_.time == Time::before && definition_.event == Event::update && writes_table())
            leave_if(has_fired_alone(table_));
        if (definition_.time == Time::instead_of && !definition_.update_of.empty())
            leave_if(fires_for_no_column());
        if (definition_.time == Time::instead_of && definition_.event == Event::update)
            out += apply_affinities();
        if (sibling_fails())
            leave_if("current_setting('howdah.failure', true) <> ''");
        if (guarded_) {
            const std::string setting = running_setting(table_, trigger_);
            leave_if("current_setting(" + quote_string(setting) + ", true) = 'on' AND NOT coalesce(" +
                     is_on(recursive_triggers_setting) + ", false)");
            out += "PERFORM set_config(" + quote_string(setting) + ", 'on', true);\n";
        }
        return out;
    }

    std::string epilogue() const
    {
        return guarded_ ? "PERFORM set_config(" + quote_string(running_setting(table_, trigger_)) + ", '', true);\n"
                        : std::string();
    }

    std::string apply_affinities() const
    {
        const std::vector<Affinity> affinities = view_affinities(catalog_, table_);
        std::string out;
        for (std::size_t i = 0; i < affinities.size(); ++i) {
            const Fragment column{"NEW." + quote_identifier(table_.columns[i].pg), PgType::v, Classes::any()};
            const Fragment stored = widen(with_affinity(column, affinities[i]), PgType::v);
            if (program_.reads_new_column(static_cast<int>(i)) && stored.text != column.text)
                out += column.text + " := " + stored.text + ";\n";
        }
        return out;
    }

    // UPDATE OF on a view: PostgreSQL has no column list there, so the statement says what it sets.
    std::string fires_for_no_column() const
    {
        std::vector<std::string> tests;
        for (const Name& name : definition_.update_of)
            if (const int column = table_.find_column(name.text); column >= 0)
                tests.push_back("coalesce(current_setting('howdah.update_of', true), '') NOT LIKE '%," +
                                std::to_string(column) + ",%'");
        return tests.empty() ? "true" : join(tests, " AND ");
    }

    const Catalog& catalog_;
    const Table& table_;
    std::size_t number_;
    const Trigger& trigger_;
    const CreateTrigger& definition_;
    const Options& options_;
    TriggerProgram program_;
    bool guarded_ = false;
};

std::string event_text(const Table& table, const CreateTrigger& definition)
{
    switch (definition.event) {
    case Event::insert:
        return "INSERT";
    case Event::delete_:
        return "DELETE";
    case Event::update:
        break;
    }
    if (definition.update_of.empty() || definition.time == Time::instead_of)
        return "UPDATE";
    std::vector<std::string> columns;
    for (const Name& name : definition.update_of)
        // No UPDATE names a generated column, so SQLite never fires for one; PostgreSQL does when it computes one.
        if (const int column = table.find_column(name.text);
            column >= 0 && table.columns[static_cast<std::size_t>(column)].generated == Column::Generated::no)
            columns.push_back(quote_identifier(table.columns[static_cast<std::size_t>(column)].pg));
    // A list that names no column of the table never fires.
    return columns.empty() ? std::string() : "UPDATE OF " + join(columns, ", ");
}

std::string_view time_text(Time time)
{
    return time == Time::before ? "BEFORE" : time == Time::after ? "AFTER" : "INSTEAD OF";
}

// A statement of SQLite's that the trigger fires for.
std::string firing_statement(const Table& table, const CreateTrigger& definition)
{
    const std::string name = quote_identifier(table.schema) + "." + quote_identifier(table.name);
    if (definition.event == Event::delete_)
        return "DELETE FROM " + name;
    std::vector<std::string> columns;
    for (const Column& c : table.columns)
        if (c.generated == Column::Generated::no)
            columns.push_back(quote_identifier(c.name));
    if (definition.event == Event::insert)
        return "INSERT INTO " + name + " (" + join(columns, ", ") + ") VALUES (" +
               join(std::vector<std::string>(columns.size(), "NULL"), ", ") + ")";
    for (std::string& column : columns)
        column += " = NULL";
    return "UPDATE " + name + " SET " + join(columns, ", ");
}

// PostgreSQL's triggers are everybody's, so this one asks whose TEMP schema its function is in. PostgreSQL drops the
// function when the connection ends, or when another takes over a schema that a crash has left, and the trigger with
// it.
void add_session_trigger(TriggerSql& sql, const Table& table, std::size_t number, const std::string& function)
{
    const CreateTrigger& definition = *table.triggers[number].definition;
    const std::string event = event_text(table, definition);
    if (event.empty())
        return;
    const std::string own = "pg_my_temp_schema()";
    const std::string name = quote_string(firing_name(table, number).substr(0, 40) + "~") + " || " + own;
    const auto execute = [](const std::string& format, const std::string& arguments) {
        return "DO " + quote_string("BEGIN EXECUTE format(" + quote_string(format) + ", " + arguments + "); END");
    };
    const auto literal_text = [](std::string text) { // '%' begins a place of format()
        for (std::size_t at = text.find('%'); at != std::string::npos; at = text.find('%', at + 2))
            text.insert(at, "%");
        return text;
    };
    sql.create_trigger = execute(
        literal_text("CREATE TRIGGER ") + "%I" +
            literal_text(" " + std::string(time_text(definition.time)) + " " + event + " ON " + pg_name(table)) +
            " FOR EACH ROW WHEN (pg_my_temp_schema() = %s) " + literal_text("EXECUTE FUNCTION " + function + "()"),
        name + ", " + own);
    sql.drop_trigger = execute("DROP TRIGGER IF EXISTS %I" + literal_text(" ON " + pg_name(table)), name);
}

TriggerSql trigger_sql(const Table& table, std::size_t number, const std::string& block)
{
    const Trigger& trigger = table.triggers[number];
    const std::string function = function_name(table, trigger);
    const std::string name = quote_identifier(firing_name(table, number));
    TriggerSql sql;
    sql.create_function = trigger_function_sql(function, block);
    sql.drop_function = "DROP FUNCTION " + function + "()";
    if (is_for_one_session(table, trigger)) {
        add_session_trigger(sql, table, number, function);
    } else if (const std::string event = event_text(table, *trigger.definition); !event.empty()) {
        sql.create_trigger = "CREATE TRIGGER " + name + " " + std::string(time_text(trigger.definition->time)) + " " +
                             event + " ON " + pg_name(table) + " FOR EACH ROW EXECUTE FUNCTION " + function + "()";
        sql.drop_trigger = "DROP TRIGGER " + name + " ON " + pg_name(table);
    }
    return sql;
}

} // namespace

std::string trigger_function(const Table& table, const Trigger& trigger)
{
    return pg_identifier((trigger.is_temporary() ? std::string() : table.pg_prefix) + "howdah_trigger_" + trigger.name);
}

std::string begin_replace_sql(const Table& table)
{
    const bool fires = std::any_of(table.triggers.begin(), table.triggers.end(),
                                   [](const Trigger& t) { return t.definition->event == Event::delete_; });
    return fires ? "SELECT set_config('howdah.replacing', " + quote_string(relation_text(table) + "/") +
                       " || (pg_trigger_depth() + 1), true)"
                 : std::string();
}

std::string end_replace_sql(const Table& table)
{
    return begin_replace_sql(table).empty() ? std::string() : "SELECT set_config('howdah.replacing', '', true)";
}

std::string update_of_view_sql(const Table& view, const std::vector<int>& columns)
{
    const bool asked = std::any_of(view.triggers.begin(), view.triggers.end(), [](const Trigger& t) {
        return t.definition->event == Event::update && !t.definition->update_of.empty();
    });
    if (!asked)
        return {};
    std::string list = ",";
    for (const int column : columns)
        list += std::to_string(column) + ",";
    return "SELECT set_config('howdah.update_of', " + quote_string(list) + ", true)";
}

void refuse_session_trigger(const Table& table, const CreateTrigger& definition, const std::string& text,
                            const Catalog& catalog)
{
    if (table.kind != Table::Kind::ordinary)
        throw refusal("a TEMP trigger on a view that is not TEMP would fire for every client");
    if (definition.time == Time::before && definition.event == Event::insert &&
        waits_for_rowid({definition.name.name.text, "temp", &definition, text}, table, catalog))
        throw refusal(
            "a TEMP trigger on a table that is not TEMP cannot read or change the rowid that is chosen after it");
}

std::string trigger_function_sql(const std::string& qualified_name, const std::string& block)
{
    return "CREATE OR REPLACE FUNCTION " + qualified_name + "() RETURNS trigger LANGUAGE plpgsql AS " +
           quote_string(block);
}

std::string raising_block(std::string_view message)
{
    return "BEGIN\nRAISE EXCEPTION USING ERRCODE = 'HW001', MESSAGE = " + quote_string(message) + ";\nEND";
}

TriggerSql create_trigger_sql(const Catalog& catalog, const Table& table, std::size_t number, const Options& options)
try {
    // SQLite compiles a trigger when a statement would fire it, and only then finds what is wrong with it.
    const Mirror::Answer answer = catalog.mirror().prepare(firing_statement(table, *table.triggers[number].definition));
    if (answer.error)
        return refused_trigger_sql(table, number, answer.error->message);
    return trigger_sql(table, number, Block(catalog, table, number, options).text());
} catch (const Error& error) {
    if (error.refused)
        throw;
    return refused_trigger_sql(table, number, error.message);
}

TriggerSql refused_trigger_sql(const Table& table, std::size_t number, const std::string& reason)
{
    return trigger_sql(table, number, raising_block(reason));
}

} // namespace howdah::dialect
