// SQLite's tokenizer (tokenize.c), byte for byte: also in what it calls an unrecognized token.
#include "dialect/lexer.hpp"

namespace howdah::dialect {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
// What can stand inside an identifier: `$` and every byte beyond ASCII too.
constexpr bool is_id(char c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

// One token, white space and comments included, as SQLite cuts them.
class Scanner {
public:
    Scanner(std::string_view text, std::size_t begin) : text_(text), begin_(begin), end_(begin) {}

    struct Piece {
        TokenKind kind;
        bool blank; // white space or a comment: no token
        std::size_t end;
    };
    Piece scan();

private:
    // The byte `i` places after the start; NUL past the end.
    char at(std::size_t i) const { return begin_ + i < text_.size() ? text_[begin_ + i] : '\0'; }
    Piece token(TokenKind kind, std::size_t length) const { return {kind, false, begin_ + length}; }
    Piece space(std::size_t length) const { return {TokenKind::end_of_input, true, begin_ + length}; }

    Piece scan_space() const;
    Piece scan_line_comment() const;
    Piece scan_block_comment() const;
    Piece scan_quoted(char quote) const;
    Piece scan_bracketed() const;
    Piece scan_number() const;
    Piece scan_variable() const;
    Piece scan_blob() const;
    Piece scan_word() const;

    std::string_view text_;
    std::size_t begin_, end_;
};

Scanner::Piece Scanner::scan()
{
    using K = TokenKind;
    const char c = at(0), d = at(1);
    switch (c) {
    case '\0':
        return token(K::end_of_input, 0);
    case ' ':
    case '\t':
    case '\n':
    case '\f':
    case '\r': // a vertical tab is white space only after another one
        return scan_space();
    case '-':
        if (d == '-')
            return scan_line_comment();
        if (d == '>')
            return token(K::pointer, at(2) == '>' ? 3 : 2);
        return token(K::minus, 1);
    case '(':
        return token(K::left_paren, 1);
    case ')':
        return token(K::right_paren, 1);
    case ';':
        return token(K::semi, 1);
    case '+':
        return token(K::plus, 1);
    case '*':
        return token(K::star, 1);
    case '/':
        return d == '*' && at(2) != '\0' ? scan_block_comment() : token(K::slash, 1);
    case '%':
        return token(K::rem, 1);
    case '=':
        return token(K::equal, d == '=' ? 2 : 1);
    case '<':
        return d == '='   ? token(K::less_equal, 2)
               : d == '>' ? token(K::not_equal, 2)
               : d == '<' ? token(K::shift_left, 2)
                          : token(K::less, 1);
    case '>':
        return d == '=' ? token(K::greater_equal, 2) : d == '>' ? token(K::shift_right, 2) : token(K::greater, 1);
    case '!':
        return d == '=' ? token(K::not_equal, 2) : token(K::illegal, 1);
    case '|':
        return d == '|' ? token(K::concat, 2) : token(K::bit_or, 1);
    case ',':
        return token(K::comma, 1);
    case '&':
        return token(K::bit_and, 1);
    case '~':
        return token(K::bit_not, 1);
    case '`':
    case '"':
    case '\'':
        return scan_quoted(c);
    case '[':
        return scan_bracketed();
    case '.':
        return is_digit(d) ? scan_number() : token(K::dot, 1);
    case '?':
    case '$':
    case '@':
    case '#':
    case ':':
        return scan_variable();
    case 'x':
    case 'X':
        return d == '\'' ? scan_blob() : scan_word();
    case '\xef': // a byte order mark is white space
        return d == '\xbb' && at(2) == '\xbf' ? space(3) : scan_word();
    default:
        return is_digit(c) ? scan_number() : is_id(c) ? scan_word() : token(K::illegal, 1);
    }
}

Scanner::Piece Scanner::scan_space() const
{
    std::size_t i = 1;
    while (is_space(at(i)))
        ++i;
    return space(i);
}

Scanner::Piece Scanner::scan_line_comment() const
{
    std::size_t i = 2;
    while (at(i) != '\0' && at(i) != '\n')
        ++i;
    return space(i);
}

// An unterminated comment ends with the input.
Scanner::Piece Scanner::scan_block_comment() const
{
    std::size_t i = 3;
    while (at(i - 1) != '\0' && (at(i - 1) != '*' || at(i) != '/'))
        ++i;
    return space(at(i - 1) == '\0' ? i - 1 : i + 1);
}

Scanner::Piece Scanner::scan_quoted(char quote) const
{
    for (std::size_t i = 1; at(i) != '\0'; ++i) {
        if (at(i) != quote)
            continue;
        if (at(i + 1) == quote)
            ++i;
        else
            return token(quote == '\'' ? TokenKind::string : TokenKind::id, i + 1);
    }
    std::size_t length = 1;
    while (at(length) != '\0')
        ++length;
    return token(TokenKind::illegal, length);
}

Scanner::Piece Scanner::scan_bracketed() const
{
    std::size_t i = 1;
    while (at(i) != '\0' && at(i) != ']')
        ++i;
    return at(i) == ']' ? token(TokenKind::id, i + 1) : token(TokenKind::illegal, i);
}

// 12, 1.5, .5, 1e-3, 0x1F. A number that runs into letters is no token.
Scanner::Piece Scanner::scan_number() const
{
    std::size_t i = 0;
    if (at(0) == '0' && (at(1) == 'x' || at(1) == 'X') && is_hex(at(2))) {
        i = 3;
        while (is_hex(at(i)))
            ++i;
        return token(TokenKind::integer, i);
    }
    TokenKind kind = TokenKind::integer;
    while (is_digit(at(i)))
        ++i;
    if (at(i) == '.') {
        kind = TokenKind::floating;
        ++i;
        while (is_digit(at(i)))
            ++i;
    }
    if ((at(i) == 'e' || at(i) == 'E') &&
        (is_digit(at(i + 1)) || ((at(i + 1) == '+' || at(i + 1) == '-') && is_digit(at(i + 2))))) {
        kind = TokenKind::floating;
        i += 2;
        while (is_digit(at(i)))
            ++i;
    }
    while (is_id(at(i))) {
        kind = TokenKind::illegal;
        ++i;
    }
    return token(kind, i);
}

// ?12, :name, @name, #name, $name, and Tcl's $ns::name(index).
Scanner::Piece Scanner::scan_variable() const
{
    std::size_t i = 1;
    if (at(0) == '?') {
        while (is_digit(at(i)))
            ++i;
        return token(TokenKind::variable, i);
    }
    std::size_t letters = 0;
    for (; at(i) != '\0'; ++i) {
        if (is_id(at(i))) {
            ++letters;
        } else if (at(i) == '(' && letters > 0) {
            do
                ++i;
            while (at(i) != '\0' && !is_space(at(i)) && at(i) != ')');
            return at(i) == ')' ? token(TokenKind::variable, i + 1) : token(TokenKind::illegal, i);
        } else if (at(i) == ':' && at(i + 1) == ':') {
            ++i;
        } else {
            break;
        }
    }
    return token(letters == 0 ? TokenKind::illegal : TokenKind::variable, i);
}

Scanner::Piece Scanner::scan_blob() const
{
    TokenKind kind = TokenKind::blob;
    std::size_t i = 2;
    while (is_hex(at(i)))
        ++i;
    if (at(i) != '\'' || i % 2 != 0) {
        kind = TokenKind::illegal;
        while (at(i) != '\0' && at(i) != '\'')
            ++i;
    }
    return token(kind, at(i) == '\0' ? i : i + 1);
}

Scanner::Piece Scanner::scan_word() const
{
    std::size_t i = 1;
    while (is_letter(at(i)) || at(i) == '_')
        ++i;
    if (is_id(at(i))) {
        while (is_id(at(i)))
            ++i;
        return token(TokenKind::id, i);
    }
    return token(keyword(text_.substr(begin_, i)), i);
}

// The next token that is one, without a thought for WINDOW, OVER and FILTER.
Token plain_token(std::string_view text, std::size_t& at)
{
    for (;;) {
        const Scanner::Piece piece = Scanner(text, at).scan();
        const Token token{piece.kind, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(piece.end)}};
        at = piece.end;
        if (!piece.blank)
            return token;
    }
}

// What the tokenizer takes for a name when it looks ahead.
bool looks_like_name(TokenKind kind)
{
    return kind == TokenKind::id || kind == TokenKind::string || kind == TokenKind::join_kw ||
           kind == TokenKind::window || kind == TokenKind::over || falls_back_to_id(kind);
}

} // namespace

