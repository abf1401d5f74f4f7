// A conflict clause beside BEFORE triggers. SQLite fires them first and looks at the row's constraints then: what they
// did stays when the row is left out. So on a table that has BEFORE triggers the look is a last BEFORE trigger of ours,
// which acts for a statement that asks it to:
//     howdah.probing = "ignore/0/main.t"     the clause, how deep in triggers the statement is, its table
//
// A row that its BEFORE triggers may change themselves is updated twice, as PostgreSQL refuses to update it then: once
// for these alone ("alone/…", which has become "fired" when they have all run), once without them ("behind/…").
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/write_effects.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

// Whether the table has the trigger for this event. It does not where its only BEFORE triggers are one session's.
bool looks_behind_before_triggers(const Table& table, TriggerEvent event);

// Whether a constraint of the table says ON CONFLICT with another clause than ABORT.
bool declares_clauses(const Table& table);
// Whether it then also puts a default in the place of a NULL. `columns`: those that may have one; null: all.
bool puts_defaults(const Table& table, ConflictAction statement, const std::vector<int>* columns = nullptr);

TriggerSql conflict_trigger_sql(const Catalog& catalog, const Table& table, TriggerEvent event, const Options& options);

// Statements of PL/pgSQL ahead of the row's statement under `clause`, and behind it. They need probing_declaration.
std::string begin_probing(const Table& table, ConflictAction clause);
std::string end_probing();
// Around the first UPDATE of the two, and ahead of the second. `leave`: what is done when a trigger left the row out.
std::string begin_firing_alone(const Table& table);
std::string begin_behind_triggers(const Table& table, const std::string& leave);
// Of a BEFORE trigger of `table`: it has fired already.
std::string has_fired_alone(const Table& table);
inline constexpr std::string_view probing_declaration =
    "howdah_probing text := current_setting('howdah.probing', true)";

} // namespace howdah::dialect
