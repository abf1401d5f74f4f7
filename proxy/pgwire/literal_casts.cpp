// See literal_casts.hpp.
#include "literal_casts.hpp"

#include "chatter_tokens.hpp"
#include "parameters.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <variant>

namespace howdah::proxy::pgwire {

namespace {

bool is_word(char c) { return chatter::is_word_start(c) || chatter::is_digit(c) || c == '$'; }

// Where the quoted text, comment or word that begins at `at` ends; behind one character of anything else.
std::size_t end_of_token(std::string_view sql, std::size_t at)
{
    const auto behind = [&](std::size_t found, std::size_t length) {
        return found == std::string_view::npos ? sql.size() : found + length;
    };
    const char c = sql[at];
    if (sql.substr(at).starts_with("--"))
        return behind(sql.find('\n', at), 1);
    if (sql.substr(at).starts_with("/*"))
        return behind(sql.find("*/", at + 2), 2);
    if (c == '[')
        return behind(sql.find(']', at), 1);
    if (c == '\'' || c == '"' || c == '`') {
        std::size_t end = behind(sql.find(c, at + 1), 1);
        while (end < sql.size() && sql[end] == c) // doubled: it goes on
            end = behind(sql.find(c, end + 1), 1);
        return end;
    }
    std::size_t end = at + 1;
    while (is_word(c) && end < sql.size() && is_word(sql[end]))
        ++end;
    return end;
}

std::string unquoted(std::string_view token)
{
    std::string text;
    for (std::size_t i = 1; i + 1 < token.size(); ++i) {
        text += token[i];
        if (token[i] == '\'')
            ++i;
    }
    return text;
}

// E'a\\b', as libpq's PQescapeLiteral() writes a text that has a backslash. SQLite would read E'x' as a column named
// E that is called x, so one without a backslash is left alone.
struct EscapedText {
    std::string text;
    std::size_t end = 0;
};
std::optional<EscapedText> escaped_text(std::string_view sql, std::size_t at)
{
    if (!sql.substr(at).starts_with("E'"))
        return std::nullopt;
    EscapedText out;
    bool escaped = false;
    for (std::size_t i = at + 2; i < sql.size(); ++i) {
        if (sql[i] == '\'' && (i + 1 == sql.size() || sql[i + 1] != '\'')) {
            out.end = i + 1;
            return escaped ? std::optional(std::move(out)) : std::nullopt;
        }
        if (sql[i] == '\'') {
            ++i;
        } else if (sql[i] == '\\') {
            if (i + 1 == sql.size() || (sql[i + 1] != '\\' && sql[i + 1] != '\''))
                return std::nullopt; // no driver writes others
            escaped = true;
            ++i;
        }
        out.text += sql[i];
    }
    return std::nullopt;
}

std::string quoted(std::string_view text)
{
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? "''" : std::string(1, c);
    return out + "'";
}

std::string printed(double real)
{
    if (std::isinf(real))
        return real < 0 ? "(-9e999)" : "9e999";
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%.17g", real);
    std::string text = buffer.data();
    if (text.find_first_of(".e") == std::string::npos)
        text += ".0";
    return real < 0 ? "(" + text + ")" : text;
}

std::string printed(const Value& value)
{
    struct Print {
        std::string operator()(std::monostate) const { return "NULL"; }
        std::string operator()(std::int64_t n) const
        {
            return n < 0 ? "(" + std::to_string(n) + ")" : std::to_string(n);
        }
        std::string operator()(double real) const { return printed(real); }
        std::string operator()(const std::string& text) const { return quoted(text); }
        std::string operator()(const Blob& blob) const
        {
            std::string hex = "x'";
            for (const char c : blob.bytes) {
                constexpr std::string_view digits = "0123456789abcdef";
                hex += digits[static_cast<std::uint8_t>(c) >> 4U];
                hex += digits[static_cast<std::uint8_t>(c) & 0xFU];
            }
            return hex + "'";
        }
    };
    return std::visit(Print{}, value);
}

// The literal for 'text'::type; nullopt for a type that is not known, or text that is not of it.
std::optional<std::string> literal_of(std::string text, Oid type)
{
    const bool timestamp = type == oid::timestamp || type == oid::timestamptz;
    if (timestamp && text.size() > 10 && text[10] == 'T')
        text[10] = ' ';
    const Converted converted = to_value(type, false, std::string_view(text), 1);
    return converted.error ? std::nullopt : std::optional(printed(converted.value));
}

// The type in ::type behind a text that ends at `at`, which then is behind the type; 0 where there is none that is
// known.
Oid type_behind(std::string_view sql, std::size_t& at)
{
    if (!sql.substr(at).starts_with("::") || at + 2 >= sql.size() || !is_word(sql[at + 2]))
        return 0;
    const std::size_t end = end_of_token(sql, at + 2);
    const bool longer = end < sql.size() && (sql[end] == '[' || sql[end] == '(');
    const Oid type = longer ? 0 : type_named(sql.substr(at + 2, end - at - 2));
    if (type != 0)
        at = end;
    return type;
}

bool is_about_postgres(std::string_view word)
{
    const auto starts = [&](std::string_view prefix) {
        return word.size() >= prefix.size() &&
               std::equal(prefix.begin(), prefix.end(), word.begin(), [](char a, char b) { return a == (b | 0x20); });
    };
    return word.starts_with("pg_") || word.starts_with("PG_") || starts("information") ||
           word.starts_with("/* howdah:");
}

} // namespace

std::optional<std::string> without_literal_casts(std::string_view sql)
{
    if (sql.find("'::") == std::string_view::npos && sql.find("E'") == std::string_view::npos)
        return std::nullopt;
    std::string out;
    bool changed = false;
    for (std::size_t at = 0, end = 0; at < sql.size(); at = end) {
        end = end_of_token(sql, at);
        const std::string_view token = sql.substr(at, end - at);
        if (is_about_postgres(token))
            return std::nullopt;
        std::optional<EscapedText> text = escaped_text(sql, at);
        const bool escaped = text.has_value();
        const bool blob = at > 0 && (sql[at - 1] == 'x' || sql[at - 1] == 'X');
        if (!escaped && token.front() == '\'' && token.size() > 1 && !blob)
            text = EscapedText{unquoted(token), end};
        if (!text) {
            out += token;
            continue;
        }
        std::size_t after = text->end;
        std::optional<std::string> literal;
        if (const Oid type = type_behind(sql, after); type != 0)
            literal = literal_of(text->text, type);
        if (!literal) {
            after = text->end;
            literal = escaped ? quoted(text->text) : std::string(token);
        }
        changed = changed || escaped || after != text->end;
        out += *literal;
        end = after;
    }
    return changed ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace howdah::proxy::pgwire
