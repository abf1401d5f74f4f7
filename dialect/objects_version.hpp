// What a database's triggers and foreign keys (schema_objects.hpp) were made with: this compiler, and the options that
// are compiled into them. howdah.database keeps it.
#pragma once

#include "dialect/compile.hpp"

#include <string>

namespace howdah::dialect {

// "0123456789abcdef concurrent promote"
std::string objects_version(const Options& options);

} // namespace howdah::dialect
