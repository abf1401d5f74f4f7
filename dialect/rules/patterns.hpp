// LIKE and GLOB patterns as PostgreSQL's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect::rules {

// The pattern of PostgreSQL's LIKE (escape character backslash) that matches what SQLite's LIKE pattern does; nullopt
// when it matches nothing, because it ends in the escape. `escape` is one character, or empty.
std::optional<std::string> like_pattern(std::string_view pattern, std::string_view escape);
// The same of a GLOB pattern; nullopt when it has a character class, which LIKE has not.
std::optional<std::string> glob_as_like(std::string_view pattern);
std::string ascii_lower(std::string_view text);

} // namespace howdah::dialect::rules
