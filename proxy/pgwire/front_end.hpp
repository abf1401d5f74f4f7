// The PostgreSQL wire: one client's connection from its first byte to its last. Starts with front_end.cpp's run().
#pragma once

#include "proxy/server.hpp"

#include <boost/asio/awaitable.hpp>

namespace howdah::proxy::pgwire {

// `context` must outlive it. Ends when the client leaves, breaks the protocol, is too late, or is asked to go.
boost::asio::awaitable<void> serve_pgwire(Socket socket, ServerContext& context);

} // namespace howdah::proxy::pgwire
