// Whether a group of writes waits for those who were in the one before, and how long.
//
// Clients that write one row after the other come back as soon as they have been told. A group that begins without them
// leaves them to the next one, and half of the clients wait while the other half's group is flushed: each for two
// flushes instead of one. Where a flush takes long, the next group had better wait for as many as come back as a rule;
// where it is short, the server had better work on the half that is there. Which of the two it is shows in how many are
// told in a given time, so both ways are tried now and then. A plain value.
#pragma once

#include <algorithm>
#include <array>
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
    // Of so many groups the first few go the way that is not the better one; the very first still shows the other way.
    static constexpr std::size_t period = 64, tried = 5;
    // Waiting is a delay for those who are there, so it must gain something.
    static constexpr double gain = 1.1;

    // The members of a group are told now, and so many others wait already.
    void told(std::size_t members, std::size_t waiting, Clock::duration took, Clock::time_point now)
    {
        if (told_ > 0)
            returning_ += (std::min(1.0, static_cast<double>(came_) / static_cast<double>(told_)) - returning_) / 4;
        choose(members, now);
        told_ = members;
        waited_ = waiting;
        came_ = 0;
        told_at_ = now;
        until_ = now + std::min(longest, took / part);
    }
    // A write has come.
    void came(Clock::time_point now)
    {
        if (now < until_)
            ++came_;
    }

    // Whether a group of so many waits for more; until() at most.
    bool waits(std::size_t waiting, Clock::time_point now) const
    {
        const double expected = static_cast<double>(waited_) + returning_ * static_cast<double>(told_);
        return way_ == waiting_way && now < until_ && told_ + waited_ >= least &&
               static_cast<double>(waiting) < expected - 0.5;
    }
    Clock::time_point until() const { return until_; }

private:
    enum Way : std::size_t { going_way, waiting_way };

    // Learns how fast this way is, while groups follow each other, and takes the next group's.
    void choose(std::size_t members, Clock::time_point now)
    {
        constexpr Clock::duration pause = std::chrono::milliseconds{50};
        const Clock::duration since = now - told_at_;
        if (told_ + members < 2 * least || since > pause || since <= Clock::duration{}) {
            way_ = going_way;
            group_ = period - period / 8; // a while on the usual way first
            return;
        }
        const std::size_t in_period = group_ % period;
        if (in_period != 0 && in_period != tried) { // not the first on its way
            Seen& seen = seen_[way_];
            seen.members += (static_cast<double>(members) - seen.members) / 16;
            seen.seconds += (std::chrono::duration<double>(since).count() - seen.seconds) / 16;
        }
        const Way better = seen_[waiting_way].rate() > gain * seen_[going_way].rate() ? waiting_way : going_way;
        const Way other = better == waiting_way ? going_way : waiting_way;
        way_ = ++group_ % period < tried ? other : better;
    }

    // Of the groups that went one way, lately.
    struct Seen {
        double members = 0, seconds = 0;
        double rate() const { return seconds > 0 ? members / seconds : 0; }
    };
    std::array<Seen, 2> seen_{};
    Way way_ = going_way;
    std::size_t group_ = 0;
    double returning_ = 0; // of those told, the part that comes back in time, lately
    // Of the group before.
    std::size_t told_ = 0, waited_ = 0, came_ = 0;
    Clock::time_point told_at_{}, until_{};
};

} // namespace howdah::proxy
