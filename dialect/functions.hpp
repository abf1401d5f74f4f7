// SQLite's built-in functions: what the resolver must know of each to give it classes, and lower() to find its rule.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/types.hpp"

#include <span>
#include <string_view>

namespace howdah::dialect {

struct FunctionInfo {
    enum class Kind : std::uint8_t { scalar, aggregate, window, table_valued };
    std::string_view name;
    Kind kind = Kind::scalar;
    int min_args = 0;
    int max_args = 0;           // -1: any number
    bool deterministic = true;  // false: random(), changes(), date functions with 'now', …
    // True when the proxy may compute it once per statement even though it is not deterministic (changes(),
    // last_insert_rowid(), date('now')); false for random() and randomblob(), which differ from row to row.
    bool once_per_statement = true;
    bool json_result = false;   // its value carries SQLite's JSON subtype
    // The classes of the result, given the resolved arguments. Null: any.
    Classes (*classes)(std::span<const ExprPtr> args) = nullptr;
};

// max and min with one argument are aggregates, with more scalars: `args` decides. Null when there is none.
// Aggregates and window functions have the classes of their value over any number of rows, NULL for none included.
const FunctionInfo* find_function(std::string_view name, int args);

} // namespace howdah::dialect
