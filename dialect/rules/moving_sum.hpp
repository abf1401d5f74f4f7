// sum(r), total(r), avg(r) OVER (… 1 PRECEDING …)  =>  howdah.moving_sum(COALESCE(r, 0)) OVER …
//
// Over a frame whose start moves SQLite adds what enters to its sum and subtracts what leaves, and so do these, in the
// same order; PostgreSQL's sum() begins anew for each row.
#pragma once

#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

bool sum_moves(const Call& call, Lowering& lowering);
// `real`: the argument as REAL. NULL where none of the frame is set, or the sum is no number.
std::string moving_sum(const Call& call, const Fragment& real, Lowering& lowering);
// The same, but 0.0, or what rounding has left, where none is set.
std::string moving_total(const Call& call, const Fragment& real, Lowering& lowering);

} // namespace howdah::dialect::rules
