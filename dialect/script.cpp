// See script.hpp.
#include "dialect/script.hpp"

#include "dialect/lexer.hpp"

namespace howdah::dialect {

namespace {

// Follows the first words of a statement: EXPLAIN [QUERY PLAN] CREATE [TEMP] TRIGGER.
class TriggerWords {
public:
    bool is_trigger() const { return state_ == State::trigger; }
    void on(TokenKind kind)
    {
        switch (state_) {
        case State::start:
            if (kind == TokenKind::create)
                state_ = State::create;
            else if (kind != TokenKind::explain && kind != TokenKind::query && kind != TokenKind::plan)
                state_ = State::other;
            break;
        case State::create:
            if (kind == TokenKind::trigger)
                state_ = State::trigger;
            else if (kind != TokenKind::temp)
                state_ = State::other;
            break;
        case State::trigger:
        case State::other:
            break;
        }
    }

private:
    enum class State { start, create, trigger, other } state_ = State::start;
};

} // namespace

std::size_t first_statement(std::string_view script)
{
    Lexer lexer(script);
    TriggerWords words;
    TokenKind before = TokenKind::end_of_input, last = TokenKind::end_of_input;
    bool any = false;
    for (;;) {
        const Token token = lexer.next();
        if (token.kind == TokenKind::end_of_input)
            return script.size();
        if (token.kind == TokenKind::semi && any) {
            const bool inside = words.is_trigger() && !(last == TokenKind::end && before == TokenKind::semi);
            if (!inside)
                return token.span.end;
        }
        if (token.kind != TokenKind::semi || any)
            words.on(token.kind);
        any = any || token.kind != TokenKind::semi;
        before = last;
        last = token.kind;
    }
}

bool is_blank(std::string_view statement)
{
    Lexer lexer(statement);
    for (;;) {
        const Token token = lexer.next();
        if (token.kind == TokenKind::end_of_input)
            return true;
        if (token.kind != TokenKind::semi)
            return false;
    }
}

} // namespace howdah::dialect
