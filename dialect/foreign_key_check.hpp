// PRAGMA foreign_key_check: the rows whose parent is missing, as one PostgreSQL query.
// https://sqlite.org/pragma.html#pragma_foreign_key_check
#pragma once

#include "dialect/catalog.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect {

// FROM … AS c WHERE … of the rows of `child` whose parent is missing. Throws SQLite's "foreign key mismatch".
std::string from_orphans(const Catalog& catalog, const Table& child, const ForeignKey& key);

// Columns: table, rowid, parent, fkid. `table` empty: every table of `schema`. nullopt when no table asked for has a
// foreign key.
std::optional<std::string> foreign_key_check_query(const Catalog& catalog, std::string_view schema,
                                                   std::string_view table);

} // namespace howdah::dialect
