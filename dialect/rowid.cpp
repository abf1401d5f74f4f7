// Where a table's rowid lives on the server, and the next one; see rowid.hpp.
#include "dialect/rowid.hpp"

#include "dialect/constraint_message.hpp"
#include "dialect/conversions.hpp"
#include "dialect/error.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/printer.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/text.hpp"

namespace howdah::dialect {

namespace {

// sqlite_sequence, as the catalog has it: a table without declared types, with a rowid of its own.
struct Sequence {
    const Table& table;
    Fragment name, seq; // its columns, under the alias "q"
    std::string rowid;
    std::string key;       // the row of one table: "q"."name" = …
    std::string this_name; // the table's name as that column's value
    std::string setting;   // keeps where this transaction has put that row
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
    Sequence s{*sequence, column(0), column(1), quote_identifier(sequence->rowid_pg), {}, {}, {}};
    s.this_name = widen(literal(table.name), s.name.type).text;
    s.key = s.name.text + " = " + s.this_name;
    s.setting = quote_string("howdah.sequence_row_" + hash_digits(hash(pg_name(table))));
    return s;
}

std::string rows_of(const Sequence& s, const std::string& where)
{
    return " FROM " + pg_name(s.table) + " AS \"q\" WHERE " + where;
}

// Each INSERT of a transaction makes another version of the row, and PostgreSQL can remove none before COMMIT: who
// looks for the row by its name looks at all of them, and n INSERTs at n * n. So a transaction notes where the newest
// one is, and goes there by functions whose plan cannot be a search. Savepoints restore the setting as they restore the
// row. Of several rows with one name none is noted.
std::string noted_place(const Sequence& s) { return "coalesce(current_setting(" + s.setting + ", true), '')"; }

std::string note_place(const Sequence& s)
{
    return "set_config(" + s.setting + ", CASE WHEN (SELECT count(*)" + rows_of(s, s.key) +
           ") < 2 THEN \"q\".ctid::text ELSE '' END, true)";
}

std::string at_place(const Sequence& s) { return s.key + " AND \"q\".ctid = $2"; }

// `largest` as the seq column keeps it, never below what it has (NULL when there is no row).
std::string advanced(const Sequence& s, std::string_view largest, std::string_view present)
{
    const std::string next = "greatest(coalesce(" + std::string(present) + ", 0), " + std::string(largest) + ")";
    return widen({next, PgType::int8, StorageClass::integer}, s.seq.type).text;
}

std::string update_text(const Sequence& s, std::string_view largest, const std::string& where)
{
    return "UPDATE " + pg_name(s.table) + " AS \"q\" SET " + quote_identifier(s.table.columns[1].pg) + " = " +
           advanced(s, largest, to_integer(s.seq).text) + " WHERE " + where;
}

std::string insert_text(const Sequence& s, std::string_view largest)
{
    return "INSERT INTO " + pg_name(s.table) + " AS \"q\" (" + s.rowid + ", " +
           quote_identifier(s.table.columns[0].pg) + ", " + quote_identifier(s.table.columns[1].pg) +
           ") SELECT (SELECT coalesce(max(" + s.rowid + "), 0) + 1 FROM " + pg_name(s.table) + "), " + s.this_name +
           ", " + advanced(s, largest, "0::bigint") + " WHERE NOT EXISTS (SELECT 1" + rows_of(s, s.key) + ")";
}

// Changes the row where the transaction has noted it.
std::string record_at_place(const Sequence& s, std::string_view largest)
{
    return call("howdah.record_sequence",
                {s.setting, quote_string(update_text(s, "$1", at_place(s)) + " RETURNING \"q\".ctid::text"),
                 quote_string(update_text(s, "$1", s.key)), quote_string(insert_text(s, "$1")), largest});
}

// The table's sequence, as text that to_regclass() understands.
std::string sequence_text(const Table& table)
{
    return quote_string(qualified(table.pg_schema, rowid_sequence_name(table)));
}

std::string record_call(const Sequence& s, const Table& table, std::string_view largest)
{
    return call("howdah.record_rowid", {sequence_text(table), quote_string(update_text(s, "$1", s.key)),
                                        quote_string(insert_text(s, "$1")), largest});
}

} // namespace

std::string last_rowid(const Table& table, const Catalog& catalog, Writers writers)
{
    const std::string largest = "SELECT max(" + quote_identifier(table.rowid_pg) + ") FROM " + pg_name(table);
    if (!table.autoincrement)
        return "(SELECT coalesce((" + largest + "), 0))";
    const Sequence s = sequence_of(table, catalog);
    const std::string seq = "SELECT " + to_integer(s.seq).text;
    const std::string search = seq + rows_of(s, s.key) + " LIMIT 1";
    const std::string found =
        writers == Writers::concurrent && has_rowid_sequence(table)
            ? parens(search)
            : "CASE WHEN " + noted_place(s) + " = '' THEN (" + search + ") ELSE " +
                  call("howdah.sequence_at",
                       {s.setting, quote_string(seq + rows_of(s, at_place(s))), quote_string(search)}) +
                  " END";
    return "(SELECT greatest((" + largest + "), coalesce(" + found + ", 0)))";
}

std::string rowid_after(const Table& table, Writers writers, std::string_view last, std::string_view offset)
{
    return rowid_is_chosen_late(table) ? "NULL::bigint" : next_rowid(table, writers, last, offset);
}

std::string next_rowid(const Table& table, Writers writers, std::string_view last, std::string_view offset)
{
    if (writers == Writers::concurrent && has_rowid_sequence(table))
        return call(table.autoincrement ? "howdah.next_sequence" : "howdah.next_rowid",
                    {sequence_text(table), last, offset});
    const std::string_view function = table.autoincrement ? "howdah.sequence_after" : "howdah.rowid_after";
    // PostgreSQL does not inline a function that uses a subquery twice: there is one of PL/pgSQL, which is faster then.
    return offset == "1" && last.starts_with("(SELECT ") ? call(function, {last}) : call(function, {last, offset});
}

std::string record_sequence(const Table& table, const Catalog& catalog, Writers writers, std::string_view largest)
{
    const Sequence s = sequence_of(table, catalog);
    if (writers == Writers::concurrent && has_rowid_sequence(table)) {
        // Under READ COMMITTED nothing stands against the change itself, which is faster than a function's.
        const std::string plainly = "current_setting('transaction_isolation') = 'read committed'";
        return "\"howdah kept\" AS (" + update_text(s, largest, s.key) + " AND " + plainly +
               " AND pg_try_advisory_xact_lock(hashtextextended(" + sequence_text(table) + ", 1))), " +
               std::string(recording_table) + " AS (SELECT " + record_call(s, table, largest) + " WHERE NOT (" +
               plainly + ") OR NOT EXISTS (SELECT 1 FROM " + pg_name(s.table) + " AS \"q\" WHERE " + s.key + "))";
    }
    const std::string place = "(SELECT place FROM \"howdah place\")";
    return "\"howdah place\" AS MATERIALIZED (SELECT " + noted_place(s) + " AS place), \"howdah moved\" AS (" +
           update_text(s, largest, s.key + " AND " + place + " = ''") + " RETURNING " + note_place(s) +
           "), \"howdah new sequence\" AS (" + insert_text(s, largest) + " AND " + place + " = '' RETURNING " +
           note_place(s) + "), " + std::string(recording_table) + " AS (SELECT " + record_at_place(s, largest) +
           " WHERE " + place + " <> '')";
}

std::string record_sequence_statements(const Table& table, const Catalog& catalog, Writers writers,
                                       std::string_view largest)
{
    const Sequence s = sequence_of(table, catalog);
    if (writers == Writers::concurrent && has_rowid_sequence(table))
        return "PERFORM " + record_call(s, table, largest) + ";\n";
    return "IF " + noted_place(s) + " <> '' THEN PERFORM " + record_at_place(s, largest) + ";\nELSE\n" +
           update_text(s, largest, s.key) + ";\nIF NOT FOUND THEN " + insert_text(s, largest) + "; END IF;\nPERFORM " +
           note_place(s) + rows_of(s, s.key) + ";\nEND IF;\n";
}

bool has_rowid_sequence(const Table& table)
{
    return table.has_rowid() && table.kind == Table::Kind::ordinary && !table.is_private() &&
           table.name != "sqlite_sequence" && table.name != "sqlite_stat1";
}

std::string make_rowid_sequences_sql(const std::vector<const Table*>& tables)
{
    std::vector<std::string> rows;
    for (const Table* table : tables)
        if (has_rowid_sequence(*table))
            rows.push_back(parens(
                join(std::vector<std::string>{quote_string(pg_name(*table)),
                                              quote_string(quote_identifier(table->rowid_pg)), sequence_text(*table)},
                     ", ")));
    if (rows.empty())
        return {};
    return "SELECT howdah.make_rowid_sequence(t, c, s) FROM (VALUES " + join(rows, ", ") + ") AS x (t, c, s)";
}

std::string make_rowid_sequences_sql(const Catalog& catalog)
{
    std::vector<const Table*> tables;
    for (const SchemaRow& row : catalog.rows())
        if (row.type == "table" && row.schema == "main")
            if (const Table* table = catalog.find_table(row.schema, row.name))
                tables.push_back(table);
    return make_rowid_sequences_sql(tables);
}

std::optional<std::string> rowid_collision(const Catalog& catalog, const Compiled& statement,
                                           const ServerFailure& failure)
{
    if (failure.sqlstate != "23505" || statement.kind != Compiled::Kind::write)
        return std::nullopt;
    const Table* table = find_table(catalog, failure);
    if (!table || !has_rowid_sequence(*table) || failure.constraint != rowid_index_name(*table))
        return std::nullopt;
    // Rows of other tables come from triggers.
    if (!statement.chooses_rowids && table->name == statement.insert_table)
        return std::nullopt;
    return "SELECT " + next_rowid(*table, Writers::concurrent, last_rowid(*table, catalog, Writers::concurrent), "1");
}

} // namespace howdah::dialect
