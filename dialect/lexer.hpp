// SQLite's tokenizer (tokenize.c), byte for byte: also in what it calls an unrecognized token.
#pragma once

#include "dialect/token.hpp"

#include <string_view>
#include <vector>

namespace howdah::dialect {

// Gives the tokens of `text` one by one; white space and comments are none. A NUL byte is the end of the input.
// WINDOW, OVER and FILTER are keywords only where what stands around them says so, hence the memory of the last token.
class Lexer {
public:
    explicit Lexer(std::string_view text, std::size_t begin = 0) : text_(text), at_(begin) {}
    // After the last token: kind end_of_input, with an empty span there, for ever.
    Token next();

private:
    TokenKind window_keyword(TokenKind kind) const;

    std::string_view text_;
    std::size_t at_ = 0;
    TokenKind last_ = TokenKind::end_of_input;
};

// All tokens up to and without the end.
std::vector<Token> lex(std::string_view text);

} // namespace howdah::dialect
