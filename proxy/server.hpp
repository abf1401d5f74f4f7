// What every front end is given: the configuration, the databases, and the registers of clients and cancel keys.
//
// A front end is one function, `awaitable<void> serve_xxx(Socket socket, ServerContext& context)`, spawned by the
// listener for each connection. It makes a Client first, and returns when the conversation is over. All of it runs on
// one thread.
#pragma once

#include "proxy/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace howdah::proxy {

class Authenticator; // auth.hpp
class Client;
class Databases;

using Socket = boost::asio::generic::stream_protocol::socket;

// How urgently a client is asked to go.
enum class Goodbye : std::uint8_t {
    when_idle, // SIGTERM: after the transaction and the statement that runs
    now,       // the drain limit has passed: close the socket
};

// The PostgreSQL wire's cancel keys. Secrets come from the system's random source and are compared in constant time.
class CancelKeys {
public:
    struct Key {
        std::int32_t process = 0, secret = 0;
    };
    Key add(std::function<void()> cancel);
    void remove(Key key);
    // Calls the cancel function of that key; false, and nothing else, for a wrong one.
    bool cancel(Key key);

private:
    struct Entry {
        std::int32_t secret;
        std::function<void()> cancel;
    };
    std::unordered_map<std::int32_t, Entry> entries_;
    std::int32_t next_ = 1;
};

struct ServerContext {
    boost::asio::any_io_executor executor;
    std::shared_ptr<const Config> config; // replaced by SIGHUP: take a copy of the pointer for as long as it is used
    Databases& databases;
    std::shared_ptr<boost::asio::ssl::context>
        tls;                             // for clients; null when there is no certificate. Replaced by SIGHUP
    std::shared_ptr<Authenticator> auth; // Authenticator::load(config->auth). Replaced by SIGHUP
    bool draining = false;               // SIGTERM: no new clients, no new transactions
    CancelKeys cancel_keys;
    std::vector<Client*> clients; // connected now, in no order
    std::uint64_t next_client = 1;
    std::vector<std::pair<std::string, std::string>> endpoints; // front end, address: where howdah listens
    std::size_t given_back = 0; // bytes of clients' buffers that the allocator may still hold

    // pgwire and lines clients; HTTP has a limit of its own, so that metrics answer when the rest is full.
    std::size_t limited_clients() const;
    // Calls on_goodbye of every client, once per kind.
    void say_goodbye(Goodbye how);
    // Calls on_tick of every client; the server does so four times a second.
    void tick();

private:
    template <typename Function>
    void for_each_client(Function function);
};

// A connected client: registered and counted for as long as this object lives, which is as long as its coroutine runs.
class Client {
public:
    Client(ServerContext& context, std::string_view front_end, const Socket& socket);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    std::uint64_t id() const { return id_; }
    const std::string& front_end() const { return front_end_; }
    const std::string& peer() const { return peer_; } // "127.0.0.1:5123", "unix"
    const std::string& name() const { return name_; } // "pgwire#7 127.0.0.1:5123": for logs and for Session
    bool is_local() const { return local_; }          // a Unix socket or a loopback address
    // There were max_clients already: the front end answers 53300 (or an error line) and ends.
    bool over_limit() const { return over_limit_; }

    // Set by the front end. `when_idle`: ends a wait for the client's next request and, when a transaction is open,
    // only takes note; `now`: closes the socket. Called from outside the client's coroutine, on the same thread.
    std::function<void(Goodbye)> on_goodbye;
    // Set by the front end when it wants to look at its deadlines and at the health of its socket now and then: one
    // timer for all clients instead of one each. Returns how many bytes of its buffers it has given back, because the
    // client has said nothing for so many ticks.
    std::function<std::size_t()> on_tick;
    static constexpr unsigned ticks_until_rest = 5;

private:
    ServerContext& context_;
    std::uint64_t id_;
    std::size_t place_ = 0; // in ServerContext::clients
    std::string front_end_, peer_, name_;
    bool local_ = false, over_limit_ = false;
};

} // namespace howdah::proxy
