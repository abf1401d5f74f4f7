// A statement without its values: literals that could as well have been bound become parameters, so that statements
// which differ in them alone share one plan and one prepared statement on the server.
#pragma once

#include "dialect/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct Shape {
    std::string text;          // with ? for each lifted literal
    std::vector<Value> values; // in their order
};

// Lifts the literals of `sql` that are a whole operand of a comparison, of BETWEEN or of an IN list in a WHERE clause
// at the outermost level, a value of VALUES, an operand of the arithmetic of SET, or a result column with an AS of its
// own. Nothing else: a literal elsewhere may name a column of the result, choose one (ORDER BY 1), belong to a larger
// constant or to the expression of an index; and one behind LIKE tells the server's planner which index to use. False:
// there is none, or `sql` has parameters of its own; `shape` is then of no use.
bool lift_literals(std::string_view sql, Shape& shape);

} // namespace howdah::dialect
