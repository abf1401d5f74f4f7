// What the pool decides, without doing it: events and the time go in, decisions come out. Pure; time is an argument.
//
// A connection is, in this order: opening → idle → (checking) → busy → idle … → closing → gone. All of these count
// against `max`, so that the server never sees more. Whoever asks when none is idle waits in one queue, first come
// first served.
#pragma once

#include "pool/error.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace howdah::pool {

using ConnectionId = std::uint64_t;
using WaiterId = std::uint64_t;

// How a checkout ended. Exactly one for each.
enum class CheckoutClass : std::uint8_t { hit, handoff, miss, timeout, error, abandoned };

// Decisions.
struct OpenConnection {
    ConnectionId connection;
    bool operator==(const OpenConnection&) const = default;
};
struct CheckConnection { // a round trip; the answer is checked()
    ConnectionId connection;
    bool operator==(const CheckConnection&) const = default;
};
struct Lend {
    ConnectionId connection;
    WaiterId waiter;
    CheckoutClass how;
    bool operator==(const Lend&) const = default;
};
struct CloseConnection { // the answer is closed()
    ConnectionId connection;
    std::string reason;
    bool operator==(const CloseConnection&) const = default;
};
struct Refuse {
    WaiterId waiter;
    Error error;
    bool operator==(const Refuse& other) const
    {
        return waiter == other.waiter && error.kind == other.error.kind && error.message == other.error.message;
    }
};
using Decision = std::variant<OpenConnection, CheckConnection, Lend, CloseConnection, Refuse>;
using Decisions = std::vector<Decision>;

struct PoolLimits {
    std::size_t min = 0, max = 10, max_waiting = 10000;
    // Opened at the same time; 0: half of `max`, between 2 and 16.
    std::size_t max_opening = 0;
    std::chrono::milliseconds connect_timeout{5000}, checkout_timeout{30000};
    std::chrono::milliseconds max_lifetime{3600'000}, max_idle{600'000}, check_after_idle{30'000};
};

class PoolState {
public:
    using Clock = std::chrono::steady_clock;
    using Time = Clock::time_point;

    explicit PoolState(PoolLimits limits, std::uint64_t seed = 1);

    // From now on `min` connections are kept.
    Decisions start(Time now);
    // What ask() would do now is lend an idle connection.
    bool lends_at_once(Time now) const;
    // `shares`: one that joined other statements' connection would be served as well.
    Decisions ask(WaiterId waiter, Time now, bool shares = false);
    // A statement was put on a connection that others share, without asking for one: a checkout that hit.
    void joined();
    // The first in the queue, if it shares; after joined_first() it waits no longer, and was handed a connection.
    std::optional<WaiterId> first_sharing() const;
    void joined_first();
    // The waiter went away. One that was lent a connection gives it back instead.
    void leave(WaiterId waiter);

    Decisions opened(ConnectionId connection, Time now);
    Decisions open_failed(ConnectionId connection, const Error& error, Time now);
    Decisions checked(ConnectionId connection, bool alive, Time now);
    // Clean and outside a transaction.
    Decisions give_back(ConnectionId connection, Time now);
    // The connection is of no use any more and has been closed; or closes by itself and is to be counted until
    // closed().
    Decisions lost(ConnectionId connection, const std::string& reason, Time now);
    Decisions discard(ConnectionId connection, const std::string& reason, Time now);
    Decisions closed(ConnectionId connection, Time now);

    // It will not be lent again as it is, or not to those who share it: they are to leave it soon.
    bool wants_back(ConnectionId connection, Time now) const;

    // Time has passed: deadlines, lifetimes, retries. Due at next_deadline().
    Decisions tick(Time now);
    std::optional<Time> next_deadline() const;
    Decisions reconfigure(PoolLimits limits, Time now);
    // The connections there are have become old: others take their place, one after the other.
    Decisions renew_all(Time now);
    Decisions shut_down(Time now);

    // The connection that ask() would lend now. The shell makes sure that it is alive first.
    std::optional<ConnectionId> next_idle() const;
    std::vector<ConnectionId> idle_connections() const;
    bool knows(ConnectionId connection) const { return connections_.contains(connection); }

