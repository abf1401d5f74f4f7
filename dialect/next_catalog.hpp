// The catalog after a schema change: new rows of sqlite_schema, with the PostgreSQL type of each column carried over
// from the catalog before, or chosen for new columns (catalogue 2).
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/column_storage.hpp"
#include "dialect/printer.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace howdah::dialect {

class NextCatalog {
public:
    // (schema, folded old name) -> new name
    using Renamed = std::map<std::pair<std::string, std::string>, std::string>;

    // `alter`: the ALTER TABLE that was run, which keeps the number and order of rows; null for other statements.
    NextCatalog(const Catalog& from, std::vector<SchemaRow> rows, const AlterTable* alter, std::int64_t version);

    // CREATE TABLE … AS: the types that the query's values need in the new table.
    std::function<std::vector<PgType>(const Table&)> copy_into;

    std::shared_ptr<const Catalog> make();
    const Renamed& renamed() const { return renamed_; }

private:
    using Types = std::vector<std::optional<ColumnStorage>>; // per column; empty: a new column
    void carry_over();
    Types types_of(const Table& was, std::size_t row) const;
    std::vector<ColumnStorage> wanted(const Catalog& draft, const Table& table, const Types& known);

    const Catalog& from_;
    std::vector<SchemaRow> rows_;
    const AlterTable* alter_;
    std::int64_t version_;
    Renamed renamed_;
    std::vector<Types> known_; // by row; empty for rows that are not tables and for new tables
    std::optional<std::vector<PgType>> copied_;
};

} // namespace howdah::dialect
