// What a session's statement needs before it can be sent: a connection, and the writer's turn.
#include "proxy/session_impl.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

asio::awaitable<std::optional<pool::Error>> Session::Impl::acquire(std::optional<pool::Lease>& own, pool::Lease*& use)
{
    if (lease) {
        use = &*lease;
        co_return std::nullopt;
    }
    if (cancelled)
        co_return pool::Error(pool::Error::Kind::abandoned, "interrupted");
    own = database->pool().try_checkout();
    if (own) {
        use = &*own;
        co_return std::nullopt;
    }
    auto leased = co_await wait_for_connection(std::nullopt);
    if (leased.has_error()) {
        const pool::Error error = leased.error();
        co_return error;
    }
    own = std::move(*leased);
    use = &*own;
    co_return std::nullopt;
}

// The wait is cancelled by cancel(): as a coroutine of its own it has its own cancellation slot.
asio::awaitable<pool::Result<pool::Lease>>
Session::Impl::wait_for_connection(std::optional<std::chrono::milliseconds> longest)
{
    waiting = std::make_shared<asio::cancellation_signal>();
    const auto keep = waiting;
    asio::steady_timer limit(shared.executor);
    if (longest) {
        limit.expires_after(*longest);
        limit.async_wait([keep](const boost::system::error_code& error) {
            if (!error)
                keep->emit(asio::cancellation_type::terminal);
        });
    }
    auto wait = database->pool().checkout();
    auto leased = co_await asio::co_spawn(shared.executor, std::move(wait),
                                          asio::bind_cancellation_slot(keep->slot(), asio::use_awaitable));
    waiting.reset();
    co_return leased;
}

bool Session::Impl::try_turn()
{
    if (!lease && !turn)
        turn = database->writers().try_take();
    return lease || turn;
}

// A turn without the lock goes with its statement.
void Session::Impl::end_turn()
{
    if (!transaction.writer_locked())
        turn.reset();
}

asio::awaitable<bool> Session::Impl::take_turn(Attempt& attempt)
{
    if (try_turn())
        co_return true;
    WriterQueue& queue = database->writers();
    const auto patience = std::chrono::milliseconds(std::clamp<std::int64_t>(busy_timeout_ms, 0, 86'400'000));
    if (patience.count() > 0 && !cancelled) {
        WriterQueue::Place place(queue);
        struct Waiting {
            Impl& session;
            explicit Waiting(Impl& s, WriterQueue::Place& place) : session(s)
            {
                session.queued = &place;
                ++session.shared.totals.writers_waiting;
            }
            ~Waiting()
            {
                session.queued = nullptr;
                --session.shared.totals.writers_waiting;
            }
        } const waiting_here(*this, place);
        turn = co_await place.wait(patience);
    }
    if (turn)
        co_return true;
    if (cancelled) {
        attempt.world = pool::Error(pool::Error::Kind::abandoned, "interrupted");
    } else {
        attempt.server = pool::server_error("55P03", "canceling statement due to lock timeout");
        attempt.at_lock = true;
    }
    co_return false;
}

} // namespace howdah::proxy
