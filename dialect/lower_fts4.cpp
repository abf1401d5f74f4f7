// Where fts4 and fts3 differ from fts5: their hidden columns and functions, and what can be written to them.
#include "dialect/error.hpp"
#include "dialect/lower_full_text_impl.hpp"
#include "dialect/printer.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

void refuse_contentless(const FullText& text, const std::string& what)
{
    if (text.content == FullText::Content::none)
        throw refusal(what + " of an fts4 table without content, which SQLite answers with \"SQL logic error\"");
}

// Whether no word of the query is one that SQLite may leave aside; it does so in fts4 tables that keep their rows.
std::string settled(const Source& source, const std::string& phrases, const std::string& counted)
{
    const FullText& text = text_of(source);
    if (text.module != FullText::Module::fts4 || text.content != FullText::Content::own)
        return "true";
    return "(SELECT " +
           call("howdah.fts4_settled",
                {regclass(*source.table), std::to_string(text.table_column()), phrases, counted}) +
           ")";
}

std::string tokenizer(const Source& source) { return quote_string(tokenizer_json(text_of(source))) + "::jsonb"; }

Fragment snippet(const Call& n, const Source& source, Lowering& lowering)
{
    if (n.args.size() > 6)
        wrong_count("snippet");
    refuse_contentless(text_of(source), "snippet()");
    const auto text = [&](std::size_t i, std::string_view otherwise) {
        return i < n.args.size() ? to_text(lowering.value(*n.args[i])).text : quote_string(otherwise);
    };
    const auto integer = [&](std::size_t i, std::string_view otherwise) {
        return i < n.args.size() ? to_integer(lowering.value(*n.args[i])).text : std::string(otherwise);
    };
    const std::string phrases = phrases_of(source, lowering);
    return {call("howdah.fts4_snippet", {doc(source), phrases, settled(source, phrases, "false"), tokenizer(source),
                                         texts_of(source), text(1, "<b>"), text(2, "</b>"), text(3, "<b>...</b>"),
                                         call("coalesce", {integer(4, "-1"), "0"}), integer(5, "15")}),
            PgType::text, Classes(StorageClass::text).with_null()};
}

Fragment offsets(const Source& source, Lowering& lowering)
{
    refuse_contentless(text_of(source), "offsets()");
    const std::string phrases = phrases_of(source, lowering);
    return {call("howdah.fts4_offsets",
                 {doc(source), phrases, settled(source, phrases, "false"), tokenizer(source), texts_of(source)}),
            PgType::text, Classes(StorageClass::text).with_null()};
}

Fragment matchinfo(const Call& n, const Source& source, Lowering& lowering)
{
    const FullText& text = text_of(source);
    const std::string phrases = phrases_of(source, lowering);
    const std::string letters = text.module == FullText::Module::fts3 ? "pcsxyb" : "pcnasxyb";
    const std::string format =
        n.args.size() > 1 ? call("coalesce", {to_text(lowering.value(*n.args[1])).text, "'pcx'"}) : "'pcx'";
    // Once for a statement, where the letters are the same for every row.
    const bool once = n.args.size() < 2 || lowering.foldable(*n.args[1]);
    if (!once)
        throw refusal("matchinfo() with letters that are not the same for every row");
    const std::string statistics =
        "(SELECT " +
        call("howdah.fts4_statistics",
             {regclass(*source.table), std::to_string(text.table_column()), phrases, format}) +
        ")";
    return {call("howdah.fts4_matchinfo", {doc(source), phrases, settled(source, phrases, format + " ~ 'x'"),
                                           statistics, format, quote_string(letters + (text.column_sizes ? "l" : ""))}),
            PgType::bytea, StorageClass::blob};
}

bool names_rowid_and_docid(const Insert& insert, const FullText& text)
{
    const auto has = [&](int column) {
        return std::find(insert.column_indexes.begin(), insert.column_indexes.end(), column) !=
               insert.column_indexes.end();
    };
    return has(-1) && has(text.docid_column());
}

} // namespace

