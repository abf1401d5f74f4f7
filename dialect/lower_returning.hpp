// RETURNING, value by value.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/printer.hpp"

#include <vector>

namespace howdah::dialect {

class Lowering;

// The values, and in out.columns what they are. Boolean never.
std::vector<Fragment> lower_returning(const std::vector<SelectCore::Output>& list, Lowering& lowering, Compiled& out);

// " RETURNING a, b, rowid"; nothing for an empty list. `rowid` may be empty.
std::string returning_text(const std::vector<Fragment>& values, const std::string& rowid);

// Some value has a subquery that reads `table`, and so sees what the statement does.
bool returning_reads(const std::vector<SelectCore::Output>& list, const Table& table, const Catalog& catalog);

} // namespace howdah::dialect
