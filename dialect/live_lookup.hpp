// live_lookup:  DELETE FROM t WHERE p NOT IN (SELECT id FROM t)   asks anew for each row
//
// SQLite looks for the value in t's own rowids or index, where rows that the DELETE has taken already are gone: an
// orphan's children are orphans by the time they are visited (www.sqlite.org/opcode.html; "In-Operator Optimization").
#pragma once

#include "dialect/ast.hpp"
#include "dialect/lower.hpp"

#include <set>

namespace howdah::dialect {

// The terms x IN (SELECT y FROM t) of `where` for which SQLite does so; nothing where it finds all rows first.
std::set<const Expr*> live_lookups(const Expr* where, const Table& table, Lowering& lowering);

// The one of them whose values SQLite goes through, from one end to the other, to find its rows: rows of one value are
// visited together, and the value is looked for once. Null where there is none.
const Expr* values_gone_through(const Expr& where, const std::set<const Expr*>& live, Lowering& lowering);

// `where` without what can come true only when other rows are gone; empty where nothing remains.
std::string conditions_before(const Expr& where, const std::set<const Expr*>& live, Lowering& lowering);
// Whether those say all that `where` says of the table as it is before.
bool says_all_before(const Expr& where, const std::set<const Expr*>& live);

} // namespace howdah::dialect
