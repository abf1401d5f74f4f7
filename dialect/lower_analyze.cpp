// See lower_analyze.hpp. Which tables and indexes get a row, and in which order, is read from SQLite's own program.
#include "dialect/lower_analyze.hpp"

#include "dialect/lower_create_index.hpp"
#include "dialect/mirror.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace howdah::dialect {

namespace {

// What one row of sqlite_stat1 is about. No index: the table's number of rows.
struct Subject {
    std::string table;
    std::optional<std::string> index;
};

// One database, or a part of it.
struct Part {
    std::string schema;
    std::string sql;              // ANALYZE of this part
    const char* column = nullptr; // of sqlite_stat1: the rows with this `name` are replaced; null: all
    std::string name;
};

// MakeRecord takes the row's three values from registers that String8 and Null have filled.
std::vector<Subject> subjects(const Catalog& catalog, const std::string& sql)
{
    std::map<std::int64_t, std::optional<std::string>> registers;
    std::vector<Subject> out;
    catalog.mirror().query("EXPLAIN " + sql, {}, {}, [&](std::span<const ValueView> row) {
        const std::string_view opcode = row[1].bytes;
        if (opcode == "String8")
            registers[row[3].integer] = std::string(row[5].bytes);
        else if (opcode == "Null")
            registers[row[3].integer] = std::nullopt;
        else if (opcode == "MakeRecord" && row[3].integer == 3)
            out.push_back({registers[row[2].integer].value_or(""), registers[row[2].integer + 1]});
    });
    return out;
}

std::vector<Part> parts(const Catalog& catalog, const Analyze& statement)
{
    const std::string& schema = statement.name.schema.text;
    const std::string& name = statement.name.name.text;
    const auto whole = [](const std::string& database) {
        return Part{database, "ANALYZE " + quote_identifier(database), nullptr, {}};
    };
    if (schema.empty() && equal_names(name, "temp")) // which is not among all of them
        return {whole("temp")};
    std::vector<std::string> databases{"main"};
    for (const Placement& placement : catalog.placements())
        if (!equal_names(placement.schema, "main") && !equal_names(placement.schema, "temp"))
            databases.push_back(placement.schema);
    std::vector<Part> out;
    for (const std::string& database : databases)
        if (name.empty() || (schema.empty() && equal_names(name, database)))
            out.push_back(whole(database));
    if (!out.empty())
        return out;
    const Table* table = nullptr;
    if (const Index* index = catalog.find_index(schema, name, &table))
        return {{table->schema, "ANALYZE " + quote_identifier(table->schema) + "." + quote_identifier(index->name),
                 "idx", index->name}};
    table = catalog.find_table(schema, name);
    if (!table || table->kind == Table::Kind::view)
        return {};
    return {{table->schema, "ANALYZE " + quote_identifier(table->schema) + "." + quote_identifier(table->name), "tbl",
             table->name}};
}

// "rows, rows per key of the first column, of the first two, …": averages, rounded up.
std::string index_query(const Catalog& catalog, const Table& table, const Index& index)
{
    std::vector<std::string> keys, counts{"count(*) AS n"}, stat{"n::text"};
    for (const IndexColumn& column : index.columns) {
        keys.push_back(index_key(catalog, table, column).text);
        const std::string d = "d" + std::to_string(keys.size());
        counts.push_back("count(DISTINCT ROW(" + join(keys, ", ") + ")) AS " + d);
        stat.push_back("(CASE WHEN (n + " + d + " - 1) / " + d + " = 2 AND n * 10 <= " + d + " * 11 THEN 1 ELSE (n + " +
                       d + " - 1) / " + d + " END)::text");
    }
    std::string sql = "SELECT " + join(stat, " || ' ' || ") + " AS stat FROM (SELECT " + join(counts, ", ") + " FROM " +
                      pg_name(table);
    if (const std::string condition = index_condition(catalog, table, index); !condition.empty())
        sql += " WHERE " + condition;
    return sql + ") AS counted WHERE n > 0";
}

std::string subject_query(const Catalog& catalog, const Table& table, const Subject& subject)
{
    if (!subject.index)
        return "SELECT n::text AS stat FROM (SELECT count(*) AS n FROM " + pg_name(table) + ") AS counted WHERE n > 0";
    const auto found = std::find_if(table.indexes.begin(), table.indexes.end(), [&](const Index& index) {
        // The table itself is the index of its primary key when it has no rowid.
        return equal_names(index.name, *subject.index) ||
               (equal_names(table.name, *subject.index) && index.origin == Index::Origin::primary_key);
    });
    return found == table.indexes.end() ? std::string() : index_query(catalog, table, *found);
}

} // namespace

std::vector<std::string> analyze_statements(const Catalog& catalog, const Analyze& statement, Writers writers)
{
    std::vector<std::string> out;
    for (const Part& part : parts(catalog, statement)) {
        const Table* stat = catalog.find_table(part.schema, "sqlite_stat1");
        if (!stat)
            continue;
        std::vector<std::string> columns;
        for (const Column& column : stat->columns)
            columns.push_back(quote_identifier(column.pg));
        const auto stored = [&](std::size_t column, Fragment value) {
            return widen(std::move(value), stat->columns[column].storage).text;
        };
        const std::string rows = "DELETE FROM " + pg_name(*stat);
        if (!part.column)
            out.push_back(rows);
        else if (const int column = stat->find_column(part.column); column >= 0)
            out.push_back(rows + " WHERE " + columns[static_cast<std::size_t>(column)] + " = " +
                          stored(static_cast<std::size_t>(column), literal(part.name)));
        columns.push_back(quote_identifier(stat->rowid_pg));
        for (const Subject& subject : subjects(catalog, part.sql)) {
            const Table* table = catalog.find_table(part.schema, subject.table);
            if (!table || table->kind != Table::Kind::ordinary || table->full_text || table->rtree)
                continue;
            const std::string query = subject_query(catalog, *table, subject);
            if (query.empty())
                continue;
            const std::string index = subject.index ? stored(1, literal(*subject.index)) : "NULL";
            out.push_back("INSERT INTO " + pg_name(*stat) + " (" + join(columns, ", ") + ") SELECT " +
                          stored(0, literal(subject.table)) + ", " + index + ", " +
                          stored(2, {"stat", PgType::text, StorageClass::text}) + ", " +
                          next_rowid(*stat, writers, last_rowid(*stat, catalog, writers), "1") + " FROM (" + query +
                          ") AS q");
        }
    }
    return out;
}

} // namespace howdah::dialect
