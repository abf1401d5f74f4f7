// The order in which SQLite visits the rows that an UPDATE or DELETE changes. SQLite's own planner is asked.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/lower.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct VisitTerm {
    std::string key, direction; // "a"."x" and " DESC NULLS LAST"
};
std::vector<VisitTerm> visit_terms(const Table& table, std::string_view alias, std::string_view name,
                                   Lowering& lowering);

// An ORDER BY list for rows of `table` under `alias`; `name` is what the statement calls the table. Inside a trigger's
// body, where there is no plan to ask for, it is the order of the rowid or of WITHOUT ROWID's primary key.
std::string visit_order(const Table& table, std::string_view alias, std::string_view name, Lowering& lowering);

} // namespace howdah::dialect
