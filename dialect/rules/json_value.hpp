// SQLite's JSON subtype, followed statically: json_array(json('[1]')) holds an array, json_array('[1]') a string.
#pragma once

#include "dialect/lower.hpp"

namespace howdah::dialect::rules {

// The value as a piece of JSON: itself when the expression has the subtype, else quoted, 'null' for NULL.
std::string as_json(const Expr& expr, Lowering& lowering);

// The name of howdah's function of a path: json_extract() where the path is known now, and the planner takes it apart
// once; else json_extract_at(), unless an index may have the other.
std::string path_function(std::string_view name, const Expr& path, const Lowering& lowering);

} // namespace howdah::dialect::rules
