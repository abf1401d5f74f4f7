// INSERT row by row, with a look at each key where no single statement of PostgreSQL's does what is asked.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/lower_returning.hpp"

namespace howdah::dialect {

class Lowering;

// The events are those of the rows that DO UPDATE changes and REPLACE takes, too.
ReturningView insert_returning_view(const Insert& insert, const Table& table, const InsertPolicy& policy,
                                    const Lowering& lowering);

void lower_insert_loop(const Insert& insert, const Table& table, Lowering& lowering, Compiled& out);

} // namespace howdah::dialect
