// Where a table's rowid lives on the server, and the next one; see rowid.hpp.
#include "dialect/rowid.hpp"

#include "dialect/constraint_message.hpp"
#include "dialect/conversions.hpp"
#include "dialect/error.hpp"
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

// `this_name`: the name of the table whose row it is, as the column has it.
Sequence described(const Table& sequence, const std::string& this_name)
{
    const auto column = [&](std::size_t i) {
        const Column& c = sequence.columns[i];
        return Fragment{"\"q\"." + quote_identifier(c.pg), c.storage, Classes::any(), true};
    };
    Sequence s{sequence, column(0), column(1), quote_identifier(sequence.rowid_pg), {}, this_name, {}};
    s.key = s.name.text + " = " + s.this_name;
    return s;
}

Sequence sequence_of(const Table& table, const Catalog& catalog)
{
    const Table* sequence = catalog.find_table(table.schema, "sqlite_sequence");
    if (!sequence || sequence->columns.size() < 2)
        throw Error("no such table: sqlite_sequence");
    const Fragment name = widen(literal(table.name), sequence->columns.front().storage);
    Sequence s = described(*sequence, name.text);
    s.setting = quote_string("howdah.sequence_row_" + hash_digits(hash(pg_name(table))));
    return s;
}

std::string rows_of(const Sequence& s, const std::string& where)
{
    return " FROM " + pg_name(s.table) + " AS \"q\" WHERE " + where;
}

// A function of sqlite_sequence's schema; see sequence_functions().
std::string function_name(const Sequence& s, const char* name)
{
    return qualified(s.table.pg_schema, pg_identifier(s.table.pg_prefix + "howdah_" + name));
}

std::string last_function(const Sequence& s) { return function_name(s, "last_rowid"); }
std::string record_function(const Sequence& s) { return function_name(s, "record_rowid"); }
std::string take_function(const Sequence& s) { return function_name(s, "take_rowid"); }

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
    return "INSERT INTO " + pg_name(s.table) + " (" + s.rowid + ", " + quote_identifier(s.table.columns[0].pg) + ", " +
           quote_identifier(s.table.columns[1].pg) + ") SELECT (SELECT coalesce(max(" + s.rowid + "), 0) + 1 FROM " +
           pg_name(s.table) + "), " + s.this_name + ", " + advanced(s, largest, "0::bigint") +
           " WHERE NOT EXISTS (SELECT 1" + rows_of(s, s.key) + ")";
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
    const std::string search = "SELECT " + to_integer(s.seq).text + rows_of(s, s.key) + " LIMIT 1";
    const std::string found = writers == Writers::concurrent || table.is_private()
                                  ? parens(search)
                                  : call(last_function(s), {s.setting, s.this_name});
    return "(SELECT greatest((" + largest + "), coalesce(" + found + ", 0)))";
}

std::string planned_without_scans(const std::string& statement)
{
    return "DECLARE\nhowdah_scans text := current_setting('enable_seqscan');\n"
           "howdah_set text := set_config('enable_seqscan', 'off', true);\nBEGIN\n" +
           statement + ";\nhowdah_set := set_config('enable_seqscan', howdah_scans, true);\nEND";
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
    if (!table.is_private())
        return std::string(recording_table) + " AS (SELECT " +
               call(record_function(s), {s.setting, s.this_name, largest}) + ")";
    return std::string(recording_table) + " AS (" + update_text(s, largest, s.key) + " RETURNING 1), " +
           "\"howdah new sequence\" AS (" + insert_text(s, largest) + ")";
}

std::string record_sequence_statements(const Table& table, const Catalog& catalog, Writers writers,
                                       std::string_view largest)
{
    const Sequence s = sequence_of(table, catalog);
    if (writers == Writers::concurrent && has_rowid_sequence(table))
        return "PERFORM " + record_call(s, table, largest) + ";\n";
    if (!table.is_private())
        return "PERFORM " + call(record_function(s), {s.setting, s.this_name, largest}) + ";\n";
    return update_text(s, largest, s.key) + ";\nIF NOT FOUND THEN " + insert_text(s, largest) + "; END IF;\n";
}

bool takes_rowids_at_once(const Table& table, Writers writers)
{
    return table.autoincrement && !table.is_private() && !(writers == Writers::concurrent && has_rowid_sequence(table));
}

