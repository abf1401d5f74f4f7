// The pool's decisions, without a server and without a clock. Numbers are the statements that must hold of a pool.
#include "pool/pool_state.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <set>

using namespace howdah::pool;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace Catch {
template <>
struct StringMaker<Decision> {
    static std::string convert(const Decision& decision)
    {
        struct Print {
            std::string operator()(const OpenConnection& d) { return "open " + std::to_string(d.connection); }
            std::string operator()(const CheckConnection& d) { return "check " + std::to_string(d.connection); }
            std::string operator()(const Lend& d)
            {
                const char* const how[] = {"hit", "handoff", "miss"};
                return "lend " + std::to_string(d.connection) + " to " + std::to_string(d.waiter) + " (" +
                       how[static_cast<std::size_t>(d.how)] + ")";
            }
            std::string operator()(const CloseConnection& d)
            {
                return "close " + std::to_string(d.connection) + ": " + d.reason;
            }
            std::string operator()(const Refuse& d)
            {
                return "refuse " + std::to_string(d.waiter) + ": " + d.error.message;
            }
        };
        return std::visit(Print(), decision);
    }
};
} // namespace Catch

namespace {

PoolState::Time at(milliseconds time) { return PoolState::Time(1h) + time; }

std::string text(const Decisions& decisions)
{
    std::string out;
    for (const Decision& d : decisions)
        out += (out.empty() ? "" : "; ") + Catch::StringMaker<Decision>::convert(d);
    return out;
}

PoolLimits limits(std::size_t min, std::size_t max)
{
    PoolLimits limits;
    limits.min = min;
    limits.max = max;
    return limits;
}

Error refused()
{
    Error error(Error::Kind::connect, "connection refused");
    error.transient = true;
    return error;
}

Error wrong_password() { return Error(Error::Kind::connect, "password authentication failed", "28P01"); }

// Opens a connection for someone who asks at time 0 and has it lent to them: number 1 to waiter 1, and so on.
ConnectionId lent(PoolState& pool, WaiterId waiter)
{
    for (const Decision& d : pool.ask(waiter, at(0ms)))
        if (const auto* const open = std::get_if<OpenConnection>(&d)) {
            pool.opened(open->connection, at(0ms));
            return open->connection;
        }
    FAIL("nothing was opened");
    return 0;
}

std::uint64_t all_ends(const PoolState& pool)
{
    std::uint64_t sum = 0;
    for (const CheckoutClass c : {CheckoutClass::hit, CheckoutClass::handoff, CheckoutClass::miss,
                                  CheckoutClass::timeout, CheckoutClass::error, CheckoutClass::abandoned})
        sum += pool.ended(c);
    return sum;
}

} // namespace

TEST_CASE("the first to ask has a connection opened for them")
{
    PoolState pool(limits(0, 2));
    CHECK(text(pool.ask(1, at(0ms))) == "open 1");
    CHECK(pool.describe() == "0 busy, 0 idle, 1 waiting, 1 opening");
    CHECK(text(pool.opened(1, at(5ms))) == "lend 1 to 1 (miss)");
    CHECK(pool.describe() == "1 busy, 0 idle, 0 waiting");
}

TEST_CASE("an idle connection is lent without waiting")
{
    PoolState pool(limits(0, 2));
    const ConnectionId only = lent(pool, 1);
    CHECK(pool.give_back(only, at(1s)).empty());
    CHECK(text(pool.ask(2, at(2s))) == "lend 1 to 2 (hit)");
}

TEST_CASE("the connection that was used last is lent first, so that the others can go")
{
    PoolState pool(limits(0, 2));
    lent(pool, 1);
    lent(pool, 2);
    pool.give_back(1, at(1s));
    pool.give_back(2, at(1s));
    CHECK(pool.next_idle() == 2);
    CHECK(text(pool.ask(3, at(2s))) == "lend 2 to 3 (hit)");
}

TEST_CASE("a connection can be had at once when one is idle, fresh, and nobody waits")
{
    PoolState pool(limits(0, 1));
    CHECK_FALSE(pool.lends_at_once(at(0s)));
    const ConnectionId only = lent(pool, 1);
    CHECK_FALSE(pool.lends_at_once(at(0s)));
    pool.give_back(only, at(1s));
    CHECK(pool.lends_at_once(at(30s)));
    CHECK_FALSE(pool.lends_at_once(at(31s))); // it is to be checked first
    CHECK(text(pool.ask(2, at(31s))) == "check 1");
    CHECK_FALSE(pool.lends_at_once(at(31s)));
    pool.checked(only, true, at(31s));
    pool.give_back(only, at(32s));
    pool.shut_down(at(33s));
    CHECK_FALSE(pool.lends_at_once(at(33s)));
}

