// The loop: read a line, have it answered, write the answers; and the limits. Start reading at Conversation::run.
#include "proxy/lines/front_end.hpp"

#include "proxy/lines/conversation.hpp"
#include "proxy/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>

#include <array>

namespace howdah::proxy::lines {

namespace {

constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

// A buffer that has grown beyond this is given back once it is empty.
constexpr std::size_t keep_capacity = 256U << 10U;
constexpr auto parting_time = std::chrono::seconds(2);

} // namespace

awaitable<void> Conversation::run()
{
    // These outlive the coroutine by nothing: Client is a member, and the register forgets it with us.
    client_.on_tick = [this] { return on_tick(); };
    client_.on_goodbye = [this](Goodbye how) { on_goodbye(how); };
    log_client(client_.name(), spdlog::level::debug, "connected");
    if (client_.over_limit())
        fail(fatal_error(14, "SQLITE_CANTOPEN", "howdah: too many clients (limits.max_clients)", "53300"));

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
            fail(fatal_error(18, "SQLITE_TOOBIG", "howdah: the line is longer than limits.max_line_bytes", "54000"));
            co_return std::nullopt;
        }
        if (in_.ended() || !co_await read_more())
            co_return std::nullopt;
    }
}

// Sends what is ready, then waits for bytes. False when the conversation is over.
awaitable<bool> Conversation::read_more()
{
    co_await write_out();
    if (gone_ || over_ || (leaving_ && autocommit()))
        co_return false;
    set_deadline();
    waiting_ = true;
    ticks_of_silence_ = 0;
    boost::system::error_code error;
    for (bool again = true; again;) {
        const std::span<char> room = in_.prepare();
        const auto [failed, bytes] =
            co_await socket_.async_read_some(boost::asio::buffer(room.data(), room.size()), tuple);
        in_.commit(bytes);
        error = failed;
        again = std::exchange(resting_, false) && error == boost::asio::error::operation_aborted && !leaving_;
        if (again)
            in_.rest();
    }
    waiting_ = false;
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
    client_.on_tick = [this] { return on_tick(); };
    std::array<char, 4096> unread{};
    for (;;) {
        waiting_ = true;
        const auto [ended, bytes] = co_await socket_.async_read_some(boost::asio::buffer(unread), tuple);
        waiting_ = false;
        if (ended || Clock::now() >= *deadline_)
            co_return;
    }
}

void Conversation::set_deadline()
{
    const auto now = Clock::now();
    if (!greeted_) {
        if (!deadline_)
            deadline_ = now + limits_.login_timeout; // counted once: a byte now and then does not prolong it
        too_late_ = fatal_error(23, "SQLITE_AUTH", "howdah: no request within limits.login_timeout", "57P05");
        return;
    }
    const bool idle = autocommit();
    const auto limit = idle ? limits_.idle_timeout : limits_.idle_in_transaction_timeout;
    deadline_ = limit.count() > 0 ? std::optional(now + limit) : std::nullopt;
    if (deadline_)
        too_late_ =
            idle ? fatal_error(9, "SQLITE_INTERRUPT", "howdah: no request within limits.idle_timeout", "57P05")
                 : fatal_error(9, "SQLITE_INTERRUPT",
                               "howdah: no request within limits.idle_in_transaction_timeout; rolled back", "25P03");
}

std::size_t Conversation::on_tick()
{
    boost::system::error_code ignored;
    if (waiting_ && deadline_ && Clock::now() >= *deadline_) {
        socket_.cancel(ignored);
    } else if (waiting_) {
        return ++ticks_of_silence_ == Client::ticks_until_rest && !over_ ? rest() : 0;
    } else if (running_ && !gone_ && has_hung_up()) {
        gone_ = true;
        session_->cancel();
    }
    return 0;
}

// What a client has said and heard leaves no room behind while it says nothing.
std::size_t Conversation::rest()
{
    std::size_t bytes = session_ ? session_->rest() : 0;
    if (out_.empty()) {
        bytes += out_.capacity();
        std::string().swap(out_);
    }
    if (in_.spare() > 0) {
        bytes += in_.spare();
        resting_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
    return bytes;
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

awaitable<void> serve_lines(Socket socket, ServerContext& context)
{
    Conversation conversation(std::move(socket), context);
    co_await conversation.run();
}

} // namespace howdah::proxy::lines
