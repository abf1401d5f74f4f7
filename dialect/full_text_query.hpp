// A full-text query: its text as a tree, and what the server is asked for it (catalogue 16).
//
// SQLite's own parser has accepted the text; these follow fts5's grammar (fts5parse.y) and that of fts4 and fts3
// (fts3_expr.c), and what they make of phrases without tokens.
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
        int column = -1;          // fts4: the only one that it is looked for in, if any
        bool never = false;       // fts4: a term behind the first one is to be at the beginning, too
    };
    struct Node {
        enum class Kind : std::uint8_t { nothing, phrases, all, any, without };
        Kind kind = Kind::phrases;
        std::vector<Phrase> phrases; // of `phrases`: one, or several near each other
        int distance = 10;
        std::vector<int> distances; // fts4: from each of several phrases to the next; `distance` is not used then
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

// A token of a query's text, and its bytes there.
struct QueryToken {
    std::string term;
    std::size_t begin = 0, end = 0;
};
// `find(text, first)`: the tokens of `text`, or the first one alone.
using FindTokens = std::function<std::vector<QueryToken>(std::string_view text, bool first)>;
// full_text_query_fts4.cpp. `column` ≥ 0: what names no column is looked for in that one. `is_fts4`: not fts3.
FullTextQuery parse_fts4_query(std::string_view text, const std::vector<std::string>& columns, int column, bool is_fts4,
                               const FindTokens& find);

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
// Of fts4 and fts3: every phrase that is there is reported, but those of a NEAR only where they are near. That is not
// looked at where the NEAR stands below an AND or NOT that stands below an OR.
bool fts4_phrases_are_certain(const FullTextQuery& query);

} // namespace howdah::dialect
