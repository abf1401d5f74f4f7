// What EXPLAIN QUERY PLAN does not tell of a plan, read from the program that EXPLAIN shows (SQLite's opcodes,
// www.sqlite.org/opcode.html).
#pragma once

#include "dialect/visit_plan.hpp"

#include <set>
#include <string>
#include <vector>

namespace howdah::dialect {

struct ProgramStep {
    std::string name;
    int p1 = 0, p2 = 0, p3 = 0;
};
using Program = std::vector<ProgramStep>;

// Whether the loop that begins at `from` goes down: its first move says so. Subroutines and the lists of IN are passed.
bool goes_down(const Program& program, std::size_t from);

// What the automatic index that is made right before `end` consists of, behind the `searched` columns that are searched
// by: places of the table's stored columns, -1 the rowid. Empty where it is not known.
std::vector<int> automatic_key(const Program& program, std::size_t begin, std::size_t end, std::size_t searched);

// How the loops from `begin` on end: as their own aggregate says, not that of a subquery inside them.
VisitGroup::Stop find_stop(const Program& program, std::size_t begin);

// Of a statement that goes through its rows once.
LookupsInWritten lookups_in_written(const Program& program);

} // namespace howdah::dialect
