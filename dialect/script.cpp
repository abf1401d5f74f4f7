// Where one statement ends and the next begins.
#include "dialect/script.hpp"

#include "dialect/lexer.hpp"

namespace howdah::dialect {

namespace {

// The state machine of sqlite3_complete() (complete.c): a trigger ends with `; END ;`.
enum class State : std::uint8_t {
    start,         // nothing yet
    ordinary,      // a statement that the next semicolon ends
    explain,       // after EXPLAIN
    create,        // after CREATE [TEMP]
    virtual_table, // CREATE VIRTUAL …: a semicolon in parentheses is an argument's
    trigger,       // inside CREATE TRIGGER
    trigger_semi,  // … after a semicolon
    trigger_end,   // … after `; END`
};

State next_state(State state, TokenKind kind)
{
    const bool semi = kind == TokenKind::semi;
    switch (state) {
    case State::start:
    case State::explain:
        if (kind == TokenKind::create)
            return State::create;
        if (kind == TokenKind::explain && state == State::start)
            return State::explain;
        if (state == State::explain && (kind == TokenKind::query || kind == TokenKind::plan))
            return State::explain;
        return semi ? State::start : State::ordinary;
    case State::create:
        if (kind == TokenKind::trigger)
            return State::trigger;
        return kind == TokenKind::temp       ? State::create
               : kind == TokenKind::virtual_ ? State::virtual_table
                                             : State::ordinary;
    case State::trigger:
    case State::trigger_semi:
        if (state == State::trigger_semi && kind == TokenKind::end)
            return State::trigger_end;
        return semi ? State::trigger_semi : State::trigger;
    case State::trigger_end:
        return State::trigger; // a semicolon here ends the statement and is not asked about
    case State::ordinary:
    case State::virtual_table:
        break;
    }
    return state;
}

} // namespace

std::size_t first_statement(std::string_view sql)
{
    // Most texts are one statement, and whatever their only semicolon is, it is their end.
    if (const auto semicolon = sql.find(';'); semicolon == std::string_view::npos || semicolon + 1 == sql.size())
        return sql.size();
    Lexer lexer(sql);
    State state = State::start;
    int parentheses = 0;
    for (;;) {
        const Token token = lexer.next();
        if (token.kind == TokenKind::end_of_input)
            return sql.size();
        parentheses += token.kind == TokenKind::left_paren ? 1 : token.kind == TokenKind::right_paren ? -1 : 0;
        const bool inside = state == State::start || state == State::trigger || state == State::trigger_semi ||
                            (state == State::virtual_table && parentheses > 0);
        if (token.kind == TokenKind::semi && !inside)
            return token.span.end;
        state = next_state(state, token.kind);
    }
}

bool is_blank(std::string_view sql)
{
    Lexer lexer(sql);
    TokenKind kind = TokenKind::semi;
    while (kind == TokenKind::semi)
        kind = lexer.next().kind;
    return kind == TokenKind::end_of_input;
}

} // namespace howdah::dialect
