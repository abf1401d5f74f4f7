// A pool of connections to one PostgreSQL server as one user, lent to many clients. Start reading here.
//
// One io_context, one thread: nothing here locks. Decisions are made by PoolState (pool_state.hpp); this shell performs
// them. Every checkout ends in exactly one class (stats.hpp), so the classes always add up to the checkouts.
#pragma once

#include "pool/batch.hpp"
#include "pool/error.hpp"
#include "pool/shared_statement.hpp"
#include "pool/stats.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace howdah::pool {

struct Settings {
    std::string conninfo; // libpq conninfo or URI
    std::size_t min = 2, max = 10;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds checkout_timeout{30000};
    std::chrono::milliseconds query_timeout{0}; // 0: none
    std::chrono::seconds max_lifetime{3600};    // ± 10 % jitter
    std::chrono::seconds max_idle{600};         // above `min`
    std::chrono::seconds check_after_idle{30};  // an idle connection older than this is checked before it is lent
    std::size_t max_waiting = 10000;
    std::size_t max_prepared = 500; // per connection
    // Sent once on every new connection, as one simple query (SET …; …).
    std::string on_connect;
};

class Connection;

// A connection lent to one client. Move-only; returning it is destroying it. A connection that is in a transaction, has
// a query running or was marked dirty when it comes back is closed (or rolled back first), never lent as it is.
class Lease {
public:
    Lease();
    Lease(Lease&&) noexcept;
    Lease& operator=(Lease&&) noexcept;
    ~Lease();
    explicit operator bool() const { return impl_ != nullptr; }

    // Sends the commands in one write with one Sync, and reads the answers. A server error is part of BatchResult; a
    // pool::Error means that the connection is gone and with it the transaction. `batch` must outlive the call.
    // A batch that exceeds query_timeout is cancelled: BatchResult::error has 57014, or, when the server does not
    // answer to that either, the connection is closed and Error::timeout returned. Where the awaiting coroutine is
    // cancelled or destroyed, the lease must go too: its connection is then cancelled, drained and rolled back before
    // it is lent again.
    boost::asio::awaitable<Result<BatchResult>> run(const Batch& batch);

    // The same without a coroutine. False: nothing has happened, run() is the way (the connection is lost, has to be
    // settled first, or the batch cannot be sent). `batch` need not outlive the call, its sinks and the owner must.
    bool start(const Batch& batch, BatchOwner& owner);
    // The owner that was full has room again.
    void resume();
    // The owner goes before its answer has come: so must the lease.
    void withdraw();
    // In or after on_answer(), once.
    Result<BatchResult> take_answer();

    // 'I', 'T' or 'E' of the last ReadyForQuery.
    char transaction_status() const;
    // The connection keeps state of its client (TEMP tables, LISTEN, SET, …): it is reset (DISCARD ALL) before it is
    // lent again.
    void mark_dirty();
    // Asks the server, on a connection of its own, to stop what this one runs now, if anything. Returns at once. What
    // is run next on this lease, and whoever gets the connection next, is never hit.
    void cancel();
    // The server connection broke; run() fails.
    bool lost() const;

    struct Impl;
    explicit Lease(std::unique_ptr<Impl> impl);

private:
    std::unique_ptr<Impl> impl_;
};

class Pool;

// A checkout without a coroutine. Begins to wait when it is made; going before it is over, it leaves the queue, which
// counts as abandoned. The owner is told on the pool's executor, never within a call.
class Checkout {
public:
    class Owner {
    public:
        // It is over: take().
        virtual void on_checkout() = 0;
        // The io_context is being destroyed, nothing more will come: to destroy whoever waits, who may own this.
        virtual void on_context_gone() = 0;

    protected:
        ~Owner() = default;
    };
    Checkout(Pool& pool, Owner& owner);
    ~Checkout();
    Checkout(const Checkout&) = delete;
    Checkout& operator=(const Checkout&) = delete;

    // As Pool::checkout(). Once, in or after on_checkout().
    Result<Lease> take();
    // Ends the wait with Error::abandoned.
    void give_up();

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

class Pool : public std::enable_shared_from_this<Pool> {
public:
    static std::shared_ptr<Pool> make(boost::asio::any_io_executor executor, Settings settings);
    ~Pool();

    // Opens `min` connections in the background and keeps them.
    void start();
    // A connection for the caller alone, first come first served. Ends with Error::timeout after checkout_timeout; with
    // the reason why none can be opened when the server is unreachable. Cancelling or destroying the awaiting coroutine
    // ends the wait at once and counts as abandoned.
    boost::asio::awaitable<Result<Lease>> checkout();
    // A connection that is idle, if there is one and nobody waits: then checkout() need not be called.
    std::optional<Lease> try_checkout();
    // Runs one batch on a connection of its own: a checkout for its duration.
    boost::asio::awaitable<Result<BatchResult>> run(const Batch& batch);
    // Runs a query that may be run twice on a connection that it shares with others, as soon as there is room. Counts
    // as a checkout; the end is told by on_end(), after submit() has returned.
    void submit(SharedStatement& statement);
    // The same on the connection of `before`, so that it runs later (unless one of them was_moved()). False: there is no
    // room, and nothing has happened.
    bool submit_behind(SharedStatement& statement, const SharedStatement& before);
    // The owner no longer wants the answer; there is no on_end(), unless `stop`: then the server is asked to stop the
    // statement, and on_end() tells how that came out, after withdraw() has returned.
    void withdraw(SharedStatement& statement, bool stop);
    // After SharedStatement::on_full(): the owner has room again.
    void resume(SharedStatement& statement);

    // Changes limits and timeouts; connections in use are kept. A new conninfo applies to new connections.
    void reconfigure(Settings settings);
    // No new checkouts; closes idle connections now and the others when they come back.
    void shut_down();

    Snapshot stats() const;

    struct Impl;

private:
    friend class Checkout;
    explicit Pool(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

// One connection outside the pool's limits that listens on a channel for as long as it lives. Reconnects with back-off.
// `on_notify(payload)` runs on the executor; `on_reconnect()` after each (re)connection, since notifications sent in
// between are lost.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    static std::shared_ptr<Listener> make(boost::asio::any_io_executor executor, std::string conninfo,
                                          std::string channel, std::function<void(std::string_view)> on_notify,
                                          std::function<void()> on_reconnect);
    ~Listener();
    void start();
    void stop();

    struct Impl;

private:
    explicit Listener(std::shared_ptr<Impl> impl);
    std::shared_ptr<Impl> impl_;
};

} // namespace howdah::pool
