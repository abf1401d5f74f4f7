// Where a table's rowid lives on the server, and the next one (catalogue 13).
//
// Every table with a rowid has a bigint column for it (Table::rowid_pg), with a unique index of its own that no Index
// of the catalog stands for (rowid_index_name()).
//
// With writers = "concurrent" several transactions may be choosing at once, and none sees the others' rows. There the
// numbers come from a PostgreSQL sequence of the table's own (rowid_sequence_name()), which never waits for a COMMIT
// and is moved on when it is found behind the table. A number that meets another transaction's all the same is refused
// by the index, and the statement is tried again (rowid_collision()).
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// The largest rowid that the next one must exceed, 0 when there is none, as a closed scalar: a subquery on the table
// and, for AUTOINCREMENT, on sqlite_sequence.
std::string last_rowid(const Table& table, const Catalog& catalog, Writers writers);
// The rowid `offset` (text of an int8) places after `last`: SQLITE_FULL or a random one where that would pass 2^63-1.
// With concurrent writers it may be a later one; it differs for each row that asks.
std::string next_rowid(const Table& table, Writers writers, std::string_view last, std::string_view offset);
// A statement of PL/pgSQL that looks at last_rowid(), planned so that it searches the index: what a function runs again
// and again keeps the plan of the first time, when the table may have had no rows. Nothing else belongs into it.
std::string planned_without_scans(const std::string& statement);

// Common table expressions (without WITH, comma separated) that record in sqlite_sequence that the rowid `largest` (a
// scalar, may be NULL) was given out. `recording_table` is among them: the statement must read it. With concurrent
// writers none waits for another transaction that is recording, so sqlite_sequence may be behind what was given out. No
// number comes twice all the same: the table's own sequence never goes back.
inline constexpr std::string_view recording_table = "\"howdah sequence\"";
std::string record_sequence(const Table& table, const Catalog& catalog, Writers writers, std::string_view largest);
// The same as statements of PL/pgSQL.
std::string record_sequence_statements(const Table& table, const Catalog& catalog, Writers writers,
                                       std::string_view largest);

// For AUTOINCREMENT, where takes_rowids_at_once(): the next rowid, or `given` (an int8) unless that is NULL, of which
// sqlite_sequence then knows. A call of a volatile function: it belongs where it is computed once for its row.
std::string taken_rowid(const Table& table, const Catalog& catalog, std::string_view given);
bool takes_rowids_at_once(const Table& table, Writers writers);

// What a single writer asks for a row of `sequence` (sqlite_sequence) and changes it by. Each INSERT of a transaction
// makes another version of the row, and PostgreSQL can remove none before COMMIT: who looks for it by its name looks at
// all of them, and n INSERTs at n * n. So a transaction notes in a setting where the newest one is, and these functions
// go there. Savepoints restore the setting as they restore the row. Of several rows with one name none is noted. TEMP
// tables, whose functions would be each session's own, do without.
struct FunctionSql {
    std::vector<std::string> create, drop;
};
FunctionSql sequence_functions(const Table& sequence);

// Whether the table's rowids come from a sequence of its own: TEMP tables have one writer only.
bool has_rowid_sequence(const Table& table);
// Makes the sequences that are missing, as far as the role may; empty when there is nothing to make. One statement.
std::string make_rowid_sequences_sql(const std::vector<const Table*>& tables);
std::string make_rowid_sequences_sql(const Catalog& catalog);

struct ServerFailure; // constraint_message.hpp
// A statement that let rowids be chosen met one that another transaction has taken: what to run, in a transaction of
// its own, so that the sequence is past every row there is by now. The statement may then be tried again.
std::optional<std::string> rowid_collision(const Catalog& catalog, const Compiled& statement,
                                           const ServerFailure& failure);

} // namespace howdah::dialect
