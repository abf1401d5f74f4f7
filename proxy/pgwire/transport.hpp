// A client's socket, with or without TLS. Failures are not told apart: whoever cannot be read from has gone.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace howdah::proxy::pgwire {

class Transport {
public:
    using Socket = boost::asio::generic::stream_protocol::socket;

    explicit Transport(Socket socket);

    // 0: the client has finished sending, is gone, or cancel_read() was called.
    boost::asio::awaitable<std::size_t> read_some(std::span<char> into);
    // Without waiting; nothing with TLS.
    struct Sent {
        std::size_t bytes = 0;
        bool failed = false; // the client is gone
    };
    Sent write_now(std::string_view bytes);
    // All of it; false: the client is gone.
    boost::asio::awaitable<bool> write(std::string_view bytes);
    // The server's side of the handshake. `received` has come already and is part of it; all of it must be used up.
    boost::asio::awaitable<bool> handshake(std::shared_ptr<boost::asio::ssl::context> context,
                                           std::string_view received);
    bool has_tls() const { return tls_ != nullptr; }
    // The protocol that ALPN has chosen; empty when the client named none.
    std::string_view alpn() const;

    Socket& socket() { return socket_; }
    void cancel(); // reads and writes end at once, as if the client had gone
    void close();
    void finish_sending(); // the client sees the end after all that was written

private:
    Socket socket_;
    std::shared_ptr<boost::asio::ssl::context> context_; // must outlive tls_
    std::unique_ptr<boost::asio::ssl::stream<Socket&>> tls_;
};

} // namespace howdah::proxy::pgwire