// 38.
TEST_CASE("a returned connection goes to the client that has waited longest")
{
    PoolState pool(limits(0, 1));
    const ConnectionId only = lent(pool, 1);
    CHECK(pool.ask(2, at(1s)).empty());
    CHECK(pool.ask(3, at(2s)).empty());
    CHECK(text(pool.give_back(only, at(3s))) == "lend 1 to 2 (handoff)");
    CHECK(pool.describe() == "1 busy, 0 idle, 1 waiting");
    CHECK(text(pool.give_back(only, at(4s))) == "lend 1 to 3 (handoff)");
}

// 40.
TEST_CASE("a cold pool opens several at a time, not one for each tick")
{
    PoolState pool(limits(0, 100));
    std::size_t opening = 0;
    for (WaiterId w = 1; w <= 64; ++w)
        opening += pool.ask(w, at(0ms)).size();
    CHECK(opening == 16);
    // Each that opens serves one and makes room to open another.
    int rounds = 0;
    for (ConnectionId id = 1; pool.waiting() > 0; ++id, ++rounds)
        pool.opened(id, at(1ms));
    CHECK(rounds == 64);
    CHECK(pool.ended(CheckoutClass::miss) == 64);
    CHECK(pool.opening() == 0);
}

// 41.
TEST_CASE("returned connections satisfy waiters before those that are being opened")
{
    PoolState pool(limits(0, 10));
    lent(pool, 1);
    CHECK(text(pool.ask(2, at(1s))) == "open 2");
    CHECK(text(pool.give_back(1, at(1s))) == "lend 1 to 2 (handoff)");
    CHECK(pool.opened(2, at(2s)).empty());
    CHECK(pool.describe() == "1 busy, 1 idle, 0 waiting");
}

// 42.
TEST_CASE("the least number is opened at start and kept without clients")
{
    PoolState pool(limits(3, 10));
    CHECK(text(pool.start(at(0ms))) == "open 1; open 2; open 3");
    for (ConnectionId id = 1; id <= 3; ++id)
        pool.opened(id, at(0ms));
    CHECK(pool.describe() == "0 busy, 3 idle, 0 waiting");
    CHECK(text(pool.lost(2, "error", at(1s))) == "open 4");
    CHECK(pool.tick(at(20min)).empty()); // idle for long, but no more than the least number
}

