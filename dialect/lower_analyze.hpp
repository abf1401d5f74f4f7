// ANALYZE: what SQLite writes into sqlite_stat1, computed by PostgreSQL (https://sqlite.org/fileformat2.html#stat1tab).
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

// The statements that write the rows; `catalog` has the sqlite_stat1 of each database that is analysed. Tables in which
// SQLite keeps a virtual table's data get no rows.
std::vector<std::string> analyze_statements(const Catalog& catalog, const Analyze& statement, Writers writers);

} // namespace howdah::dialect
