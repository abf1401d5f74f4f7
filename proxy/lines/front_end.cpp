// The loop: read a line, have the session run its statements, write the answers. Start reading at Conversation::run.
#include "proxy/lines/front_end.hpp"

#include "proxy/auth.hpp"
#include "proxy/databases.hpp"
#include "proxy/lines/input.hpp"
#include "proxy/lines/reply.hpp"
#include "proxy/lines/request.hpp"
#include "proxy/log.hpp"
#include "proxy/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <vector>

namespace howdah::proxy::lines {

namespace {

using boost::asio::awaitable;
using Clock = std::chrono::steady_clock;
constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

// Answers are sent when this much has gathered, or when the client's next line has not arrived yet.
constexpr std::size_t write_chunk = 64U << 10U;
constexpr std::size_t full_output = 256U << 10U; // a connection that others share waits no longer than this
// A buffer that has grown beyond this is given back once it is empty.
constexpr std::size_t keep_capacity = 256U << 10U;
constexpr auto parting_time = std::chrono::seconds(2);
constexpr const char* default_database = "main";

ClientError make_error(int code, const char* name, std::string message, const char* sqlstate)
{
    ClientError error;
    error.code = code;
    error.name = name;
    error.message = std::move(message);
    error.sqlstate = sqlstate;
    error.fatal = true;
    return error;
}

// Nothing but comments, spaces and one semicolon.
bool is_empty(std::string_view statement)
{
    if (statement.ends_with(';'))
        statement.remove_suffix(1);
    return is_blank(statement);
}

// What is left of a script from its next statement that is not empty.
std::string_view skip_empty(std::string_view script)
{
    while (!is_blank(script)) {
        const std::size_t length = first_statement(script);
        if (!is_empty(script.substr(0, length)))
            return script;
        script.remove_prefix(length);
    }
    return {};
}

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

    awaitable<std::optional<std::string_view>> next_line();
    awaitable<bool> read_more();
    awaitable<void> write_out();
    awaitable<void> part();

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

    void set_deadline();
    void on_tick();
    void on_goodbye(Goodbye how);
    bool has_hung_up();

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
    bool running_ = false;                      // a statement
    bool over_ = false;                         // the last answer has been given
    bool gone_ = false;                         // the client has
    bool leaving_ = false;                      // howdah drains: end after the transaction
    bool greeted_ = false;                      // the first request has come
    std::optional<Clock::time_point> deadline_; // for waiting_
    ClientError too_late_;                      // what is said when it passes
};

awaitable<void> Conversation::run()
{
    // These outlive the coroutine by nothing: Client is a member, and the register forgets it with us.
    client_.on_tick = [this] { on_tick(); };
    client_.on_goodbye = [this](Goodbye how) { on_goodbye(how); };
    log_client(client_.name(), spdlog::level::debug, "connected");
    if (client_.over_limit())
        fail(make_error(14, "SQLITE_CANTOPEN", "howdah: too many clients (limits.max_clients)", "53300"));

    while (!over_ && !gone_) {
        if (parsed_.empty()) {
            const auto line = co_await next_line();
            if (!line)
                break;
            parsed_.push_back(parse_request(*line));
        }
        Parsed next = std::move(parsed_.front());
        parsed_.pop_front();
        co_await answer(std::move(next));
        over_ = over_ || (leaving_ && autocommit());
    }
    co_await write_out();
    client_.on_tick = nullptr;
    if (session_)
        co_await session_->close();
    co_await part();
    log_client(client_.name(), spdlog::level::debug, "disconnected");
}

// The next line, valid until the next call. nullopt: there is none, or (with an error in out_) it is too long or too
// late.
awaitable<std::optional<std::string_view>> Conversation::next_line()
{
    for (;;) {
        if (const auto line = in_.next())
            co_return line;
        if (in_.is_too_long()) {
            id_.clear();
            fail(make_error(18, "SQLITE_TOOBIG", "howdah: the line is longer than limits.max_line_bytes", "54000"));
            co_return std::nullopt;
        }
        if (in_.ended() || !co_await read_more())
            co_return std::nullopt;
    }
}

// The statements behind the one that runs: those left of its request, and those of lines that have arrived.
class Conversation::ReadAhead final : public Lookahead {
public:
    ReadAhead(Conversation& conversation, const Request& request, std::string_view rest)
        : conversation_(conversation), rest_(rest), values_(&request.positional), next_(conversation.parsed_.begin())
    {
    }

