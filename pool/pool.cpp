#include "pool/pool.hpp"

#include "pool/pool_impl.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <random>
#include <utility>

namespace howdah::pool {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
// For cancelling, draining and rolling back what a client left behind.
constexpr milliseconds reset_timeout{5000};
constexpr milliseconds close_timeout{2000}, check_timeout{2000};
// How often idle connections are looked at, so that a server's restart is noticed before anyone asks.
constexpr milliseconds look_every{1000};

PoolLimits limits(const Settings& settings)
{
    PoolLimits limits;
    limits.max = std::max<std::size_t>(settings.max, 1);
    limits.min = std::min(settings.min, limits.max);
    limits.max_waiting = settings.max_waiting;
    limits.connect_timeout = settings.connect_timeout;
    limits.checkout_timeout = settings.checkout_timeout;
    limits.max_lifetime = settings.max_lifetime;
    limits.max_idle = settings.max_idle;
    limits.check_after_idle = settings.check_after_idle;
    return limits;
}

} // namespace

asio::execution_context::id ContextWatch::id;

void ContextWatch::add(std::weak_ptr<Pool::Impl> pool)
{
    std::erase_if(pools_, [](const std::weak_ptr<Pool::Impl>& other) { return other.expired(); });
    pools_.push_back(std::move(pool));
}

void ContextWatch::shutdown()
{
    *going_down_ = true;
    for (const std::weak_ptr<Pool::Impl>& weak : std::exchange(pools_, {}))
        if (const auto pool = weak.lock())
            pool->tear_down();
}

Pool::Impl::Impl(asio::any_io_executor executor_, Settings settings_)
    : executor(std::move(executor_)),
      settings(std::move(settings_)),
      server(pq::describe(settings.conninfo)),
      state(limits(settings), std::random_device{}()),
      timer(executor),
      context_gone(asio::use_service<ContextWatch>(asio::query(executor, asio::execution::context)).flag()),
      lanes(*this, executor)
{
}

Pool::Impl::Waiter::Waiter(std::shared_ptr<Impl> pool_) : pool(std::move(pool_)), id(pool->next_waiter++)
{
    pool->waiters.emplace(id, this);
}

Pool::Impl::Waiter::~Waiter()
{
    pool->waiters.erase(id);
    if (connection)
        pool->give_back(*connection, false);
    else if (!error)
        pool->state.leave(id);
}

void Pool::Impl::Waiter::wake()
{
    if (timer)
        timer->cancel();
    else if (on_wake)
        on_wake();
}

Lease Pool::Impl::Waiter::take_lease(Clock::time_point asked)
{
    pool->wait_times.add(std::chrono::duration<double>(Clock::now() - asked).count());
    auto lease = std::make_unique<Lease::Impl>(pool, *connection);
    connection.reset();
    error.emplace(); // over: there is nothing to leave
    return Lease(std::move(lease));
}

Result<Lease> Pool::Impl::Waiter::take(Clock::time_point asked)
{
    if (connection)
        return take_lease(asked);
    if (error)
        return *error; // and it stays over
    return Error(Error::Kind::abandoned, "the wait for a connection was cancelled");
}

asio::awaitable<Result<Lease>> Pool::Impl::checkout(std::shared_ptr<Impl> self)
{
    self->weed_idle();
    Waiter waiter(self);
    const auto asked = Clock::now();
    self->perform(self->state.ask(waiter.id, asked));
    if (!waiter.over()) {
        waiter.timer.emplace(self->executor, Clock::time_point::max());
        self->arm();
        co_await waiter.timer->async_wait(no_throw);
    }
    co_return waiter.take(asked);
}

std::optional<Lease> Pool::Impl::try_checkout(const std::shared_ptr<Impl>& self)
{
    self->weed_idle();
    const auto asked = Clock::now();
    if (!self->state.lends_at_once(asked))
        return std::nullopt;
    Waiter waiter(self);
    self->perform(self->state.ask(waiter.id, asked));
    assert(waiter.connection);
    return waiter.take_lease(asked);
}

void Pool::Impl::perform(Decisions decisions)
{
    for (Decision& decision : decisions)
        std::visit([this](auto& d) { perform(d); }, decision);
}

void Pool::Impl::perform(const OpenConnection& decision)
{
    if (!*context_gone)
        spawn(decision.connection, open(decision.connection));
}

void Pool::Impl::perform(const CheckConnection& decision)
{
    if (!*context_gone)
        spawn(decision.connection, check(decision.connection));
}

void Pool::Impl::perform(const Lend& decision)
{
    if (lanes.waits(decision.waiter))
        return lanes.lend(decision.waiter, decision.connection);
    Waiter& waiter = *waiters.at(decision.waiter);
    waiter.connection = decision.connection;
    waiter.wake();
}

