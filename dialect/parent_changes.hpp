// Writes after which rows that refer to others may be without them.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"

namespace howdah::dialect {

// Whether the write can delete a row, or change the key of one, to which others may refer. `statement` is resolved;
// what triggers and the actions of keys may write is looked at, too.
bool changes_parents(const StatementNode& statement, const Catalog& catalog);

} // namespace howdah::dialect