    std::optional<Foreseen> next() override
    {
        while (rest_.empty()) {
            if (next_ == conversation_.parsed_.end()) {
                const auto line = conversation_.in_.next();
                if (!line)
                    return std::nullopt;
                next_ = conversation_.parsed_.insert(next_, parse_request(*line));
            }
            const auto* request = std::get_if<Request>(&*next_);
            if (!request || request->hello || !request->named.empty())
                return std::nullopt;
            ++next_;
            rest_ = skip_empty(request->sql);
            values_ = &request->positional;
            if (rest_.empty())
                return std::nullopt;
        }
        const std::string_view statement = rest_.substr(0, first_statement(rest_));
        rest_ = skip_empty(rest_.substr(statement.size()));
        // Values that several statements share are dealt out when their turn comes.
        if (!values_->empty() && !rest_.empty())
            return std::nullopt;
        return Foreseen{statement, *values_};
    }

private:
    Conversation& conversation_;
    std::string_view rest_; // of the request that is being looked at
    const std::vector<Value>* values_;
    std::list<Parsed>::iterator next_;
};

// Sends what is ready, then waits for bytes. False when the conversation is over.
awaitable<bool> Conversation::read_more()
{
    co_await write_out();
    if (gone_ || over_ || (leaving_ && autocommit()))
        co_return false;
    const std::span<char> room = in_.prepare();
    set_deadline();
    waiting_ = true;
    const auto [error, bytes] = co_await socket_.async_read_some(boost::asio::buffer(room.data(), room.size()), tuple);
    waiting_ = false;
    in_.commit(bytes);
    if (!error)
        co_return true;
    if (error == boost::asio::error::eof) {
        in_.end(); // what is already here is still answered: the client may have closed its half only
        co_return true;
    }
    if (error == boost::asio::error::operation_aborted && deadline_ && Clock::now() >= *deadline_) {
        id_.clear();
        fail(too_late_);
        log_client(client_.name(), spdlog::level::info, "{}", too_late_.message);
    } else if (!leaving_) {
        gone_ = true;
    }
    co_return false;
}

awaitable<void> Conversation::write_out()
{
    if (!gone_ && !out_.empty()) {
        const auto [error, bytes] = co_await boost::asio::async_write(socket_, boost::asio::buffer(out_), tuple);
        gone_ = gone_ || error;
    }
    out_.clear();
    header_at_.reset();
    if (out_.capacity() > keep_capacity)
        out_.shrink_to_fit();
}

// Closes so that the last answer arrives: a close with unread input would reset the connection and could destroy it.
awaitable<void> Conversation::part()
{
    boost::system::error_code error;
    if (!gone_ && !in_.ended())
        socket_.shutdown(Socket::shutdown_send, error);
    if (gone_ || in_.ended() || error)
        co_return;
    over_ = true;
    deadline_ = Clock::now() + parting_time;
    client_.on_tick = [this] { on_tick(); };
    std::array<char, 4096> unread{};
    for (;;) {
        waiting_ = true;
        const auto [ended, bytes] = co_await socket_.async_read_some(boost::asio::buffer(unread), tuple);
        waiting_ = false;
        if (ended || Clock::now() >= *deadline_)
            co_return;
    }
}

awaitable<void> Conversation::answer(Parsed parsed)
{
    if (auto* bad = std::get_if<BadRequest>(&parsed)) {
        id_ = std::move(bad->id);
        fail(bad_request(std::move(bad->message)));
        co_return;
    }
    const Request& request = std::get<Request>(parsed);
    id_ = request.id;
    const bool first = !std::exchange(greeted_, true);
    if (request.hello) {
        if (first)
            co_await welcome(*request.hello);
        else
            fail(bad_request("howdah: \"hello\" must be the first request"));
        co_return;
    }
    if (first && context_.auth && context_.auth->required()) {
        ++context_.databases.totals().auth_failures["lines"];
        fail(make_error(23, "SQLITE_AUTH",
                        "howdah: the first request must be {\"hello\": {\"user\": …, \"password\": …}}", "28000"));
        co_return;
    }
    if (!session_)
        start_session(default_database);
    co_await run_statements(request);
}

awaitable<void> Conversation::welcome(const Hello& hello)
{
    if (context_.auth && context_.auth->required()) {
        const std::string user = hello.user.value_or("");
        if (!context_.auth->check_password(user, hello.password.value_or(""))) {
            ++context_.databases.totals().auth_failures["lines"];
            log_client(client_.name(), spdlog::level::warn, "login failed for user \"{}\"", user);
            fail(make_error(23, "SQLITE_AUTH", "howdah: password authentication failed for user \"" + user + "\"",
                            "28P01"));
            co_return;
        }
    }
    const std::string database = hello.database.value_or(default_database);
    start_session(database);
    running_ = true;
    auto error = co_await session_->open();
    running_ = false;
    if (error) {
        error->fatal = true;
        fail(*error);
    } else {
        append_hello(out_, id_, database);
    }
}

awaitable<void> Conversation::run_statements(const Request& request)
{
    const std::string_view script = skip_empty(request.sql);
    std::string_view rest =
        script.empty() ? std::string_view(request.sql) : script; // an empty request has an answer too
    std::size_t used = 0; // values of a positional list that earlier statements took
    for (bool alone = true, more = true; more && !gone_; alone = false) {
        const std::size_t length = first_statement(rest);
        const std::string_view statement = rest.substr(0, length);
        rest = skip_empty(rest.substr(length));
        more = !rest.empty();
        if (!co_await run_statement(statement, rest, request, used, alone && !more))
            co_return;
    }
}

// False after an error, which ends the request.
awaitable<bool> Conversation::run_statement(std::string_view statement, std::string_view rest, const Request& request,
                                            std::size_t& used, bool alone)
{
    std::optional<std::vector<Value>> own; // with a single statement and a list, the list is taken as it is
    if (!request.named.empty() || (!request.positional.empty() && !alone)) {
        own = co_await parameters(statement, request, used);
        if (!own)
            co_return false;
    }
    running_ = true;
    has_header_ = false;
    header_at_.reset();
    const std::span<const Value> values = own ? *own : request.positional;
    // Where several statements share a list of values, what comes is not known before their turn.
    const bool deals = !request.named.empty() || (!request.positional.empty() && !alone);
    const bool has_more = !rest.empty() || !parsed_.empty() || in_.has_more();
    ReadAhead ahead(*this, request, rest);
    // Named before it is awaited: GCC 12 destroys temporaries of a co_await expression twice (GCC bug 101367).
    RunOptions options;
    auto run = session_->run(statement, values, *this, std::move(options), has_more && !deals ? &ahead : nullptr);
    const Outcome outcome = co_await std::move(run);
    running_ = false;
    if (outcome.error) {
        append_error(out_, id_, *outcome.error, outcome.autocommit);
        over_ = over_ || outcome.error->fatal;
        co_return false;
    }
    append_trailer(out_, id_, outcome, !rest.empty());
    co_return co_await flush();
}

awaitable<std::optional<std::vector<Value>>> Conversation::parameters(std::string_view statement,
                                                                      const Request& request, std::size_t& used)
{
    running_ = true;
    auto describe = session_->describe_parameters(statement);
    Description description = co_await std::move(describe);
    running_ = false;
    if (description.error) {
        fail(*description.error);
        co_return std::nullopt;
    }
    const auto count = static_cast<std::size_t>(std::max(description.parameter_count, 0));
    if (!request.named.empty()) {
        description.parameter_names.resize(count);
        co_return named_values(request, description.parameter_names);
    }
    const std::size_t end = std::min(request.positional.size(), used + count);
    std::vector<Value> values(request.positional.begin() + static_cast<std::ptrdiff_t>(used),
                              request.positional.begin() + static_cast<std::ptrdiff_t>(end));
    used = end;
    co_return values;
}

void Conversation::set_deadline()
{
    const auto now = Clock::now();
    if (!greeted_) {
        if (!deadline_)
            deadline_ = now + limits_.login_timeout; // counted once: a byte now and then does not prolong it
        too_late_ = make_error(23, "SQLITE_AUTH", "howdah: no request within limits.login_timeout", "57P05");
        return;
    }
    const bool idle = autocommit();
    const auto limit = idle ? limits_.idle_timeout : limits_.idle_in_transaction_timeout;
    deadline_ = limit.count() > 0 ? std::optional(now + limit) : std::nullopt;
    if (deadline_)
        too_late_ =
            idle ? make_error(9, "SQLITE_INTERRUPT", "howdah: no request within limits.idle_timeout", "57P05")
                 : make_error(9, "SQLITE_INTERRUPT",
                              "howdah: no request within limits.idle_in_transaction_timeout; rolled back", "25P03");
}

void Conversation::on_tick()
{
    boost::system::error_code ignored;
    if (waiting_ && deadline_ && Clock::now() >= *deadline_) {
        socket_.cancel(ignored);
    } else if (running_ && !gone_ && has_hung_up()) {
        gone_ = true;
        session_->cancel();
    }
}

void Conversation::on_goodbye(Goodbye how)
{
    boost::system::error_code ignored;
    leaving_ = true;
    if (how == Goodbye::now) {
        gone_ = over_ = true;
        if (running_)
            session_->cancel();
        socket_.close(ignored);
    } else if (waiting_ && autocommit()) {
        socket_.cancel(ignored);
    }
}

// A client that closed only its sending half has not hung up: it still reads.
bool Conversation::has_hung_up()
{
    pollfd state{socket_.native_handle(), 0, 0};
    return poll(&state, 1, 0) == 1 && (state.revents & (POLLERR | POLLHUP)) != 0;
}

} // namespace

awaitable<void> serve_lines(Socket socket, ServerContext& context)
{
    Conversation conversation(std::move(socket), context);
    co_await conversation.run();
}

} // namespace howdah::proxy::lines
