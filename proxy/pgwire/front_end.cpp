// See front_end.hpp.
#include "front_end.hpp"

#include "encode.hpp"
#include "trace.hpp"
#include "wire_error.hpp"

#include "proxy/log.hpp"
#include "proxy/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <poll.h>

#include <array>
#include <exception>

namespace howdah::proxy::pgwire {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t output_limit = 64 * 1024;  // rows beyond this wait until the client has taken some
constexpr std::size_t full_output = 256 * 1024;  // a connection that others share waits no longer than this
constexpr std::size_t keep_output = 256 * 1024;  // a larger buffer is given back when it is empty
constexpr std::chrono::seconds farewell_time{1}; // for the client to read why it is sent away

// Says so while it lives.
class Running {
public:
    explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
    ~Running() { flag_ = false; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

private:
    bool& flag_;
};

} // namespace

// Rows from the session: encoded at once, sent when there are enough of them.
class FrontEnd::Sink final : public ReplySink {
public:
    explicit Sink(FrontEnd& front_end) : front_end_(front_end), conversation_(*front_end.conversation_) {}
    void on_columns(std::span<const Column> columns) override { conversation_.columns(columns); }
    void on_row(std::span<const ValueView> row) override { conversation_.row(row); }
    void on_raw_columns(std::span<const RawColumn> columns) override { conversation_.raw_columns(columns); }
    void on_raw_row(std::span<const RawField> row) override { conversation_.raw_row(row); }
    bool rewind() override { return conversation_.rewind(); }
    std::optional<std::span<const std::int16_t>> forward_formats(std::span<const Column> columns) override
    {
        return conversation_.forward_formats(columns);
    }
    void on_forwarded_row(std::string_view message) override { conversation_.forwarded_row(message); }
    bool is_full() const override { return conversation_.output().size() >= full_output; }
    asio::awaitable<bool> flush() override
    {
        if (conversation_.output().size() >= output_limit)
            co_await front_end_.write(conversation_.output());
        co_return !front_end_.gone_;
    }

private:
    FrontEnd& front_end_;
    Conversation& conversation_;
};

// The messages that have arrived behind the one that is being answered. They stay where they are.
class FrontEnd::ReadAhead final : public Lookahead {
public:
    explicit ReadAhead(FrontEnd& front_end)
        : decoder_(front_end.decoder_), here_(decoder_.place()), foresight_(*front_end.conversation_)
    {
    }
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    ~ReadAhead() { decoder_.go_back(here_); }

