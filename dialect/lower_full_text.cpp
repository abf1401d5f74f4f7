// See lower_full_text.hpp.
#include "dialect/lower_full_text.hpp"

#include "dialect/lower_full_text_impl.hpp"
#include "dialect/parser.hpp"
#include "dialect/reads.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

const FullText& text_of(const Source& source) { return *source.table->full_text; }

std::string doc(const Source& source) { return quote_identifier(source.pg_alias) + "." + quote_identifier(doc_column); }

namespace {

// howdah_full_text('what', 'schema', 'table', column, query, …) as SQLite computes it.
std::string question(std::string_view what, const Source& source, const std::vector<Source::Match>& matches)
{
    const Table& table = *source.table;
    std::string sql =
        "howdah_full_text(" + quote_string(what) + ", " + quote_string(table.schema) + ", " + quote_string(table.name);
    for (const Source::Match& match : matches)
        sql += ", " + std::to_string(match.column) + ", " + unparse(bare(*match.pattern));
    return sql + ")";
}

void refuse_what_varies(const Expr& pattern, const Lowering& lowering)
{
    if (!lowering.foldable(pattern))
        throw refusal("MATCH with a query that is not the same for every row", pattern.span);
}

// SQLite answers a MATCH that no full-text index takes up with an error, when it comes to it. Which ones are taken up
// is the choice of its planner, so it is asked for its program.
void refuse_match_left_over(Lowering& lowering)
{
    bool left_over = false;
    const std::string sql = "EXPLAIN " + std::string(lowering.request().sql);
    lowering.catalog().mirror().query(sql, lowering.request().parameters, lowering.request().session,
                                      [&](std::span<const ValueView> row) {
                                          const std::string p4 = fold(row[5].bytes);
                                          left_over = left_over || p4.starts_with("match(");
                                      });
    if (left_over)
        throw Error("unable to use function MATCH in the requested context");
}

// What bm25() needs of the whole table: once for a statement.
std::string statistics(const Source& source, const std::string& phrases)
{
    return "(SELECT " + call("howdah.fts_statistics", {regclass(*source.table), phrases}) + ")";
}

std::string bm25_text(const Source& source, const std::string& weights, Lowering& lowering)
{
    const std::string phrases = phrases_of(source, lowering);
    return call("howdah.fts_bm25", {doc(source), phrases, statistics(source, phrases), weights});
}

// The weights of `rank`: those of `rank MATCH 'bm25(…)'`, else those that the table was given.
std::string rank_weights(const Source& source, Lowering& lowering)
{
    if (!source.rank)
        return "(SELECT " + call("howdah.fts_rank_weights", {regclass(*source.table)}) + ")";
    refuse_what_varies(*source.rank, lowering);
    return call("howdah.fts_weights", {to_text(lowering.slot(*source.rank)).text});
}

} // namespace

std::string phrases_of(const Source& source, Lowering& lowering)
{
    if (source.loose_match)
        throw refusal("rank and auxiliary functions of a query in which MATCH is not a condition of every row");
    for (const Source::Match& match : source.matches)
        refuse_what_varies(*match.pattern, lowering);
    const Fragment f = rules::computed_slot(question("phrases", source, source.matches), lowering);
    return f.text + "::jsonb";
}

std::string regclass(const Table& table) { return quote_string(pg_name(table)) + "::regclass"; }

std::string column_value(const Source& source, int column)
{
    return quote_identifier(source.pg_alias) + "." +
           quote_identifier(source.columns[static_cast<std::size_t>(column)].pg);
}

std::string texts_of(const Source& source)
{
    std::vector<std::string> texts;
    for (int i = 0; i < text_of(source).table_column(); ++i)
        texts.push_back(call("howdah.fts_text", {column_value(source, i)}));
    return "ARRAY[" + join(texts, ", ") + "]::text[]";
}

void wrong_count(std::string_view name)
{
    throw Error("wrong number of arguments to function " + std::string(name) + "()");
}

const Source* full_text_source(const Expr& expr)
{
    const auto* ref = as<ColumnRef>(bare(expr));
    const bool is_text = ref && ref->source && ref->index >= 0 && ref->source->kind == Source::Kind::table &&
                         ref->source->table && ref->source->table->full_text;
    return is_text ? ref->source : nullptr;
}

Fragment full_text_condition(const Source& source, int column, const Expr& pattern, Lowering& lowering)
{
    if (lowering.in_trigger)
        throw refusal("MATCH inside a trigger");
    refuse_what_varies(pattern, lowering);
    refuse_match_left_over(lowering);
    const FullText& text = text_of(source);
    if (column == text.rank_column())
        return rules::truth_value(true);
    const std::vector<Source::Match> match{{std::min(column, text.table_column()), &pattern}};
    const Fragment candidates = rules::computed_slot(question("candidates", source, match), lowering);
    const Fragment recheck = rules::computed_slot(question("recheck", source, match), lowering);
    const std::string row = doc(source);
    std::string sql = "(" + call("howdah.fts_vector", {row}) + " @@ " + candidates.text + "::tsquery)";
    if (!rules::only_null(recheck))
        sql = "(" + sql + " AND " + call("howdah.fts_matches", {row, recheck.text + "::jsonb"}) + ")";
    return {sql, PgType::boolean, StorageClass::integer};
}

