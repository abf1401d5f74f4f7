// See full_text_query.hpp.
#include "dialect/full_text_query.hpp"

#include "dialect/catalog.hpp"
#include "dialect/error.hpp"
#include "dialect/full_text.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

namespace howdah::dialect {

namespace {

using Node = FullTextQuery::Node;
using Phrase = FullTextQuery::Phrase;
using NodePtr = std::unique_ptr<Node>;

// Terms are cut to this many characters in the index: PostgreSQL's lexemes are limited to 2 kB.
constexpr std::size_t indexed_characters = 500;

struct Lexeme {
    enum class Kind : std::uint8_t { end, string, punctuation, and_, or_, not_ };
    Kind kind = Kind::end;
    std::string text;
    bool bare = false; // not in quotes
};

bool is_bareword(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '\x1a' ||
           (static_cast<unsigned char>(c) & 0x80) != 0;
}

// fts5ExprGetToken
std::vector<Lexeme> lex(std::string_view text)
{
    std::vector<Lexeme> out;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++i;
        } else if (c == '"') {
            std::string word;
            for (++i; i < text.size(); ++i) {
                if (text[i] == '"' && (i + 1 >= text.size() || text[i + 1] != '"'))
                    break;
                i += text[i] == '"' ? 1 : 0;
                word += text[i];
            }
            ++i;
            out.push_back({Lexeme::Kind::string, std::move(word), false});
        } else if (is_bareword(c)) {
            const std::size_t begin = i;
            while (i < text.size() && is_bareword(text[i]))
                ++i;
            const std::string word(text.substr(begin, i - begin));
            const auto kind = word == "AND"   ? Lexeme::Kind::and_
                              : word == "OR"  ? Lexeme::Kind::or_
                              : word == "NOT" ? Lexeme::Kind::not_
                                              : Lexeme::Kind::string;
            out.push_back({kind, word, true});
        } else {
            out.push_back({Lexeme::Kind::punctuation, std::string(1, c), true});
            ++i;
        }
    }
    out.emplace_back();
    return out;
}

class QueryParser {
public:
    QueryParser(std::string_view text, const std::vector<std::string>& columns, const Tokenize& tokenize)
        : lexemes_(lex(text)), columns_(columns), tokenize_(tokenize)
    {
    }

    NodePtr parse() { return any(); }

    static void set_columns(Node& node, const std::vector<int>& columns)
    {
        for (const NodePtr& child : node.children)
            set_columns(*child, columns);
        if (node.kind != Node::Kind::phrases && node.kind != Node::Kind::nothing)
            return;
        if (node.filtered)
            std::erase_if(node.columns,
                          [&](int c) { return std::find(columns.begin(), columns.end(), c) == columns.end(); });
        else
            node.columns = columns;
        node.filtered = true;
    }

private:
    using Kind = Lexeme::Kind;

    const Lexeme& peek(std::size_t ahead = 0) const { return lexemes_[std::min(at_ + ahead, lexemes_.size() - 1)]; }
    Lexeme take() { return lexemes_[std::min(at_++, lexemes_.size() - 1)]; }
    bool is(std::string_view punctuation, std::size_t ahead = 0) const
    {
        return peek(ahead).kind == Kind::punctuation && peek(ahead).text == punctuation;
    }
    bool accept(std::string_view punctuation)
    {
        const bool found = is(punctuation);
        at_ += found ? 1 : 0;
        return found;
    }
    // The mirror has accepted the query, so this is not reached.
    [[noreturn]] void unexpected() const { throw refusal("fts5: query not understood near \"" + peek().text + "\""); }

    static NodePtr of(Node::Kind kind, NodePtr a, NodePtr b)
    {
        auto node = std::make_unique<Node>();
        node->kind = kind;
        node->children.push_back(std::move(a));
        node->children.push_back(std::move(b));
        return node;
    }

    NodePtr any()
    {
        NodePtr left = all();
        while (peek().kind == Kind::or_) {
            take();
            left = of(Node::Kind::any, std::move(left), all());
        }
        return left;
    }
    NodePtr all()
    {
        NodePtr left = without();
        while (peek().kind == Kind::and_) {
            take();
            left = of(Node::Kind::all, std::move(left), without());
        }
        return left;
    }
    NodePtr without()
    {
        NodePtr left = operand();
        while (peek().kind == Kind::not_) {
            take();
            left = of(Node::Kind::without, std::move(left), operand());
        }
        return left;
    }

    bool at_filter() const { return is("-") || is("{") || (peek().kind == Kind::string && is(":", 1)); }

    std::vector<int> filter()
    {
        const bool inverted = accept("-");
        std::vector<int> named;
        if (accept("{")) {
            while (peek().kind == Kind::string)
                named.push_back(column(take().text));
            if (!accept("}"))
                unexpected();
        } else {
            named.push_back(column(take().text));
        }
        if (!accept(":"))
            unexpected();
        std::vector<int> out;
        for (int c = 0; c < static_cast<int>(columns_.size()); ++c)
            if ((std::find(named.begin(), named.end(), c) != named.end()) != inverted)
                out.push_back(c);
        return out;
    }