    std::optional<Foreseen> next() override { return foresight_.next(decoder_); }

private:
    Decoder& decoder_;
    Decoder::Place here_;
    Conversation::Foresight foresight_;
};

FrontEnd::FrontEnd(Socket socket, Surroundings surroundings)
    : around_(std::move(surroundings)),
      transport_(std::move(socket)),
      decoder_(around_.config->limits.max_message_bytes),
      timer_(transport_.socket().get_executor()),
      statement_timer_(transport_.socket().get_executor())
{
}

FrontEnd::~FrontEnd()
{
    if (cancel_key_)
        around_.cancel_keys->remove(*cancel_key_);
}

// ------------------------------------------------------------------------------------------------------ the whole life

asio::awaitable<void> FrontEnd::run()
{
    limit_login();
    std::exception_ptr defect;
    try {
        const bool welcome = co_await log_in();
        if (welcome) {
            watch_idle_client();
            co_await converse();
        }
    } catch (...) {
        defect = std::current_exception();
    }
    if (defect && conversation_ && !gone_) {
        conversation_->end(wire_error("XX000", "howdah: internal error; the log of the server says more"));
        co_await write(conversation_->output());
    }
    timer_.cancel();
    statement_timer_.cancel();
    if (cancel_key_)
        around_.cancel_keys->remove(*std::exchange(cancel_key_, std::nullopt));
    if (session_)
        co_await session_->close();
    co_await leave();
    if (defect)
        std::rethrow_exception(defect);
}

asio::awaitable<void> FrontEnd::converse()
{
    Conversation& conversation = *conversation_;
    Sink sink(*this);
    while (!gone_ && !conversation.over()) {
        if (farewell_ || (draining_ && conversation.idle() && !conversation.in_transaction())) {
            conversation.end(farewell_ ? *farewell_
                                       : wire_error("57P01", "terminating connection due to administrator command"));
            break;
        }
        if (const auto message = decoder_.next()) {
            conversation.on(*message);
            while (auto action = conversation.next_action()) {
                // Mostly it is a query that needs no coroutine of its own.
                auto* const ask = std::get_if<AskRun>(&*action);
                const bool started = ask && start_statement(*ask, sink);
                if (!started) {
                    co_await perform(*action);
                    continue;
                }
                const Running running(running_);
                if (!session_->arrived())
                    co_await session_->wait(sink);
                std::optional<Outcome> outcome = session_->finish(ask->sql, sink);
                if (outcome) {
                    conversation.ran(std::move(*outcome), session_->autocommit());
                } else {
                    ask->options.may_share = false;
                    co_await perform(*action);
                }
            }
            continue;
        }
        if (!conversation.output().empty() && !write_now(conversation.output()))
            co_await write(conversation.output());
        if (gone_)
            break;
        const bool more = co_await read_more();
        if (!more && !farewell_)
            break;
    }
    if (!gone_ && !conversation.output().empty())
        co_await write(conversation.output());
}

// What the client has sent behind it is looked at only where there is something.
bool FrontEnd::start_statement(const AskRun& ask, Sink& sink)
{
    Conversation& conversation = *conversation_;
    if (conversation.settings().statement_timeout().count() != 0)
        return false;
    // A whole answer does not wait for the next one, unless that is here, too.
    if (conversation.owes_answer() && !session_->is_ahead() && !write_now(conversation.output()))
        return false;
    if (!conversation.has_more() && decoder_.pending().empty())
        return session_->start(ask.sql, ask.parameters, sink, ask.options, nullptr);
    ReadAhead ahead(*this);
    return session_->start(ask.sql, ask.parameters, sink, ask.options, &ahead);
}

asio::awaitable<void> FrontEnd::perform(Action& action)
{
    const Running running(running_);
    Conversation& conversation = *conversation_;
    if (auto* run = std::get_if<AskRun>(&action)) {
        Outcome outcome = co_await run_statement(*run);
        conversation.ran(std::move(outcome), session_->autocommit());
    } else if (auto* describe = std::get_if<AskDescribe>(&action)) {
        Description description = co_await session_->describe(describe->sql, describe->samples);
        conversation.described(std::move(description));
    } else if (auto* fetch = std::get_if<AskFetch>(&action)) {
        Sink sink(*this);
        Outcome outcome = co_await session_->fetch(fetch->portal, fetch->max_rows, sink);
        conversation.ran(std::move(outcome), session_->autocommit());
    } else if (auto* close = std::get_if<AskClosePortal>(&action)) {
        co_await session_->close_portal(close->portal);
        conversation.done(session_->autocommit());
    } else if (std::holds_alternative<AskSync>(action)) {
        co_await session_->sync();
        conversation.done(session_->autocommit());
    } else if (std::holds_alternative<AskReset>(action)) {
        co_await session_->close();
        session_ = around_.open_session(conversation.settings().database());
        conversation.done(session_->autocommit());
    } else {
        co_await write(conversation.output());
    }
}

asio::awaitable<Outcome> FrontEnd::run_statement(AskRun& ask)
{
    Conversation& conversation = *conversation_;
    if (conversation.owes_answer())
        co_await write(conversation.output());
    Sink sink(*this);
    RunOptions options = std::move(ask.options);
    const auto limit = conversation.settings().statement_timeout();
    if (limit.count() == 0) {
        Outcome outcome = co_await session_->run(ask.sql, ask.parameters, sink, std::move(options));
        co_return outcome;
    }

    timed_out_ = false;
    statement_timer_.expires_after(limit);
    statement_timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        if (failed || !self || self->statement_timer_.expiry() > steady_clock::now())
            return;
        self->timed_out_ = true;
        self->session_->cancel();
    });
    Outcome outcome = co_await session_->run(ask.sql, ask.parameters, sink, std::move(options));
    statement_timer_.cancel();
    if (timed_out_ && outcome.error)
        outcome.error = wire_error("57014", "canceling statement due to statement timeout");
    co_return outcome;
}

asio::awaitable<bool> FrontEnd::read_more()
{
    waiting_since_ = steady_clock::now();
    ticks_of_silence_ = 0;
    std::size_t n = 0;
    if (transport_.has_tls()) {
        n = co_await transport_.read_some(decoder_.prepare());
    } else {
        for (bool again = true; again;) {
            const std::span<char> room = decoder_.prepare();
            const auto [failed, received] = co_await transport_.socket().async_read_some(
                asio::buffer(room.data(), room.size()), asio::as_tuple(asio::use_awaitable));
            n = failed ? 0 : received;
            again = std::exchange(resting_, false) && n == 0 && !farewell_ && !gone_;
            if (again)
                decoder_.rest();
        }
    }
    waiting_since_.reset();
    decoder_.commit(n);
    co_return n > 0;
}

bool FrontEnd::write_now(std::string& out)
{
    const Transport::Sent sent = transport_.write_now(out);
    gone_ = gone_ || sent.failed;
    if (sent.bytes < out.size() && !gone_) {
        out.erase(0, sent.bytes);
        return false;
    }
    was_written(out);
    return true;
}

asio::awaitable<bool> FrontEnd::write(std::string& out)
{
    if (!gone_) {
        const std::string_view bytes = out;
        const bool sent = co_await transport_.write(bytes);
        gone_ = gone_ || !sent;
    }
    was_written(out);
    co_return !gone_;
}

