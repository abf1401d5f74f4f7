// Where one statement ends and the next begins, without parsing: what sqlite3_complete() knows, and no more.
#pragma once

#include <cstddef>
#include <string_view>

namespace howdah::dialect {

// The length of the first statement of `sql` with the semicolon that ends it; of all of `sql` when none does.
// Semicolons before the statement belong to it; those inside strings, comments, trigger bodies and the arguments of a
// virtual table end nothing.
std::size_t first_statement(std::string_view sql);

// True when `sql` has nothing but white space, comments and semicolons.
bool is_blank(std::string_view sql);

} // namespace howdah::dialect
