// See adoption.hpp.
#include "dialect/adoption.hpp"

#include "dialect/printer.hpp"

#include <algorithm>
#include <map>

namespace howdah::dialect {

namespace {

// Tables of the schema that are not howdah's own. A name that is too long for PostgreSQL is compared by its prefix.
std::string foreign_tables(std::string_view pg_schema)
{
    return "FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
           "WHERE n.nspname = " +
           quote_string(pg_schema) +
           " AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM howdah.schema s WHERE s.db = " +
           quote_string(pg_schema) +
           " AND s.type = 'table' AND (lower(s.name COLLATE \"C\") = c.relname::text COLLATE \"C\" OR "
           "(c.relname::text LIKE '%~' AND lower(s.name COLLATE \"C\") || '~' = c.relname::text COLLATE \"C\") OR "
           "(octet_length(s.name) > 63 AND c.relname::text LIKE '%~________')))";
}

struct Storage {
    const char* pg;      // format_type()
    const char* sqlite;  // the declared type
    const char* storage; // Table::storage
};
constexpr Storage storages[] = {{"bigint", "BIGINT", "int8"},      {"double precision", "DOUBLE PRECISION", "float8"},
                                {"text", "TEXT", "text"},          {"bytea", "BLOB", "bytea"},
                                {"numeric", "NUMERIC", "numeric"}, {"howdah.v", "", "v"}};

const Storage* storage_of(std::string_view type)
{
    for (const Storage& s : storages)
        if (type == s.pg)
            return &s;
    return nullptr;
}

bool starts_integer_key(const ForeignColumn& column)
{
    return column.type == "bigint" && !column.default_value && !column.generated;
}

// 'x'::text, 5, '5'::bigint, true: as SQLite writes it; anything else has no SQLite form.
std::optional<std::string> default_text(std::string text)
{
    if (text.size() > 1 && text.front() == '\'') {
        std::size_t end = 1;
        while (end < text.size() && (text[end] != '\'' || (end + 1 < text.size() && text[end + 1] == '\'')))
            end += text[end] == '\'' ? 2 : 1;
        const std::string cast = end < text.size() ? text.substr(end + 1) : std::string();
        if (cast.empty() || cast == "::text")
            return text.substr(0, end + 1);
        if (cast != "::bigint" && cast != "::numeric" && cast != "::double precision")
            return std::nullopt;
        text = text.substr(1, end - 1);
    }
    const bool number = !text.empty() && text.find_first_not_of("0123456789.-") == std::string::npos;
    return number ? std::optional(text) : std::nullopt;
}

bool same_in_postgres(const std::string& name) { return pg_identifier(name) == name; }

// One table, until something about it is found that is not exact.
class Adopted {
public:
    Adopted(const std::vector<const ForeignColumn*>& columns, std::vector<const ForeignIndex*> indexes)
        : columns_(columns), indexes_(std::move(indexes)), name_(columns.front()->table)
    {
        const auto primary =
            std::find_if(indexes_.begin(), indexes_.end(), [](const ForeignIndex* i) { return i->primary; });
        if (primary != indexes_.end())
            primary_ = *primary;
    }

    // Why the table is left out; empty when it is not.
    std::string obstacle() const
    {
        if (!same_in_postgres(name_) || name_.starts_with("sqlite_"))
            return "SQLite cannot tell its name from another";
        if (!primary_)
            return "it has no primary key";
        for (const ForeignColumn* c : columns_) {
            if (!same_in_postgres(c->name))
                return "SQLite cannot tell column \"" + c->name + "\" from another";
            if (!storage_of(c->type))
                return "column \"" + c->name + "\" has type " + c->type;
            if (c->type == "text" && !c->collates_bytes)
                return "column \"" + c->name + "\" does not have COLLATE \"C\"";
            if (c->generated)
                return "column \"" + c->name + "\" is generated";
        }
        return {};
    }

