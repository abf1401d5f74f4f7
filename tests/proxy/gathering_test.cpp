// Whether a group of writes waits for those who were in the one before: proxy/gathering.hpp.
#include "proxy/gathering.hpp"

#include <catch2/catch.hpp>

using howdah::proxy::Gathering;
using namespace std::chrono_literals;

namespace {

using Clock = Gathering::Clock;

// Clients that come back one after the other: a group of `members`, `returning` of whom write again.
struct Clients {
    Gathering gathering;
    Clock::time_point now{};

    void group(std::size_t members, std::size_t waiting, Clock::duration took, std::size_t returning,
               Clock::duration each)
    {
        now += took;
        gathering.told(members, waiting, took, now);
        for (std::size_t i = 0; i < returning; ++i) {
            now += each;
            gathering.came(now);
        }
    }
    void groups(int many, std::size_t members, Clock::duration took, std::size_t returning, Clock::duration each)
    {
        for (int i = 0; i < many; ++i)
            group(members, 0, took, returning, each);
        // The moment after one more has been told.
        now += took;
        gathering.told(members, 0, took, now);
    }
};

} // namespace

TEST_CASE("where a flush is long, a group waits until all who were told are back", "[gathering]")
{
    Clients clients;
    clients.gathering.alone_took(1200us);
    clients.groups(20, 16, 1500us, 16, 20us);
    CHECK(clients.gathering.waits(0, clients.now));
    CHECK(clients.gathering.waits(15, clients.now));
    CHECK_FALSE(clients.gathering.waits(16, clients.now));
}

TEST_CASE("those who waited already are not counted as being back", "[gathering]")
{
    Clients clients;
    clients.gathering.alone_took(1200us);
    clients.groups(20, 8, 1300us, 8, 20us);
    clients.gathering.told(8, 8, 1300us, clients.now);
    CHECK(clients.gathering.waits(8, clients.now));
    CHECK_FALSE(clients.gathering.waits(16, clients.now));
}

TEST_CASE("where a flush is shorter than the way back, no group waits", "[gathering]")
{
    Clients clients;
    clients.gathering.alone_took(200us);
    clients.groups(20, 16, 500us, 16, 20us);
    CHECK_FALSE(clients.gathering.waits(1, clients.now));
}

TEST_CASE("clients that do something else first are not waited for", "[gathering]")
{
    Clients clients;
    clients.gathering.alone_took(1200us);
    SECTION("none comes back")
    {
        clients.groups(20, 16, 1500us, 0, 0us);
        CHECK_FALSE(clients.gathering.waits(0, clients.now));
    }
    SECTION("a quarter comes back, and is waited for")
    {
        clients.groups(20, 16, 1500us, 4, 20us);
        CHECK(clients.gathering.waits(3, clients.now));
        CHECK_FALSE(clients.gathering.waits(4, clients.now));
    }
    SECTION("those who come later than a group would wait")
    {
        clients.groups(20, 16, 1500us, 16, 1ms);
        CHECK_FALSE(clients.gathering.waits(2, clients.now));
    }
}

TEST_CASE("a group waits no longer than a part of what one takes", "[gathering]")
{
    Clients clients;
    clients.gathering.alone_took(1200us);
    clients.groups(20, 16, 1500us, 16, 20us);
    CHECK(clients.gathering.until() == clients.now + 750us);
    CHECK_FALSE(clients.gathering.waits(3, clients.now + 750us));
    clients.gathering.told(16, 0, 1s, clients.now);
    CHECK(clients.gathering.until() == clients.now + Gathering::longest);
}

TEST_CASE("nobody is waited for after a group of two, nor before anything is known", "[gathering]")
{
    Clients clients;
    CHECK_FALSE(clients.gathering.waits(0, clients.now));
    clients.groups(20, 16, 1500us, 16, 20us);
    CHECK_FALSE(clients.gathering.waits(1, clients.now)); // what a flush takes is not known
    clients.gathering.alone_took(1200us);
    CHECK(clients.gathering.waits(1, clients.now));
    clients.groups(1, 2, 1500us, 2, 20us);
    CHECK_FALSE(clients.gathering.waits(0, clients.now));
}
