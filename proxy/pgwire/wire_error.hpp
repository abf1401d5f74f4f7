// Errors that the wire itself makes: not about SQL but about the protocol, its values and its names.
#pragma once

#include "proxy/exchange.hpp"

#include <string>
#include <utility>

namespace howdah::proxy::pgwire {

inline ClientError wire_error(std::string sqlstate, std::string message, std::string hint = {})
{
    ClientError e;
    e.sqlstate = std::move(sqlstate);
    e.message = std::move(message);
    e.hint = std::move(hint);
    return e;
}

inline ClientError fatal_error(std::string sqlstate, std::string message)
{
    ClientError e = wire_error(std::move(sqlstate), std::move(message));
    e.fatal = true;
    return e;
}

} // namespace howdah::proxy::pgwire