    int column(std::string_view name) const
    {
        for (std::size_t i = 0; i < columns_.size(); ++i)
            if (equal_names(columns_[i], name))
                return static_cast<int>(i);
        unexpected();
    }

    NodePtr parenthesised()
    {
        NodePtr inner = any();
        if (!accept(")"))
            unexpected();
        return inner;
    }

    NodePtr operand()
    {
        if (accept("("))
            return parenthesised();
        NodePtr list;
        do {
            std::optional<std::vector<int>> columns;
            if (at_filter())
                columns = filter();
            const bool group = columns && !list && accept("(");
            NodePtr node = group ? parenthesised() : near();
            if (columns)
                set_columns(*node, *columns);
            if (group)
                return node;
            list = list ? implicit_and(std::move(list), std::move(node)) : std::move(node);
        } while (peek().kind == Kind::string || is("^") || is("{") || is("-"));
        return list;
    }

    // A phrase without tokens counts for nothing beside another.
    static NodePtr implicit_and(NodePtr left, NodePtr right)
    {
        if (right->kind == Node::Kind::nothing)
            return left;
        if (left->kind == Node::Kind::nothing)
            return right;
        return of(Node::Kind::all, std::move(left), std::move(right));
    }

    NodePtr near()
    {
        auto node = std::make_unique<Node>();
        if (peek().kind == Kind::string && peek().bare && peek().text == "NEAR" && is("(", 1)) {
            at_ += 2;
            while (peek().kind == Kind::string)
                add_phrase(*node, phrase());
            if (accept(","))
                node->distance = number(take().text);
            if (!accept(")"))
                unexpected();
        } else {
            const bool first = accept("^");
            add_phrase(*node, phrase());
            node->phrases.front().first = first && !node->phrases.front().terms.empty();
        }
        if (std::any_of(node->phrases.begin(), node->phrases.end(), [](const Phrase& p) { return p.terms.empty(); }))
            node->kind = Node::Kind::nothing;
        return node;
    }

    static int number(const std::string& digits)
    {
        int n = 0;
        for (const char c : digits)
            n = n < 214748363 ? n * 10 + (c - '0') : n;
        return n;
    }

    static void add_phrase(Node& node, Phrase phrase)
    {
        if (!node.phrases.empty() && phrase.terms.empty())
            return;
        if (!node.phrases.empty() && node.phrases.back().terms.empty())
            node.phrases.back() = std::move(phrase);
        else
            node.phrases.push_back(std::move(phrase));
    }

    Phrase phrase()
    {
        Phrase out;
        do {
            if (peek().kind != Kind::string)
                unexpected();
            const std::string text = take().text;
            const bool prefix = accept("*");
            for (std::string& term : tokenize_(text, prefix)) {
                out.terms.push_back(std::move(term));
                out.prefix.push_back(false);
            }
            if (!out.terms.empty())
                out.prefix.back() = prefix;
        } while (accept("+"));
        return out;
    }

    std::vector<Lexeme> lexemes_;
    std::size_t at_ = 0;
    const std::vector<std::string>& columns_;
    const Tokenize& tokenize_;
};

// ------------------------------------------------------------------------------------------------ candidates

// No document has this one.
constexpr std::string_view never = "'-'";

std::size_t characters_end(std::string_view text, std::size_t characters)
{
    std::size_t i = 0;
    for (; i < text.size(); ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80 && characters-- == 0)
            break;
    return i;
}

std::string quoted_lexeme(std::string_view text)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            out += c;
        out += c;
    }
    return out + "'";
}

