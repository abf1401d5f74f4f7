// See patterns.hpp. Characters are UTF-8; only ASCII ones mean anything in a pattern.
#include "dialect/rules/patterns.hpp"

#include <cstdint>

namespace howdah::dialect::rules {

namespace {

// The character that begins at `at`.
std::string_view character_at(std::string_view text, std::size_t at)
{
    std::size_t length = 1;
    while (at + length < text.size() && (static_cast<std::uint8_t>(text[at + length]) & 0xC0) == 0x80)
        ++length;
    return text.substr(at, length);
}

} // namespace

std::optional<std::string> like_pattern(std::string_view pattern, std::string_view escape)
{
    std::string out;
    for (std::size_t i = 0; i < pattern.size();) {
        std::string_view c = character_at(pattern, i);
        i += c.size();
        if (!escape.empty() && c == escape) {
            if (i == pattern.size())
                return std::nullopt;
            c = character_at(pattern, i);
            i += c.size();
            out += '\\';
        } else if (c == "\\") {
            out += '\\';
        }
        out += c;
    }
    return out;
}

std::optional<std::string> glob_as_like(std::string_view pattern)
{
    std::string out;
    for (const char c : pattern) {
        switch (c) {
        case '[':
            return std::nullopt;
        case '*':
            out += '%';
            break;
        case '?':
            out += '_';
            break;
        case '%':
        case '_':
        case '\\':
            out += '\\';
            [[fallthrough]];
        default:
            out += c;
        }
    }
    return out;
}

std::string ascii_lower(std::string_view text)
{
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

} // namespace howdah::dialect::rules
