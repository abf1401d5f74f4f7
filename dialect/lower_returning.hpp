// RETURNING, value by value.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/printer.hpp"

#include <vector>

namespace howdah::dialect {

class Lowering;

// The row that RETURNING speaks of: a deleted one is read from the table, any other is what was about to be stored.
enum class Returned : std::uint8_t { stored, deleted };

// The values, and in out.columns what they are. Boolean never.
std::vector<Fragment> lower_returning(const std::vector<SelectCore::Output>& list, const Source& target, Returned row,
                                      Lowering& lowering, Compiled& out);

// " RETURNING a, b, rowid"; nothing for an empty list. `rowid` may be empty.
std::string returning_text(const std::vector<Fragment>& values, const std::string& rowid);

// The statement as a common table, and its rows in the order in which SQLite changes them: the plan of PostgreSQL's
// UPDATE or DELETE would decide otherwise. `with`: the client's WITH clause, or nothing.
std::string returned_in_order(const std::string& with, const std::string& statement,
                              const std::vector<Fragment>& values, const Source& source, const Expr* where,
                              Lowering& lowering);

// Some value has a subquery that reads `table`, and so sees what the statement does.
bool returning_reads(const std::vector<SelectCore::Output>& list, const Table& table, const Catalog& catalog);

} // namespace howdah::dialect