// 43.
TEST_CASE("there are never more than the limit, whatever happens")
{
    std::mt19937 random(1);
    PoolState pool(limits(2, 5), 3);
    auto now = at(0ms);
    std::set<ConnectionId> opening, busy, checking, closing;
    WaiterId next = 1;
    std::vector<WaiterId> asked;
    const auto perform = [&](const Decisions& decisions) {
        for (const Decision& d : decisions) {
            if (const auto* const o = std::get_if<OpenConnection>(&d))
                opening.insert(o->connection);
            if (const auto* const c = std::get_if<CheckConnection>(&d))
                checking.insert(c->connection);
            if (const auto* const l = std::get_if<Lend>(&d))
                busy.insert(l->connection);
            if (const auto* const c = std::get_if<CloseConnection>(&d)) {
                busy.erase(c->connection);
                closing.insert(c->connection);
            }
        }
        REQUIRE(pool.total() <= 5);
        REQUIRE(pool.busy() == busy.size());
        REQUIRE(pool.opening() == opening.size());
        REQUIRE(pool.checkouts() == all_ends(pool) + pool.waiting());
    };
    const auto take = [&](std::set<ConnectionId>& from) {
        const auto it = std::next(from.begin(), static_cast<long>(random() % from.size()));
        const ConnectionId id = *it;
        from.erase(it);
        return id;
    };
    perform(pool.start(now));
    for (int step = 0; step < 100'000; ++step) {
        now += milliseconds(random() % 100 == 0 ? 40'000 : random() % 50);
        switch (random() % 10) {
        case 0:
        case 1:
        case 2:
            asked.push_back(next);
            perform(pool.ask(next++, now));
            break;
        case 3:
            if (!opening.empty())
                perform(pool.opened(take(opening), now));
            break;
        case 4:
            if (!opening.empty() && random() % 3 == 0)
                perform(pool.open_failed(take(opening), random() % 2 ? refused() : wrong_password(), now));
            break;
        case 5:
        case 6:
            if (!busy.empty()) {
                const ConnectionId id = take(busy);
                perform(random() % 20 ? pool.give_back(id, now) : pool.lost(id, "error", now));
            }
            break;
        case 7:
            if (!checking.empty())
                perform(pool.checked(take(checking), random() % 4 != 0, now));
            break;
        case 8:
            if (!closing.empty())
                perform(pool.closed(take(closing), now));
            break;
        case 9:
            if (!asked.empty() && random() % 4 == 0)
                pool.leave(asked[random() % asked.size()]);
            perform(pool.tick(now));
            break;
        }
    }
    CHECK(pool.ended(CheckoutClass::hit) > 0);
    CHECK(pool.ended(CheckoutClass::handoff) > 0);
    CHECK(pool.ended(CheckoutClass::miss) > 0);
    CHECK(pool.ended(CheckoutClass::timeout) + pool.ended(CheckoutClass::error) > 0);
    CHECK(pool.ended(CheckoutClass::abandoned) > 0);
}

TEST_CASE("a connection that is being closed still counts, until the server has let go of it")
{
    PoolState pool(limits(0, 1));
    lent(pool, 1);
    CHECK(text(pool.discard(1, "dirty", at(1s))) == "close 1: dirty");
    CHECK(pool.ask(2, at(1s)).empty());
    CHECK(text(pool.closed(1, at(2s))) == "open 2");
}

// 37.
TEST_CASE("a connection that was idle for long is checked before it is lent")
{
    PoolState pool(limits(0, 2));
    lent(pool, 1);
    pool.give_back(1, at(0s));
    CHECK(text(pool.ask(2, at(29s))) == "lend 1 to 2 (hit)");
    pool.give_back(1, at(30s));
    CHECK(text(pool.ask(3, at(61s))) == "check 1");
    CHECK(text(pool.checked(1, true, at(61s))) == "lend 1 to 3 (hit)");
    pool.give_back(1, at(62s));
    CHECK(text(pool.ask(4, at(100s))) == "check 1");
    CHECK(text(pool.checked(1, false, at(101s))) == "open 2");
    CHECK(text(pool.opened(2, at(102s))) == "lend 2 to 4 (miss)");
    CHECK(pool.closed_by_reason() == std::map<std::string, std::uint64_t>{{"check", 1}});
}

// 45.
TEST_CASE("a client that leaves the queue consumes nothing")
{
    PoolState pool(limits(0, 1));
    lent(pool, 1);
    pool.ask(2, at(1s));
    pool.ask(3, at(1s));
    pool.leave(2);
    CHECK(text(pool.give_back(1, at(2s))) == "lend 1 to 3 (handoff)");
    CHECK(pool.ended(CheckoutClass::abandoned) == 1);
    pool.leave(2); // once only
    CHECK(pool.checkouts() == all_ends(pool));
}

TEST_CASE("a client that waited for too long is told how things stand")
{
    PoolState pool(limits(0, 1));
    lent(pool, 1);
    pool.ask(2, at(0s));
    CHECK(pool.next_deadline() == at(30s));
    CHECK(pool.tick(at(29'999ms)).empty());
    CHECK(text(pool.tick(at(30s))) ==
          "refuse 2: no connection became free within 30000 ms: 1 busy, 0 idle, 1 waiting, at most 1");
    CHECK(pool.ended(CheckoutClass::timeout) == 1);
}

TEST_CASE("a queue that is full takes nobody else")
{
    PoolLimits small = limits(0, 1);
    small.max_waiting = 1;
    PoolState pool(small);
    lent(pool, 1);
    CHECK(pool.ask(2, at(0s)).empty());
    CHECK(text(pool.ask(3, at(0s))) == "refuse 3: 1 are waiting for a connection already");
    CHECK(pool.ended(CheckoutClass::error) == 1);
}

// 52.
TEST_CASE("while the server is down clients wait no longer than for a connection, and learn the reason")
{
    PoolState pool(limits(0, 4));
    CHECK(text(pool.ask(1, at(0s))) == "open 1");
    CHECK(pool.open_failed(1, refused(), at(100ms)).empty());
    const auto retry = pool.next_deadline();
    REQUIRE(retry);
    CHECK(*retry <= at(1100ms)); // the first retry comes within a second
    CHECK(text(pool.tick(*retry)) == "open 2");
    CHECK(text(pool.open_failed(2, refused(), at(5s))) == "refuse 1: connection refused");
    CHECK(pool.ended(CheckoutClass::error) == 1);
}

TEST_CASE("a client that waited out a restart is served")
{
    PoolState pool(limits(0, 4));
    pool.ask(1, at(0s));
    pool.open_failed(1, refused(), at(10ms));
    pool.tick(*pool.next_deadline());
    CHECK(text(pool.opened(2, at(2s))) == "lend 2 to 1 (miss)");
}

TEST_CASE("a wrong password is reported at once, and not tried again for everyone who asks")
{
    PoolState pool(limits(0, 4));
    pool.ask(1, at(0s));
    pool.ask(2, at(0s));
    CHECK(text(pool.open_failed(1, wrong_password(), at(10ms))) ==
          "refuse 1: password authentication failed; refuse 2: password authentication failed");
    pool.open_failed(2, wrong_password(), at(10ms));
    CHECK(text(pool.ask(3, at(20ms))) == "refuse 3: password authentication failed");
    CHECK(text(pool.ask(4, at(10s))) == "open 3");
}

// 55.
TEST_CASE("retries are spaced out, up to half the time that a connection may take, and one at a time")
{
    PoolState pool(limits(3, 10));
    REQUIRE(pool.start(at(0s)).size() == 3);
    for (ConnectionId id = 1; id <= 3; ++id)
        pool.open_failed(id, refused(), at(0s));
    milliseconds longest{0};
    auto now = at(0s);
    for (ConnectionId id = 4; id < 20; ++id) {
        const auto next = pool.next_deadline();
        REQUIRE(next);
        longest = std::max(longest, std::chrono::duration_cast<milliseconds>(*next - now));
        now = *next;
        CHECK(pool.tick(now) == Decisions{OpenConnection{id}});
        CHECK(pool.tick(now).empty());
        pool.open_failed(id, refused(), now);
    }
    CHECK(longest > 1s);
    CHECK(longest <= 2500ms);
    // One success, and it is over.
    pool.tick(*pool.next_deadline());
    CHECK(text(pool.opened(20, now)) == "open 21; open 22");
}

TEST_CASE("connections that can still be had are worth waiting for when no other can be opened")
{
    PoolState pool(limits(0, 2));
    lent(pool, 1);
    CHECK(text(pool.ask(2, at(0s))) == "open 2");
    CHECK(pool.open_failed(2, Error(Error::Kind::connect, "too many connections", "53300"), at(0s)).empty());
    CHECK(text(pool.give_back(1, at(20s))) == "lend 1 to 2 (handoff)");
}

TEST_CASE("idle connections above the least number are closed")
{
    PoolState pool(limits(1, 4));
    for (WaiterId w = 1; w <= 3; ++w)
        lent(pool, w);
    pool.start(at(0s));
    for (ConnectionId id = 1; id <= 3; ++id)
        pool.give_back(id, at(std::chrono::seconds(id)));
    CHECK(pool.next_deadline() == at(601s));
    CHECK(text(pool.tick(at(602s))) == "close 1: idle; close 2: idle");
    CHECK(pool.tick(at(700s)).empty());
}

// 44.
TEST_CASE("lifetimes differ, and a replacement is there before the old one is closed")
{
    PoolState pool(limits(2, 4));
    pool.start(at(0s));
    pool.opened(1, at(0s));
    pool.opened(2, at(0s));
    const auto first = pool.next_deadline();
    REQUIRE(first);
    CHECK(*first >= at(54min));
    CHECK(*first <= at(66min));
    CHECK(text(pool.tick(*first)).substr(0, 6) == "open 3");
    CHECK(pool.idle() == 2);
    const std::string replaced = text(pool.opened(3, *first));
    CHECK(replaced.substr(0, 6) == "close ");
    CHECK(replaced.substr(7) == ": lifetime");
    CHECK(pool.idle() == 2);
}

TEST_CASE("an old connection that is in use is closed when it comes back")
{
    PoolState pool(limits(1, 2));
    lent(pool, 1);
    pool.start(at(0s));
    // There is room: it serves on until its replacement is there.
    CHECK(text(pool.give_back(1, at(2h))) == "open 2");
    CHECK(text(pool.ask(2, at(2h))) == "lend 1 to 2 (hit)");
    CHECK(pool.opened(2, at(2h)).empty());
    CHECK(text(pool.give_back(1, at(2h))) == "close 1: lifetime");
}

TEST_CASE("an old connection is kept while the server takes no new ones")
{
    PoolState pool(limits(1, 2));
    lent(pool, 1);
    pool.start(at(0s));
    pool.give_back(1, at(2h));
    pool.open_failed(2, refused(), at(2h));
    CHECK(text(pool.ask(2, at(2h))) == "lend 1 to 2 (hit)");
    CHECK(pool.give_back(1, at(2h)).empty());
}

TEST_CASE("a smaller limit closes idle connections now and the others when they come back")
{
    PoolState pool(limits(0, 3));
    for (WaiterId w = 1; w <= 3; ++w)
        lent(pool, w);
    pool.give_back(1, at(0s));
    CHECK(text(pool.reconfigure(limits(0, 1), at(0s))) == "close 1: limit");
    CHECK(text(pool.give_back(2, at(0s))) == "close 2: limit");
    CHECK(pool.give_back(3, at(0s)).empty());
    CHECK(pool.describe() == "0 busy, 1 idle, 0 waiting, 2 closing");
}

// 46.
TEST_CASE("other credentials replace the connections one by one, and never at the price of having none")
{
    PoolState pool(limits(2, 4));
    pool.start(at(0s));
    pool.opened(1, at(0s));
    pool.opened(2, at(0s));
    CHECK(text(pool.renew_all(at(1s))) == "open 3; open 4");
    pool.open_failed(3, wrong_password(), at(1s));
    CHECK(pool.idle() == 2);
    CHECK(text(pool.opened(4, at(1s))).substr(0, 6) == "close ");
}

TEST_CASE("a pool that shuts down refuses those who wait and closes what comes back")
{
    PoolState pool(limits(0, 2));
    lent(pool, 1);
    lent(pool, 2);
    pool.give_back(2, at(0s));
    CHECK(text(pool.shut_down(at(1s))) == "close 2: shutdown");
    CHECK(text(pool.ask(3, at(1s))) == "refuse 3: the pool is shutting down");
    CHECK(text(pool.give_back(1, at(2s))) == "close 1: shutdown");
    pool.closed(1, at(3s));
    pool.closed(2, at(3s));
    CHECK(pool.total() == 0);
    CHECK(!pool.next_deadline());
}

TEST_CASE("a connection that opens while the pool shuts down is closed")
{
    PoolState pool(limits(0, 2));
    pool.ask(1, at(0s));
    CHECK(text(pool.shut_down(at(0s))) == "refuse 1: the pool is shutting down");
    CHECK(text(pool.opened(1, at(1s))) == "close 1: shutdown");
}

TEST_CASE("a statement that shares is handed a place only when it is the first to wait")
{
    PoolState state(limits(0, 1));
    CHECK(text(state.ask(1, at(0ms))) == "open 1");
    CHECK(text(state.opened(1, at(1ms))) == "lend 1 to 1 (miss)");
    state.joined(); // beside the first, on the same connection
    CHECK(text(state.ask(2, at(2ms), true)) == "");
    CHECK(text(state.ask(3, at(2ms))) == "");
    CHECK(text(state.ask(4, at(2ms), true)) == "");
    CHECK(state.first_sharing() == WaiterId{2});
    state.joined_first();
    CHECK_FALSE(state.first_sharing()); // 3 wants the connection for itself
    CHECK(text(state.give_back(1, at(3ms))) == "lend 1 to 3 (handoff)");
    CHECK(state.first_sharing() == WaiterId{4});
    state.leave(4);
    CHECK(state.checkouts() == 5);
    CHECK(state.ended(CheckoutClass::hit) == 1);
    CHECK(state.ended(CheckoutClass::handoff) == 2);
    CHECK(state.ended(CheckoutClass::miss) == 1);
    CHECK(state.ended(CheckoutClass::abandoned) == 1);
}
