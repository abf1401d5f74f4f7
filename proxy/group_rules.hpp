// What groups of writes (write_groups.hpp) decide from what they have seen: how large they are, how many are under way
// at a time, how long they may take, and whose an error is. Pure: time is an argument.
#pragma once

#include "pool/batch.hpp"
#include "pool/shared_statement.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace howdah::proxy {

// A group is sent so often: without those that have failed.
constexpr int most_tries_of_group = 3;
// So many writes of a plan go by themselves after one that was joined with others has failed.
constexpr int apart_after_failure = 256;
// What an error says of one statement, and not of the neighbours or of the moment.
bool is_of_the_statement(const pool::ServerError& error);

class GroupPace {
public:
    using Clock = pool::RunEstimate::Clock;
    // What one group may hold; the time is what its members add to that of one write, most of which is the flush.
    static constexpr std::size_t most_members = 64, most_bytes = 256 * 1024;
    static constexpr double most_micros = 5000;
    // What a member may add, and may take at all.
    static constexpr double most_micros_of_one = 2000, longest_micros = 50'000;
    // What has taken too long among others may have done so because of them. So long it is taken nevertheless, once in
    // so long: if a group tells each of its writes sooner, their estimates fall.
    static constexpr std::chrono::milliseconds trial{20}, between_trials{1000};
    // What is under way is expected to be over after this.
    static constexpr std::chrono::milliseconds patience{50};
    // Where groups would hold fewer than this, two writes go side by side instead: one is executed while the other
    // waits for the disk.
    static constexpr double few = 2.5;

    // Whether a write is short enough, or tried.
    bool takes(const pool::RunEstimate& write, Clock::time_point now)
    {
        const double micros = write.micros(now);
        if (micros > longest_micros)
            return false;
        if (micros <= shortest_.micros(now) + most_micros_of_one)
            return true;
        if (now >= next_trial_) {
            trial_until_ = now + trial;
            next_trial_ = now + between_trials;
        }
        return now < trial_until_;
    }
    // Whether one more joins so many members; with it they have these bytes and these estimated microseconds.
    bool has_room(std::size_t members, std::size_t bytes, double micros, Clock::time_point now) const
    {
        if (members < 2)
            return members == 0 || bytes <= most_bytes;
        return members < most_members && bytes <= most_bytes && micros <= shortest_.micros(now) + most_micros;
    }
    // Groups, and writes that go on their own, under way at a time.
    std::size_t most_at_once() const { return crowd_ < few ? 2 : 1; }
    // Nobody waits longer than until then for what is sent now.
    Clock::time_point until(Clock::time_point now) const
    {
        return now + std::max<Clock::duration>(patience, 4 * recent_);
    }

    // What has been seen. A write on its own is over; it has succeeded, and took so long.
    void alone_is_over() { saw(1); }
    void alone_took(Clock::duration took) { shortest_.add(pool::RunEstimate::micros_of(took)); }
    void group_took(std::size_t members, Clock::duration took)
    {
        recent_ += (took - recent_) / 8;
        saw(members);
        shortest_.add(pool::RunEstimate::micros_of(took));
    }

private:
    void saw(std::size_t members) { crowd_ += (static_cast<double>(members) - crowd_) / 8; }

    double crowd_ = 1;           // members of a group, lately
    pool::RunEstimate shortest_; // of what is under way
    Clock::duration recent_{};   // how long a group takes
    Clock::time_point trial_until_{}, next_trial_{};
};

} // namespace howdah::proxy
