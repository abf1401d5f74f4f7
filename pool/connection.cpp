#include "pool/connection.hpp"

#include "pool/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cassert>
#include <utility>

namespace howdah::pool {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds cancel_timeout{5000};
constexpr std::size_t kept_output = 64 * 1024;

} // namespace

asio::awaitable<Result<std::shared_ptr<Connection>>>
Connection::open(asio::any_io_executor executor, ConnectionOptions options, std::shared_ptr<Traffic> traffic)
{
    Result<pq::Opened> opened = co_await pq::connect(executor, options.conninfo, options.connect_timeout);
    if (!opened)
        co_return opened.error();
    auto connection =
        std::make_shared<Connection>(executor, std::move(*opened), options.max_prepared, std::move(traffic));
    if (!options.on_connect.empty()) {
        const auto greeted = co_await connection->run_simple(options.on_connect, options.connect_timeout);
        if (!greeted) {
            Error error(Error::Kind::connect, "on_connect: " + greeted.error().message, greeted.error().sqlstate);
            error.transient = greeted.error().kind == Error::Kind::lost;
            co_return error;
        }
    }
    co_return connection;
}

Connection::Connection(asio::any_io_executor executor, pq::Opened opened, std::size_t max_prepared,
                       std::shared_ptr<Traffic> traffic)
    : executor_(executor),
      opened_(std::move(opened)),
      channel_(opened_.socket, opened_.tls),
      descriptor_(executor, opened_.socket),
      replies_(max_prepared),
      traffic_(std::move(traffic)),
      cancel_landed_(executor, asio::steady_timer::time_point::max()),
      cancel_again_(executor)
{
}

Connection::~Connection() { kill("closed"); }

void Connection::kill(std::string reason)
{
    if (!lost_)
        lose(Error::Kind::lost, std::move(reason));
    if (descriptor_.is_open()) {
        // A coroutine that waits is woken; libpq's Terminate, if there is room for it, goes out with PQfinish.
        descriptor_.release();
    }
    opened_.tls = nullptr;
    opened_.handle.reset();
}

void Connection::lose(Error::Kind kind, std::string message, std::string sqlstate)
{
    if (lost_)
        return;
    lost_ = true;
    loss_ = Error(kind, std::move(message), std::move(sqlstate));
}

Connection::Step Connection::lose_with_server_error()
{
    const ServerError& e = replies_.fatal_error;
    lose(Error::Kind::lost, e.severity + ": " + e.message, e.sqlstate);
    return Step::lost;
}

asio::awaitable<bool> Connection::wait(bool for_write)
{
    using Wait = asio::posix::descriptor_base;
    if (!for_write) {
        const auto [error] = co_await descriptor_.async_wait(Wait::wait_read, no_throw);
        co_return !error;
    }
    // The server may be unable to take more before it has been read from: whichever comes first.
    using namespace asio::experimental::awaitable_operators;
    auto readable = descriptor_.async_wait(Wait::wait_read, no_throw);
    auto writable = descriptor_.async_wait(Wait::wait_write, no_throw);
    const auto first = co_await (std::move(readable) || std::move(writable));
    const bool failed =
        first.index() == 0 ? std::get<0>(std::get<0>(first)).failed() : std::get<0>(std::get<1>(first)).failed();
    co_return !failed;
}

Connection::Step Connection::write()
{
    while (out_begin_ < out_.size() && write_failure_.empty()) {
        const Transfer moved = channel_.write(std::string_view(out_).substr(out_begin_));
        out_begin_ += moved.bytes;
        traffic_->bytes_sent += moved.bytes;
        switch (moved.state) {
        case Transfer::State::some:
            break;
        case Transfer::State::wait_read:
            return Step::wait_read;
        case Transfer::State::wait_write:
            return Step::wait_write;
        case Transfer::State::end:
        case Transfer::State::failed:
            write_failure_ = moved.reason.empty() ? "closed" : moved.reason;
            break;
        }
    }
    out_.clear();
    out_begin_ = 0;
    if (out_.capacity() > kept_output)
        out_.shrink_to_fit();
    return Step::more;
}

