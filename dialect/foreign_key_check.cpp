// See foreign_key_check.hpp.
#include "dialect/foreign_key_check.hpp"

#include "dialect/conversions.hpp"
#include "dialect/error.hpp"
#include "dialect/mirror.hpp"
#include "dialect/printer.hpp"

#include <span>

namespace howdah::dialect {

namespace {

Fragment column_of(std::string_view alias, const Column& column)
{
    return {std::string(alias) + "." + quote_identifier(column.pg), column.storage, classes_of(column.storage)};
}

// The parent's columns that a foreign key names; fewer than the key's when they do not exist.
std::vector<const Column*> parent_columns(const Table& parent, const ForeignKey& key)
{
    std::vector<const Column*> columns;
    for (const std::string& name : key.parent_columns) {
        const int found = parent.find_column(name);
        if (found < 0)
            return {};
        columns.push_back(&parent.columns[static_cast<std::size_t>(found)]);
    }
    for (int position = 1; key.parent_columns.empty() && columns.size() < key.columns.size(); ++position) {
        const auto before = columns.size();
        for (const Column& column : parent.columns)
            if (column.primary_key == position)
                columns.push_back(&column);
        if (columns.size() == before)
            return {};
    }
    return columns;
}

// The child's value is compared with the parent's affinity and collation.
std::string has_parent(const Table& child, const Table& parent, const ForeignKey& key)
{
    const auto columns = parent_columns(parent, key);
    if (columns.size() != key.columns.size())
        throw Error("foreign key mismatch - \"" + child.name + "\" referencing \"" + key.parent + "\"");
    std::vector<std::string> equal;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const Column& column = child.columns[static_cast<std::size_t>(key.columns[i])];
        Fragment mine = with_affinity(column_of("c", column), columns[i]->affinity);
        Fragment theirs = column_of("p", *columns[i]);
        if (mine.type != theirs.type) {
            mine = widen(mine, PgType::v);
            theirs = widen(theirs, PgType::v);
        }
        const Collation collation = columns[i]->collation;
        equal.push_back(collation_key(theirs, collation).text + " = " + collation_key(mine, collation).text);
    }
    return "EXISTS (SELECT 1 FROM " + qualified(parent.pg_schema, parent.pg) + " AS p WHERE " + join(equal, " AND ") +
           ")";
}

std::string violations(const Catalog& catalog, const Table& child, const ForeignKey& key, std::size_t id)
{
    const std::string rowid = child.has_rowid() ? "c." + quote_identifier(child.rowid_pg) : "NULL::bigint";
    return "SELECT " + quote_string(child.name) + "::text AS t, " + rowid + " AS r, " + quote_string(key.parent) +
           "::text AS p, " + std::to_string(id) + "::bigint AS k" + from_orphans(catalog, child, key);
}

// Every table of a schema as SQLite goes through them, which is by their names' hashes.
std::vector<std::string> tables_in_order(const Catalog& catalog, std::string_view schema)
{
    std::vector<std::string> names;
    const Value parameters[] = {std::string(schema)};
    catalog.mirror().query("SELECT name FROM pragma_table_list WHERE schema = ?1 COLLATE NOCASE", parameters, {},
                           [&](std::span<const ValueView> row) { names.emplace_back(row[0].bytes); });
    return names;
}

} // namespace

std::string from_orphans(const Catalog& catalog, const Table& child, const ForeignKey& key)
{
    std::vector<std::string> conditions;
    for (const int column : key.columns)
        conditions.push_back("NOT (" + column_of("c", child.columns[static_cast<std::size_t>(column)]).text +
                             " IS NULL)");
    if (const Table* parent = catalog.find_table(child.schema, key.parent))
        conditions.push_back("NOT " + has_parent(child, *parent, key));
    return " FROM " + qualified(child.pg_schema, child.pg) + " AS c WHERE " + join(conditions, " AND ");
}

std::optional<std::string> foreign_key_check_query(const Catalog& catalog, std::string_view schema,
                                                   std::string_view table)
{
    std::vector<std::string> tables;
    for (const std::string& name : tables_in_order(catalog, schema)) {
        if (!table.empty() && !equal_names(name, table))
            continue;
        const Table* child = catalog.find_table(schema, name);
        std::vector<std::string> queries;
        // SQLite numbers a table's foreign keys from the last one declared.
        for (std::size_t i = 0; child != nullptr && i < child->foreign_keys.size(); ++i)
            queries.push_back(violations(catalog, *child, child->foreign_keys[i], child->foreign_keys.size() - 1 - i));
        if (!queries.empty())
            tables.push_back("(SELECT " + std::to_string(tables.size()) + " AS n, q.* FROM (" +
                             join(queries, " UNION ALL ") + ") AS q)");
    }
    if (tables.empty())
        return std::nullopt;
    // Table by table, and in each row by row.
    return "SELECT t, r, p, k FROM (" + join(tables, " UNION ALL ") + ") AS a ORDER BY n, r, k";
}

} // namespace howdah::dialect