    // "2 busy, 1 idle, 3 waiting"; other states are named only when there are any.
    std::string describe() const;
    std::size_t busy() const { return count(State::busy); }
    std::size_t idle() const { return idle_.size(); }
    std::size_t opening() const { return count(State::opening); }
    std::size_t waiting() const { return queue_.size(); }
    std::size_t total() const { return connections_.size(); }
    std::size_t peak_busy() const { return peak_busy_; }
    std::optional<Time> oldest_wait() const;
    std::uint64_t checkouts() const { return checkouts_; }
    std::uint64_t ended(CheckoutClass how) const { return ended_[static_cast<std::size_t>(how)]; }
    const std::map<std::string, std::uint64_t>& closed_by_reason() const { return closed_; }
    std::uint64_t created() const { return created_; }
    std::uint64_t connect_failures() const { return connect_failures_; }
    const std::string& last_error() const { return last_error_.message; }

private:
    enum class State : std::uint8_t { opening, idle, checking, busy, closing };
    struct Member {
        State state = State::opening;
        Time expires = Time::max(); // its lifetime, with jitter
        Time idle_since{};
        std::uint64_t attempt = 0;            // opening: how many failures there had been when it began
        std::optional<ConnectionId> replaces; // opening: the one that this one relieves
        bool relieved = false;                // its replacement is being opened
        bool retired = false;                 // its replacement is there: closed as soon as it is not busy
    };
    struct Waiter {
        WaiterId id;
        Time since;
        bool shares = false;
    };

    std::size_t count(State state) const { return counts_[static_cast<std::size_t>(state)]; }
    void set_state(Member& member, State state);
    void remove(ConnectionId id);
    // The opening that was to replace another has ended, or the other went by itself.
    void replaces_none(Member& member);
    std::size_t max_opening() const;
    bool all_down() const;
    double jitter(double from, double to);
    void end(CheckoutClass how) { ++ended_[static_cast<std::size_t>(how)]; }
    void lend(ConnectionId id, WaiterId waiter, CheckoutClass how, Decisions& out);
    // To the longest waiter, or to the idle ones.
    void release(ConnectionId id, CheckoutClass how, Time now, Decisions& out);
    void close(ConnectionId id, const std::string& reason, Decisions& out);
    void open_one(std::optional<ConnectionId> replaces, Decisions& out);
    void grow(Time now, Decisions& out);
    void refuse_front(Error error, CheckoutClass how, Decisions& out);
    void expire_waiters(Time now, Decisions& out);
    void trim_idle(Time now, Decisions& out);
    // Its lifetime is over: closes it, or has another opened first. True: closed.
    bool renew(ConnectionId id, Time now, Decisions& out);
    bool may_open(Time now) const;
    // How many there will be when those that close are gone and those that have a replacement have been replaced.
    std::size_t staying() const { return connections_.size() - count(State::closing) - replacing_; }
    std::size_t wanted_min() const { return started_ ? std::min(limits_.min, limits_.max) : 0; }
    Time waiter_deadline(const Waiter& waiter) const;
    Error timed_out() const;
    void back_off(std::uint64_t attempt, Time now);

    PoolLimits limits_;
    std::unordered_map<ConnectionId, Member> connections_;
    std::array<std::size_t, 5> counts_{}; // connections by state
    std::vector<ConnectionId> idle_;      // the most recently used last: it is lent first, and the others can go cold
    std::deque<Waiter> queue_;            // the longest waiting first
    ConnectionId next_id_ = 1;
    std::size_t replacing_ = 0; // being opened to replace another
    bool started_ = false, shutting_down_ = false;

    // Opening failed last time: none is opened before retry_at_, then one at a time until one succeeds.
    bool failing_ = false;
    std::uint64_t failures_ = 0;
    Time retry_at_{};
    std::chrono::milliseconds step_{0};
    Error last_error_{Error::Kind::connect, ""};

    std::uint64_t checkouts_ = 0, created_ = 0, connect_failures_ = 0;
    std::array<std::uint64_t, 6> ended_{};
    std::map<std::string, std::uint64_t> closed_;
    std::size_t peak_busy_ = 0;
    std::uint64_t random_;
};

} // namespace howdah::pool