std::string taken_rowid(const Table& table, const Catalog& catalog, std::string_view given)
{
    const Sequence s = sequence_of(table, catalog);
    const std::string largest = "(SELECT max(" + quote_identifier(table.rowid_pg) + ") FROM " + pg_name(table) + ")";
    return call(take_function(s), {s.setting, s.this_name, largest, given});
}

FunctionSql sequence_functions(const Table& sequence)
{
    const Sequence s = described(sequence, "$2");
    const std::string type(plain_type_name(s.name.type));
    const std::string at_place = s.key + " AND \"q\".ctid = place::tid";
    const std::string seq = "SELECT " + to_integer(s.seq).text + " INTO found_seq";
    const auto function = [](const std::string& name, const std::string& rest, const std::string& body) {
        return "CREATE OR REPLACE FUNCTION " + name + rest + " SET enable_seqscan = off AS " + quote_string(body);
    };
    const std::string last =
        "DECLARE\nplace text := current_setting($1, true);\nfound_seq int8;\nBEGIN\nIF place <> '' THEN\n" + seq +
        rows_of(s, at_place) + ";\nIF FOUND THEN RETURN found_seq; END IF;\nEND IF;\n" + seq + rows_of(s, s.key) +
        " LIMIT 1;\nRETURN found_seq;\nEND";
    const std::string record =
        "DECLARE\nplace text := current_setting($1, true);\nfound_rows int8;\nBEGIN\n"
        "IF place <> '' THEN\n" +
        update_text(s, "$3", at_place) +
        " RETURNING \"q\".ctid::text INTO place;\n"
        "IF FOUND THEN PERFORM set_config($1, place, true); RETURN; END IF;\nEND IF;\n" +
        update_text(s, "$3", s.key) + ";\nGET DIAGNOSTICS found_rows = ROW_COUNT;\nIF found_rows = 0 THEN " +
        insert_text(s, "$3") + "; END IF;\nplace := '';\nIF found_rows < 2 THEN SELECT \"q\".ctid::text INTO place" +
        rows_of(s, s.key) + "; END IF;\nPERFORM set_config($1, place, true);\nEND";
    const std::string present = "greatest(coalesce(" + to_integer(s.seq).text + ", 0), ";
    const std::string next = "CASE WHEN " + present + "$3) < 9223372036854775807 THEN " + present +
                             "$3) + 1 ELSE howdah.sequence_after(9223372036854775807) END";
    const std::string taken = "CASE WHEN $4 IS NULL THEN " + next + " ELSE " + present + "$4) END";
    const std::string take =
        "DECLARE\nplace text := current_setting($1, true);\nnumber int8;\nBEGIN\n"
        "IF place IS NULL OR place = '' THEN SELECT CASE count(*) WHEN 1 THEN min(\"q\".ctid::text) END INTO place" +
        rows_of(s, s.key) + "; END IF;\nUPDATE " + pg_name(s.table) + " AS \"q\" SET " +
        quote_identifier(s.table.columns[1].pg) + " = " +
        widen({taken, PgType::int8, StorageClass::integer}, s.seq.type).text + " WHERE " + at_place +
        " RETURNING \"q\".ctid::text, " + to_integer(s.seq).text +
        " INTO place, number;\nIF FOUND THEN\nPERFORM set_config($1, place, true);\nRETURN coalesce($4, number);\n"
        "END IF;\nnumber := coalesce($4, howdah.sequence_after(greatest($3, coalesce(" +
        last_function(s) + "($1, $2), 0))));\nPERFORM " + record_function(s) + "($1, $2, number);\nRETURN number;\nEND";
    const std::string arguments = "(text, " + type + ")", more = "(text, " + type + ", int8)",
                      most = "(text, " + type + ", int8, int8)";
    return {{function(last_function(s), arguments + " RETURNS int8 LANGUAGE plpgsql STABLE", last),
             function(record_function(s), more + " RETURNS void LANGUAGE plpgsql", record),
             function(take_function(s), most + " RETURNS int8 LANGUAGE plpgsql", take)},
            {"DROP FUNCTION IF EXISTS " + last_function(s) + arguments,
             "DROP FUNCTION IF EXISTS " + record_function(s) + more,
             "DROP FUNCTION IF EXISTS " + take_function(s) + most}};
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
