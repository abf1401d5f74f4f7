// What a session's statement needs before it can be sent: a connection, and the writer's turn.
#include "proxy/session_impl.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

asio::awaitable<std::optional<pool::Error>> Session::Impl::acquire(std::optional<pool::Lease>& own, pool::Lease*& use)
{
    if (cancelled)
        co_return pool::interrupted();
    if (lease) {
        use = &*lease;
        co_return std::nullopt;
    }
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

asio::awaitable<pool::Result<pool::Lease>>
Session::Impl::wait_for_connection(std::optional<std::chrono::milliseconds> longest)
{
    struct Asker final : pool::Checkout::Owner {
        Event told;
        void on_checkout() override { told.set(); }
        void on_context_gone() override { told.destroy_waiting(); }
    } asker;
    const auto checkout = std::make_shared<pool::Checkout>(database->pool(), asker);
    waiting = checkout;
    asio::steady_timer limit(shared.executor);
    if (longest) {
        limit.expires_after(*longest);
        limit.async_wait([weak = waiting](const boost::system::error_code& error) {
            if (const auto alive = error ? nullptr : weak.lock())
                alive->give_up();
        });
    }
    if (!asker.told.take())
        co_await asker.told.wait();
    pool::Result<pool::Lease> leased = checkout->take();
    if (cancelled) // when it was on its way
        co_return pool::interrupted();
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
    if (turn && !cancelled)
        co_return true;
    turn.reset();
    if (cancelled) {
        attempt.world = pool::interrupted();
    } else {
        attempt.server = pool::server_error("55P03", "canceling statement due to lock timeout");
        attempt.at_lock = true;
    }
    co_return false;
}

} // namespace howdah::proxy
