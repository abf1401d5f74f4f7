// What an UPDATE changes, and how it must go about it.
#pragma once

#include "dialect/assignments.hpp"
#include "dialect/ast.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_returning.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

struct UpdatePlan {
    UpdatePlan(const Update& update, const Table& table, Lowering& lowering);

    const Update& update;
    const Table& table;
    Assignments set;
    bool one_row = false;       // at most one row is changed
    bool one_match = true;      // FROM: no row of the target meets more than one row
    std::vector<KeyRule> rules; // keys that the change can break
    bool row_by_row = false;
    bool chooses_while_changing = false; // WHERE sees what the rows before have become
    bool fires_apart = false;            // BEFORE triggers may change the row: see conflict_trigger.hpp
    ReturningView returning;
    enum class Conflict : std::uint8_t {
        raise,  // whatever breaks is an error
        ignore, // a row that breaks a constraint is left as it was
        probe,  // each key is looked at, in SQLite's order
    };
    Conflict conflict = Conflict::raise;
    bool fails = false;         // OR FAIL
    bool triggers_fail = false; // and so may its triggers
};

// The target under its alias: "s"."t" AS "a".
std::string target_text(const Table& table, const Source& source);
// FROM, lowered ahead of what reads its columns: then their types are known.
std::string other_rows(const Update& update, Lowering& lowering);
// The query that finds the rows to change: the columns k1, … that identify each, then `values` (with their names), for
// each row once, in the order in which SQLite visits them. `others`: what other_rows() gave.
std::string changed_rows(const UpdatePlan& plan, const std::vector<std::string>& values, const std::string& others,
                         Lowering& lowering);

void lower_update_loop(const UpdatePlan& plan, Lowering& lowering, Compiled& out);

} // namespace howdah::dialect
