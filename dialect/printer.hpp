// Pieces of PostgreSQL text. The only place that knows how PostgreSQL spells an identifier, a literal or a cast.
#pragma once

#include "dialect/types.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// A complete PostgreSQL expression with the physical type it has. `text` is closed: it can stand as an operand of
// anything (parenthesised unless it is a literal, a column or a call), because PostgreSQL's precedences are not
// SQLite's.
struct Fragment {
    std::string text;
    PgType type = PgType::text;
    Classes classes = Classes::any(); // what the value can be; nullable() decides NULLS FIRST and guards
    // A text that PostgreSQL itself sees under COLLATE "C" (a table's column, a literal). Any other must say so where
    // order matters: collation_key() does.
    bool collated = false;
};

std::string quote_identifier(std::string_view name); // "na""me"
std::string quote_string(std::string_view text);     // 'te''xt', E'' never needed: standard_conforming_strings
std::string qualified(std::string_view schema, std::string_view name);
// NULL gives NULL::text. INTEGER '5'::bigint form per catalogue D9, REAL 'x'::double precision, BLOB '\x..'::bytea.
// Throws refusal() for a text that PostgreSQL cannot hold (NUL inside, invalid UTF-8).
Fragment literal(const Value& value);
Fragment null_of(PgType type);
// name(a, b): name is printed as it stands ("howdah.r2t", "lower").
std::string call(std::string_view name, std::initializer_list<std::string_view> args);
std::string call(std::string_view name, const std::vector<std::string>& args);
std::string parens(std::string_view text);
std::string cast(std::string_view text, PgType type); // (text)::type, closed
std::string join(const std::vector<std::string>& parts, std::string_view separator);

// The narrowest type that carries the values of both (boolean counts as int8).
PgType wider(PgType a, PgType b);

// Value-preserving change of the physical type: int8/float8 -> numeric -> v, text/bytea -> v, boolean -> int8.
// The narrowing directions (v -> text, …) are conversions of SQLite, not of the carrier: see conversions.hpp.
// A fragment that can only be NULL becomes any type. Throws refusal() when `to` cannot carry what `from` is.
Fragment widen(Fragment from, PgType to);

} // namespace howdah::dialect