    void add(std::vector<SchemaRow>& rows) const
    {
        std::vector<std::string> parts, storage;
        for (const ForeignColumn* c : columns_) {
            parts.push_back(column(*c));
            storage.emplace_back(storage_of(c->type)->storage);
        }
        if (!is_rowid())
            parts.push_back("PRIMARY KEY (" + list(primary_->columns) + ")");
        SchemaRow table{"main", "table", name_, name_, {}, join(storage, ",")};
        table.sql = "CREATE TABLE " + quote_identifier(name_) + " (" + join(parts, ", ") + ")" +
                    (is_rowid() ? "" : " WITHOUT ROWID");
        rows.push_back(std::move(table));
        if (!is_rowid())
            rows.push_back({"main", "index", "sqlite_autoindex_" + name_ + "_1", name_, std::nullopt, {}});
        for (const ForeignIndex* i : indexes_)
            if (i->plain && !i->primary && same_in_postgres(i->name))
                rows.push_back({"main",
                                "index",
                                i->name,
                                name_,
                                "CREATE " + std::string(i->unique ? "UNIQUE " : "") + "INDEX " +
                                    quote_identifier(i->name) + " ON " + quote_identifier(name_) + " (" +
                                    list(i->columns) + ")",
                                {}});
    }

private:
    bool is_rowid() const
    {
        if (primary_->columns.size() != 1)
            return false;
        return std::any_of(columns_.begin(), columns_.end(), [&](const ForeignColumn* c) {
            return c->name == primary_->columns.front() && starts_integer_key(*c);
        });
    }

    std::string column(const ForeignColumn& c) const
    {
        std::string text = quote_identifier(c.name);
        const std::string_view type = storage_of(c.type)->sqlite;
        if (is_rowid() && c.name == primary_->columns.front())
            return text + " INTEGER PRIMARY KEY";
        if (!type.empty())
            text += " " + std::string(type);
        if (c.not_null)
            text += " NOT NULL";
        if (const auto value = c.default_value ? default_text(*c.default_value) : std::nullopt)
            text += " DEFAULT " + *value;
        return text;
    }

    static std::string list(const std::vector<std::string>& names)
    {
        std::vector<std::string> quoted;
        for (const std::string& name : names)
            quoted.push_back(quote_identifier(name));
        return join(quoted, ", ");
    }

    const std::vector<const ForeignColumn*>& columns_;
    std::vector<const ForeignIndex*> indexes_;
    std::string name_;
    const ForeignIndex* primary_ = nullptr;
};

} // namespace

std::string foreign_columns_sql(std::string_view pg_schema)
{
    return "SELECT c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, "
           "pg_catalog.pg_get_expr(d.adbin, d.adrelid), "
           "a.attcollation = 0 OR l.collname IN ('C', 'POSIX', 'ucs_basic') OR (l.collname = 'default' AND "
           "(SELECT datlocprovider = 'c' AND datcollate IN ('C', 'POSIX', 'C.UTF-8', 'C.utf8') FROM "
           "pg_catalog.pg_database "
           "WHERE datname = current_database())), a.attgenerated <> '' OR a.attidentity <> '' "
           "FROM pg_catalog.pg_attribute a "
           "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum "
           "LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation "
           "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE a.attnum > 0 AND NOT a.attisdropped AND c.oid IN "
           "(SELECT c.oid " +
           foreign_tables(pg_schema) + ") ORDER BY c.relname, a.attnum";
}

std::string foreign_indexes_sql(std::string_view pg_schema)
{
    return "SELECT c.relname, i.relname, x.indisunique, x.indisprimary, "
           "x.indpred IS NULL AND x.indexprs IS NULL AND m.amname = 'btree' AND x.indnatts = x.indnkeyatts AND "
           "x.indisvalid, "
           "(SELECT array_agg(a.attname::text ORDER BY k.n) FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k "
           "(attnum, n) "
           "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) "
           "FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class c ON c.oid = x.indrelid "
           "JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid JOIN pg_catalog.pg_am m ON m.oid = i.relam "
           "WHERE c.oid IN (SELECT c.oid " +
           foreign_tables(pg_schema) + ") ORDER BY c.relname, i.oid";
}

Adoption adopt(const std::vector<ForeignColumn>& columns, const std::vector<ForeignIndex>& indexes)
{
    std::map<std::string, std::vector<const ForeignColumn*>> tables;
    for (const ForeignColumn& c : columns)
        tables[c.table].push_back(&c);
    Adoption out;
    for (const auto& [name, table_columns] : tables) {
        std::vector<const ForeignIndex*> table_indexes;
        for (const ForeignIndex& i : indexes)
            if (i.table == name)
                table_indexes.push_back(&i);
        const Adopted table(table_columns, std::move(table_indexes));
        if (const std::string obstacle = table.obstacle(); !obstacle.empty())
            out.warnings.push_back("table \"" + name + "\" is not visible: " + obstacle);
        else
            table.add(out.rows);
    }
    return out;
}

} // namespace howdah::dialect
