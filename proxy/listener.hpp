// Accepts clients on one address and spawns one coroutine for each. The only place where an exception ends a client.
#pragma once

#include "proxy/config.hpp"
#include "proxy/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <memory>
#include <string>
#include <vector>

namespace howdah::proxy {

using Serve = boost::asio::awaitable<void> (*)(Socket, ServerContext&);

class Listener : public std::enable_shared_from_this<Listener> {
public:
    // One for each address that `address` stands for ("localhost" may be two). Throws std::runtime_error that names the
    // address and the reason. A Unix socket that nobody listens on any more is replaced.
    static std::vector<std::shared_ptr<Listener>> open(ServerContext& context, std::string front_end,
                                                       const std::string& address, int unix_mode, Serve serve);
    // A socket that systemd listens on already.
    static std::shared_ptr<Listener> adopt(ServerContext& context, int descriptor);
    void serve_as(std::string front_end, Serve serve);
    ~Listener();

    // Begins to accept; nothing when it does so already.
    void start();
    // No further clients; a Unix socket's file is removed, unless it is systemd's.
    void close();

    const std::string& front_end() const { return front_end_; }
    const std::string& address() const { return address_; }       // with the port that was really taken
    const std::string& configured() const { return configured_; } // as the configuration has it; empty when adopted

private:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;
    using Endpoint = boost::asio::generic::stream_protocol::endpoint;

    Listener(ServerContext& context, std::string front_end, Serve serve);
    void bind_tcp(const Endpoint& endpoint, bool both_families);
    void bind_unix(const std::string& path, int mode);
    boost::asio::awaitable<void> accept_clients();
    boost::asio::awaitable<void> serve_client(Socket socket);
    std::string local_address() const;

    ServerContext& context_;
    std::string front_end_, address_, configured_;
    Serve serve_;
    Acceptor acceptor_;
    std::string unix_path_; // ours to remove
    bool started_ = false;
};

} // namespace howdah::proxy
