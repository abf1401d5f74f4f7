// INSERT of many rows that may meet rows which are there, as one statement. PostgreSQL changes no row twice in one
// statement, and SQLite does: what comes twice is known when it happens (SQLSTATE 21000), and then the rows go one by
// one.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/insert_rows.hpp"

#include <string>

namespace howdah::dialect {

class Lowering;

// The INSERT, without RETURNING and the client's WITH, where no row but one with the same key can tell whether those
// before it are in; empty otherwise. `rows` have all columns; `filter` is theirs (see rows_with_rowids()) and
// `on_conflict` what on_conflict() says.
std::string insert_as_set(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy,
                          const std::string& filter, const std::string& on_conflict, Lowering& lowering);

} // namespace howdah::dialect
