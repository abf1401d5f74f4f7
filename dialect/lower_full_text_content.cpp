// The rows of a full-text table with external content.
#include "dialect/error.hpp"
#include "dialect/lower_full_text_impl.hpp"
#include "dialect/schema_names.hpp"

namespace howdah::dialect {

const Table& content_of(const Table& table, const Catalog& catalog)
{
    const Table* content = catalog.find_table(table.schema, table.full_text->content_table);
    if (!content && !table.full_text->is_fts5())
        throw Error("SQL logic error");
    if (!content)
        throw Error("no such table: " + table.schema + "." + table.full_text->content_table);
    if (content->kind != Table::Kind::ordinary || content->full_text || content->rtree)
        throw refusal("a full-text table whose content is not an ordinary table");
    return *content;
}

ContentColumns content_columns(const Table& table, const Table& content, const std::string& alias)
{
    const auto column = [&](const std::string& name) -> Fragment {
        const int index = content.find_column(name);
        if (index >= 0) {
            const Column& c = content.columns[static_cast<std::size_t>(index)];
            return {alias + "." + quote_identifier(c.pg), c.storage, classes_of(c.storage).with_null()};
        }
        const bool rowid = equal_names(name, "rowid") || equal_names(name, "oid") || equal_names(name, "_rowid_");
        if ((!rowid || !content.has_rowid()) && !table.full_text->is_fts5())
            throw Error("SQL logic error");
        if (!rowid || !content.has_rowid())
            throw Error("no such column: T." + name);
        return {alias + "." + quote_identifier(content.rowid_pg), PgType::int8, StorageClass::integer};
    };
    ContentColumns out;
    const Fragment rowid = column(table.full_text->content_rowid);
    if (rowid.type != PgType::int8)
        throw refusal("a full-text table whose content_rowid is not an integer key");
    out.rowid = rowid.text;
    for (const auto& c : table.full_text->columns)
        out.values.push_back(widen(column(c.name), PgType::v).text);
    return out;
}

// With MATCH the index is read, and the content of what it finds; without it the content alone.
std::string external_table(const Source& source, Lowering& lowering)
{
    const Table& table = *source.table;
    if (source.loose_match)
        throw refusal("MATCH that is not a condition of every row, on a full-text table with external content");
    const Table& content = content_of(table, lowering.catalog());
    const ContentColumns columns = content_columns(table, content, "c");
    const bool matched = !source.matches.empty();
    const std::string rowid = quote_identifier(table.rowid_pg);
    std::vector<std::string> list{(matched ? "i." + rowid : columns.rowid) + " AS " + rowid};
    for (std::size_t i = 0; i < columns.values.size(); ++i)
        list.push_back(columns.values[i] + " AS " + quote_identifier(table.columns[i].pg));
    list.push_back("i." + quote_identifier(doc_column));
    const std::string index = pg_name(table) + " AS i", on = " ON " + columns.rowid + " = i." + rowid;
    const std::string rows = pg_name(content) + " AS c";
    return "(SELECT " + join(list, ", ") + " FROM " +
           (matched ? index + " LEFT JOIN " + rows + on : rows + " LEFT JOIN " + index + on) + ") AS " +
           quote_identifier(source.pg_alias);
}

} // namespace howdah::dialect
