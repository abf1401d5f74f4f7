// A table that another program has made in a database's PostgreSQL schema, as SQLite would have declared it.
//
// Only what is exact is adopted: every column has a type that howdah itself uses, under a collation that compares
// bytes, and the table has a primary key, which stands for the rowid.
#pragma once

#include "dialect/catalog.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// One row per column of every ordinary table that howdah.schema does not list, in order of table and column.
//   table, column, type, not null (t/f), default or NULL, collates bytes (t/f), generated (t/f)
std::string foreign_columns_sql(std::string_view pg_schema);
// One row per index of those tables: table, index, unique (t/f), primary (t/f), plain (t/f), its columns as a text
// array.
std::string foreign_indexes_sql(std::string_view pg_schema);

struct ForeignColumn {
    std::string table, name, type;
    bool not_null = false;
    std::optional<std::string> default_value;
    bool collates_bytes = true, generated = false;
};
struct ForeignIndex {
    std::string table, name;
    bool unique = false, primary = false;
    bool plain = false; // a btree of columns, ascending or not, without condition
    std::vector<std::string> columns;
};

struct Adoption {
    std::vector<SchemaRow> rows;
    std::vector<std::string> warnings; // tables left out, and why
};
Adoption adopt(const std::vector<ForeignColumn>& columns, const std::vector<ForeignIndex>& indexes);

} // namespace howdah::dialect
