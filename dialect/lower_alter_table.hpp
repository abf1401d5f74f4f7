// ALTER TABLE as PostgreSQL says it. SQLite itself has already edited the CREATE texts (`to` is made of them).
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

// What takes the table `was` of `from` to `is` of `to`. `foreign_keys`: PRAGMA foreign_keys is on.
std::vector<std::string> alter_table_statements(const AlterTable& alter, const Table& was, const Catalog& to,
                                                const Table& is, bool foreign_keys);

// A statement that raises SQLITE_ERROR with `message` when the table has a row for which `condition` is true.
std::string raise_if_any_row(const Table& table, std::string_view condition, std::string_view message);

} // namespace howdah::dialect
