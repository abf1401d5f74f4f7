// Opens connections with libpq: conninfo and services, several hosts, TLS, SCRAM, channel binding. The only file that
// includes libpq. What comes out speaks v3 by itself (channel.hpp); libpq keeps the socket and the SSL object.
#pragma once

#include "pool/cancel.hpp"
#include "pool/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

struct pg_conn;
struct ssl_st;

namespace howdah::pool::pq {

struct Finish {
    void operator()(pg_conn* connection) const;
};
// Closes the connection when it goes. The descriptor must not be registered anywhere by then.
using Handle = std::unique_ptr<pg_conn, Finish>;

struct Opened {
    Handle handle;
    int socket = -1;
    ssl_st* tls = nullptr;          // null: not encrypted
    std::string tls_version;        // "TLSv1.3"
    std::int64_t tls_not_after = 0; // of the server's certificate, seconds since 1970
    int server_version = 0;         // 150004
    std::string server;             // "db1:5432/app as app"
    CancelTarget cancel;
};

// Never blocks the executor's thread for the network: names are resolved in Asio's resolver thread, the rest is
// nonblocking. With several hosts none may take more than its share of `timeout`. Cancelling or destroying the
// coroutine leaves nothing open.
boost::asio::awaitable<Result<Opened>> connect(boost::asio::any_io_executor executor, std::string conninfo,
                                               std::chrono::milliseconds timeout);

// "db1:5432/app as app", from the conninfo alone; never the password. Empty when it cannot be parsed.
std::string describe(const std::string& conninfo);

} // namespace howdah::pool::pq
