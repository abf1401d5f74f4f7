// See lower_full_text.hpp.
#include "dialect/lower_full_text.hpp"

#include "dialect/full_text.hpp"
#include "dialect/insert_rows.hpp"
#include "dialect/parser.hpp"
#include "dialect/reads.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

const FullText& text_of(const Source& source) { return *source.table->full_text; }

std::string doc(const Source& source) { return quote_identifier(source.pg_alias) + "." + quote_identifier(doc_column); }

// howdah_fts5('what', 'schema', 'table', column, query, …) as SQLite computes it.
std::string question(std::string_view what, const Source& source, const std::vector<Source::Match>& matches)
{
    const Table& table = *source.table;
    std::string sql =
        "howdah_fts5(" + quote_string(what) + ", " + quote_string(table.schema) + ", " + quote_string(table.name);
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

[[noreturn]] void wrong_count(std::string_view name)
{
    throw Error("wrong number of arguments to function " + std::string(name) + "()");
}

const Table& content_of(const Table& table, const Catalog& catalog)
{
    const Table* content = catalog.find_table(table.schema, table.full_text->content_table);
    if (!content)
        throw Error("no such table: " + table.schema + "." + table.full_text->content_table);
    if (content->kind != Table::Kind::ordinary || content->full_text || content->rtree)
        throw refusal("an fts5 table whose content is not an ordinary table");
    return *content;
}

// The rowid of external content, and each of its columns as howdah.v, of the rows of `alias`.
struct ContentColumns {
    std::string rowid;
    std::vector<std::string> values;
};

ContentColumns content_columns(const Table& table, const Table& content, const std::string& alias)
{
    const auto column = [&](const std::string& name) -> Fragment {
        const int index = content.find_column(name);
        if (index >= 0) {
            const Column& c = content.columns[static_cast<std::size_t>(index)];
            return {alias + "." + quote_identifier(c.pg), c.storage, classes_of(c.storage).with_null()};
        }
        const bool rowid = equal_names(name, "rowid") || equal_names(name, "oid") || equal_names(name, "_rowid_");
        if (!rowid || !content.has_rowid())
            throw Error("no such column: T." + name);
        return {alias + "." + quote_identifier(content.rowid_pg), PgType::int8, StorageClass::integer};
    };
    ContentColumns out;
    const Fragment rowid = column(table.full_text->content_rowid);
    if (rowid.type != PgType::int8)
        throw refusal("an fts5 table whose content_rowid is not an integer key");
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
        throw refusal("MATCH that is not a condition of every row, on an fts5 table with external content");
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

// ------------------------------------------------------------------------------------------------ commands

class Command {
public:
    Command(const Insert& insert, Lowering& lowering, Compiled& out)
        : insert_(insert), lowering_(lowering), out_(out), table_(*insert.target->table), text_(*table_.full_text)
    {
    }

    bool lower()
    {
        const Expr* command = given(text_.table_column());
        if (!command)
            return false;
        if (!lowering_.foldable(*command))
            throw refusal("an fts5 command that is not a constant");
        const auto value = lowering_.known_value(*command);
        if (!value || storage_class(*value) == StorageClass::null)
            return false;
        // A parameter decides what is compiled: its slot guards the class, and the value is compared on the server.
        if (is_parameter(*command))
            throw refusal("an fts5 command that is a parameter; write it into the statement");
        run(std::string(view(*value).bytes));
        return true;
    }

private:
    static bool is_parameter(const Expr& e)
    {
        return any_expr(e, [](const Expr& inner) { return as<Parameter>(inner) != nullptr; });
    }

    // The value that one row of VALUES gives a column (-1: the rowid).
    const Expr* given(int column) const
    {
        const auto& indexes = insert_.column_indexes;
        const auto at = std::find(indexes.begin(), indexes.end(), column);
        if (at == indexes.end() || !insert_.source)
            return nullptr;
        const auto& cores = insert_.source->cores;
        if (cores.size() != 1 || cores.front().values.size() != 1) {
            if (column == text_.table_column())
                throw refusal("several fts5 commands in one statement");
            return nullptr;
        }
        return cores.front().values.front()[static_cast<std::size_t>(at - indexes.begin())].get();
    }

    void run(const std::string& name)
    {
        lowering_.fired("full_text_command");
        lowering_.begin_step();
        const bool own = text_.content == FullText::Content::own;
        if (equal_names(name, "delete") && !own)
            return delete_row();
        if (equal_names(name, "delete-all") && !own)
            return step("howdah.fts_delete_all(" + regclass(table_) + ")");
        if (equal_names(name, "rebuild") && text_.content != FullText::Content::none)
            return own ? nothing() : step("howdah.fts_rebuild(" + regclass(table_) + ", " + content_query() + ")");
        if (equal_names(name, "integrity-check"))
            return text_.content == FullText::Content::external
                       ? step("howdah.fts_check(" + regclass(table_) + ", " + content_query() + ")")
                       : nothing();
        if (equal_names(name, "rank"))
            return set_rank();
        ask_mirror(name);
        nothing();
    }

    // What only concerns SQLite's own structure: right or wrong, fts5 says it of an empty table too.
    void ask_mirror(const std::string& name)
    {
        const auto mirror = lowering_.catalog().mirror().clone();
        const Expr* rank = given(text_.rank_column());
        const auto argument = rank ? lowering_.known_value(*rank) : Value{};
        if (!argument)
            throw refusal("an fts5 command whose argument is not a constant");
        const std::string target = quote_identifier(table_.schema) + "." + quote_identifier(table_.name);
        mirror->execute("INSERT INTO " + target + "(" + quote_identifier(table_.name) + ", rank) VALUES(" +
                        quote_string(name) + ", " + sqlite_literal(*argument) + ")");
    }

    static std::string sqlite_literal(const Value& value)
    {
        switch (storage_class(value)) {
        case StorageClass::null:
            return "NULL";
        case StorageClass::integer:
            return std::to_string(std::get<std::int64_t>(value));
        case StorageClass::real:
            return real_text(std::get<double>(value));
        default:
            return quote_string(view(value).bytes);
        }
    }

    void set_rank()
    {
        ask_mirror("rank");
        const Expr* rank = given(text_.rank_column());
        const auto value = rank ? lowering_.known_value(*rank) : std::nullopt;
        if (!value || storage_class(*value) != StorageClass::text)
            throw refusal("an fts5 rank function that is not a constant text");
        step("howdah.fts_set_rank(" + regclass(table_) + ", " + literal(*value).text + ")");
    }

    // Every row of the content: its rowid and its document.
    std::string content_query() const
    {
        const Table& content = content_of(table_, lowering_.catalog());
        const ContentColumns columns = content_columns(table_, content, "c");
        return quote_string("SELECT " + columns.rowid + " AS rowid, " + doc_of(text_, columns.values) +
                            " AS doc FROM " + pg_name(content) + " AS c");
    }

    // The row is found by its rowid; that it has the tokens it is said to have is checked.
    void delete_row()
    {
        const InsertRows rows = insert_rows(insert_, table_, lowering_, true);
        std::vector<std::string> values;
        for (int i = 0; i < text_.table_column(); ++i)
            values.push_back("n." + quote_identifier(table_.columns[static_cast<std::size_t>(i)].pg));
        const std::string rowid = quote_identifier(table_.rowid_pg), doc = quote_identifier(doc_column);
        write("DELETE FROM " + pg_name(table_) + " AS d USING (" + rows_query(rows, table_) + ") AS n WHERE d." +
              rowid + " = n." + rowid + " AND " + call("howdah.fts_same", {"d." + doc, doc_of(text_, values)}));
    }

    void write(const std::string& sql)
    {
        if (lowering_.in_trigger)
            out_.steps.push_back(lowering_.step(sql, Step::Role::write));
        else
            one_row("WITH \"howdah deleted\" AS (" + sql +
                    " RETURNING 1) SELECT (count(*) * 0)::bigint FROM \"howdah deleted\"");
    }

    void step(const std::string& function)
    {
        if (lowering_.in_trigger)
            throw refusal("this fts5 command inside a trigger");
        one_row("SELECT (" + function + " * 0)::bigint");
    }

    // A command is counted as one row, of rowid 0.
    void one_row(const std::string& sql)
    {
        Step step = lowering_.step(sql, Step::Role::write);
        step.returns_rowid = true;
        out_.steps.push_back(std::move(step));
    }
    void nothing() { step("1"); }

    const Insert& insert_;
    Lowering& lowering_;
    Compiled& out_;
    const Table& table_;
    const FullText& text_;
};

} // namespace

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
    if (column != text_of(source).rank_column())
        throw refusal("the value of the column " + source.table->name + " of an fts5 table");
    if (source.matches.empty() && !source.loose_match)
        return null_of(PgType::float8);
    return {bm25_text(source, rank_weights(source, lowering), lowering), PgType::float8,
            Classes(StorageClass::real).with_null()};
}

Fragment full_text_auxiliary(const Call& n, const Source& source, Lowering& lowering)
{
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
    const std::string name = pg_name(table);
    return source.pg_alias == table.pg ? name : name + " AS " + quote_identifier(source.pg_alias);
}

bool lower_full_text_command(const Insert& insert, Lowering& lowering, Compiled& out)
{
    return Command(insert, lowering, out).lower();
}

void check_full_text_insert(const Insert& insert)
{
    const FullText& text = *insert.target->table->full_text;
    if (!insert.returning.empty())
        throw refusal("RETURNING of an INSERT into a virtual table");
    if (text.content != FullText::Content::own && insert.conflict == ConflictAction::replace)
        throw refusal("REPLACE on an fts5 table without content of its own");
}

void check_full_text_update(const Update& update)
{
    const Table& table = *update.table.source->table;
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
    if (table.full_text->content == FullText::Content::none)
        throw Error("cannot DELETE from contentless fts5 table: " + table.name);
    if (table.full_text->content == FullText::Content::external)
        throw refusal("DELETE from an fts5 table with external content; use its 'delete' command");
}

} // namespace howdah::dialect
