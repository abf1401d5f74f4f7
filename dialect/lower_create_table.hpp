// CREATE TABLE as PostgreSQL says it (catalogue 2 and 15): native types, hidden rowid, constraints, unique indexes.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

class Lowering;

// One column as it stands in CREATE TABLE and ADD COLUMN: "a" text COLLATE "C" NOT NULL DEFAULT …
std::string column_sql(const Catalog& catalog, const Table& table, int column);
// Its DEFAULT's text, empty when there is none or PostgreSQL cannot be told: howdah's own INSERTs name every column.
std::string default_sql(const Catalog& catalog, const Table& table, int column);
// CONSTRAINT howdah_check_<n> CHECK (…); n counts from 1.
std::string check_sql(const Catalog& catalog, const Table& table, std::size_t n);

// The table, then its unique indexes.
std::vector<std::string> create_table_statements(const Catalog& catalog, const Table& table);

// The type that a new column needs: its declaration's, wider when its own DEFAULT does not fit, and exactly what it
// computes when it is generated.
PgType settled_storage(const Catalog& catalog, const Table& table, int column);

// CREATE TABLE … AS SELECT: the types that the query's values need, column by column, and the INSERT that stores them.
struct CopiedRows {
    std::vector<PgType> types;
    Step insert;
};
CopiedRows copy_rows(const Select& select, const Table& table, Lowering& lowering);

} // namespace howdah::dialect