Fragment fts4_column(const Source& source, int column)
{
    const FullText& text = text_of(source);
    const Classes integer = StorageClass::integer;
    if (column == text.docid_column())
        return {quote_identifier(source.pg_alias) + "." + quote_identifier(source.rowid_pg), PgType::int8,
                source.nullable ? integer.with_null() : integer};
    // A pointer, which is NULL to all but the functions.
    if (column == text.table_column())
        return null_of(PgType::text);
    if (source.nullable)
        throw refusal("the language of an fts4 table in an outer join");
    return {"0::bigint", PgType::int8, integer};
}

Fragment fts4_auxiliary(const Call& n, const Source& source, Lowering& lowering)
{
    const std::string name = fold(n.name.text);
    if (name == "snippet")
        return snippet(n, source, lowering);
    if (name == "offsets")
        return offsets(source, lowering);
    if (name == "matchinfo")
        return matchinfo(n, source, lowering);
    if (name == "optimize")
        throw refusal("optimize() of an fts4 table; write INSERT INTO t(t) VALUES('optimize')");
    throw Error("unable to use function " + name + " in the requested context");
}

void check_fts4_insert(const Insert& insert, const FullText& text)
{
    if (names_rowid_and_docid(insert, text))
        throw refusal("an INSERT that gives rowid and docid");
    const auto& indexes = insert.column_indexes;
    if (std::find(indexes.begin(), indexes.end(), text.language_column()) != indexes.end())
        throw refusal("the language of a row of an fts4 table");
    const bool own = text.content == FullText::Content::own;
    if (!own && insert.conflict != ConflictAction::unspecified && insert.conflict != ConflictAction::abort)
        throw refusal("a conflict clause of an INSERT into an fts4 table without content of its own");
}

void check_fts4_update(const Update& update, const FullText& text)
{
    if (text.content == FullText::Content::none && update.table.source->matches.empty())
        throw Error("SQL logic error");
    refuse_contentless(text, "UPDATE");
    if (text.content == FullText::Content::external)
        throw refusal("UPDATE of an fts4 table with external content; use DELETE and INSERT");
    for (const SetClause& set : update.set)
        for (const int column : set.indexes)
            if (column < 0 || (column >= text.table_column() && column != text.docid_column()))
                throw refusal("UPDATE of a column of an fts4 table that is neither its own nor docid");
}

void check_fts4_delete(const Source& source)
{
    if (text_of(source).content == FullText::Content::none && source.matches.empty())
        throw Error("SQL logic error");
    refuse_contentless(text_of(source), "DELETE");
}

// What is in the index of a row is what its content says; SQLite believes that, here it must be true. It counts a row
// that is not in the index, too. The rows are found before one is deleted, whatever the planner would make of that.
std::string external_rows_deleted(const Source& source, const std::string& where, Lowering& lowering)
{
    const Table& table = *source.table;
    const std::string alias = quote_identifier(source.pg_alias), rowid = quote_identifier(table.rowid_pg);
    std::vector<std::string> values;
    for (int i = 0; i < text_of(source).table_column(); ++i)
        values.push_back(column_value(source, i));
    const std::string rows = "SELECT " + alias + "." + rowid + " FROM " + external_table(source, lowering) + " WHERE " +
                             (where.empty() ? std::string() : "(" + where + ") AND ") +
                             call("howdah.fts4_same", {doc(source), doc_of(text_of(source), values)});
    const std::string deletion = "DELETE FROM " + pg_name(table) + " AS \"~index\" WHERE \"~index\"." + rowid + " IN (";
    if (lowering.in_trigger)
        return deletion + rows + " OFFSET 0)";
    return "\"howdah rows\" AS MATERIALIZED (" + rows + "), \"howdah deleted\" AS (" + deletion + "SELECT " + rowid +
           " FROM \"howdah rows\")) SELECT 0::bigint AS r FROM \"howdah rows\"";
}

} // namespace howdah::dialect
