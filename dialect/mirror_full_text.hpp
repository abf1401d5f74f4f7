// Full-text queries asked of SQLite's own fts5, fts4 and fts3. Private to mirror*.cpp.
#pragma once

struct sqlite3;

namespace howdah::dialect {

// Gives the connection howdah_full_text(what, schema, table, column, query [, column, query …]): what the server is
// asked for rows that match each query in its column (an index; the one behind the last stands for the table).
//   'candidates'  a tsquery that finds every row, or SQLite's error for the query
//   'recheck'     NULL when it finds no other row, else the query as JSON
//   'phrases'     the query as JSON, for the auxiliary functions
void add_full_text_function(sqlite3* db);

} // namespace howdah::dialect
