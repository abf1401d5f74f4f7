// CREATE INDEX as PostgreSQL says it, and what UNIQUE and PRIMARY KEY need.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/printer.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

// What an index orders by: the column or expression, folded by its collation, so NOCASE's is lower(x COLLATE "C")
// (catalogue 6). ON CONFLICT finds an index only when it says the very same.
Fragment index_key(const Catalog& catalog, const Table& table, const IndexColumn& column);
// The same of a unique index, which has a digest of what may be too long for it (long_keys.hpp).
Fragment unique_key(const Catalog& catalog, const Table& table, const IndexColumn& column);
// The partial index' condition, empty when there is none.
std::string index_condition(const Catalog& catalog, const Table& table, const Index& index);

// The index, and what long keys need beside it.
std::vector<std::string> create_index_statements(const Catalog& catalog, const Table& table, const Index& index);
std::string drop_index_sql(const Table& table, const Index& index);

// PostgreSQL tests unique indexes in the order they were made. SQLite tests the newest first, those declared
// ON CONFLICT REPLACE last. So they are made in SQLite's order of testing; the rowid's own comes before them all.
std::vector<const Index*> unique_indexes_in_order(const Table& table);

} // namespace howdah::dialect
