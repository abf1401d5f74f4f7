// INSERT row by row, with a look at each key where no single statement of PostgreSQL's does what is asked.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"

namespace howdah::dialect {

class Lowering;

void lower_insert_loop(const Insert& insert, const Table& table, Lowering& lowering, Compiled& out);

} // namespace howdah::dialect
