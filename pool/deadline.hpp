// Part of connection.cpp and connection_upkeep.cpp: the time that an exchange with the server may take.
#pragma once

#include "pool/connection.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace howdah::pool {

// How long a server may take to answer after a cancel, and how often it is asked again.
inline constexpr std::chrono::milliseconds cancel_grace{5000}, cancel_again{1000};
// What a client is told of a statement that took longer than `timeout`.
inline std::string timeout_message(std::chrono::milliseconds timeout)
{
    return "query_timeout of " + std::to_string(timeout.count()) + " ms exceeded";
}
// A server that always has more must not keep the thread to itself.
inline constexpr int reads_in_a_row = 8;

// The time that a batch may take. A client's query is cancelled first, and given up when the server does not answer to
// that; the pool's own (`final`) is given up at once. The timers' handlers hold the connection weakly.
class Connection::Deadline {
public:
    Deadline(Connection& connection, std::chrono::milliseconds timeout, bool final) : connection_(connection)
    {
        if (timeout.count() <= 0)
            return;
        state()->final = final;
        arm(state(), timeout);
    }
    ~Deadline()
    {
        if (state_)
            state_->over = true;
    }
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    // Cancels now, and gives the server its grace.
    void cancel_now()
    {
        if (!state()->cancelled)
            expire(state());
    }
    bool cancelled() const { return state_ && state_->cancelled; }
    bool gave_up() const { return state_ && state_->gave_up; }
    // Set around the waits for the server: while a sink keeps us, the server is not to blame.
    void waiting(bool yes)
    {
        if (state_)
            state_->waiting = yes;
    }

private:
    using Clock = std::chrono::steady_clock;

    struct State {
        explicit State(Connection& c) : connection(c.weak_from_this()), timer(c.executor_) {}
        std::weak_ptr<Connection> connection;
        boost::asio::steady_timer timer;
        Clock::time_point give_up_at;
        bool final = false, over = false, waiting = false, cancelled = false, gave_up = false;
    };

    static void arm(const std::shared_ptr<State>& state, std::chrono::milliseconds time)
    {
        state->timer.expires_after(time);
        state->timer.async_wait([weak = std::weak_ptr(state)](const boost::system::error_code& error) {
            const auto state = weak.lock();
            if (state && !error && !state->over)
                expire(state);
        });
    }
    static void expire(const std::shared_ptr<State>& state)
    {
        const auto connection = state->connection.lock();
        if (!connection)
            return;
        const auto now = Clock::now();
        if (!state->cancelled) {
            state->cancelled = true;
            state->give_up_at = state->final ? now : now + cancel_grace;
        }
        if (state->waiting && now >= state->give_up_at) {
            state->gave_up = true;
            connection->descriptor_.cancel();
            return;
        }
        if (!state->final)
            connection->cancel_exchange();
        arm(state, cancel_again);
    }

    const std::shared_ptr<State>& state()
    {
        if (!state_)
            state_ = std::make_shared<State>(connection_);
        return state_;
    }

    Connection& connection_;
    std::shared_ptr<State> state_; // made when it is needed: most batches have no deadline
};

} // namespace howdah::pool
