// A conflict clause beside BEFORE triggers. SQLite fires them first and looks at the row's constraints then: what they
// did stays when the row is left out. So on a table that has BEFORE triggers the look is a last BEFORE trigger of ours,
// which acts for a statement that asks it to:
//     howdah.probing = "ignore/0/main.t"     the clause, how deep in triggers the statement is, its table
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
inline constexpr std::string_view probing_declaration =
    "howdah_probing text := current_setting('howdah.probing', true)";

} // namespace howdah::dialect
