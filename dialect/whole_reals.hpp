// Virtual REAL columns. SQLite marks a whole value of one as REAL only while it stays in a register: read back from a
// sorter or a temporary table, or written to a column without a type, it is the INTEGER as which REALs are stored.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

namespace howdah::dialect {

// Gives a compiled query's columns the form that they have in SQLite's program. Throws a refusal where something is
// computed of such an INTEGER, or a write stores it.
void show_stored_reals(const CompileRequest& request, Compiled& out);

// Throws a refusal for columns of new or altered tables that are generated from a virtual REAL column and have the
// INTEGER, too.
void refuse_columns_of_stored_reals(const Catalog& before, const Catalog& next);

} // namespace howdah::dialect
