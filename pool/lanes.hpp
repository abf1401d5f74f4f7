// Which statement goes on which connection. Idle connections serve statements that may be long, one at a time; short
// ones join a lane as long as little work is ahead of them, so that one packet carries many.
//
// One queue for everybody: whoever waits for a connection of its own is not overtaken, lanes take nothing more until it
// has one.
#pragma once

#include "pool/lane.hpp"
#include "pool/pool.hpp"
#include "pool/pool_state.hpp"

#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace howdah::pool {

class Lanes {
public:
    using Clock = RunEstimate::Clock;
    // Estimated microseconds on a connection, the new statement's included, up to which it is joined although others
    // are idle (one packet for many is worth more than the wait), and up to which it is joined at all.
    static constexpr double worth_joining = 1000, most_ahead = 1500;
    static constexpr std::size_t most_statements = 64;
    // Nobody stays behind a statement that has been running for longer.
    static constexpr std::chrono::milliseconds patience{20};

    Lanes(Pool::Impl& pool, const boost::asio::any_io_executor& executor) : pool_(pool), timer_(executor) {}

    void submit(SharedStatement& statement);
    bool submit_behind(SharedStatement& statement, const SharedStatement& before);
    void withdraw(SharedStatement& statement, bool stop);
    void resume(SharedStatement& statement);
    // The pool's decisions about statements that wait in its queue.
    bool waits(WaiterId waiter) const { return waiting_.contains(waiter); }
    void lend(WaiterId waiter, ConnectionId connection);
    void refuse(WaiterId waiter, Error error);
    // The connection is gone from the pool.
    void forget(ConnectionId connection);
    // The io_context is being destroyed.
    void tear_down();
    // How many statements joined others, and how many had to be moved.
    std::uint64_t shared() const { return shared_; }
    std::uint64_t displaced() const { return displacements_; }

private:
    struct Seat {
        ConnectionId connection;
        std::shared_ptr<Lane> lane;
    };

    static void begin(SharedStatement& statement);
    static bool has_room(const Lane& lane, double micros, double limit);
    Seat* choose(double micros);
    void put(Seat& seat, SharedStatement& statement, double micros, Clock::time_point now);
    // Statements at the head of the queue that fit.
    void fill(Seat& seat, Clock::time_point now);
    void on_events(Lane& lane);
    void vacate(Lane& lane);
    void flush_soon();
    void flush_all();
    void watch_time();
    void on_time();
    void place(SharedStatement& statement);
    void line_up(const Lane::Events& events);
    // Sends again what a lane could not serve, then tells those that are at their end.
    void tell();
    void tell_soon();
    void interrupt(SharedStatement& statement);
    void look_at(Lane& lane, Clock::time_point now);

    Pool::Impl& pool_;
    std::unordered_map<ConnectionId, std::shared_ptr<Lane>> lanes_; // of connections that have ever been one
    std::vector<Seat> active_;                                      // those with something outstanding
    std::unordered_map<WaiterId, SharedStatement*> waiting_;
    std::vector<std::weak_ptr<Lane>> unsent_;
    std::uint64_t shared_ = 0, displacements_ = 0;
    // What is to be done next. Owners may withdraw any of these while others are told.
    std::deque<SharedStatement*> displaced_, ended_;
    std::size_t unsent_statements_ = 0, last_flush_ = 0; // of the next flush; of the last
    bool flush_scheduled_ = false, watching_time_ = false, telling_ = false, tell_scheduled_ = false;
    boost::asio::steady_timer timer_;
};

} // namespace howdah::pool
