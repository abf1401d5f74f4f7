// What the functions of date and time make of a column, by PostgreSQL's own operators.
#pragma once

#include "dialect/lower.hpp"

namespace howdah::dialect::rules {

// A part of a column's text that a function of it copies: where `guard` is true of a row, the function gives `value` or
// NULL.
struct DateCopy {
    std::string guard;
    Fragment value;
};
// nullopt where `expr` is not such a function.
std::optional<DateCopy> date_copy(const Expr& expr, Lowering& lowering);

} // namespace howdah::dialect::rules