void Pool::Impl::perform(Refuse& decision)
{
    if (lanes.waits(decision.waiter))
        return lanes.refuse(decision.waiter, std::move(decision.error));
    Waiter& waiter = *waiters.at(decision.waiter);
    waiter.error = std::move(decision.error);
    waiter.wake();
}

void Pool::Impl::perform(const CloseConnection& decision)
{
    if (!*context_gone)
        spawn(decision.connection, close(decision.connection));
    else
        connections.at(decision.connection)->kill("shut down");
}

void Pool::Impl::spawn(ConnectionId id, asio::awaitable<void> work)
{
    asio::co_spawn(executor, std::move(work), [self = shared_from_this(), id](std::exception_ptr failure) {
        if (failure && !*self->context_gone && self->state.knows(id))
            self->drop(id, "error");
    });
}

asio::awaitable<void> Pool::Impl::open(ConnectionId id)
{
    ConnectionOptions options{settings.conninfo, settings.connect_timeout, settings.max_prepared, settings.on_connect};
    Result<std::shared_ptr<Connection>> opened = co_await Connection::open(executor, std::move(options), traffic);
    if (opened) {
        tls_version = (*opened)->about().tls_version;
        tls_not_after = (*opened)->about().tls_not_after;
        connections.emplace(id, std::move(*opened));
        perform(state.opened(id, Clock::now()));
    } else {
        perform(state.open_failed(id, opened.error(), Clock::now()));
    }
    arm();
}

asio::awaitable<void> Pool::Impl::check(ConnectionId id)
{
    const std::shared_ptr<Connection> connection = connections.at(id);
    const bool alive = co_await connection->check(std::min(settings.connect_timeout, check_timeout));
    if (alive)
        perform(state.checked(id, true, Clock::now()));
    else
        drop(id, "check");
    arm();
}

asio::awaitable<void> Pool::Impl::close(ConnectionId id)
{
    const std::shared_ptr<Connection> connection = connections.at(id);
    co_await connection->close(close_timeout);
    lanes.forget(id);
    connections.erase(id);
    perform(state.closed(id, Clock::now()));
}

void Pool::Impl::drop(ConnectionId id, const std::string& reason)
{
    if (const auto found = connections.find(id); found != connections.end()) {
        found->second->kill("given up");
        lanes.forget(id);
        connections.erase(found);
    }
    perform(state.lost(id, reason, Clock::now()));
    arm();
}

void Pool::Impl::give_back(ConnectionId id, bool dirty)
{
    const std::shared_ptr<Connection> connection = connections.at(id);
    if (*context_gone) {
        connection->kill("shut down");
        return;
    }
    const bool clean = !dirty && connection->settled() && connection->transaction_status() == 'I';
    // One that becomes idle is looked at before it is lent. One that is used even now belongs to a coroutine that
    // outlived its lease: it gets an error.
    const bool usable =
        !connection->lost() && !connection->running() && (!clean || state.waiting() == 0 || connection->peek());
    if (!usable)
        drop(id, "error");
    else if (clean)
        perform(state.give_back(id, Clock::now()));
    else
        spawn(id, recover(id, dirty));
}

asio::awaitable<void> Pool::Impl::recover(ConnectionId id, bool dirty)
{
    const std::shared_ptr<Connection> connection = connections.at(id);
    const bool usable = co_await reset(connection, dirty);
    if (!usable || !connection->peek())
        drop(id, connection->lost() ? "error" : dirty ? "dirty" : "reset");
    else
        perform(state.give_back(id, Clock::now()));
    arm();
}

asio::awaitable<bool> Pool::Impl::reset(std::shared_ptr<Connection> connection, bool dirty)
{
    const bool settled = co_await connection->settle(reset_timeout);
    if (!settled)
        co_return false;
    if (connection->transaction_status() != 'I') {
        ++rollbacks;
        const auto rolled_back = co_await connection->run_simple("ROLLBACK", reset_timeout);
        if (!rolled_back || rolled_back->transaction_status != 'I')
            co_return false;
    }
    if (dirty) {
        const auto discarded = co_await connection->run_simple("DISCARD ALL", reset_timeout);
        if (!discarded)
            co_return false;
        connection->forget_prepared();
        if (!settings.on_connect.empty()) {
            const auto greeted = co_await connection->run_simple(settings.on_connect, reset_timeout);
            if (!greeted)
                co_return false;
        }
    }
    co_return connection->settled();
}

void Pool::Impl::weed_idle()
{
    while (const auto id = state.next_idle()) {
        if (connections.at(*id)->peek())
            return;
        drop(*id, "error");
    }
}

void Pool::Impl::tick()
{
    for (const ConnectionId id : state.idle_connections())
        if (!connections.at(id)->peek())
            drop(id, "error");
    perform(state.tick(Clock::now()));
}

