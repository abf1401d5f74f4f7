// What a database's configuration says to the compiler.
#pragma once

#include "dialect/compile.hpp"
#include "proxy/config.hpp"

namespace howdah::proxy {

inline dialect::Options compile_options(const DatabaseConfig& config)
{
    dialect::Options options;
    options.writers = config.writers == "concurrent" ? dialect::Writers::concurrent : dialect::Writers::single;
    options.mismatch = config.mismatch == "reject" ? dialect::Mismatch::reject : dialect::Mismatch::promote;
    options.any_row_order = config.row_order == "any";
    options.foreign_keys = config.foreign_keys;
    return options;
}

} // namespace howdah::proxy
