// CREATE TRIGGER as PostgreSQL says it (catalogue 15): a PL/pgSQL function and a row trigger.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/trigger_program.hpp"

#include <string>
#include <string_view>

namespace howdah::dialect {

// Settings of a transaction that triggers look at:
//   howdah.fk                  on: foreign keys are enforced
//   howdah.recursive_triggers  on: PRAGMA recursive_triggers
//   howdah.replacing           "<schema>.<table>/<depth>": the DELETE triggers of that table, at that nesting depth,
//   belong
//                              to a REPLACE and do not fire
//   howdah.update_of           ",0,3,": the columns that an UPDATE of a view names in SET
//   howdah.conflict            "ignore", "replace", "abort", "fail": the clause of the statement that governs its
//   triggers; a
//                              foreign key's action says ABORT, a DELETE inside a trigger ""
inline constexpr std::string_view foreign_keys_setting = "howdah.fk";
inline constexpr std::string_view recursive_triggers_setting = "howdah.recursive_triggers";

// The name of the function that a trigger of `table` calls, without its schema.
std::string trigger_function(const Table& table, const Trigger& trigger);

// A REPLACE on `table` runs between these two when its DELETE triggers must not fire, which is when recursive_triggers
// is off. Empty when the table has none.
std::string begin_replace_sql(const Table& table);
std::string end_replace_sql(const Table& table);
// Runs before an UPDATE of a view whose triggers say UPDATE OF. Empty when none does.
std::string update_of_view_sql(const Table& view, const std::vector<int>& columns);

// Refuses a TEMP trigger on a permanent `table` that PostgreSQL could not keep to one session.
void refuse_session_trigger(const Table& table, const CreateTrigger& definition, const std::string& text,
                            const Catalog& catalog);

struct TriggerSql {
    std::string create_function, create_trigger;
    std::string drop_function, drop_trigger;
};

// `number`: the trigger's place in Table::triggers; SQLite fires the newest first, PostgreSQL by name. Throws Error
// with `refused` set for what is not exact; a name that is not found makes a trigger that raises SQLite's error when it
// fires.
TriggerSql create_trigger_sql(const Catalog& catalog, const Table& table, std::size_t number, const Options& options);

// A trigger in its place that raises `reason` when it fires.
TriggerSql refused_trigger_sql(const Table& table, std::size_t number, const std::string& reason);

// CREATE OR REPLACE FUNCTION "schema"."name"() RETURNS trigger around the text of a block (DECLARE … BEGIN … END).
std::string trigger_function_sql(const std::string& qualified_name, const std::string& block);
// A block that raises SQLITE_ERROR.
std::string raising_block(std::string_view message);

} // namespace howdah::dialect
