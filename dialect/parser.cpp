// The parser's entrance: tokens, names, and which statement this is.
#include "dialect/parser.hpp"

#include "dialect/productions.hpp"

namespace howdah::dialect {

namespace {

// parse.y is compiled with YYSTACKDEPTH=100, of which the bottom one is the start state.
constexpr int stack_limit = 99;

} // namespace

// ---------------------------------------------------------------------------------------------------------- tokens

const Token& Parser::peek(std::size_t ahead)
{
    while (tokens_.size() <= position_ + ahead)
        tokens_.push_back(lexer_.next());
    return tokens_[position_ + ahead];
}

void Parser::fail(const std::string& message, Span span) { throw Error(message, span); }

void Parser::complain(const std::string& message, Span span) { complaint_ = Error(message, span); }

void Parser::syntax_error() { syntax_error(peek()); }

// A token that no production can take. An unrecognized one is reported before the grammar is asked.
void Parser::syntax_error(const Token& token)
{
    if (token.kind == TokenKind::illegal)
        throw Error("unrecognized token: \"" + std::string(text(token)) + "\"", token.span, code::error, "42601");
    if (token.kind == TokenKind::end_of_input)
        throw Error("incomplete input", token.span, code::error, "42601");
    throw Error("near \"" + std::string(text(token)) + "\": syntax error", token.span, code::error, "42601");
}

Token Parser::shift()
{
    if (complaint_)
        throw *complaint_;
    if (++depth_ > stack_limit)
        fail("parser stack overflow", peek().span);
    const Token token = peek();
    last_end_ = token.span.end;
    ++position_;
    if (at(TokenKind::illegal))
        syntax_error();
    return token;
}

bool Parser::accept(TokenKind kind)
{
    if (!at(kind))
        return false;
    shift();
    return true;
}

Token Parser::expect(TokenKind kind)
{
    if (!at(kind))
        syntax_error();
    return shift();
}

// ----------------------------------------------------------------------------------------------------------- names

bool Parser::at_id() { return at(TokenKind::id) || at(TokenKind::indexed) || falls_back_to_id(kind()); }
bool Parser::at_ids() { return at(TokenKind::id) || at(TokenKind::string) || falls_back_to_id(kind()); }
bool Parser::at_nm() { return at_id() || at(TokenKind::string) || at(TokenKind::join_kw); }

Name Parser::name_of_token(const Token& token) const
{
    const std::string_view spelled = text(token);
    const char first = spelled.empty() ? '\0' : spelled.front();
    const bool quoted = first == '"' || first == '\'' || first == '`' || first == '[';
    return {unquoted(spelled), token.span, quoted ? first : '\0'};
}

Name Parser::parse_nm()
{
    if (!at_nm())
        syntax_error();
    return name_of_token(shift());
}

Name Parser::parse_ids()
{
    if (!at_ids())
        syntax_error();
    return name_of_token(shift());
}

// fullname ::= nm | nm . nm
QualifiedName Parser::parse_fullname()
{
    Production production(*this);
    QualifiedName result;
    result.name = parse_nm();
    if (accept(TokenKind::dot)) {
        result.schema = std::move(result.name);
        result.name = parse_nm();
    }
    return result;
}

// idlist ::= nm | idlist , nm
std::vector<Name> Parser::parse_idlist()
{
    Production production(*this);
    std::vector<Name> names;
    do {
        names.push_back(parse_nm());
        production.becomes(1);
    } while (accept(TokenKind::comma));
    return names;
}

// as ::= AS nm | ids | nothing
Name Parser::parse_as()
{
    Production production(*this);
    if (accept(TokenKind::as))
        return parse_nm();
    return at_ids() ? parse_ids() : Name{};
}

Span Parser::trimmed(std::uint32_t begin, std::uint32_t end) const
{
    const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (begin < end && is_space(sql_[begin]))
        ++begin;
    while (end > begin && is_space(sql_[end - 1]))
        --end;
    return {begin, end};
}

// ------------------------------------------------------------------------------------------------------ statements

// input ::= cmdlist    ecmd ::= ; | cmdx ;
std::optional<Statement> Parser::parse_input(std::size_t* tail)
{
    if (at(TokenKind::illegal))
        syntax_error();
    while (at(TokenKind::semi)) {
        shift();
        depth_ = 1;
    }
    std::optional<Statement> statement;
    if (!at(TokenKind::end_of_input))
        statement = parse_ecmd();
    if (tail)
        *tail = statement && at(TokenKind::semi) ? peek().span.end : peek().span.begin;
    return statement;
}

// cmdx ::= [EXPLAIN [QUERY PLAN]] cmd
Statement Parser::parse_ecmd()
{
    Statement statement;
    statement.span.begin = peek().span.begin;
    if (at(TokenKind::explain)) {
        Production production(*this);
        shift();
        statement.explain = Statement::Explain::explain;
        if (accept(TokenKind::query)) {
            expect(TokenKind::plan);
            statement.explain = Statement::Explain::query_plan;
        }
    }
    statement.node = parse_cmd();
    if (!at(TokenKind::semi) && !at(TokenKind::end_of_input))
        syntax_error();
    if (complaint_)
        throw *complaint_;
    statement.span.end = last_end_;
    for (const auto& [index, spelled] : parameters_)
        statement.parameters.push_back({spelled, index});
    statement.parameter_count = parameters_.empty() ? 0 : parameters_.rbegin()->first;
    return statement;
}

StatementNode Parser::parse_cmd()
{
    switch (kind()) {
    case TokenKind::select:
    case TokenKind::values:
        return parse_select();
    case TokenKind::with:
        return parse_cmd_with();
    case TokenKind::insert:
    case TokenKind::replace:
        return parse_insert(nullptr, false);
    case TokenKind::update:
        return parse_update(nullptr, false);
    case TokenKind::delete_:
        return parse_delete(nullptr, false);
    case TokenKind::create:
        return parse_create();
    case TokenKind::alter:
        return parse_alter_table();
    case TokenKind::drop:
        return parse_drop();
    case TokenKind::begin:
        return parse_begin();
    case TokenKind::commit:
    case TokenKind::end:
        return parse_commit();
    case TokenKind::rollback:
        return parse_rollback();
    case TokenKind::savepoint:
        return parse_savepoint();
    case TokenKind::release:
        return parse_release();
    case TokenKind::pragma:
        return parse_pragma();
    case TokenKind::attach:
        return parse_attach();
    case TokenKind::detach:
        return parse_detach();
    case TokenKind::vacuum:
        return parse_vacuum();
    case TokenKind::analyze:
        shift();
        return Analyze{at_nm() ? parse_fullname() : QualifiedName{}};
    case TokenKind::reindex:
        shift();
        return Reindex{at_nm() ? parse_fullname() : QualifiedName{}};
    default:
        syntax_error();
    }
}

// cmd ::= with (select | insert_cmd … | UPDATE … | DELETE …)
StatementNode Parser::parse_cmd_with()
{
    const std::uint32_t begin = peek().span.begin;
    auto with = parse_with();
    switch (kind()) {
    case TokenKind::insert:
    case TokenKind::replace:
        return parse_insert(std::move(with), false);
    case TokenKind::update:
        return parse_update(std::move(with), false);
    case TokenKind::delete_:
        return parse_delete(std::move(with), false);
    default:
        return parse_selectnowith(std::move(with), begin);
    }
}

ExprPtr Parser::parse_lone_expression()
{
    if (at(TokenKind::illegal))
        syntax_error();
    ExprPtr expr = parse_expr();
    if (!at(TokenKind::end_of_input))
        syntax_error();
    if (complaint_)
        throw *complaint_;
    return expr;
}

std::optional<Statement> parse(std::string_view sql, std::size_t* tail) { return Parser(sql).parse_input(tail); }

ExprPtr parse_expression(std::string_view text) { return Parser(text).parse_lone_expression(); }

} // namespace howdah::dialect
