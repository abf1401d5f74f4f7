// What of a core depends on the order in which its rows come.
//
//   SELECT group_concat(x) FROM …              the aggregate's value
//   SELECT dept, name FROM … GROUP BY dept     name is of the group's first row (catalogue section 7)
//   SELECT name FROM … GROUP BY name           where 'a' and 'A' are one group
#pragma once

#include "dialect/ast.hpp"

#include <cstdint>

namespace howdah::dialect {

// min() or max() of one argument, whose row gives the columns that are not grouped.
bool is_extreme(const Call& call);

// Whether the result has an aggregate whose value depends on the order of the rows.
bool is_order_sensitive(const SelectCore& core);

enum class RowDependence : std::uint8_t {
    none,
    as_they_come, // PostgreSQL aggregates the rows as it gets them
    sorted,       // it may sort them first, for groups, DISTINCT or an extreme's row, and loses their order then
};
RowDependence row_dependence(const SelectCore& core);

} // namespace howdah::dialect
