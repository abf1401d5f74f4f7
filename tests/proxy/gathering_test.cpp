// Whether a group of writes waits for those who were in the one before: proxy/gathering.hpp.
#include "proxy/gathering.hpp"

#include <catch2/catch.hpp>

#include <deque>

using howdah::proxy::Gathering;
using namespace std::chrono_literals;

namespace {

using Clock = Gathering::Clock;

// Clients that write again as soon as they are told, one after the other, and a server that takes groups.
struct World {
    Clock::duration flush, each, back; // of a group, of a member, of a client on its way
    std::size_t clients = 16;
    Gathering gathering{};
    Clock::time_point now{};
    std::deque<Clock::time_point> coming{}; // in order
    std::size_t waiting = 0;

    void arrive(Clock::time_point until)
    {
        while (!coming.empty() && coming.front() <= until) {
            gathering.came(coming.front());
            ++waiting;
            coming.pop_front();
        }
    }
    // Whether it has waited for its members.
    bool group()
    {
        arrive(now);
        bool waited = false;
        while (waiting == 0 || gathering.waits(waiting, now)) {
            const bool has_some = waiting > 0;
            const auto next = coming.empty() ? gathering.until() : coming.front();
            now = has_some ? std::min(next, gathering.until()) : next;
            waited = waited || has_some;
            arrive(now);
        }
        const std::size_t members = std::exchange(waiting, 0);
        const auto took = flush + each * static_cast<int>(members);
        now += took;
        arrive(now);
        gathering.told(members, waiting, took, now);
        for (std::size_t i = 0; i < members; ++i)
            coming.push_back(now + back * static_cast<int>(i + 1));
        return waited;
    }
    // How many of so many groups waited, after a while.
    int waited_of(int groups)
    {
        for (std::size_t i = 0; i < clients; ++i)
            coming.push_back(now + back * static_cast<int>(i + 1));
        for (int i = 0; i < 500; ++i)
            group();
        int waited = 0;
        for (int i = 0; i < groups; ++i)
            waited += group() ? 1 : 0;
        return waited;
    }
};

} // namespace

TEST_CASE("where a flush is long, groups wait until all who were told are back", "[gathering]")
{
    World slow{1000us, 20us, 15us};
    CHECK(slow.waited_of(640) > 500);
}

TEST_CASE("where a flush is short, groups hardly wait", "[gathering]")
{
    World fast{60us, 20us, 15us};
    CHECK(fast.waited_of(640) <= 60);
    World many{60us, 20us, 15us, 64};
    CHECK(many.waited_of(640) <= 60);
}

TEST_CASE("clients that do something else first are not waited for", "[gathering]")
{
    Gathering gathering;
    Clock::time_point now{};
    int waited = 0;
    for (int i = 0; i < 640; ++i) {
        now += 1500us;
        gathering.told(16, 0, 1500us, now);
        waited += gathering.waits(0, now) ? 1 : 0;
    }
    CHECK(waited == 0);
}

TEST_CASE("a group waits no longer than a part of what one takes, and never long", "[gathering]")
{
    Gathering gathering;
    const Clock::time_point now{1s};
    gathering.told(16, 0, 1500us, now);
    CHECK(gathering.until() == now + 750us);
    gathering.told(16, 0, 1s, now);
    CHECK(gathering.until() == now + Gathering::longest);
}

TEST_CASE("after a pause, and after a group of two, nobody is waited for", "[gathering]")
{
    World slow{1000us, 20us, 15us};
    slow.waited_of(64);
    slow.now += 1s;
    slow.gathering.told(16, 0, 1500us, slow.now);
    CHECK_FALSE(slow.gathering.waits(0, slow.now));
    World few{1000us, 20us, 15us, 2};
    CHECK(few.waited_of(64) == 0);
}
