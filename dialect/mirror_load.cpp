// A schema put back into the mirror from the rows of howdah.schema, so that sqlite_schema has the same rows again.
#include "dialect/catalog.hpp"
#include "dialect/mirror.hpp"
#include "dialect/parser.hpp"

namespace howdah::dialect {

namespace {

bool exists(const Mirror& mirror, std::string_view database, const SchemaRow& row)
{
    bool found = false;
    const Value parameters[] = {row.type, row.name};
    mirror.query("SELECT 1 FROM " + std::string(database) + ".sqlite_schema WHERE type = ?1 AND name = ?2", parameters,
                 {}, [&](std::span<const ValueView>) { found = true; });
    return found;
}

// Where an object's name stands in its CREATE text.
Span name_span(const SchemaRow& row)
{
    const std::optional<Statement> statement = parse(*row.sql);
    if (!statement)
        throw Error("malformed database schema (" + row.name + ")");
    if (const auto* table = std::get_if<CreateTable>(&statement->node))
        return table->name.name.span;
    if (const auto* index = std::get_if<CreateIndex>(&statement->node))
        return index->name.name.span;
    if (const auto* view = std::get_if<CreateView>(&statement->node))
        return view->name.name.span;
    if (const auto* table = std::get_if<CreateVirtualTable>(&statement->node))
        return table->name.name.span;
    if (const auto* trigger = std::get_if<CreateTrigger>(&statement->node))
        return trigger->name.name.span;
    throw Error("malformed database schema (" + row.name + ")");
}

// sqlite_sequence and sqlite_stat1 cannot be made by name: SQLite makes them where AUTOINCREMENT and ANALYZE want them.
void make_internal_table(Mirror& mirror, const std::string& database, const SchemaRow& row)
{
    if (equal_names(row.name, "sqlite_sequence")) {
        const std::string table = database + ".howdah_sequence";
        mirror.execute("CREATE TABLE " + table + "(k INTEGER PRIMARY KEY AUTOINCREMENT); DROP TABLE " + table);
    } else if (row.name.starts_with("sqlite_stat")) {
        mirror.execute("ANALYZE " + database);
    }
}

} // namespace

void Mirror::load(std::string_view database, const std::vector<SchemaRow>& rows)
{
    const bool temp = equal_names(database, "temp");
    if (!temp && !equal_names(database, "main")) {
        // An attached database is made as the main one of another connection: its texts do not name it.
        Mirror other;
        std::vector<SchemaRow> as_main;
        for (const SchemaRow& row : rows)
            if (equal_names(row.schema, database)) {
                as_main.push_back(row);
                as_main.back().schema = "main";
            }
        other.load("main", as_main);
        adopt(database, other);
        return;
    }
    bool virtual_tables = false;
    for (const SchemaRow& row : rows) {
        if (!equal_names(row.schema, database) || !row.sql)
            continue;
        // The tables in which a virtual table keeps its data came with it.
        if (virtual_tables && row.type == "table" && exists(*this, database, row))
            continue;
        virtual_tables = virtual_tables || equal_names(std::string_view(*row.sql).substr(0, 14), "create virtual");
        if (row.type == "table" && row.name.starts_with("sqlite_")) {
            make_internal_table(*this, temp ? "temp" : "main", row);
            continue;
        }
        std::string sql = *row.sql;
        if (temp)
            sql.insert(name_span(row).begin, "temp.");
        execute(sql);
    }
}

} // namespace howdah::dialect
