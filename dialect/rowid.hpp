// Where a table's rowid lives on the server, and the next one (catalogue 13).
//
// Every table with a rowid has a bigint column for it (Table::rowid_pg), with a unique index of its own that no Index
// of the catalog stands for (rowid_index_name()).
#pragma once

#include "dialect/catalog.hpp"

#include <string>

namespace howdah::dialect {

// The largest rowid that the next one must exceed, 0 when there is none, as a closed scalar: a subquery on the table
// and, for AUTOINCREMENT, on sqlite_sequence.
std::string last_rowid(const Table& table, const Catalog& catalog);
// The rowid `offset` (text of an int8) places after `last`: SQLITE_FULL or a random one where that would pass 2^63-1.
std::string rowid_after(const Table& table, std::string_view last, std::string_view offset);

// Common table expressions (without WITH, comma separated) that record in sqlite_sequence that the rowid `largest` (a
// scalar, may be NULL) was given out.
std::string record_sequence(const Table& table, const Catalog& catalog, std::string_view largest);
// The same as statements of PL/pgSQL.
std::string record_sequence_statements(const Table& table, const Catalog& catalog, std::string_view largest);

} // namespace howdah::dialect