Fragment full_text_column(const Source& source, int column, Lowering& lowering)
{
    if (!text_of(source).is_fts5())
        return fts4_column(source, column);
    if (column != text_of(source).rank_column())
        throw refusal("the value of the column " + source.table->name + " of an fts5 table");
    if (source.matches.empty() && !source.loose_match)
        return null_of(PgType::float8);
    return {bm25_text(source, rank_weights(source, lowering), lowering), PgType::float8,
            Classes(StorageClass::real).with_null()};
}

Fragment full_text_auxiliary(const Call& n, const Source& source, Lowering& lowering)
{
    if (!text_of(source).is_fts5())
        return fts4_auxiliary(n, source, lowering);
    const std::string name = fold(n.name.text);
    const auto text_argument = [&](std::size_t i) { return to_text(lowering.value(*n.args[i])).text; };
    const auto integer_argument = [&](std::size_t i) { return to_integer(lowering.value(*n.args[i])).text; };
    if (name == "bm25") {
        std::vector<std::string> weights;
        for (std::size_t i = 1; i < n.args.size(); ++i)
            weights.push_back(call("coalesce", {to_real(lowering.value(*n.args[i])).text, "0"}));
        return {bm25_text(source, "ARRAY[" + join(weights, ", ") + "]::float8[]", lowering), PgType::float8,
                StorageClass::real};
    }
    const std::string phrases = phrases_of(source, lowering);
    const std::string tokenizer = quote_string(tokenizer_json(text_of(source))) + "::jsonb";
    if (name == "highlight") {
        if (n.args.size() != 4)
            wrong_count(name);
        return {call("howdah.fts_highlight", {doc(source), phrases, tokenizer, texts_of(source), integer_argument(1),
                                              text_argument(2), text_argument(3)}),
                PgType::text, Classes(StorageClass::text).with_null()};
    }
    if (n.args.size() != 6)
        wrong_count(name);
    return {call("howdah.fts_snippet", {doc(source), phrases, tokenizer, texts_of(source), integer_argument(1),
                                        text_argument(2), text_argument(3), text_argument(4), integer_argument(5)}),
            PgType::text, Classes(StorageClass::text).with_null()};
}

std::string full_text_table(const Source& source, Lowering& lowering)
{
    const Table& table = *source.table;
    if (table.full_text->content == FullText::Content::external)
        return external_table(source, lowering);
    if (table.full_text->content == FullText::Content::none && !table.full_text->is_fts5() && source.matches.empty())
        throw Error("SQL logic error");
    if (table.full_text->is_fts5() && table.full_text->keeps_nothing() && source.matches.empty())
        throw Error(table.name + ": table does not support scanning");
    const std::string name = pg_name(table);
    return source.pg_alias == table.pg ? name : name + " AS " + quote_identifier(source.pg_alias);
}

void check_full_text_insert(const Insert& insert)
{
    const FullText& text = *insert.target->table->full_text;
    if (!insert.returning.empty())
        throw refusal("RETURNING of an INSERT into a virtual table");
    if (!text.is_fts5())
        return check_fts4_insert(insert, text);
    if (text.content != FullText::Content::own && insert.conflict == ConflictAction::replace)
        throw refusal("REPLACE on an fts5 table without content of its own");
}

void check_full_text_update(const Update& update)
{
    const Table& table = *update.table.source->table;
    if (!table.full_text->is_fts5())
        return check_fts4_update(update, *table.full_text);
    if (table.full_text->content == FullText::Content::none)
        throw Error("cannot UPDATE contentless fts5 table: " + table.name);
    if (table.full_text->content == FullText::Content::external)
        throw refusal("UPDATE of an fts5 table with external content; use its 'delete' command and INSERT");
    for (const SetClause& set : update.set)
        for (const int column : set.indexes)
            if (column >= table.full_text->table_column())
                throw refusal("UPDATE of a hidden column of an fts5 table");
}

void check_full_text_delete(const Delete& del)
{
    const Table& table = *del.table.source->table;
    if (!table.full_text->is_fts5())
        return check_fts4_delete(*del.table.source);
    if (table.full_text->content == FullText::Content::none)
        throw Error("cannot DELETE from contentless fts5 table: " + table.name);
    if (table.full_text->content == FullText::Content::external)
        throw refusal("DELETE from an fts5 table with external content; use its 'delete' command");
}

} // namespace howdah::dialect
