// One client's conversation over the line protocol. front_end.cpp has the loop, the limits and the end of it, and
// conversation.cpp what is answered; nobody else includes this.
#pragma once

#include "proxy/lines/input.hpp"
#include "proxy/lines/reply.hpp"
#include "proxy/lines/request.hpp"
#include "proxy/server.hpp"
#include "proxy/session.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace howdah::proxy::lines {

using boost::asio::awaitable;

// After which the client is sent away.
ClientError fatal_error(int code, const char* name, std::string message, const char* sqlstate);

class Conversation : public ReplySink {
public:
    Conversation(Socket socket, ServerContext& context)
        : context_(context),
          limits_(context.config->limits),
          client_(context, "lines", socket),
          socket_(std::move(socket)),
          in_(limits_.max_line_bytes)
    {
    }

    awaitable<void> run();

    // ReplySink
    void on_columns(std::span<const Column> columns) override
    {
        if (begin_header())
            append_header(out_, id_, columns);
    }
    void on_row(std::span<const ValueView> row) override { append_row(out_, row); }
    void on_raw_columns(std::span<const RawColumn> columns) override
    {
        raw_columns_.assign(columns.begin(), columns.end());
        if (begin_header())
            append_raw_header(out_, id_, columns);
    }
    void on_raw_row(std::span<const RawField> row) override { append_raw_row(out_, raw_columns_, row); }
    bool is_full() const override { return out_.size() >= full_output; }
    awaitable<bool> flush() override
    {
        if (out_.size() >= write_chunk)
            co_await write_out();
        co_return !gone_;
    }
    bool rewind() override
    {
        if (header_at_)
            out_.resize(*header_at_);
        return header_at_.has_value();
    }

private:
    using Clock = std::chrono::steady_clock;
    // Answers are sent when this much has gathered, or when the client's next line has not arrived yet.
    static constexpr std::size_t write_chunk = 64U << 10U;
    static constexpr std::size_t full_output = 256U << 10U; // a connection that others share waits no longer than this

    // A statement that runs a second time describes its columns again: the header takes the place of the first one, or
    // is left out where that has been sent.
    bool begin_header()
    {
        if (has_header_ && !rewind())
            return false;
        has_header_ = true;
        header_at_ = out_.size();
        return true;
    }

    using Parsed = std::variant<Request, BadRequest>;
    class ReadAhead;

    // front_end.cpp
    awaitable<std::optional<std::string_view>> next_line();
    awaitable<bool> read_more();
    awaitable<void> write_out();
    awaitable<void> part();
    void set_deadline();
    std::size_t on_tick();
    std::size_t rest();
    void on_goodbye(Goodbye how);
    bool has_hung_up();

    // conversation.cpp
    awaitable<void> answer(Parsed parsed);
    awaitable<void> welcome(const Hello& hello);
    awaitable<void> run_statements(const Request& request);
    awaitable<bool> run_statement(std::string_view statement, std::string_view rest, const Request& request,
                                  std::size_t& used, bool alone);
    awaitable<std::optional<std::vector<Value>>> parameters(std::string_view statement, const Request& request,
                                                            std::size_t& used);

    void fail(const ClientError& error)
    {
        append_error(out_, id_, error, autocommit());
        over_ = over_ || error.fatal;
    }
    bool autocommit() const { return !session_ || session_->autocommit(); }
    void start_session(const std::string& database)
    {
        session_ = std::make_unique<Session>(context_.databases, database, client_.name());
    }

    ServerContext& context_;
    const LimitsConfig limits_;
    Client client_;
    Socket socket_;
    std::unique_ptr<Session> session_;

    Input in_;
    std::list<Parsed> parsed_; // lines that have been looked at already

    std::string out_;                      // what has not been sent
    std::string id_;                       // of the request that is being answered
    bool has_header_ = false;              // the statement that runs has a header,
    std::optional<std::size_t> header_at_; // which begins here in out_, unless it has been sent
    std::vector<RawColumn> raw_columns_;

    bool waiting_ = false;                      // for the client's next line
    unsigned ticks_of_silence_ = 0;
    bool resting_ = false;                      // the read has been stopped to give its room back, and begins again
    bool running_ = false;                      // a statement
    bool over_ = false;                         // the last answer has been given
    bool gone_ = false;                         // the client has
    bool leaving_ = false;                      // howdah drains: end after the transaction
    bool greeted_ = false;                      // the first request has come
    std::optional<Clock::time_point> deadline_; // for waiting_
    ClientError too_late_;                      // what is said when it passes
};

} // namespace howdah::proxy::lines
