// One server connection: libpq opens it, from then on it speaks v3 itself. Runs one batch at a time.
//
// A batch whose coroutine went away leaves answers outstanding (unsettled); settle() reads them off before anything
// else is run. Kept by shared_ptr: a coroutine inside it may outlive its lease.
#pragma once

#include "pool/batch.hpp"
#include "pool/channel.hpp"
#include "pool/error.hpp"
#include "pool/pq.hpp"
#include "pool/replies.hpp"
#include "pool/wire.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace howdah::pool {

// Of all connections of a pool, live and gone.
struct Traffic {
    std::uint64_t bytes_sent = 0, bytes_received = 0, queries = 0, grouped = 0, cancels = 0;
    std::uint64_t prepared_hits = 0, prepared_misses = 0, prepared_evictions = 0;
};

struct ConnectionOptions {
    std::string conninfo;
    std::chrono::milliseconds connect_timeout{5000};
    std::size_t max_prepared = 500;
    std::string on_connect;
};

class Connection : public std::enable_shared_from_this<Connection> {
public:
    static boost::asio::awaitable<Result<std::shared_ptr<Connection>>>
    open(boost::asio::any_io_executor executor, ConnectionOptions options, std::shared_ptr<Traffic> traffic);

    Connection(boost::asio::any_io_executor executor, pq::Opened opened, std::size_t max_prepared,
               std::shared_ptr<Traffic> traffic);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // As Lease::run. `timeout` 0: none.
    boost::asio::awaitable<Result<BatchResult>> run(const Batch& batch, std::chrono::milliseconds timeout);
    // As Lease::start and what belongs to it.
    bool start(const Batch& batch, BatchOwner& owner, std::chrono::milliseconds timeout);
    void resume();
    void withdraw();
    Result<BatchResult> take_answer();
    void tear_down();
    // One simple query whose rows nobody wants; a server error becomes an Error.
    boost::asio::awaitable<Result<BatchResult>> run_simple(std::string sql, std::chrono::milliseconds timeout);
    // Cancels and reads off what run() left, and lets cancels in flight arrive. False: lost, or the server does not
    // react within a few seconds; `timeout` is for the round trip after that.
    boost::asio::awaitable<bool> settle(std::chrono::milliseconds timeout);
    // A round trip without a query.
    boost::asio::awaitable<bool> check(std::chrono::milliseconds timeout);
    // Waits until the server sends something outside of a query, and handles it. False: lost.
    boost::asio::awaitable<bool> wait_for_notifications();

    // Handles what the server sent while nothing was asked, without waiting. False: it closed the connection, said why
    // it is about to, or sent what nobody asked for; the connection is lost.
    bool peek();
    // Has a cancel sent for what runs now, if anything runs; and again, until there is an answer: one that arrives
    // before the query has begun is lost.
    void cancel();
    // The same without asking whether anything runs: a Lane knows.
    void send_cancel_request();
    // Takes leave (Terminate) and waits, not longer than `timeout`, until the server has closed: its backend is gone
    // then.
    boost::asio::awaitable<void> close(std::chrono::milliseconds timeout);
    // Closes at once. A coroutine inside ends with Error::lost.
    void kill(std::string reason);

    bool lost() const { return lost_; }
    bool running() const { return running_; }
    const Error& loss() const { return loss_; }
    bool settled() const { return replies_.done() && cancels_in_flight_ == 0 && !cancelled_; }
    char transaction_status() const { return replies_.transaction_status(); }
    void forget_prepared() { replies_.prepared().forget_all(); }
    void on_notification(std::function<void(const wire::Notification&)> f) { replies_.on_notification = std::move(f); }
    const pq::Opened& about() const { return opened_; }

private:
    friend class Lane; // which speaks the protocol here itself while it has the connection
    class Deadline;
    enum class Step { more, wait_read, wait_write, done, lost };

    boost::asio::awaitable<Result<BatchResult>> run_once(const Batch& batch, std::chrono::milliseconds timeout,
                                                         bool final);
    // Writes and reads until every answer is there, or the connection is lost. `fresh`: nothing can have come yet.
    boost::asio::awaitable<Step> converse(BatchResult* result, Deadline& deadline, bool fresh);
    boost::asio::awaitable<bool> flush_sinks(BatchResult* result);
    boost::asio::awaitable<bool> wait(bool for_write);
    boost::asio::awaitable<void> cancels_landed();
    void cancel_exchange();
    // So many queries have been asked; and what their prepared statements met.
    void count(std::size_t queries);
    // Of what start() has asked.
    void watch(bool for_write);
    void go_on();
    void end_exchange();
    Step write();
    Step read();
    Step digest();
    void lose(Error::Kind kind, std::string message, std::string sqlstate = {});
    Step lose_with_server_error();

    boost::asio::any_io_executor executor_;
    pq::Opened opened_;
    Channel channel_;
    boost::asio::posix::stream_descriptor descriptor_; // watches libpq's socket, does not own it
    wire::Decoder decoder_;
    Replies replies_;
    std::string out_; // what has not been written yet begins at out_begin_
    std::size_t out_begin_ = 0;
    std::string write_failure_; // why writing stopped; the server may have said more
    std::shared_ptr<Traffic> traffic_;
    bool lost_ = false;
    bool running_ = false;     // inside run(), or start() is not answered: one batch at a time
    bool interrupted_ = false; // cancel() has come since run() began: what has not been asked yet is not to be
    Error loss_;
    BatchOwner* owner_ = nullptr; // of what start() has asked
    bool paused_ = false;         // the owner is full
    bool watching_read_ = false, watching_write_ = false;
    std::chrono::milliseconds timeout_{0};
    std::unique_ptr<Deadline> deadline_;
    // A cancel was sent since the last round trip that began after it had arrived: its signal may still be on its way.
    bool cancelled_ = false;
    std::size_t cancels_in_flight_ = 0;
    boost::asio::steady_timer cancel_landed_; // cancelled whenever one has arrived
    boost::asio::steady_timer cancel_again_;
    std::uint64_t exchanges_ = 0; // so many batches have been asked
};

} // namespace howdah::pool
