// Functions that have a form of their own for a query: an index holds the other one.
#pragma once

#include "dialect/lower.hpp"
#include "dialect/walk.hpp"

namespace howdah::dialect::rules {

// Whether a call has to be printed as indexes hold it: it is part of what is stored (an index, a trigger, a view, a
// CHECK), or an index of a table whose columns it reads calls the function, too, and PostgreSQL finds that by its form.
// Where all rows are grouped there is nothing to find: PostgreSQL computes an index' expressions anew for each row.
bool has_index_form(const Call& call, const Lowering& lowering);

// Every expression that the table's indexes have, as the catalog has it: not resolved.
void walk_indexes(const Table& table, Visitor& visitor);

} // namespace howdah::dialect::rules