Token Lexer::next()
{
    Token token = plain_token(text_, at_);
    if (token.kind == TokenKind::window || token.kind == TokenKind::over || token.kind == TokenKind::filter)
        token.kind = window_keyword(token.kind);
    last_ = token.kind;
    return token;
}

// WINDOW name AS; ) OVER ( or ) OVER name; ) FILTER (. Anywhere else the three words are names.
TokenKind Lexer::window_keyword(TokenKind kind) const
{
    std::size_t at = at_;
    const TokenKind following = plain_token(text_, at).kind;
    bool keyword_here = false;
    if (kind == TokenKind::window)
        keyword_here = looks_like_name(following) && plain_token(text_, at).kind == TokenKind::as;
    else if (kind == TokenKind::over)
        keyword_here =
            last_ == TokenKind::right_paren && (following == TokenKind::left_paren || looks_like_name(following));
    else
        keyword_here = last_ == TokenKind::right_paren && following == TokenKind::left_paren;
    return keyword_here ? kind : TokenKind::id;
}

std::vector<Token> lex(std::string_view text)
{
    std::vector<Token> tokens;
    Lexer lexer(text);
    for (Token token = lexer.next(); token.kind != TokenKind::end_of_input; token = lexer.next())
        tokens.push_back(token);
    return tokens;
}

} // namespace howdah::dialect
