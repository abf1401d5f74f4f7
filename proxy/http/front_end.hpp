// HTTP/1.1, as much as a scraper, a probe and a browser need: GET and HEAD of five paths, nothing that waits for a
// server.
#pragma once

#include "proxy/server.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>
#include <string_view>

namespace howdah::proxy::http {

// `context` must outlive it. Goes on while howdah drains; ends with Goodbye::now.
boost::asio::awaitable<void> serve_http(Socket socket, ServerContext& context);

// The head of a request, without its empty line.
struct RequestHead {
    int bad = 0; // the status to answer with instead: 400, 405, 413, 505
    bool head_only = false;
    bool keep_alive = true;
    std::string path; // without the query
};
RequestHead parse_head(std::string_view text);

} // namespace howdah::proxy::http