std::vector<int> columns_of(const Node& node, const Phrase& phrase, int count)
{
    if (phrase.never)
        return {};
    if (phrase.column >= 0)
        return {phrase.column};
    if (node.filtered)
        return node.columns;
    std::vector<int> all(static_cast<std::size_t>(count));
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::string joined(const std::vector<std::string>& parts, std::string_view op)
{
    if (parts.empty())
        return std::string(never);
    std::string out;
    for (const std::string& part : parts)
        out += (out.empty() ? std::string() : std::string(op)) + part;
    return parts.size() == 1 ? out : "(" + out + ")";
}

bool is_cut(const std::string& term) { return characters_end(term, indexed_characters) < term.size(); }

bool exact(const Phrase& p) { return p.terms.size() == 1 && !p.first && !p.never && !is_cut(p.terms.front()); }

bool exact(const Node& node)
{
    if (node.kind == Node::Kind::nothing)
        return true;
    if (node.kind == Node::Kind::phrases)
        return node.phrases.size() == 1 && exact(node.phrases.front());
    return std::all_of(node.children.begin(), node.children.end(), [](const NodePtr& c) { return exact(*c); });
}

std::string phrase_candidates(const Phrase& phrase, const std::vector<int>& columns)
{
    std::vector<std::string> any;
    for (const int column : columns) {
        std::vector<std::string> all;
        for (std::size_t i = 0; i < phrase.terms.size(); ++i) {
            const std::string& term = phrase.terms[i];
            const std::string cut = term.substr(0, characters_end(term, indexed_characters));
            all.push_back(quoted_lexeme(std::to_string(column) + ":" + cut) + (phrase.prefix[i] ? ":*" : ""));
        }
        any.push_back(joined(all, " & "));
    }
    return joined(any, " | ");
}

std::string node_candidates(const Node& node, int count)
{
    std::vector<std::string> parts;
    switch (node.kind) {
    case Node::Kind::nothing:
        return std::string(never);
    case Node::Kind::phrases:
        for (const Phrase& phrase : node.phrases)
            parts.push_back(phrase_candidates(phrase, columns_of(node, phrase, count)));
        return joined(parts, " & ");
    case Node::Kind::without:
        parts.push_back(node_candidates(*node.children[0], count));
        if (exact(*node.children[1]))
            parts.push_back("!" + node_candidates(*node.children[1], count));
        return joined(parts, " & ");
    default:
        for (const NodePtr& child : node.children)
            parts.push_back(node_candidates(*child, count));
        return joined(parts, node.kind == Node::Kind::all ? " & " : " | ");
    }
}

// ------------------------------------------------------------------------------------------------ JSON

std::string list_json(const std::vector<std::string>& parts)
{
    std::string out;
    for (const std::string& part : parts)
        out += (out.empty() ? "" : ", ") + part;
    return "[" + out + "]";
}

std::vector<std::string> texts_of(const std::vector<int>& numbers)
{
    std::vector<std::string> out;
    for (const int n : numbers)
        out.push_back(std::to_string(n));
    return out;
}

std::string phrase_json(const Node& node, const Phrase& phrase, int count)
{
    std::vector<std::string> terms, prefix;
    const std::vector<std::string> columns = texts_of(columns_of(node, phrase, count));
    for (std::size_t i = 0; i < phrase.terms.size(); ++i) {
        terms.push_back(json_string(phrase.terms[i]));
        prefix.emplace_back(phrase.prefix[i] ? "true" : "false");
    }
    std::string out = "{\"terms\": " + list_json(terms) + ", \"prefix\": " + list_json(prefix);
    if (node.filtered || phrase.column >= 0 || phrase.never)
        out += ", \"columns\": " + list_json(columns);
    if (phrase.first)
        out += ", \"first\": true";
    out += ", \"candidates\": " + json_string(phrase_candidates(phrase, columns_of(node, phrase, count)));
    return out + (exact(phrase) ? ", \"exact\": true}" : "}");
}

std::string node_json(const Node& node, int count, std::vector<std::string>& phrases)
{
    constexpr std::string_view names[] = {"none", "near", "and", "or", "not"};
    std::vector<std::string> of;
    if (node.kind == Node::Kind::phrases || node.kind == Node::Kind::nothing)
        for (const Phrase& phrase : node.phrases) {
            of.push_back(std::to_string(phrases.size()));
            phrases.push_back(phrase_json(node, phrase, count));
        }
    for (const NodePtr& child : node.children)
        of.push_back(node_json(*child, count, phrases));
    if (!node.distances.empty())
        return "{\"op\": \"chain\", \"n\": " + list_json(texts_of(node.distances)) + ", \"of\": " + list_json(of) + "}";
    std::string out = "{\"op\": " + json_string(names[static_cast<std::size_t>(node.kind)]);
    if (node.phrases.size() > 1)
        out += ", \"n\": " + std::to_string(node.distance);
    return out + ", \"of\": " + list_json(of) + "}";
}

bool certain(const Node& node, bool always)
{
    switch (node.kind) {
    case Node::Kind::phrases:
        return always || node.phrases.size() == 1;
    case Node::Kind::without:
        return always && certain(*node.children[0], true) && certain(*node.children[1], false);
    case Node::Kind::all:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](const NodePtr& c) { return certain(*c, always); });
    case Node::Kind::any:
        return std::all_of(node.children.begin(), node.children.end(),
                           [](const NodePtr& c) { return certain(*c, false); });
    default:
        return true;
    }
}

} // namespace

FullTextQuery parse_full_text_query(std::string_view text, const std::vector<std::string>& columns, int column,
                                    const Tokenize& tokenize)
{
    FullTextQuery query{QueryParser(text, columns, tokenize).parse()};
    if (column >= 0)
        QueryParser::set_columns(*query.root, {column});
    return query;
}

FullTextQuery both(FullTextQuery a, FullTextQuery b)
{
    auto root = std::make_unique<Node>();
    root->kind = Node::Kind::all;
    root->children.push_back(std::move(a.root));
    root->children.push_back(std::move(b.root));
    return {std::move(root)};
}

std::string candidates(const FullTextQuery& query, int column_count)
{
    return node_candidates(*query.root, column_count);
}

bool candidates_are_exact(const FullTextQuery& query) { return exact(*query.root); }

bool phrases_are_certain(const FullTextQuery& query) { return certain(*query.root, true); }

std::string query_json(const FullTextQuery& query, int column_count)
{
    std::vector<std::string> phrases;
    const std::string root = node_json(*query.root, column_count, phrases);
    return "{\"root\": " + root + ", \"phrases\": " + list_json(phrases) + "}";
}

} // namespace howdah::dialect
