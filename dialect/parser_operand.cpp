// Operands of expressions: literals, parameters, names, calls, CASE, CAST, subqueries.
#include "dialect/catalog.hpp"
#include "dialect/mirror.hpp"
#include "dialect/productions.hpp"

#include <charconv>

namespace howdah::dialect {

namespace {

constexpr int variable_limit = 250000; // SQLITE_MAX_VARIABLE_NUMBER as Debian sets it
constexpr std::size_t argument_limit = 127;

Blob blob_of(std::string_view token)
{
    const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    Blob blob;
    for (std::size_t i = 2; i + 1 < token.size() - 1; i += 2)
        blob.bytes += static_cast<char>(digit(token[i]) << 4 | digit(token[i + 1]));
    return blob;
}

} // namespace

ExprPtr Parser::parse_operand()
{
    Production production(*this);
    switch (kind()) {
    case TokenKind::string:
        return peek(1).kind == TokenKind::dot ? parse_named() : parse_term();
    case TokenKind::null:
    case TokenKind::integer:
    case TokenKind::floating:
    case TokenKind::blob:
    case TokenKind::ctime_kw:
        return parse_term();
    case TokenKind::variable:
        return parse_variable();
    case TokenKind::left_paren:
        return parse_parenthesized();
    case TokenKind::cast:
        return parse_cast();
    case TokenKind::case_:
        return parse_case();
    case TokenKind::exists:
        return parse_exists();
    case TokenKind::raise:
        return parse_raise();
    default:
        if (!at_id() && !at(TokenKind::join_kw))
            syntax_error();
        return parse_named();
    }
}

// term ::= NULL | INTEGER | FLOAT | BLOB | STRING | CTIME_KW
ExprPtr Parser::parse_term()
{
    const Token token = peek();
    const std::uint32_t begin = token.span.begin;
    switch (token.kind) {
    case TokenKind::null:
        shift();
        return make(Literal{}, begin);
    case TokenKind::integer:
    case TokenKind::floating:
        return number(shift(), false);
    case TokenKind::string:
        shift();
        return make(Literal{Literal::Form::string, unquoted(text(token))}, begin);
    case TokenKind::blob:
        shift();
        return make(Literal{Literal::Form::blob, blob_of(text(token))}, begin);
    case TokenKind::ctime_kw: {
        shift();
        const std::string word = fold(text(token));
        return make(CurrentTime{word == "current_time"   ? CurrentTime::Form::time
                                : word == "current_date" ? CurrentTime::Form::date
                                                         : CurrentTime::Form::timestamp},
                    begin);
    }
    default:
        syntax_error();
    }
}

// An integer beyond 64 bits is a REAL. A hexadecimal one has no value: SQLite refuses it where it is used, as it does
// the negated 0x8000000000000000.
ExprPtr Parser::number(const Token& token, bool negative)
{
    const std::string_view digits = text(token);
    Literal literal{Literal::Form::number, {}};
    if (digits.size() > 2 && (digits[1] == 'x' || digits[1] == 'X')) {
        std::string_view significant = digits.substr(2);
        while (significant.size() > 1 && significant.front() == '0')
            significant.remove_prefix(1);
        std::uint64_t bits = 0;
        std::from_chars(significant.data(), significant.data() + significant.size(), bits, 16);
        if (significant.size() <= 16 && !(negative && bits == std::uint64_t{1} << 63))
            literal.value = static_cast<std::int64_t>(bits);
    } else {
        literal.value = numeric_text(digits);
        // 1e400 is infinite; a FLOAT is a REAL even where it looks like an integer.
        if (const auto* i = std::get_if<std::int64_t>(&literal.value); i && token.kind == TokenKind::floating)
            literal.value = static_cast<double>(*i);
    }
    return make(std::move(literal), token.span.begin);
}

// expr ::= VARIABLE. A number names a parameter, a name is a parameter of its own, ? is the next one.
ExprPtr Parser::parse_variable()
{
    const Token token = shift();
    const std::string_view spelled = text(token);
    if (spelled.size() > 1 && spelled[0] == '#' && spelled[1] >= '0' && spelled[1] <= '9')
        complaint_ = Error("near \"" + std::string(spelled) + "\": syntax error", token.span, code::error, "42601");
    Parameter parameter{std::string(spelled), parameters_.empty() ? 1 : parameters_.rbegin()->first + 1};
    if (spelled[0] == '?' && spelled.size() > 1) {
        std::int64_t number = 0;
        const auto [end, problem] = std::from_chars(spelled.data() + 1, spelled.data() + spelled.size(), number);
        if (problem != std::errc() || number < 1 || number > variable_limit)
            complain("variable number must be between ?1 and ?" + std::to_string(variable_limit), token.span);
        else
            parameter.index = static_cast<int>(number);
    } else {
        if (spelled[0] != '?')
            parameter.index = parameter_numbers_.try_emplace(parameter.text, parameter.index).first->second;
        if (parameter.index > variable_limit)
            complain("too many SQL variables", token.span);
    }
    parameters_.try_emplace(parameter.index, parameter.text);
    return make(std::move(parameter), token.span.begin);
}

// expr ::= id | JOIN_KW | nm . nm | nm . nm . nm | id ( … )
ExprPtr Parser::parse_named()
{
    const bool can_be_called = at_id();
    const Token first = shift();
    if (at(TokenKind::left_paren) && can_be_called)
        return parse_call(first);
    ColumnRef ref;
    ref.column = name_of_token(first);
    if (accept(TokenKind::dot)) {
        ref.table = std::move(ref.column);
        ref.column = parse_nm();
        if (accept(TokenKind::dot)) {
            ref.schema = std::move(ref.table);
            ref.table = std::move(ref.column);
            ref.column = parse_nm();
        }
    } else if (ref.column.quote == 0 && equal_names(ref.column.text, "true")) {
        return make(Literal{Literal::Form::boolean, std::int64_t{1}}, first.span.begin);
    } else if (ref.column.quote == 0 && equal_names(ref.column.text, "false")) {
        return make(Literal{Literal::Form::boolean, std::int64_t{0}}, first.span.begin);
    }
    return make(std::move(ref), first.span.begin);
}

// expr ::= id ( [DISTINCT | ALL] exprlist ) filter_over | id ( * ) filter_over
ExprPtr Parser::parse_call(const Token& name)
{
    Call call;
    call.name = name_of_token(name);
    expect(TokenKind::left_paren);
    if (accept(TokenKind::star)) {
        call.star = true;
    } else {
        Production distinct(*this);
        call.distinct = accept(TokenKind::distinct);
        if (!call.distinct)
            accept(TokenKind::all);
        distinct.becomes(1);
        call.args = parse_exprlist();
    }
    expect(TokenKind::right_paren);
    if (call.args.size() > argument_limit)
        complain("too many arguments on function " + call.name.text, name.span);
    parse_filter_over(call);
    return make(std::move(call), name.span.begin);
}

// expr ::= ( expr ) | ( nexprlist , expr ) | ( select )
ExprPtr Parser::parse_parenthesized()
{
    const std::uint32_t begin = shift().span.begin;
    if (at_select()) {
        SelectPtr select = parse_select();
        expect(TokenKind::right_paren);
        return make(Subquery{std::move(select)}, begin);
    }
    std::vector<ExprPtr> members = parse_nexprlist();
    expect(TokenKind::right_paren);
    if (members.size() == 1)
        return make(Parenthesized{std::move(members.front())}, begin);
    return make(RowValue{std::move(members)}, begin);
}

// expr ::= CASE [expr] (WHEN expr THEN expr)+ [ELSE expr] END
ExprPtr Parser::parse_case()
{
    const std::uint32_t begin = shift().span.begin;
    Case result;
    {
        Production operand(*this);
        if (!at(TokenKind::when))
            result.operand = parse_expr();
    }
    Production list(*this);
    do {
        expect(TokenKind::when);
        Case::When when;
        when.condition = parse_expr();
        expect(TokenKind::then);
        when.result = parse_expr();
        result.whens.push_back(std::move(when));
        list.becomes(1);
    } while (at(TokenKind::when));
    if (accept(TokenKind::else_))
        result.otherwise = parse_expr();
    expect(TokenKind::end);
    return make(std::move(result), begin);
}

// expr ::= CAST ( expr AS typetoken )
ExprPtr Parser::parse_cast()
{
    const std::uint32_t begin = shift().span.begin;
    expect(TokenKind::left_paren);
    Cast cast;
    cast.operand = parse_expr();
    expect(TokenKind::as);
    cast.type = unquoted(parse_typetoken());
    expect(TokenKind::right_paren);
    return make(std::move(cast), begin);
}

// expr ::= EXISTS ( select )
ExprPtr Parser::parse_exists()
{
    const std::uint32_t begin = shift().span.begin;
    expect(TokenKind::left_paren);
    Exists exists;
    exists.select = parse_select();
    expect(TokenKind::right_paren);
    return make(std::move(exists), begin);
}

// expr ::= RAISE ( IGNORE ) | RAISE ( raisetype , nm )
ExprPtr Parser::parse_raise()
{
    const std::uint32_t begin = shift().span.begin;
    expect(TokenKind::left_paren);
    Raise raise;
    if (!accept(TokenKind::ignore)) {
        switch (kind()) {
        case TokenKind::rollback:
            raise.action = ConflictAction::rollback;
            break;
        case TokenKind::abort:
            raise.action = ConflictAction::abort;
            break;
        case TokenKind::fail:
            raise.action = ConflictAction::fail;
            break;
        default:
            syntax_error();
        }
        shift();
        expect(TokenKind::comma);
        raise.message = parse_nm().text;
    }
    expect(TokenKind::right_paren);
    return make(std::move(raise), begin);
}

// nexprlist ::= expr | nexprlist , expr
std::vector<ExprPtr> Parser::parse_nexprlist()
{
    Production production(*this);
    std::vector<ExprPtr> list;
    do {
        list.push_back(parse_expr());
        production.becomes(1);
    } while (accept(TokenKind::comma));
    return list;
}

// exprlist ::= nexprlist | nothing
std::vector<ExprPtr> Parser::parse_exprlist()
{
    if (at(TokenKind::right_paren))
        return {};
    return parse_nexprlist();
}

// typetoken ::= nothing | ids+ | ids+ ( signed ) | ids+ ( signed , signed )
std::string Parser::parse_typetoken()
{
    Production production(*this);
    if (!at_ids())
        return {};
    const std::uint32_t begin = peek().span.begin;
    while (at_ids()) {
        shift();
        production.becomes(1);
    }
    const auto parse_signed = [&] {
        Production number(*this);
        if (!accept(TokenKind::plus))
            accept(TokenKind::minus);
        if (!accept(TokenKind::integer))
            expect(TokenKind::floating);
    };
    if (accept(TokenKind::left_paren)) {
        parse_signed();
        if (accept(TokenKind::comma))
            parse_signed();
        expect(TokenKind::right_paren);
    }
    return std::string(Span{begin, last_end_}.of(sql_));
}

} // namespace howdah::dialect
