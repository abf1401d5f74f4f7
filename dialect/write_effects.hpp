// What a table's triggers make of a statement: whether it can run as one set, and what its conflict clause does to
// them.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"

#include <array>
#include <vector>

namespace howdah::dialect {

using TriggerEvent = CreateTrigger::Event;

// The table that a statement of a trigger's body writes; null: none.
const Table* target_of(const TriggerStatement& statement, const Trigger& trigger, const Catalog& catalog);

// The triggers of `table` that `event` fires; of an UPDATE those whose OF list meets `changed` (null: all of them).
// Throws where a BEFORE trigger would see the default that SQLite puts in place of a NULL only after it.
void refuse_early_default(const Table& table, TriggerEvent event);
std::vector<const Trigger*> triggers_on(const Table& table, TriggerEvent event,
                                        const std::vector<int>* changed = nullptr);

// Inserting rows as one set, in order, fires these triggers as SQLite does row by row (catalogue 17.1): all run at the
// same time (BEFORE or AFTER), and each only inserts what its own row says into tables that nothing else looks at.
bool insert_triggers_allow_sets(const std::vector<const Trigger*>& triggers, const Table& table,
                                const Catalog& catalog);

// The tables that a statement on `table` may write besides its own rows: through BEFORE triggers and the actions of
// foreign keys, and through AFTER triggers. Those of the tables that they write are among them.
struct Effects {
    std::vector<const Table*> before, after;
    bool empty() const { return before.empty() && after.empty(); }
};
Effects effects_of(const Table& table, const std::vector<TriggerEvent>& events, const std::vector<int>* changed,
                   const Catalog& catalog, bool foreign_keys);
// The table itself, and those.
std::vector<const Table*> tables_written(const Table& table, const Effects& effects);
// Whether BEFORE triggers of the event may change rows of the table, the one that they fire for among them.
bool before_triggers_write_table(const Table& table, TriggerEvent event, const std::vector<int>* changed,
                                 const Catalog& catalog);
// Whether there are any.
bool changes_others(const Table& table, const std::vector<TriggerEvent>& events, const std::vector<int>* changed,
                    const Catalog& catalog, bool foreign_keys);

// A statement's conflict clause overrides those of the triggers it fires, and of those that these fire. These clauses
// do, and a trigger's function has a body for each of them under which it acts otherwise than by itself: where one of
// its statements could break a constraint.
inline constexpr std::array governing{ConflictAction::ignore, ConflictAction::replace, ConflictAction::abort,
                                      ConflictAction::fail};
bool overrides_trigger(const Trigger& trigger, const Table& table, ConflictAction statement, const Catalog& catalog);
// Whether one of those that the statement fires acts otherwise under its clause, and must be told; those of REPLACE's
// deletions are among them. Throws refusal() for OR FAIL of a view.
bool governs_triggers(const Table& table, TriggerEvent event, const std::vector<int>* changed, ConflictAction statement,
                      const Catalog& catalog);
// Whether one of the table's triggers acts otherwise under some clause: it must be told when there is none any more.
bool heeds_clauses(const Table& table, TriggerEvent event, const Catalog& catalog);

// Tables whose rows a DELETE of `table`'s rows may delete or change: foreign keys are enforced and others refer to it.
bool has_enforced_children(const Table& table, const Catalog& catalog, bool foreign_keys);

} // namespace howdah::dialect
