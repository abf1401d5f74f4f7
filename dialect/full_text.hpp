// A full-text table: what CREATE VIRTUAL TABLE … USING fts5(…) says, and the PostgreSQL table it becomes.
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
    enum class Content : std::uint8_t { own, external, none };
    enum class Detail : std::uint8_t { full, column, none };

    struct TextColumn {
        std::string name;
        bool indexed = true;
    };
    std::vector<TextColumn> columns;
    std::vector<std::string> tokenizer; // its name and arguments; empty: unicode61
    Content content = Content::own;
    std::string content_table; // external
    std::string content_rowid = "rowid";
    bool column_sizes = true;
    Detail detail = Detail::full;

    // Columns of the Table behind the text columns.
    int table_column() const { return static_cast<int>(columns.size()); }
    int rank_column() const { return table_column() + 1; }
};

inline constexpr std::string_view doc_column = "~doc";

// The arguments of USING fts5(…), which SQLite has accepted.
FullText read_full_text(const std::vector<std::string>& args);

// The tokenizer as howdah.fts_tokens() and its like take it: a JSON object. Throws refusal() for one that they do not
// have.
std::string tokenizer_json(const FullText& text);

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
