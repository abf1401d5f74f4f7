// See group_rules.hpp.
#include "proxy/group_rules.hpp"

#include "dialect/bookkeeping.hpp"

namespace howdah::proxy {

bool is_of_the_statement(const pool::ServerError& error)
{
    const std::string& state = error.sqlstate;
    return (state.starts_with("22") || state.starts_with("23") || state.starts_with("HW") || state == "P0001") &&
           state != dialect::stale_schema_sqlstate;
}

} // namespace howdah::proxy
