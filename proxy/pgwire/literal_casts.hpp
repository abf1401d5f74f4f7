// 'text'::type, which drivers write for values that they put into the statement themselves: psycopg2 for bytes, dates
// and infinities, psycopg's ClientCursor for most classes. SQLite has no "::", so nothing of its own is read otherwise.
// And E'text' with escaped backslashes, which libpq's PQescapeLiteral() writes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace howdah::proxy::pgwire {

// `sql` with each 'text'::type of a known type as the literal that a parameter of that type would be:
//   E'a\\b'          =>  'a\b'
//   '\x00ff'::bytea  =>  x'00ff'       '2024-01-01T10:00:00'::timestamp  =>  '2024-01-01 10:00:00'
// nullopt where there is none, and for questions about PostgreSQL's own catalog, which are PostgreSQL's SQL.
std::optional<std::string> without_literal_casts(std::string_view sql);

} // namespace howdah::proxy::pgwire
