// See mirror_full_text.hpp.
#include "dialect/mirror_full_text.hpp"

#include "dialect/full_text.hpp"
#include "dialect/full_text_query.hpp"
#include "dialect/mirror_fts4.hpp"
#include "dialect/mirror_statement.hpp"
#include "dialect/parser.hpp"

#include <sqlite3.h>

#include <memory>

namespace howdah::dialect {

namespace {

std::string quoted(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

std::string text_of(sqlite3_value* value)
{
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
    return bytes ? std::string(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string();
}

fts5_api* api_of(sqlite3* db)
{
    fts5_api* api = nullptr;
    const Prepared prepared(db, "SELECT fts5(?1)");
    sqlite3_bind_pointer(prepared.get(), 1, &api, "fts5_api_ptr", nullptr);
    step(prepared.get());
    if (!api)
        throw Error("no such module: fts5");
    return api;
}

// One of fts5's tokenizers, as a table names it.
class Tokenizer {
public:
    Tokenizer(sqlite3* db, const FullText& text)
    {
        fts5_api* api = api_of(db);
        const std::string name = text.tokenizer.empty() ? "unicode61" : text.tokenizer.front();
        std::vector<const char*> args;
        for (std::size_t i = 1; i < text.tokenizer.size(); ++i)
            args.push_back(text.tokenizer[i].c_str());
        void* data = nullptr;
        if (api->xFindTokenizer(api, name.c_str(), &data, &module_) != SQLITE_OK)
            throw Error("no such tokenizer: " + name);
        if (module_.xCreate(data, args.data(), static_cast<int>(args.size()), &tokenizer_) != SQLITE_OK)
            throw Error("error in tokenizer constructor");
    }
    ~Tokenizer() { module_.xDelete(tokenizer_); }
    Tokenizer(const Tokenizer&) = delete;
    Tokenizer& operator=(const Tokenizer&) = delete;

    std::vector<std::string> operator()(std::string_view text, bool prefix) const
    {
        std::vector<std::string> terms;
        const int flags = FTS5_TOKENIZE_QUERY | (prefix ? FTS5_TOKENIZE_PREFIX : 0);
        const auto add = [](void* out, int, const char* token, int size, int, int) {
            static_cast<std::vector<std::string>*>(out)->emplace_back(token, static_cast<std::size_t>(size));
            return SQLITE_OK;
        };
        module_.xTokenize(tokenizer_, &terms, flags, text.data(), static_cast<int>(text.size()), add);
        return terms;
    }

private:
    fts5_tokenizer module_{};
    Fts5Tokenizer* tokenizer_ = nullptr;
};

FullText definition(sqlite3* db, const std::string& schema, const std::string& table)
{
    const Prepared prepared(db, "SELECT sql FROM " + quoted(schema) +
                                    ".sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
    const Value name[] = {table};
    bind(prepared.get(), std::span<const Value>(name));
    if (!step(prepared.get()))
        throw Error("no such table: " + table);
    const std::string sql(column(prepared.get(), 0).bytes);
    const auto statement = parse(sql);
    const auto* create = statement ? std::get_if<CreateVirtualTable>(&statement->node) : nullptr;
    if (!create)
        throw Error("no such table: " + table);
    return read_full_text(create->module.text, create->args);
}

// SQLite reads the query before it looks at a row, and this table has none.
void check(sqlite3* db, const std::string& schema, const std::string& table, const std::string& column,
           const std::string& query)
{
    const Prepared prepared(db, "SELECT 1 FROM " + quoted(schema) + "." + quoted(table) + " WHERE " + quoted(column) +
                                    " MATCH ?1");
    const Value text[] = {query};
    bind(prepared.get(), std::span<const Value>(text));
    step(prepared.get());
}

// The queries of one table, one after the other.
class Queries {
public:
    Queries(sqlite3* db, const FullText& text) : text_(text)
    {
        for (const auto& c : text.columns)
            names_.push_back(c.name);
        if (!text.is_fts5())
            find_ = fts4_tokenizer(text.tokenizer);
        else
            tokenize_ = std::make_unique<Tokenizer>(db, text);
    }

    // `column` < 0: the whole table.
    FullTextQuery parse(const std::string& query, int column) const
    {
        if (!text_.is_fts5())
            return parse_fts4_query(query, names_, column, text_.module == FullText::Module::fts4, find_);
        if (query.starts_with("*"))
            throw refusal("the special query " + query + " of fts5 is not supported");
        return parse_full_text_query(query, names_, column, std::cref(*tokenize_));
    }

    const std::vector<std::string>& names() const { return names_; }

private:
    const FullText& text_;
    std::vector<std::string> names_;
    FindTokens find_;
    std::unique_ptr<Tokenizer> tokenize_;
};

void refuse_uncertain_phrases(const FullTextQuery& query, const FullText& text)
{
    if (text.is_fts5() && !phrases_are_certain(query))
        throw refusal("rank and auxiliary functions of an fts5 query in which NOT or NEAR stands beside OR");
    if (!text.is_fts5() && !fts4_phrases_are_certain(query))
        throw refusal("functions of an fts4 query in which NEAR stands below an AND or NOT below an OR");
}

std::optional<std::string> answer(sqlite3* db, int count, sqlite3_value** args)
{
    const std::string what = text_of(args[0]), schema = text_of(args[1]), table = text_of(args[2]);
    const FullText text = definition(db, schema, table);
    const Queries queries(db, text);
    std::optional<FullTextQuery> all;
    for (int i = 3; i + 1 < count; i += 2) {
        const int column = sqlite3_value_int(args[i]);
        const bool whole = column >= text.table_column();
        const std::string query = text_of(args[i + 1]);
        check(db, schema, table, whole ? table : queries.names()[static_cast<std::size_t>(column)], query);
        FullTextQuery parsed = queries.parse(query, whole ? -1 : column);
        all = all ? both(std::move(*all), std::move(parsed)) : std::move(parsed);
    }
    if (!all)
        return std::nullopt;
    if (what == "candidates")
        return candidates(*all, text.table_column());
    if (what == "recheck")
        return candidates_are_exact(*all) ? std::nullopt : std::optional(query_json(*all, text.table_column()));
    refuse_uncertain_phrases(*all, text);
    return query_json(*all, text.table_column());
}

void howdah_full_text(sqlite3_context* context, int count, sqlite3_value** args)
try {
    const std::optional<std::string> text = answer(sqlite3_context_db_handle(context), count, args);
    if (text)
        sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
} catch (const Error& error) {
    sqlite3_result_error(context, error.message.c_str(), static_cast<int>(error.message.size()));
    sqlite3_result_error_code(context, error.code);
}

} // namespace

void add_full_text_function(sqlite3* db)
{
    sqlite3_create_function_v2(db, "howdah_full_text", -1, SQLITE_UTF8 | SQLITE_INNOCUOUS, nullptr, howdah_full_text,
                               nullptr, nullptr, nullptr);
}

} // namespace howdah::dialect
