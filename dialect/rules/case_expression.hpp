// What stands between CASE and its results, for who gives it others than its own.
#pragma once

#include "dialect/lower.hpp"

namespace howdah::dialect::rules {

struct Whens {
    std::string operand; // of CASE x WHEN where it is printed once; otherwise empty
    std::vector<std::string> conditions;
};
Whens whens_of(const Case& n, Lowering& lowering);
// A result for each condition, and one more for ELSE.
std::string case_text(const Whens& whens, const std::vector<std::string>& results);

} // namespace howdah::dialect::rules
