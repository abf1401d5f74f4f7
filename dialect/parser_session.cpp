// Statements about the connection: transactions, PRAGMA, ATTACH, VACUUM (https://sqlite.org/lang.html).
#include "dialect/productions.hpp"

namespace howdah::dialect {

// cmd ::= BEGIN [DEFERRED | IMMEDIATE | EXCLUSIVE] trans_opt
Begin Parser::parse_begin()
{
    shift();
    Begin begin;
    if (accept(TokenKind::immediate))
        begin.mode = Begin::Mode::immediate;
    else if (accept(TokenKind::exclusive))
        begin.mode = Begin::Mode::exclusive;
    else
        accept(TokenKind::deferred);
    parse_trans_opt();
    return begin;
}

// trans_opt ::= nothing | TRANSACTION | TRANSACTION nm
void Parser::parse_trans_opt()
{
    if (accept(TokenKind::transaction) && at_nm())
        shift();
}

// cmd ::= (COMMIT | END) trans_opt
Commit Parser::parse_commit()
{
    shift();
    parse_trans_opt();
    return {};
}

// cmd ::= ROLLBACK trans_opt | ROLLBACK trans_opt TO [SAVEPOINT] nm
StatementNode Parser::parse_rollback()
{
    shift();
    parse_trans_opt();
    Rollback rollback;
    if (accept(TokenKind::to)) {
        accept(TokenKind::savepoint);
        rollback.savepoint = parse_nm();
    }
    return rollback;
}

// cmd ::= SAVEPOINT nm
Savepoint Parser::parse_savepoint()
{
    shift();
    return {parse_nm()};
}

// cmd ::= RELEASE [SAVEPOINT] nm
Release Parser::parse_release()
{
    shift();
    accept(TokenKind::savepoint);
    return {parse_nm()};
}

// cmd ::= PRAGMA nm dbnm | PRAGMA nm dbnm = value | PRAGMA nm dbnm ( value )
Pragma Parser::parse_pragma()
{
    shift();
    Pragma pragma;
    pragma.name = parse_fullname();
    if (accept(TokenKind::equal)) {
        pragma.has_value = true;
        pragma.value = parse_pragma_value();
    } else if (accept(TokenKind::left_paren)) {
        pragma.has_value = pragma.call_form = true;
        pragma.value = parse_pragma_value();
        expect(TokenKind::right_paren);
    }
    return pragma;
}

// nmnum ::= [+] number | nm | ON | DELETE | DEFAULT    minus_num ::= - number
std::string Parser::parse_pragma_value()
{
    if (at(TokenKind::plus) || at(TokenKind::minus)) {
        const bool negative = shift().kind == TokenKind::minus;
        if (!at(TokenKind::integer) && !at(TokenKind::floating))
            syntax_error();
        return (negative ? "-" : "") + std::string(text(shift()));
    }
    switch (kind()) {
    case TokenKind::integer:
    case TokenKind::floating:
    case TokenKind::on:
    case TokenKind::delete_:
    case TokenKind::default_:
        return std::string(text(shift()));
    default:
        return parse_nm().text;
    }
}

// cmd ::= ATTACH [DATABASE] expr AS expr [KEY expr]
Attach Parser::parse_attach()
{
    shift();
    accept(TokenKind::database);
    Attach attach;
    attach.file = parse_expr();
    expect(TokenKind::as);
    attach.name = parse_expr();
    if (accept(TokenKind::key))
        attach.key = parse_expr();
    return attach;
}

// cmd ::= DETACH [DATABASE] expr
Detach Parser::parse_detach()
{
    shift();
    accept(TokenKind::database);
    return {parse_expr()};
}

// cmd ::= VACUUM [nm] [INTO expr]
Vacuum Parser::parse_vacuum()
{
    shift();
    Vacuum vacuum;
    if (at_nm())
        vacuum.schema = parse_nm();
    if (accept(TokenKind::into))
        vacuum.into = parse_expr();
    return vacuum;
}

} // namespace howdah::dialect
