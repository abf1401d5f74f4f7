// CREATE, ALTER, DROP: SQLite itself says what the schema becomes, PostgreSQL is told the difference.
//
//   1. the statement runs on a copy of the mirror: its errors and the new CREATE texts are SQLite's own
//   2. the new rows of sqlite_schema, with each column's type carried over or chosen, are the next Catalog
//   3. what the two catalogs differ in becomes PostgreSQL's DDL, and rows of howdah.schema
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// A statement of a schema change: one of ours, not worth preparing.
Step schema_step(std::string sql);

// Whether the rows of this schema are kept on the server; those of TEMP are the session's alone.
bool is_kept(const Catalog& catalog, std::string_view schema);

// The rows of howdah.schema that take `from` to `to`. `by_place`: the n-th row of one is the n-th of the other (ALTER).
std::vector<std::string> schema_row_changes(const Catalog& from, const Catalog& to, bool by_place);

// Drops everything of the private database that `from` has and `to` has not.
std::vector<std::string> drop_database(const Catalog& from, const Catalog& to, const Options& options);

// The first statements of a change of these schemas: the version moves on, or the change is refused as stale.
std::vector<std::string> begin_changes(const Catalog& from, const std::vector<std::string>& schemas);

} // namespace howdah::dialect
