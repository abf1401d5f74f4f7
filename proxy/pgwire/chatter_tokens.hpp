// PostgreSQL's tokens as far as driver chatter has any. Only driver_chatter.cpp includes this.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace howdah::proxy::pgwire::chatter {

struct Token {
    enum class Kind { end, word, quoted, string, number, symbol };
    Kind kind = Kind::end;
    std::string text; // a word in lower case; a string or a quoted name without its quotes

    bool is(std::string_view what) const { return (kind == Kind::word || kind == Kind::symbol) && text == what; }
};

inline bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_word_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

class Tokens {
public:
    explicit Tokens(std::string_view sql) : rest_(sql) { advance(); }

    const Token& peek() const { return now_; }
    bool at_end() const { return now_.kind == Token::Kind::end; }
    Token next()
    {
        Token t = std::move(now_);
        advance();
        return t;
    }
    bool accept(std::string_view what)
    {
        if (!now_.is(what))
            return false;
        advance();
        return true;
    }
    bool accept_any(std::initializer_list<std::string_view> words)
    {
        return std::any_of(words.begin(), words.end(), [&](std::string_view w) { return accept(w); });
    }
    // Nothing but a semicolon may follow.
    bool finished()
    {
        accept(";");
        return at_end();
    }

private:
    void skip_blank()
    {
        while (!rest_.empty()) {
            if (is_space(rest_[0]))
                rest_.remove_prefix(1);
            else if (rest_.starts_with("--"))
                rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
            else if (rest_.starts_with("/*"))
                rest_.remove_prefix(std::min(rest_.find("*/", 2), rest_.size() - 2) + 2);
            else
                return;
        }
    }
    std::string take_quoted(char quote)
    {
        std::string text;
        std::size_t i = 1;
        for (; i < rest_.size(); ++i) {
            if (rest_[i] == quote && (i + 1 == rest_.size() || rest_[i + 1] != quote))
                break;
            if (rest_[i] == quote)
                ++i;
            text += rest_[i];
        }
        rest_.remove_prefix(std::min(i + 1, rest_.size()));
        return text;
    }
    std::string take_while(bool (*belongs)(char))
    {
        std::size_t n = 1;
        while (n < rest_.size() && belongs(rest_[n]))
            ++n;
        std::string text(rest_.substr(0, n));
        rest_.remove_prefix(n);
        return text;
    }
    void advance()
    {
        skip_blank();
        now_ = {};
        if (rest_.empty())
            return;
        const char c = rest_[0];
        if (is_word_start(c)) {
            now_.kind = Token::Kind::word;
            now_.text = take_while([](char x) { return is_word_start(x) || is_digit(x) || x == '$'; });
            for (char& x : now_.text)
                if (x >= 'A' && x <= 'Z')
                    x = static_cast<char>(x - 'A' + 'a');
        } else if (is_digit(c)) {
            now_.kind = Token::Kind::number;
            now_.text = take_while([](char x) { return is_digit(x) || is_word_start(x) || x == '.'; });
        } else if (c == '\'' || c == '"') {
            now_.kind = c == '"' ? Token::Kind::quoted : Token::Kind::string;
            now_.text = take_quoted(c);
        } else {
            now_.kind = Token::Kind::symbol;
            now_.text = rest_.starts_with("::") ? "::" : std::string(1, c);
            rest_.remove_prefix(now_.text.size());
        }
    }

    std::string_view rest_;
    Token now_;
};

} // namespace howdah::proxy::pgwire::chatter
