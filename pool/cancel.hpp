// Asks a server to stop what one of its backends runs: a connection of its own that carries 16 bytes and is closed by
// the server when the signal has been sent.
//
// Where the connection to be cancelled uses TLS, so does this one, and the server must show the same certificate or one
// that passes the verification the conninfo asks for. (libpq 15's own PQcancel blocks and never encrypts.)
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct x509_st;

namespace howdah::pool {

struct CancelTarget {
    sockaddr_storage address{};
    socklen_t address_size = 0;
    std::uint32_t pid = 0;
    std::string secret; // empty: unknown, `fallback` is used
    // With TLS: libpq's own context (its roots and protocol limits), the certificate the server showed, and what
    // sslmode asks of another one.
    std::shared_ptr<ssl_ctx_st> tls;
    std::shared_ptr<x509_st> certificate;
    bool verify_chain = false, verify_host = false;
    std::string host;
    // PQcancel, which blocks: for a thread. Only where libpq does not let us know the secret.
    std::function<bool()> fallback;
};

// True when the server has closed the cancel connection: the signal, if any, has been sent. False: unreachable,
// refused, or `timeout`.
boost::asio::awaitable<bool> send_cancel(boost::asio::any_io_executor executor, CancelTarget target,
                                         std::chrono::milliseconds timeout);

} // namespace howdah::pool
