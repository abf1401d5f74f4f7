// The queries of fts4 and fts3 in their enhanced syntax, as Debian's SQLite is built (ENABLE_FTS3_PARENTHESIS); see
// full_text_query.hpp.
//
//   query  ::= all (OR all)*
//   all    ::= not (AND? not)*
//   not    ::= near (NOT near)*
//   near   ::= phrase (NEAR[/n] phrase)*
//   phrase ::= ["column" ":"] "^"* token "*"? | '"' … '"' | "(" query ")"
//
// What is no token counts for nothing. There are no columns before a string; where one is written, the query, or what
// is in these parentheses of it, ends there.
#include "dialect/catalog.hpp"
#include "dialect/error.hpp"
#include "dialect/full_text_query.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace howdah::dialect {

namespace {

using Node = FullTextQuery::Node;
using Phrase = FullTextQuery::Phrase;
using NodePtr = std::unique_ptr<Node>;

constexpr int default_distance = 10;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

enum class Operator : std::uint8_t { near, without, all, any };

class Fts4Parser {
public:
    Fts4Parser(std::string_view text, const std::vector<std::string>& columns, int column, bool is_fts4,
               const FindTokens& find)
        : text_(text), columns_(columns), column_(column), is_fts4_(is_fts4), find_(find)
    {
    }

    // Null for a query without a phrase.
    NodePtr parse()
    {
        std::vector<NodePtr> operands;
        std::vector<std::pair<Operator, int>> operators;
        while (!at_end()) {
            if (const auto op = accept_operator()) {
                operators.push_back(*op);
                continue;
            }
            NodePtr next;
            if (!operand(next))
                break;
            if (!next)
                continue;
            operands.push_back(std::move(next));
            if (operators.size() + 1 < operands.size())
                operators.emplace_back(Operator::all, 0);
        }
        // SQLite has accepted the query, so this is not reached.
        if (!operands.empty() && operators.size() + 1 != operands.size())
            throw refusal("fts4: query not understood");
        return grouped(std::move(operands), operators);
    }

private:
    bool at_end()
    {
        while (!text_.empty() && is_space(text_.front()))
            text_.remove_prefix(1);
        return text_.empty();
    }

    std::optional<std::pair<Operator, int>> accept_operator()
    {
        constexpr std::pair<std::string_view, Operator> words[] = {
            {"OR", Operator::any}, {"AND", Operator::all}, {"NOT", Operator::without}, {"NEAR", Operator::near}};
        for (const auto& [word, op] : words) {
            if (!text_.starts_with(word))
                continue;
            std::size_t size = word.size();
            const int distance = op == Operator::near ? accept_distance(size) : 0;
            const char next = size < text_.size() ? text_[size] : ' ';
            if (!is_space(next) && next != '"' && next != '(' && next != ')')
                continue;
            text_.remove_prefix(size);
            return std::pair(op, distance);
        }
        return std::nullopt;
    }

    // "/n" at `at`, which is moved behind it; a number that is too large is none.
    int accept_distance(std::size_t& at) const
    {
        if (at + 1 >= text_.size() || text_[at] != '/' || !is_digit(text_[at + 1]))
            return default_distance;
        std::int64_t n = 0;
        std::size_t end = at + 1;
        for (; end < text_.size() && is_digit(text_[end]); ++end) {
            n = n * 10 + (text_[end] - '0');
            if (n > 0x7fffffff)
                return default_distance;
        }
        at = end;
        return static_cast<int>(n);
    }

    // False at the end of the parentheses. `out` stays null where there was nothing.
    bool operand(NodePtr& out)
    {
        if (text_.front() == '"') {
            const std::size_t end = text_.find('"', 1);
            out = string(text_.substr(1, end - 1));
            text_.remove_prefix(std::min(text_.size(), end + 1));
            return true;
        }
        if (text_.front() == '(') {
            text_.remove_prefix(1);
            out = parse();
            return true;
        }
        if (text_.front() == ')') {
            text_.remove_prefix(1);
            return false;
        }
        return token(out);
    }

    NodePtr of(Phrase phrase) const
    {
        auto node = std::make_unique<Node>();
        node->phrases.push_back(std::move(phrase));
        return node;
    }