Connection::Step Connection::read()
{
    const std::span<char> room = decoder_.room();
    const Transfer moved = channel_.read(room);
    switch (moved.state) {
    case Transfer::State::some:
        break;
    case Transfer::State::wait_read:
        return Step::wait_read;
    case Transfer::State::wait_write:
        return Step::wait_write;
    case Transfer::State::end:
        lose(Error::Kind::lost, "the server closed the connection unexpectedly");
        return Step::lost;
    case Transfer::State::failed:
        lose(Error::Kind::lost,
             "the connection to the server broke: " + (write_failure_.empty() ? moved.reason : write_failure_));
        return Step::lost;
    }
    decoder_.filled(moved.bytes);
    traffic_->bytes_received += moved.bytes;
    const Step step = digest();
    if (step == Step::more && channel_.short_read_is_all() && moved.bytes < room.size())
        return Step::wait_read;
    return step;
}

Connection::Step Connection::digest()
{
    while (const auto message = decoder_.next()) {
        switch (replies_.on(*message)) {
        case Replies::Progress::more:
            break;
        case Replies::Progress::done:
            decoder_.shrink();
            return Step::done;
        case Replies::Progress::fatal:
            return lose_with_server_error();
        case Replies::Progress::broken:
            lose(Error::Kind::protocol, replies_.why);
            return Step::lost;
        }
    }
    if (decoder_.broken()) {
        lose(Error::Kind::protocol, "a message from the server has an impossible length");
        return Step::lost;
    }
    return Step::more;
}

asio::awaitable<bool> Connection::flush_sinks(BatchResult* result)
{
    std::vector<RowSink*> fed = std::exchange(replies_.fed(), {});
    for (RowSink* const sink : fed) {
        const bool room = co_await sink->flush();
        if (!room) {
            result->sink_gone = true;
            replies_.abandon();
            co_return false;
        }
    }
    fed.clear();
    if (replies_.fed().empty())
        replies_.fed() = std::move(fed); // keeps the memory
    co_return true;
}

asio::awaitable<Connection::Step> Connection::converse(BatchResult* result, Deadline& deadline, bool fresh)
{
    Step writing = write();
    Step reading = fresh ? Step::wait_read : digest();
    for (int reads = 0; reading != Step::done && reading != Step::lost;) {
        if (reading == Step::wait_read || reading == Step::wait_write) {
            const bool for_write = writing == Step::wait_write || reading == Step::wait_write;
            deadline.waiting(true);
            const bool ready = co_await wait(for_write);
            deadline.waiting(false);
            if (lost_)
                co_return Step::lost;
            if (deadline.gave_up()) {
                lose(Error::Kind::timeout, "the server did not answer");
                co_return Step::lost;
            }
            if (!ready) {
                const auto state = co_await asio::this_coro::cancellation_state;
                if (state.cancelled() != asio::cancellation_type::none)
                    throw boost::system::system_error(asio::error::operation_aborted);
                lose(Error::Kind::lost, "the connection cannot be watched");
                co_return Step::lost;
            }
        }
        writing = write();
        reading = read();
        if (reading == Step::done || reading == Step::lost)
            break;
        if (!replies_.fed().empty()) {
            const bool room = co_await flush_sinks(result);
            if (!lost_ && !room)
                deadline.cancel_now();
        }
        if (++reads % reads_in_a_row == 0)
            co_await asio::post(executor_, asio::use_awaitable);
        if (lost_)
            co_return Step::lost;
    }
    co_return reading;
}

