// The line protocol: one client's connection from its first byte to its last. docs/socket-protocol.md is its manual.
#pragma once

#include "proxy/server.hpp"

#include <boost/asio/awaitable.hpp>

namespace howdah::proxy::lines {

// `context` must outlive it. Ends when the client leaves, is too late, or is asked to go.
boost::asio::awaitable<void> serve_lines(Socket socket, ServerContext& context);

} // namespace howdah::proxy::lines
