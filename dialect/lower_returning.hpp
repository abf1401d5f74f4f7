// RETURNING, value by value.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/printer.hpp"
#include "dialect/write_effects.hpp"

#include <vector>

namespace howdah::dialect {

class Lowering;

// The row that RETURNING speaks of: a deleted one is read from the table, any other is what was about to be stored.
enum class Returned : std::uint8_t { stored, deleted };

// The values, and in out.columns what they are. Boolean never.
std::vector<Fragment> lower_returning(const std::vector<SelectCore::Output>& list, const Source& target, Returned row,
                                      Lowering& lowering, Compiled& out);

// A write to a view, `sql`, as a step that counts nothing, with what RETURNING asks of the row that its INSTEAD OF
// triggers were given. Throws refusal() for subqueries there, which see what the triggers did.
Step step_on_view(std::string sql, const std::vector<SelectCore::Output>& list, const Source& target, Returned row,
                  Lowering& lowering, Compiled& out);

// " RETURNING a, b, rowid"; nothing for an empty list. `rowid` may be empty.
std::string returning_text(const std::vector<Fragment>& values, const std::string& rowid);

// The statement as a common table, and its rows in the order in which SQLite changes them: the plan of PostgreSQL's
// UPDATE or DELETE would decide otherwise. `with`: the client's WITH clause, or nothing.
std::string returned_in_order(const std::string& with, const std::string& statement,
                              const std::vector<Fragment>& values, const Source& source, const Expr* where,
                              Lowering& lowering);

// What the subqueries of RETURNING see of the statement: SQLite computes them behind a row's change, its BEFORE
// triggers and the actions of foreign keys, and ahead of its AFTER triggers. Throws refusal() where they read what both
// write.
struct ReturningView {
    bool looks = false;   // at what PostgreSQL's RETURNING does not see yet: a query behind the row's statement does
    bool follows = false; // what the triggers of the rows before wrote: each row is a statement of its own
    std::vector<const Table*> changing; // what the statement may change, its table first; empty without subqueries
};
ReturningView returning_view(const std::vector<SelectCore::Output>& list, const Table& table,
                             const std::vector<TriggerEvent>& events, const std::vector<int>* changed,
                             const Lowering& lowering);

} // namespace howdah::dialect
