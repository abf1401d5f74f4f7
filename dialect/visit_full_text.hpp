// The order in which SQLite visits the rows of a full-text table.
#pragma once

#include "dialect/scope.hpp"
#include "dialect/visit_plan.hpp"

namespace howdah::dialect {

// Whether an fts4 table is read from the last row on: as its plan says, "t VIRTUAL TABLE INDEX 0:DESC", else as the
// table was made. Number 1 reads one docid after the other. `loop`: null where no plan is known.
bool begins_with_last(const Source& source, const VisitLoop* loop);

} // namespace howdah::dialect