void Pool::Impl::arm()
{
    if (shut || *context_gone)
        return;
    const auto now = Clock::now();
    auto due = now + look_every;
    if (const auto deadline = state.next_deadline())
        due = std::min(due, std::max(*deadline, now + milliseconds(5)));
    if (armed_until <= due)
        return;
    armed_until = due;
    timer.expires_at(due);
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self || error)
            return;
        self->armed_until = Clock::time_point::max();
        self->tick();
        self->arm();
    });
}

void Pool::Impl::tear_down()
{
    lanes.tear_down();
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections)
        all.push_back(connection);
    for (const std::shared_ptr<Connection>& connection : all)
        connection->tear_down();
    // Each may take others with it.
    std::vector<WaiterId> waiting;
    for (const auto& [id, waiter] : waiters)
        waiting.push_back(id);
    for (const WaiterId id : waiting)
        if (const auto waiter = waiters.find(id); waiter != waiters.end() && waiter->second->on_context_gone)
            waiter->second->on_context_gone();
}

void Pool::Impl::reconfigure(Settings next)
{
    const bool elsewhere = next.conninfo != settings.conninfo || next.on_connect != settings.on_connect;
    settings = std::move(next);
    perform(state.reconfigure(limits(settings), Clock::now()));
    if (elsewhere) {
        server = pq::describe(settings.conninfo);
        perform(state.renew_all(Clock::now()));
    }
    arm();
}

void Pool::Impl::shut_down()
{
    if (shut)
        return;
    shut = true;
    timer.cancel();
    perform(state.shut_down(Clock::now()));
}

Snapshot Pool::Impl::snapshot() const
{
    Snapshot s;
    s.server = server;
    s.checkouts = state.checkouts();
    s.hit = state.ended(CheckoutClass::hit);
    s.handoff = state.ended(CheckoutClass::handoff);
    s.miss = state.ended(CheckoutClass::miss);
    s.timeout = state.ended(CheckoutClass::timeout);
    s.error = state.ended(CheckoutClass::error);
    s.abandoned = state.ended(CheckoutClass::abandoned);
    s.created = state.created();
    s.connect_failures = state.connect_failures();
    s.closed = state.closed_by_reason();
    s.in_use = state.busy();
    s.idle = state.idle();
    s.opening = state.opening();
    s.waiting = state.waiting();
    s.peak_in_use = state.peak_busy();
    s.min = settings.min;
    s.max = settings.max;
    if (const auto since = state.oldest_wait())
        s.oldest_wait_seconds = std::chrono::duration<double>(Clock::now() - *since).count();
    s.prepared_hits = traffic->prepared_hits;
    s.prepared_misses = traffic->prepared_misses;
    s.prepared_evictions = traffic->prepared_evictions;
    s.bytes_sent = traffic->bytes_sent;
    s.bytes_received = traffic->bytes_received;
    s.queries = traffic->queries;
    s.cancels = traffic->cancels;
    s.rollbacks = rollbacks;
    s.shared = lanes.shared();
    s.displaced = lanes.displaced();
    s.grouped = traffic->grouped;
    s.tls_version = tls_version;
    s.tls_not_after = tls_not_after;
    s.last_error = state.last_error();
    s.wait = wait_times;
    s.run = run_times;
    return s;
}

std::shared_ptr<Pool> Pool::make(asio::any_io_executor executor, Settings settings)
{
    auto impl = std::make_shared<Impl>(std::move(executor), std::move(settings));
    asio::use_service<ContextWatch>(asio::query(impl->executor, asio::execution::context)).add(impl);
    return std::shared_ptr<Pool>(new Pool(std::move(impl)));
}

Pool::Pool(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Pool::~Pool() { impl_->shut_down(); }

void Pool::start()
{
    impl_->perform(impl_->state.start(Impl::Clock::now()));
    impl_->arm();
}

std::optional<Lease> Pool::try_checkout() { return Impl::try_checkout(impl_); }
asio::awaitable<Result<Lease>> Pool::checkout() { return Impl::checkout(impl_); }

asio::awaitable<Result<BatchResult>> Pool::run(const Batch& batch)
{
    const std::shared_ptr<Impl> impl = impl_;
    Result<Lease> lease = co_await Impl::checkout(impl);
    if (!lease)
        co_return lease.error();
    Result<BatchResult> result = co_await lease->run(batch);
    co_return result;
}

void Pool::submit(SharedStatement& statement) { impl_->lanes.submit(statement); }
bool Pool::submit_behind(SharedStatement& statement, const SharedStatement& before)
{
    return impl_->lanes.submit_behind(statement, before);
}
void Pool::withdraw(SharedStatement& statement, bool stop) { impl_->lanes.withdraw(statement, stop); }
void Pool::resume(SharedStatement& statement) { impl_->lanes.resume(statement); }

void Pool::reconfigure(Settings settings) { impl_->reconfigure(std::move(settings)); }
void Pool::shut_down() { impl_->shut_down(); }
Snapshot Pool::stats() const { return impl_->snapshot(); }

} // namespace howdah::pool