asio::awaitable<Result<BatchResult>> Connection::run_once(const Batch& batch, milliseconds timeout, bool final)
{
    const auto self = shared_from_this();
    assert(!running_);
    // However this ends, sinks live no longer than it does.
    struct Ending {
        Connection& connection;
        ~Ending()
        {
            connection.running_ = false;
            connection.replies_.abandon();
        }
    } ending{*this};
    running_ = true;
    if (!lost_ && !settled()) {
        const bool ready = co_await settle(cancel_grace);
        if (!ready)
            lose(Error::Kind::lost, "the server did not answer a cancel request");
    }
    if (lost_)
        co_return Error(loss_);
    std::optional<ServerError> refused = Replies::unsendable(batch);
    if (interrupted_)
        refused = server_error("57014", "canceling statement due to user request");
    if (refused) {
        BatchResult result;
        result.error = std::move(refused);
        result.transaction_status = transaction_status();
        co_return result;
    }
    replies_.ask(batch, out_);
    ++exchanges_;
    count(batch.commands.size());

    BatchResult seen;
    Deadline deadline(*this, timeout, final);
    const Step step = co_await converse(&seen, deadline, true);
    if (step == Step::lost) {
        if (deadline.gave_up() && !final)
            loss_.message = timeout_message(timeout) + ", and the server did not answer a cancel";
        co_return Error(loss_);
    }
    BatchResult result = replies_.take_result();
    result.sink_gone = seen.sink_gone;
    if (deadline.cancelled() && !seen.sink_gone && result.error && result.error->sqlstate == "57014")
        result.error->message = timeout_message(timeout);
    co_return result;
}

void Connection::count(std::size_t queries)
{
    Prepared& prepared = replies_.prepared();
    traffic_->queries += queries;
    traffic_->prepared_hits += std::exchange(prepared.hits, 0);
    traffic_->prepared_misses += std::exchange(prepared.misses, 0);
    traffic_->prepared_evictions += std::exchange(prepared.evictions, 0);
}

asio::awaitable<Result<BatchResult>> Connection::run(const Batch& batch, milliseconds timeout)
{
    const bool autocommit = transaction_status() == 'I';
    interrupted_ = false;
    Result<BatchResult> result = co_await run_once(batch, timeout, false);
    // Nothing of the batch has run and nothing has been shown: nobody can tell that it was prepared again.
    if (result && result->stale_plan && result->results.empty() && replies_.untouched() && autocommit && !lost_)
        result = co_await run_once(batch, timeout, false);
    co_return result;
}

asio::awaitable<Result<BatchResult>> Connection::run_simple(std::string sql, milliseconds timeout)
{
    Batch batch;
    Command& command = batch.commands.emplace_back();
    command.sql = std::move(sql);
    command.simple = true;
    interrupted_ = false;
    Result<BatchResult> result = co_await run_once(batch, timeout, true);
    if (result && result->error)
        result = Error(Error::Kind::lost, result->error->message, result->error->sqlstate);
    co_return result;
}

void Connection::cancel()
{
    interrupted_ = running_;
    cancel_exchange();
}

void Connection::cancel_exchange()
{
    if (replies_.done() || lost_)
        return;
    send_cancel_request();
    cancel_again_.expires_after(cancel_again);
    cancel_again_.async_wait([weak = weak_from_this(), exchange = exchanges_](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self && self->exchanges_ == exchange)
            self->cancel_exchange();
    });
}

void Connection::send_cancel_request()
{
    if (lost_ || cancels_in_flight_ > 0)
        return;
    ++cancels_in_flight_;
    ++traffic_->cancels;
    cancelled_ = true;
    // The coroutine keeps the connection: what it cancels cannot become another's meanwhile.
    asio::co_spawn(
        executor_,
        [](std::shared_ptr<Connection> self) -> asio::awaitable<void> {
            struct Landed {
                Connection& connection;
                ~Landed()
                {
                    --connection.cancels_in_flight_;
                    connection.cancel_landed_.cancel();
                }
            } landed{*self};
            co_await send_cancel(self->executor_, self->opened_.cancel, cancel_timeout);
        }(shared_from_this()),
        asio::detached);
}

asio::awaitable<void> Connection::cancels_landed()
{
    while (cancels_in_flight_ > 0 && !lost_)
        co_await cancel_landed_.async_wait(no_throw);
}

} // namespace howdah::pool
