// What a TEXT of SQLite's may be so that PostgreSQL can hold it (catalogue HARD-TEXT); short names for texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace howdah::dialect {

// Valid UTF-8 without surrogates, no NUL character.
bool is_storable_text(std::string_view text);
// The number of characters of a valid UTF-8 text.
std::size_t character_count(std::string_view text);

// FNV-1a, which is the same in every build and on every machine; `so_far` goes on with one. As 16 digits.
constexpr std::uint64_t hash_seed = 0xcbf29ce484222325;
std::uint64_t hash(std::string_view text, std::uint64_t so_far = hash_seed);
std::string hash_digits(std::uint64_t hash);

} // namespace howdah::dialect
