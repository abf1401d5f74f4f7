// What resolve() found, for people: `howdah explain` and the `resolve` cases of tests/dialect/*.test.
#pragma once

#include "dialect/ast.hpp"

#include <string>

namespace howdah::dialect {

// integer, real, text, blob, null: "integer|null"; "nothing" for the empty set.
std::string describe(Classes classes);
// One line per result column: name, affinity, classes, and what else is not the usual.
std::string describe(const Statement& statement);

} // namespace howdah::dialect
