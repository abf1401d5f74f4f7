// UTF-8 as PostgreSQL checks it; see text.hpp.
#include "dialect/text.hpp"

#include <cstdio>

namespace howdah::dialect {

namespace {

// Length of the valid UTF-8 character at the front of `s`; 0 when there is none.
std::size_t valid_character(std::string_view s)
{
    const auto byte = [&](std::size_t i) { return i < s.size() ? static_cast<std::uint8_t>(s[i]) : std::uint8_t{0}; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const std::uint8_t a = byte(0);
    if (a < 0x80)
        return 1;
    if (a >= 0xC2 && a <= 0xDF)
        return follows(1) ? 2 : 0;
    if (a >= 0xE0 && a <= 0xEF) {
        const std::uint8_t low = a == 0xE0 ? 0xA0 : 0x80;
        const std::uint8_t high = a == 0xED ? 0x9F : 0xBF;
        return byte(1) >= low && byte(1) <= high && follows(2) ? 3 : 0;
    }
    if (a >= 0xF0 && a <= 0xF4) {
        const std::uint8_t low = a == 0xF0 ? 0x90 : 0x80;
        const std::uint8_t high = a == 0xF4 ? 0x8F : 0xBF;
        return byte(1) >= low && byte(1) <= high && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

} // namespace

bool is_storable_text(std::string_view text)
{
    while (!text.empty()) {
        if (text.front() == '\0')
            return false;
        const std::size_t length = valid_character(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::size_t character_count(std::string_view text)
{
    std::size_t count = 0;
    for (const char c : text)
        count += (static_cast<std::uint8_t>(c) & 0xC0) != 0x80;
    return count;
}

std::uint64_t hash(std::string_view text, std::uint64_t so_far)
{
    for (const char c : text)
        so_far = (so_far ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return so_far;
}

std::string hash_digits(std::uint64_t hash)
{
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

} // namespace howdah::dialect