void FrontEnd::was_written(std::string& out)
{
    if (out.capacity() > keep_output)
        std::string().swap(out);
    else
        out.clear();
    if (conversation_)
        conversation_->written();
}

// Whoever is sent away should be able to read why: closing a socket with unread bytes in it would throw that away.
asio::awaitable<void> FrontEnd::leave()
{
    const bool sent_away = !gone_ && (!conversation_ || conversation_->over() || farewell_ || draining_);
    if (sent_away) {
        transport_.finish_sending();
        timer_.expires_after(farewell_time);
        timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
            if (const auto self = weak.lock(); self && !failed)
                self->transport_.close();
        });
        std::array<char, 4096> unread{};
        boost::system::error_code failed;
        while (!failed)
            co_await transport_.socket().async_read_some(asio::buffer(unread),
                                                         asio::redirect_error(asio::use_awaitable, failed));
        timer_.cancel();
    }
    transport_.close();
}

// ------------------------------------------------------------------------------------------------- limits and goodbyes

// A client that resets the connection while its statement runs must not keep the server busy. (One that closes only
// its own side may still be waiting for the answer.) Looked at now and then: a standing wait would cost every read a
// system call.
std::size_t FrontEnd::on_tick()
{
    if (waiting_since_)
        return ++ticks_of_silence_ == Client::ticks_until_rest ? rest() : 0;
    if (!running_ || gone_ || !session_)
        return 0;
    pollfd state{transport_.socket().native_handle(), 0, 0};
    if (poll(&state, 1, 0) != 1 || (state.revents & (POLLERR | POLLHUP)) == 0)
        return 0;
    gone_ = true;
    session_->cancel();
    transport_.cancel();
    return 0;
}

// What a client has said and heard leaves no room behind while it says nothing: most clients do, most of the time.
std::size_t FrontEnd::rest()
{
    std::size_t bytes = conversation_ ? conversation_->rest() : 0;
    if (session_)
        bytes += session_->rest();
    if (decoder_.spare() > 0 && !transport_.has_tls()) {
        bytes += decoder_.spare();
        resting_ = true;
        transport_.cancel();
    }
    return bytes;
}

void FrontEnd::limit_login()
{
    timer_.expires_after(around_.config->limits.login_timeout);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        if (failed || !self || self->logged_in_)
            return;
        log_client(self->around_.client, spdlog::level::info, "not logged in within {} ms",
                   self->around_.config->limits.login_timeout.count());
        self->gone_ = true;
        self->transport_.close();
    });
}

std::optional<ClientError> FrontEnd::idle_too_long(steady_clock::time_point now) const
{
    const LimitsConfig& limits = around_.config->limits;
    const bool in_transaction = conversation_->in_transaction();
    const std::chrono::seconds limit = in_transaction ? limits.idle_in_transaction_timeout : limits.idle_timeout;
    if (limit.count() == 0 || !waiting_since_ || now - *waiting_since_ < limit)
        return std::nullopt;
    return in_transaction ? wire_error("25P03", "terminating connection due to idle-in-transaction timeout")
                          : wire_error("57P05", "terminating connection due to idle-session timeout");
}

// Looks now and then, at most once a second, so that a busy client pays nothing for it.
void FrontEnd::watch_idle_client()
{
    const LimitsConfig& limits = around_.config->limits;
    timer_.cancel();
    if (limits.idle_timeout.count() == 0 && limits.idle_in_transaction_timeout.count() == 0)
        return;
    const auto shortest = limits.idle_timeout.count() == 0 ? limits.idle_in_transaction_timeout
                          : limits.idle_in_transaction_timeout.count() == 0
                              ? limits.idle_timeout
                              : std::min(limits.idle_timeout, limits.idle_in_transaction_timeout);
    timer_.expires_after(std::max<std::chrono::milliseconds>(std::chrono::seconds{1}, shortest / 8));
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code failed) {
        const auto self = weak.lock();
        if (failed || !self || self->gone_)
            return;
        if (auto error = self->idle_too_long(steady_clock::now()))
            return self->send_away(std::move(*error));
        self->watch_idle_client();
    });
}

void FrontEnd::send_away(ClientError error)
{
    log_client(around_.client, spdlog::level::info, "{}", error.message);
    farewell_ = std::move(error);
    if (waiting_since_)
        transport_.cancel();
}

void FrontEnd::say_goodbye(Goodbye how)
{
    draining_ = true;
    if (how == Goodbye::now) {
        gone_ = true;
        if (session_)
            session_->cancel();
        transport_.close();
    } else if (waiting_since_ && (!conversation_ || (conversation_->idle() && !conversation_->in_transaction()))) {
        send_away(wire_error("57P01", "terminating connection due to administrator command"));
    }
}

} // namespace howdah::proxy::pgwire
