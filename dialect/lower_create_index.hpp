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
// The key with its direction: NULLS FIRST where it can be NULL (catalogue D5), in parentheses where it is no column.
std::string index_key_list(const Catalog& catalog, const Table& table, const Index& index);
// The partial index' condition, empty when there is none.
std::string index_condition(const Catalog& catalog, const Table& table, const Index& index);

std::string create_index_sql(const Catalog& catalog, const Table& table, const Index& index);
std::string drop_index_sql(const Table& table, const Index& index);

// PostgreSQL tests unique indexes in the order they were made. SQLite tests the newest first, those declared
// ON CONFLICT REPLACE last. So they are made in SQLite's order of testing; the rowid's own comes before them all.
std::vector<const Index*> unique_indexes_in_order(const Table& table);

} // namespace howdah::dialect
