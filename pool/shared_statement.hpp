// An autocommit statement that shares a server connection: it is sent behind other clients' statements, so one write
// and one read serve many of them (lane.hpp).
//
// It must be harmless to run twice, a query without effects: one that waits behind a neighbour that turns out slow, is
// hit by a neighbour's cancel, or was on a connection that broke, is sent again elsewhere, as long as no row was told.
#pragma once

#include "pool/batch.hpp"
#include "pool/error.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace howdah::pool {

class Lane;

// What is known of a statement's run time on the server, from its earlier runs. Kept by whoever keeps the plan.
class RunEstimate {
public:
    using Clock = std::chrono::steady_clock;

    static double micros_of(Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }
    // Microseconds; an unknown statement counts as long.
    double micros(Clock::time_point now) const
    {
        return known_ && now >= long_until_ ? micros_ : static_cast<double>(unknown);
    }
    // Follows the shortest times closely, because what is longer was mostly the server's other work: an estimate that
    // believed a busy server would spread statements over more connections, and make it busier.
    void add(double micros)
    {
        micros_ = !known_ ? micros : micros_ + (micros - micros_) * (micros < micros_ ? 0.5 : 0.005);
        known_ = true;
        if (failing_ > 0)
            --failing_;
        if (++quick_ == forgiven_after)
            penalty_ = first_penalty;
    }
    // The run that began then keeps, or has kept, others waiting: for a while the statement is given a connection of
    // its own. Not for long the first time, because it may have been the machine that was busy.
    void was_long(Clock::time_point began, Clock::time_point now)
    {
        if (began != last_long_)
            penalty_ = std::min<Clock::duration>(penalty_ * 4, std::chrono::seconds(10));
        last_long_ = began;
        long_until_ = now + penalty_;
        quick_ = 0;
    }

    // Of an answer's rows.
    void answered(std::size_t bytes) { bytes_ = bytes > bytes_ ? bytes : bytes_ - (bytes_ - bytes) / 16; }
    std::size_t bytes() const { return bytes_; }
    // Whoever shares a group with a statement that fails is sent again, so one that often does has none.
    void failed() { failing_ = suspected_after_failure; }
    bool fails() const { return failing_ > 0; }

    static constexpr int unknown = 1'000'000;
    static constexpr int suspected_after_failure = 32; // runs without an error that clear it
    static constexpr std::chrono::milliseconds first_penalty{20};
    static constexpr int forgiven_after = 100; // runs that were not long

private:
    double micros_ = 0;
    bool known_ = false;
    Clock::time_point long_until_{}, last_long_{};
    Clock::duration penalty_ = first_penalty;
    int quick_ = 0, failing_ = 0;
    std::size_t bytes_ = 0;
};

// Derive from it to receive the answer. Owned by the asker; until on_end() it must stay where it is, or be withdrawn
// (Pool::withdraw). Callbacks run on the pool's executor. on_full() and on_end() may submit, withdraw and destroy any
// statements, on_row() none; one that ended may be submitted again.
class SharedStatement {
public:
    SharedStatement() = default;
    SharedStatement(const SharedStatement&) = delete;
    SharedStatement& operator=(const SharedStatement&) = delete;

    // What is asked; views must stay valid until the end.
    std::string_view sql;
    std::uint64_t token = 0;         // of this text with these types, and of no other in this process
    std::span<const Oid> types;      // of its parameters
    std::string bind;                // the body of Bind behind the statement's name: formats, values, result formats
    RunEstimate* estimate = nullptr; // not null

    // A whole DataRow message, with its type and length. Valid during the call.
    virtual void on_row(std::string_view message) = 0;
    // The owner's buffer has no room: the lane reads no further until Pool::resume().
    virtual bool is_full() const = 0;
    virtual void on_full() = 0;
    // It is over: `server_error`, `world_error` or neither.
    virtual void on_end() = 0;
    // The io_context is being destroyed, nothing more will come: to destroy whoever waits, who may own this.
    virtual void on_context_gone() {}

    std::uint64_t rows = 0;
    std::optional<ServerError> server_error;
    std::optional<Error> world_error;

    // Neither withdrawn nor at its end.
    bool outstanding() const { return where_ != Where::nowhere; }
    // It has been sent again, and may have run later than statements that were submitted behind it.
    bool was_moved() const { return alone_; }

protected:
    ~SharedStatement() = default;

private:
    friend class Lane;
    friend class Lanes;

    // `displaced` and `ended`: on the way from a lane to another, or to the owner.
    enum class Where : std::uint8_t { nowhere, queue, lane, displaced, ended };
    Where where_ = Where::nowhere;
    bool cancelled_ = false;
    bool alone_ = false;    // in no group: it has been in one that could not be answered
    std::size_t bytes_ = 0; // of its rows
    std::uint8_t tries_ = 0;
    Lane* lane_ = nullptr;
    std::uint64_t waiter_ = 0; // in the pool's queue
    RunEstimate::Clock::time_point asked_{};
};

} // namespace howdah::pool
