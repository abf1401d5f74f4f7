// The PostgreSQL names of what a table needs besides its columns. A unique index is named Index::pg.
#pragma once

#include "dialect/catalog.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect {

// The index that keeps rowids unique: a PRIMARY KEY constraint of an INTEGER PRIMARY KEY, a unique index of a hidden
// rowid. Empty for a table without rowid. SQLite reserves names that begin with sqlite_, so nothing else has it.
std::string rowid_index_name(const Table& table);

// The sequence that rowids come from with concurrent writers; empty for a table without rowid.
std::string rowid_sequence_name(const Table& table);

// Table::checks[n - 1] is the constraint howdah_check_<n>; PostgreSQL tests constraints in the order of their names, so
// n has leading zeros.
std::string check_constraint_name(std::size_t n);
// The n of a name that check_constraint_name() made.
std::optional<std::size_t> check_constraint_number(std::string_view name);

// A table's or an index' name in PostgreSQL, quoted and qualified.
std::string pg_name(const Table& table);
std::string pg_name(const Table& table, const Index& index);

} // namespace howdah::dialect
