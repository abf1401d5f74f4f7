// Where a table's rowid lives on the server, and the next one; see rowid.hpp.
#include "dialect/rowid.hpp"

#include "dialect/conversions.hpp"
#include "dialect/error.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/printer.hpp"
#include "dialect/schema_names.hpp"

namespace howdah::dialect {

namespace {

// sqlite_sequence, as the catalog has it: a table without declared types, with a rowid of its own.
struct Sequence {
    const Table& table;
    Fragment name, seq; // its columns, under the alias "q"
    std::string rowid;
    std::string key;       // the row of one table: "q"."name" = …
    std::string this_name; // the table's name as that column's value
};

Sequence sequence_of(const Table& table, const Catalog& catalog)
{
    const Table* sequence = catalog.find_table(table.schema, "sqlite_sequence");
    if (!sequence || sequence->columns.size() < 2)
        throw Error("no such table: sqlite_sequence");
    const auto column = [&](std::size_t i) {
        const Column& c = sequence->columns[i];
        return Fragment{"\"q\"." + quote_identifier(c.pg), c.storage, Classes::any(), true};
    };
    Sequence s{*sequence, column(0), column(1), quote_identifier(sequence->rowid_pg), {}, {}};
    s.this_name = widen(literal(table.name), s.name.type).text;
    s.key = s.name.text + " = " + s.this_name;
    return s;
}

// `largest` as the seq column keeps it, never below what it has (NULL when there is no row).
std::string advanced(const Sequence& s, std::string_view largest, std::string_view present)
{
    const std::string next = "greatest(coalesce(" + std::string(present) + ", 0), " + std::string(largest) + ")";
    return widen({next, PgType::int8, StorageClass::integer}, s.seq.type).text;
}

std::string update_text(const Sequence& s, std::string_view largest)
{
    return "UPDATE " + pg_name(s.table) + " AS \"q\" SET " + quote_identifier(s.table.columns[1].pg) + " = " +
           advanced(s, largest, to_integer(s.seq).text) + " WHERE " + s.key;
}

std::string insert_text(const Sequence& s, std::string_view largest)
{
    return "INSERT INTO " + pg_name(s.table) + " (" + s.rowid + ", " + quote_identifier(s.table.columns[0].pg) + ", " +
           quote_identifier(s.table.columns[1].pg) + ") SELECT (SELECT coalesce(max(" + s.rowid + "), 0) + 1 FROM " +
           pg_name(s.table) + "), " + s.this_name + ", " + advanced(s, largest, "0::bigint") +
           " WHERE NOT EXISTS (SELECT 1 FROM " + pg_name(s.table) + " AS \"q\" WHERE " + s.key + ")";
}

} // namespace

std::string last_rowid(const Table& table, const Catalog& catalog)
{
    const std::string largest = "SELECT max(" + quote_identifier(table.rowid_pg) + ") FROM " + pg_name(table);
    if (!table.autoincrement)
        return "(SELECT coalesce((" + largest + "), 0))";
    const Sequence s = sequence_of(table, catalog);
    return "(SELECT greatest((" + largest + "), coalesce((SELECT " + to_integer(s.seq).text + " FROM " +
           pg_name(s.table) + " AS \"q\" WHERE " + s.key + " LIMIT 1), 0)))";
}

std::string rowid_after(const Table& table, std::string_view last, std::string_view offset)
{
    if (rowid_is_chosen_late(table))
        return "NULL::bigint";
    return call(table.autoincrement ? "howdah.sequence_after" : "howdah.rowid_after", {last, offset});
}

std::string record_sequence(const Table& table, const Catalog& catalog, std::string_view largest)
{
    const Sequence s = sequence_of(table, catalog);
    return "\"howdah sequence\" AS (" + update_text(s, largest) + "), \"howdah new sequence\" AS (" +
           insert_text(s, largest) + ")";
}

std::string record_sequence_statements(const Table& table, const Catalog& catalog, std::string_view largest)
{
    const Sequence s = sequence_of(table, catalog);
    return update_text(s, largest) + ";\nIF NOT FOUND THEN " + insert_text(s, largest) + "; END IF;\n";
}

} // namespace howdah::dialect
