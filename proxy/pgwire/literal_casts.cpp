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
    if (sql.find("'::") == std::string_view::npos)
        return std::nullopt;
    std::string out;
    bool changed = false;
    for (std::size_t at = 0, end = 0; at < sql.size(); at = end) {
        end = end_of_token(sql, at);
        const std::string_view token = sql.substr(at, end - at);
        if (is_about_postgres(token))
            return std::nullopt;
        const std::string_view rest = sql.substr(end);
        const bool blob = at > 0 && (sql[at - 1] == 'x' || sql[at - 1] == 'X');
        if (token.front() == '\'' && token.size() > 1 && !blob && rest.starts_with("::") && rest.size() > 2 &&
            is_word(rest[2])) {
            const std::size_t after = end_of_token(sql, end + 2);
            const bool longer = after < sql.size() && (sql[after] == '[' || sql[after] == '(');
            const Oid type = longer ? 0 : type_named(sql.substr(end + 2, after - end - 2));
            if (const auto literal = type != 0 ? literal_of(unquoted(token), type) : std::nullopt) {
                out += *literal;
                end = after;
                changed = true;
                continue;
            }
        }
        out += token;
    }
    return changed ? std::optional(std::move(out)) : std::nullopt;
}

} // namespace howdah::proxy::pgwire
