// The order in which SQLite visits the rows that an UPDATE or DELETE changes. SQLite's own planner is asked.
#pragma once

#include "dialect/lower.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

struct VisitTerm {
    std::string key, direction; // "a"."x" and " DESC NULLS LAST"
};
std::vector<VisitTerm> visit_terms(const Source& source, const Expr* where, Lowering& lowering);

// An ORDER BY list for the rows of the target. Inside a trigger's body, where there is no plan to ask for, it is the
// order of the rowid or of WITHOUT ROWID's primary key.
std::string visit_order(const Source& source, const Expr* where, Lowering& lowering);

} // namespace howdah::dialect
