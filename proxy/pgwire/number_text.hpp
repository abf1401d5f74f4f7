// SQLite's numbers as the PostgreSQL wire spells them, and back: text, and the binary form of `numeric`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace howdah::proxy::pgwire {

void append_integer(std::string& out, std::int64_t n);

// The fewest digits that read back as the same double, as PostgreSQL prints float8, but with SQLite's look of a REAL:
// there is always a point ("1.0", "1.5e+300"). Infinity, -Infinity, NaN.
void append_float8(std::string& out, double real);

// The same digits as append_float8, without an exponent: `numeric` prints them all.
void append_plain_real(std::string& out, double real);

// numeric's binary form ::= int16 digits, int16 weight, int16 sign, int16 scale, digits × int16 in base 10 000.
// `plain` is what append_integer or append_plain_real wrote.
void append_numeric(std::string& out, std::string_view plain);
// The plain text of a binary numeric ("-12.50", "NaN", "Infinity"); nullopt when it is not one.
std::optional<std::string> numeric_text(std::string_view binary);

} // namespace howdah::proxy::pgwire
