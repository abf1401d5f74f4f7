// The pool's inside: performs what PoolState decides. Shared by the pool, its leases and the coroutines that open,
// check, reset and close connections, so that each of them may be the last.
#pragma once

#include "pool/connection.hpp"
#include "pool/lanes.hpp"
#include "pool/pool.hpp"
#include "pool/pool_state.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace howdah::pool {

// Knows whether the io_context is being destroyed, and with it suspended coroutines that hold leases: nothing can be
// started then. Coroutines that wait for shared statements hang on nothing of the io_context's and are let go from
// here.
class ContextWatch : public boost::asio::execution_context::service {
public:
    using key_type = ContextWatch;
    static boost::asio::execution_context::id id;
    explicit ContextWatch(boost::asio::execution_context& context) : service(context) {}
    std::shared_ptr<const bool> flag() const { return going_down_; }
    void add(std::weak_ptr<Pool::Impl> pool);

private:
    void shutdown() override;
    std::vector<std::weak_ptr<Pool::Impl>> pools_;
    std::shared_ptr<bool> going_down_ = std::make_shared<bool>(false);
};

struct Pool::Impl : std::enable_shared_from_this<Pool::Impl> {
    using Clock = PoolState::Clock;

    Impl(boost::asio::any_io_executor executor_, Settings settings_);

    static boost::asio::awaitable<Result<Lease>> checkout(std::shared_ptr<Impl> self);
    static std::optional<Lease> try_checkout(const std::shared_ptr<Impl>& self);
    // `dirty`: the client left state behind.
    void give_back(ConnectionId id, bool dirty);
    void reconfigure(Settings next);
    void shut_down();
    // The io_context is being destroyed: frees whoever waits for an answer.
    void tear_down();
    Snapshot snapshot() const;

    // One that waits for a connection, in the frame of its checkout(). Leaving early, it gives back what it was lent.
    struct Waiter {
        explicit Waiter(std::shared_ptr<Impl> pool_);
        ~Waiter();
        Waiter(const Waiter&) = delete;
        Waiter& operator=(const Waiter&) = delete;
        bool over() const { return connection || error; }
        void wake();
        // What it has been given, and the end of its wait.
        Lease take_lease(Clock::time_point asked);
        Result<Lease> take(Clock::time_point asked); // the same, or why there is none

        std::shared_ptr<Impl> pool;
        WaiterId id;
        std::optional<boost::asio::steady_timer> timer; // cancelled to wake it; or
        std::function<void()> on_wake, on_context_gone;
        std::optional<ConnectionId> connection;
        std::optional<Error> error;
    };

    void perform(Decisions decisions);
    void perform(const OpenConnection& decision);
    void perform(const CheckConnection& decision);
    void perform(const Lend& decision);
    void perform(const CloseConnection& decision);
    void perform(Refuse& decision);
    boost::asio::awaitable<void> open(ConnectionId id);
    boost::asio::awaitable<void> check(ConnectionId id);
    boost::asio::awaitable<void> close(ConnectionId id);
    // Makes a connection that was left in the middle of something lendable again, or closes it.
    boost::asio::awaitable<void> recover(ConnectionId id, bool dirty);
    boost::asio::awaitable<bool> reset(std::shared_ptr<Connection> connection, bool dirty);
    // Runs `work` to its end on its own. If it throws, the connection is given up.
    void spawn(ConnectionId id, boost::asio::awaitable<void> work);
    // It is closed here and now, and counted so.
    void drop(ConnectionId id, const std::string& reason);
    // Drops idle connections that the server has closed, until one is found that it has not.
    void weed_idle();
    void tick();
    // Sees to it that tick() is called in time.
    void arm();

    boost::asio::any_io_executor executor;
    Settings settings;
    std::string server;
    PoolState state;
    std::unordered_map<ConnectionId, std::shared_ptr<Connection>> connections; // all but those being opened
    std::unordered_map<WaiterId, Waiter*> waiters;
    WaiterId next_waiter = 1;
    boost::asio::steady_timer timer;
    Clock::time_point armed_until = Clock::time_point::max();
    bool shut = false;
    std::shared_ptr<const bool> context_gone;

    Lanes lanes;
    std::shared_ptr<Traffic> traffic = std::make_shared<Traffic>();
    std::uint64_t rollbacks = 0;
    std::string tls_version;
    std::int64_t tls_not_after = 0;
    Histogram wait_times, run_times;
};

struct Lease::Impl {
    Impl(std::shared_ptr<Pool::Impl> pool_, ConnectionId id_);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    std::shared_ptr<Pool::Impl> pool;
    ConnectionId id;
    std::shared_ptr<Connection> connection;
    bool dirty = false;
    Pool::Impl::Clock::time_point began; // what start() has asked
};

} // namespace howdah::pool
