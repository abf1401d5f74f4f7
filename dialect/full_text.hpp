// A full-text table: what CREATE VIRTUAL TABLE … USING fts5(…), fts4(…) or fts3(…) says, and the PostgreSQL table it
// becomes.
//
//   CREATE TABLE t ("a" howdah.v, "b" howdah.v, "rowid" bigint, "~doc" howdah.fts_doc GENERATED ALWAYS AS (…) STORED)
//   CREATE INDEX "t~fts" ON t USING gin (howdah.fts_vector("~doc"))
//
// "~doc" has the tokens of every column, in order; the index finds rows by them (runtime/92_full_text.sql). A table
// without content of its own keeps "~doc" alone, and a trigger makes it from what is inserted.
#pragma once

#include "dialect/catalog.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct FullText {
    enum class Module : std::uint8_t { fts5, fts4, fts3 };
    enum class Content : std::uint8_t { own, external, none };
    enum class Detail : std::uint8_t { full, column, none };

    struct TextColumn {
        std::string name;
        bool indexed = true;
    };
    Module module = Module::fts5;
    std::vector<TextColumn> columns;
    std::vector<std::string> tokenizer; // its name and arguments; empty: unicode61, and simple before fts5
    Content content = Content::own;
    std::string content_table; // external
    std::string content_rowid = "rowid";
    bool column_sizes = true;
    Detail detail = Detail::full;
    bool descending = false; // order=desc: rows are visited from the last to the first

    bool is_fts5() const { return module == Module::fts5; }
    // Of a row nothing but the index: neither the module nor SQLite knows which rowids there are.
    bool keeps_nothing() const { return content == Content::none && !column_sizes; }
    // Columns of the Table behind the text columns: of fts5 the table's own and rank, of the others the table's own,
    // docid (another name of the rowid) and the language. none: the module has no such column.
    static constexpr int none = -2;
    int table_column() const { return static_cast<int>(columns.size()); }
    int rank_column() const { return is_fts5() ? table_column() + 1 : none; }
    int docid_column() const { return is_fts5() ? none : table_column() + 1; }
    int language_column() const { return is_fts5() ? none : table_column() + 2; }
};

inline constexpr std::string_view doc_column = "~doc";

bool is_full_text_module(std::string_view module);
// The arguments of USING module(…), which SQLite has accepted. Throws refusal() for those that are not supported.
FullText read_full_text(std::string_view module, const std::vector<std::string>& args);

// The tokenizer as howdah.fts_tokens() and its like take it: a JSON object. Throws refusal() for one that they do not
// have.
std::string tokenizer_json(const FullText& text);

// full_text_fts4.cpp: the same for fts4 and fts3.
FullText read_fts4(FullText::Module module, const std::vector<std::string>& args);
std::string fts4_tokenizer_json(const FullText& text);
// {"kind": "unicode61", …} of options, which are names and values in turn.
std::string unicode61_json(const std::vector<std::string>& options);

std::vector<std::string> create_full_text_statements(const Table& table);
// The name of its index.
std::string full_text_index(const Table& table);
// ARRAY[…] of the texts to be indexed, from one PostgreSQL expression (of type howdah.v) for each column.
std::string text_array(const FullText& text, const std::vector<std::string>& values);
// howdah.fts_doc('…', ARRAY[…])
std::string doc_of(const FullText& text, const std::vector<std::string>& values);

// A JSON string, quotes included.
std::string json_string(std::string_view text);

} // namespace howdah::dialect
