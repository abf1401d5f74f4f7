// What the PostgreSQL wire's CommandComplete says of a statement ("INSERT 0 3", "CREATE TABLE"). Pure.
#pragma once

#include "dialect/compile.hpp"

#include <cstdint>
#include <string>

namespace howdah::proxy {

struct CachedPlan;

// What a tag begins with: "INSERT 0", "CREATE TABLE", "SELECT".
std::string command_verb(const dialect::Compiled& plan);
std::string command_tag(const CachedPlan& plan, std::int64_t changes, std::uint64_t rows);

} // namespace howdah::proxy
