// See governing.hpp.
#include "dialect/governing.hpp"

#include "dialect/lower.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

constexpr const char* conflict_variable = "howdah_conflict"; // the clause that governs a trigger

std::string_view name_of(ConflictAction conflict)
{
    if (conflict == ConflictAction::unspecified)
        return "";
    if (conflict == ConflictAction::fail)
        return "fail";
    return conflict == ConflictAction::ignore ? "ignore" : conflict == ConflictAction::replace ? "replace" : "abort";
}

bool fires_before(const Table& table, TriggerEvent event)
{
    const auto triggers = triggers_on(table, event);
    return std::any_of(triggers.begin(), triggers.end(),
                       [](const Trigger* t) { return t->definition->time == CreateTrigger::Time::before; });
}

} // namespace

Step begin_governing(ConflictAction conflict)
{
    Step step;
    step.sql = "SELECT set_config('howdah.conflict', " + quote_string(name_of(conflict)) + ", true)";
    return step;
}

Step end_governing(bool in_trigger)
{
    Step step;
    step.sql =
        std::string("SELECT set_config('howdah.conflict', ") + (in_trigger ? conflict_variable : "''") + ", true)";
    return step;
}

std::string governed(const std::string& sql, ConflictAction conflict, ConflictAction around, bool in_trigger)
{
    const auto perform = [](const Step& step) {
        return "PERFORM" + step.sql.substr(std::string_view("SELECT").size()) + ";\n";
    };
    const Step after = around == ConflictAction::unspecified ? end_governing(in_trigger) : begin_governing(around);
    return perform(begin_governing(conflict)) + sql + perform(after);
}

std::string declared_conflict(const std::string& body)
{
    if (body.find(conflict_variable) == std::string::npos)
        return {};
    return std::string("    ") + conflict_variable +
           " text := coalesce(current_setting('howdah.conflict', true), '');\n";
}

std::string marked(const std::string& sql, std::string_view mark)
{
    return "DECLARE howdah_message text; howdah_schema text; howdah_table text; howdah_column text; "
           "howdah_constraint text;\nBEGIN\n" +
           sql +
           "EXCEPTION WHEN unique_violation OR not_null_violation OR check_violation THEN\n"
           "GET STACKED DIAGNOSTICS howdah_message = MESSAGE_TEXT, howdah_schema = SCHEMA_NAME, howdah_table = "
           "TABLE_NAME, howdah_column = COLUMN_NAME, howdah_constraint = CONSTRAINT_NAME;\n"
           "RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = howdah_message, SCHEMA = howdah_schema, TABLE = "
           "howdah_table, COLUMN = howdah_column, CONSTRAINT = howdah_constraint, DATATYPE = " +
           quote_string(mark) + ";\nEND;\n";
}

std::string governs_here(ConflictAction conflict)
{
    return conflict_variable + (" = " + quote_string(name_of(conflict)));
}

std::string failing(const TriggerStatement& said, const std::string& statement, const std::string& trigger,
                    const std::string& leave)
{
    const Table* target = nullptr;
    bool keeps = false;
    if (const auto* insert = std::get_if<Insert>(&said)) {
        target = insert->target->table;
        keeps = insert->upserts.empty() && !fires_before(*target, TriggerEvent::insert);
    } else if (const auto* update = std::get_if<Update>(&said)) {
        target = update->table.source->table;
        keeps = !fires_before(*target, TriggerEvent::update);
    }
    if (!target)
        return statement;
    const std::string refused = "RAISE EXCEPTION USING ERRCODE = 'HW001', MESSAGE = " +
                                quote_string("howdah: OR FAIL governs trigger " + trigger +
                                             ", one of whose statements fails beside a BEFORE trigger or an upsert") +
                                ";\n";
    const std::string told = "PERFORM set_config('howdah.failure', ARRAY[SQLSTATE, howdah_message, '', "
                             "howdah_schema, howdah_table, howdah_column, howdah_constraint]::text, true);\n" +
                             leave + "\n";
    return "DECLARE howdah_message text; howdah_schema text; howdah_table text; howdah_column text; "
           "howdah_constraint text;\nBEGIN\n" +
           statement +
           "EXCEPTION WHEN unique_violation OR not_null_violation OR check_violation THEN\n"
           "GET STACKED DIAGNOSTICS howdah_message = MESSAGE_TEXT, howdah_schema = SCHEMA_NAME, howdah_table = "
           "TABLE_NAME, howdah_column = COLUMN_NAME, howdah_constraint = CONSTRAINT_NAME;\n"
           "IF (howdah_schema, howdah_table) <> (" +
           quote_string(target->pg_schema) + ", " + quote_string(target->pg) + ") THEN RAISE; END IF;\n" +
           (keeps ? told : refused) + "END;\nIF current_setting('howdah.failure', true) <> '' THEN\n" +
           (keeps ? leave + "\n" : refused) + "END IF;\n";
}

} // namespace howdah::dialect
