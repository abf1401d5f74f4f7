// Whether a group of writes waits for those who were in the one before, and how long.
//
// Clients that write one row after the other come back as soon as they have been told. A group that begins without them
// leaves them to the next one, and half of the clients wait while the other half's group is flushed: each for two
// flushes instead of one. Where a flush takes longer than they take to come back, the next group waits for as many as
// come back as a rule. Where it is short, the server had better work on the half that is there. A plain value.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace howdah::proxy {

class Gathering {
public:
    using Clock = std::chrono::steady_clock;
    // The longest wait; no longer than this part of what a group takes either.
    static constexpr Clock::duration longest = std::chrono::milliseconds{2};
    static constexpr int part = 2;
    // So few are not waited for.
    static constexpr std::size_t least = 3;
    // A write on its own, most of which is the flush, takes so many times what they take to come back.
    static constexpr int worth = 2;

    // What a write on its own took. Follows the shortest: what is longer was mostly other work.
    void alone_took(Clock::duration took)
    {
        alone_ = alone_ == Clock::duration{} ? took : alone_ + (took - alone_) / (took < alone_ ? 2 : 200);
    }
    // The members of a group are told now, and so many others wait already.
    void told(std::size_t members, std::size_t waiting, Clock::duration took, Clock::time_point now)
    {
        if (told_ > 0) {
            returning_ += (std::min(1.0, static_cast<double>(came_) / static_cast<double>(told_)) - returning_) / 4;
            back_after_ += (last_came_ - told_at_ - back_after_) / 4;
        }
        told_ = members;
        waited_ = waiting;
        came_ = 0;
        told_at_ = last_came_ = now;
        until_ = now + std::min(longest, took / part);
    }
    // A write has come.
    void came(Clock::time_point now)
    {
        if (now >= until_ || came_ == told_)
            return;
        ++came_;
        last_came_ = now;
    }

    // Whether a group of so many waits for more; until() at most.
    bool waits(std::size_t waiting, Clock::time_point now) const
    {
        const double expected = static_cast<double>(waited_) + returning_ * static_cast<double>(told_);
        return now < until_ && told_ >= least && static_cast<double>(waiting) < expected - 0.5 &&
               alone_ > worth * back_after_;
    }
    Clock::time_point until() const { return until_; }

private:
    Clock::duration alone_{};
    double returning_ = 0;         // of those told, the part that comes back in time, lately
    Clock::duration back_after_{}; // how long the last of these takes
    // Of the group before.
    std::size_t told_ = 0, waited_ = 0, came_ = 0;
    Clock::time_point told_at_{}, last_came_{}, until_{};
};

} // namespace howdah::proxy