    NodePtr string(std::string_view inside) const
    {
        Phrase phrase;
        phrase.column = column_;
        for (QueryToken& token : find_(inside, false)) {
            const bool first = token.begin > 0 && inside[token.begin - 1] == '^';
            phrase.never = phrase.never || (first && !phrase.terms.empty());
            phrase.first = phrase.first || (first && phrase.terms.empty());
            phrase.prefix.push_back(token.end < inside.size() && inside[token.end] == '*');
            phrase.terms.push_back(std::move(token.term));
        }
        return of(std::move(phrase));
    }

    int accept_column()
    {
        for (std::size_t i = 0; i < columns_.size(); ++i) {
            const std::size_t size = columns_[i].size();
            if (text_.size() > size && text_[size] == ':' && equal_names(text_.substr(0, size), columns_[i])) {
                text_.remove_prefix(size + 1);
                return static_cast<int>(i);
            }
        }
        return column_;
    }

    // One token, and nothing where there is none before the next string or parenthesis.
    bool token(NodePtr& out)
    {
        Phrase phrase;
        phrase.column = accept_column();
        const std::string_view here = text_.substr(0, text_.find_first_of("()\""));
        if (here.empty())
            return false;
        std::vector<QueryToken> tokens = find_(here, true);
        if (tokens.empty()) {
            text_.remove_prefix(here.size());
            return true;
        }
        QueryToken& found = tokens.front();
        const bool prefix = found.end < text_.size() && text_[found.end] == '*';
        phrase.first = is_fts4_ && found.begin > 0 && here[found.begin - 1] == '^';
        phrase.prefix.push_back(prefix);
        phrase.terms.push_back(std::move(found.term));
        text_.remove_prefix(found.end + (prefix ? 1 : 0));
        out = of(std::move(phrase));
        return true;
    }

    using Operators = std::vector<std::pair<Operator, int>>;

    static NodePtr grouped(std::vector<NodePtr> operands, Operators operators)
    {
        for (const Operator op : {Operator::near, Operator::without, Operator::all, Operator::any}) {
            std::vector<NodePtr> left;
            Operators kept;
            for (std::size_t i = 0; i < operands.size(); ++i) {
                if (i > 0 && operators[i - 1].first == op) {
                    left.back() = joined(std::move(left.back()), op, operators[i - 1].second, std::move(operands[i]),
                                         i > 1 && operators[i - 2].first == op);
                    continue;
                }
                if (i > 0)
                    kept.push_back(operators[i - 1]);
                left.push_back(std::move(operands[i]));
            }
            operands = std::move(left);
            operators = std::move(kept);
        }
        return operands.empty() ? nullptr : std::move(operands.front());
    }

    // `goes_on`: `left` is what this operator has joined before.
    static NodePtr joined(NodePtr left, Operator op, int distance, NodePtr right, bool goes_on)
    {
        if (op == Operator::near) {
            left->distances.push_back(distance);
            left->phrases.push_back(std::move(right->phrases.front()));
            return left;
        }
        if (!goes_on || op == Operator::without) {
            auto node = std::make_unique<Node>();
            node->kind = op == Operator::all   ? Node::Kind::all
                         : op == Operator::any ? Node::Kind::any
                                               : Node::Kind::without;
            node->children.push_back(std::move(left));
            left = std::move(node);
        }
        left->children.push_back(std::move(right));
        return left;
    }

    std::string_view text_;
    const std::vector<std::string>& columns_;
    int column_;
    bool is_fts4_;
    const FindTokens& find_;
};

bool certain(const Node& node, bool below_or, bool hidden)
{
    switch (node.kind) {
    case Node::Kind::phrases:
        return node.phrases.size() == 1 || !hidden;
    case Node::Kind::without:
        return certain(*node.children[0], below_or, hidden || below_or);
    case Node::Kind::all:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](const NodePtr& c) { return certain(*c, below_or, hidden || below_or); });
    case Node::Kind::any:
        return std::all_of(node.children.begin(), node.children.end(),
                           [&](const NodePtr& c) { return certain(*c, true, hidden); });
    default:
        return true;
    }
}

} // namespace

FullTextQuery parse_fts4_query(std::string_view text, const std::vector<std::string>& columns, int column, bool is_fts4,
                               const FindTokens& find)
{
    NodePtr root = Fts4Parser(text.substr(0, text.find('\0')), columns, column, is_fts4, find).parse();
    if (!root) {
        root = std::make_unique<Node>();
        root->kind = Node::Kind::nothing;
    }
    return {std::move(root)};
}

bool fts4_phrases_are_certain(const FullTextQuery& query) { return certain(*query.root, false, false); }

} // namespace howdah::dialect
