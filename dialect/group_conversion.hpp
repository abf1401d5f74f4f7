// A group's columns and aggregates are kept in registers, and x IN (SELECT y …) converts x where it is: SQLite 3.40
// shows what the comparison has made of x to everything that comes after it.
//
//   SELECT price FROM t GROUP BY price HAVING price IN (SELECT …)   1 and not 1.0
#pragma once

#include "dialect/ast.hpp"

#include <vector>

namespace howdah::dialect {

struct GroupConversion {
    const Expr* value; // a column of the group, or an aggregate
    Affinity to;
};

// What HAVING has converted in every group that it lets through. Refuses what hangs on the order in which parts of a
// group's row are computed, and, unless `any_type`, what would change the type of a column. `sorted`: the expressions
// of ORDER BY.
std::vector<GroupConversion> converted_by_having(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                                                 const std::vector<const Expr*>& sorted, bool any_type);

// The conversion for this very value, if there is one.
const GroupConversion* conversion_of(const std::vector<GroupConversion>& conversions, const Expr& expr);

} // namespace howdah::dialect
