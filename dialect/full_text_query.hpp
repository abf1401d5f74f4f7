// An FTS5 query: its text as a tree, and what the server is asked for it (catalogue 16).
//
// fts5's own parser has accepted the text; this one follows its grammar (fts5parse.y) and what it makes of phrases
// without tokens.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct FullTextQuery {
    struct Phrase {
        std::vector<std::string> terms;
        std::vector<bool> prefix; // of each term: it is the beginning of one
        bool first = false;       // ^: at the beginning of a column
    };
    struct Node {
        enum class Kind : std::uint8_t { nothing, phrases, all, any, without };
        Kind kind = Kind::phrases;
        std::vector<Phrase> phrases; // of `phrases`: one, or several near each other
        int distance = 10;
        bool filtered = false;
        std::vector<int> columns; // when filtered
        std::vector<std::unique_ptr<Node>> children;
    };
    std::unique_ptr<Node> root;
};

// `tokenize(text, prefix)`: the terms of one string of the query.
using Tokenize = std::function<std::vector<std::string>(std::string_view text, bool prefix)>;
// `columns`: the table's, for filters by name. `column` ≥ 0: the query is of that column alone.
FullTextQuery parse_full_text_query(std::string_view text, const std::vector<std::string>& columns, int column,
                                    const Tokenize& tokenize);
// Both, as a row that is matched twice must match.
FullTextQuery both(FullTextQuery a, FullTextQuery b);

// A tsquery over howdah.fts_vector() that finds every row that matches.
std::string candidates(const FullTextQuery& query, int column_count);
// Whether candidates() finds no other row.
bool candidates_are_exact(const FullTextQuery& query);
// The whole query for howdah.fts_matches() and the auxiliary functions: JSON.
std::string query_json(const FullTextQuery& query, int column_count);
// Whether the phrases found in a row are those of the parts of the query that match it. Where a NOT or a NEAR stands
// beside an OR, fts5 also reports phrases of parts that do not, as its iterators happen to stand.
bool phrases_are_certain(const FullTextQuery& query);

} // namespace howdah::dialect
