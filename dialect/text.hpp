// What a TEXT of SQLite's may be so that PostgreSQL can hold it (catalogue HARD-TEXT).
#pragma once

#include <string_view>

namespace howdah::dialect {

// Valid UTF-8 without surrogates, no NUL character.
bool is_storable_text(std::string_view text);
// The number of characters of a valid UTF-8 text.
std::size_t character_count(std::string_view text);

} // namespace howdah::dialect
