// Rowids that are chosen when the BEFORE INSERT triggers have run (catalogue 15).
//
// SQLite chooses a rowid behind them: NEW's is -1 in them, and the rows that they insert and delete count. Where one of
// them reads it, or may change which one is next, INSERT leaves it NULL, and a last BEFORE trigger of ours chooses it.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/lower_create_trigger.hpp"

namespace howdah::dialect {

// Whether the rowid must be chosen behind this BEFORE INSERT trigger of `table`.
bool waits_for_rowid(const Trigger& trigger, const Table& table, const Catalog& catalog);
// Whether there is one.
bool rowid_is_chosen_late(const Table& table, const Catalog& catalog);

// Chooses it. With AUTOINCREMENT it records in sqlite_sequence what is chosen, and what is given.
TriggerSql choose_rowid_sql(const Catalog& catalog, const Table& table, Writers writers);

} // namespace howdah::dialect
