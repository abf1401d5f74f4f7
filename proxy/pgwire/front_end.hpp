// The PostgreSQL wire: one client's connection from its first byte to its last. Start reading at FrontEnd::run().
#pragma once

#include "conversation.hpp"
#include "decode.hpp"
#include "login.hpp"
#include "session_port.hpp"
#include "transport.hpp"

#include "proxy/auth.hpp"
#include "proxy/config.hpp"
#include "proxy/server.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace howdah::proxy::pgwire {

// `context` must outlive it. Ends when the client leaves, breaks the protocol, is too late, or is asked to go.
boost::asio::awaitable<void> serve_pgwire(Socket socket, ServerContext& context);

// What a connection needs of its surroundings.
struct Surroundings {
    std::shared_ptr<const Config> config;
    std::shared_ptr<boost::asio::ssl::context> tls; // null: none
    std::shared_ptr<Authenticator> auth;            // null: everybody is let in
    CancelKeys* cancel_keys = nullptr;
    OpenSession open_session;
    ConversationOptions conversation; // its process_id is given later
    std::string client = "pgwire";    // for logs
    bool local = false;               // over a Unix socket: TLS is not demanded
    std::optional<ClientError> closed;
    std::function<void()> on_auth_failure;
    std::string server_version = "15.20 (howdah)";
};

// Reads bytes and performs actions; every decision is Login's or Conversation's.
class FrontEnd : public std::enable_shared_from_this<FrontEnd> {
public:
    FrontEnd(Socket socket, Surroundings surroundings);
    ~FrontEnd();

    boost::asio::awaitable<void> run();
    // See Client::on_goodbye.
    void say_goodbye(Goodbye how);
    // See Client::on_tick.
    std::size_t on_tick();

private:
    class Sink;
    class ReadAhead;

    boost::asio::awaitable<bool> log_in();
    boost::asio::awaitable<bool> start_tls(std::string_view received);
    boost::asio::awaitable<bool> begin_session(Login& login);
    boost::asio::awaitable<void> converse();
    bool start_statement(const AskRun& ask, Sink& sink);
    boost::asio::awaitable<void> perform(Action& action);
    boost::asio::awaitable<Outcome> run_statement(AskRun& ask);
    boost::asio::awaitable<std::optional<Message>> next_login_message();
    boost::asio::awaitable<bool> read_more();
    boost::asio::awaitable<bool> write(std::string& out);
    // As much as the socket takes at once. False: write() is needed for the rest, which is what `out` has then.
    bool write_now(std::string& out);
    void was_written(std::string& out);
    boost::asio::awaitable<void> leave();

    std::size_t rest();
    void limit_login();
    void watch_idle_client();
    void send_away(ClientError error);
    std::optional<ClientError> idle_too_long(std::chrono::steady_clock::time_point now) const;

    Surroundings around_;
    Transport transport_;
    Decoder decoder_;
    boost::asio::steady_timer timer_;           // login, then idleness
    boost::asio::steady_timer statement_timer_; // statement_timeout
    std::unique_ptr<SessionPort> session_;
    std::optional<Conversation> conversation_;
    std::optional<CancelKeys::Key> cancel_key_;
    std::optional<ClientError> farewell_;                                // why the client is sent away
    std::optional<std::chrono::steady_clock::time_point> waiting_since_; // for the client's next message
    bool running_ = false;                                               // a statement
    unsigned ticks_of_silence_ = 0;
    bool resting_ = false; // the read has been stopped for rest() and begins again
    bool gone_ = false, draining_ = false, logged_in_ = false, timed_out_ = false;
};

} // namespace howdah::proxy::pgwire
