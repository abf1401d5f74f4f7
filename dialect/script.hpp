// Cutting a text of several statements into statements, as sqlite3_complete() does
// (https://sqlite.org/c3ref/complete.html).
#pragma once

#include <cstddef>
#include <string_view>

namespace howdah::dialect {

// The length of the first statement of `script`, its semicolon included; the whole when there is no further one. The
// semicolons inside CREATE TRIGGER … BEGIN … END do not end it.
std::size_t first_statement(std::string_view script);

// True when there are only spaces, comments and semicolons.
bool is_blank(std::string_view statement);

} // namespace howdah::dialect
