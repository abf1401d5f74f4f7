// Connections that many share, on a real server: whatever happens to one statement, the others get their own answers,
// and the checkouts add up at every moment.
#include "../support/postgres.hpp"
#include "../support/run.hpp"
#include "pool/pool.hpp"
#include "pool/wire.hpp"
#include "proxy/event.hpp"

#include <catch2/catch.hpp>

#include <list>
#include <map>
#include <random>

using namespace howdah::test;
using howdah::pool::Error;
using howdah::pool::Lease;
using howdah::pool::Oid;
using howdah::pool::Pool;
using howdah::pool::Result;
using howdah::pool::RunEstimate;
using howdah::pool::Settings;
using howdah::pool::SharedStatement;
using howdah::pool::Snapshot;
using std::chrono::steady_clock;

namespace {

Settings settings(std::size_t max)
{
    Settings s;
    s.conninfo = Postgres::instance().conninfo();
    s.min = 0;
    s.max = max;
    return s;
}

bool adds_up(const Snapshot& s)
{
    return s.checkouts == s.hit + s.handoff + s.miss + s.timeout + s.error + s.abandoned + s.waiting;
}

// The texts of a pool, each with its token and what is known of its run time.
struct Texts {
    struct Text {
        std::uint64_t token;
        RunEstimate estimate;
    };
    Text& operator[](const std::string& sql)
    {
        const auto [at, is_new] = texts.try_emplace(sql, Text{texts.size() + 1, {}});
        return at->second;
    }
    // It is said to be quick.
    void trust(const std::string& sql) { (*this)[sql].estimate.add(1); }
    std::map<std::string, Text> texts;
};

// One statement with a text parameter, and everything that its owner was told.
struct Asked final : SharedStatement {
    Asked(Pool& pool_, Texts& texts, std::string text, const std::string& value) : pool(pool_), owned(std::move(text))
    {
        static constexpr Oid text_type[] = {25};
        auto& known = texts[owned];
        sql = owned;
        token = known.token;
        estimate = &known.estimate;
        types = text_type;
        namespace wire = howdah::pool::wire;
        static constexpr std::int16_t text_format[] = {0};
        wire::put_rest_begin(bind, 1);
        wire::put_value(bind, value);
        wire::put_rest_end(bind, text_format);
    }
    ~Asked()
    {
        if (outstanding())
            pool.withdraw(*this, false);
    }
    void on_row(std::string_view message) override
    {
        std::vector<howdah::pool::Field> fields;
        if (!howdah::pool::wire::read_row(message.substr(5), fields) || !fields[0])
            return;
        said = *fields[0];
        bytes += fields[0]->size();
        unread += fields[0]->size();
    }
    bool is_full() const override { return unread > room; }
    void on_full() override
    {
        ++fulls;
        if (when_full)
            when_full();
    }
    void on_end() override
    {
        ++ends;
        if (when_over)
            when_over();
        event.set();
    }
    void on_context_gone() override { event.destroy_waiting(); }
    std::string outcome() const
    {
        if (world_error)
            return world_error->kind == Error::Kind::lost ? "lost" : "world: " + world_error->message;
        return server_error ? "error " + server_error->sqlstate : said;
    }

    Pool& pool;
    std::string owned, said;
    std::size_t bytes = 0, unread = 0, room = SIZE_MAX;
    int ends = 0, fulls = 0;
    std::function<void()> when_over, when_full;
    howdah::proxy::Event event;
};

const std::string echo = "SELECT $1", echo_twice = "SELECT $1 || $1", fails = "SELECT (1 / length($1))::text || $1";
const std::string sleeps = "SELECT pg_sleep($1::float8)::text || $1";
const std::string sleeps_later = "SELECT g::text || pg_sleep(CASE g WHEN 1 THEN 0 ELSE $1::float8 END)"
                                 " FROM (SELECT 1 AS g UNION ALL SELECT 2) AS t";
const std::string many_rows = "SELECT repeat($1, 1000) FROM generate_series(1, 20000)";

// One pool; its end checks that nothing of it is left.
struct Lanes {
    explicit Lanes(Settings s) : pool(Pool::make(loop.executor(), std::move(s))) { trust_all(); }
    ~Lanes()
    {
        CHECK(adds_up(pool->stats()));
        CHECK(pool->stats().waiting == 0);
        statements.clear();
        pool->shut_down();
        CHECK(loop.drains());
        CHECK(pool->stats().in_use + pool->stats().idle + pool->stats().opening == 0);
    }
    void trust_all()
    {
        for (const std::string& sql : {echo, echo_twice, fails, sleeps, sleeps_later, many_rows})
            texts.trust(sql);
    }
    void run(std::function<asio::awaitable<void>()> work) { loop.run(std::move(work)); }
    Asked& make(const std::string& sql, const std::string& value)
    {
        return statements.emplace_back(*pool, texts, sql, value);
    }
    Asked& ask(const std::string& sql, const std::string& value)
    {
        Asked& statement = make(sql, value);
        pool->submit(statement);
        sums += adds_up(pool->stats()) ? 0 : 1;
        return statement;
    }
    asio::awaitable<void> all_over()
    {
        const bool over = co_await eventually([&] {
            sums += adds_up(pool->stats()) ? 0 : 1;
            return std::none_of(statements.begin(), statements.end(), [](const Asked& a) { return a.outstanding(); });
        });
        CHECK(over);
    }
    // The statement has been run before, on the one connection that is there.
    asio::awaitable<void> prepare(std::string sql)
    {
        ask(sql, sql == sleeps ? "0" : "1");
        co_await all_over();
        trust_all();
        statements.clear();
    }
    // The connections that serve statements are there.
    asio::awaitable<void> warm(std::size_t connections)
    {
        std::vector<Lease> leases;
        while (leases.size() < connections) {
            Result<Lease> lease = co_await pool->checkout();
            REQUIRE(lease.has_value());
            leases.push_back(std::move(*lease));
        }
    }

    Loop loop;
    std::shared_ptr<Pool> pool;
    Texts texts;
    std::list<Asked> statements;
    int sums = 0; // how often the checkouts did not add up
};

// From outside of the pool under test.
asio::awaitable<std::string> elsewhere(std::string sql)
{
    const auto executor = co_await asio::this_coro::executor;
    const auto pool = Pool::make(executor, settings(1));
    const std::string said = co_await ask(*pool, std::move(sql));
    pool->shut_down();
    co_return said;
}

// Those that run a text that begins so.
std::string backends(const std::string& begin)
{
    return "FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '" + begin + "%'";
}

asio::awaitable<bool> runs(std::string begin)
{
    for (int i = 0; i < 1000; ++i) {
        const std::string count = co_await elsewhere("SELECT count(*) " + backends(begin));
        if (count != "0")
            co_return true;
    }
    co_return false;
}

} // namespace

TEST_CASE("statements on one connection are answered in order, each to its owner")
{
    // Where the machine is so busy that a statement seems slow, those behind it are moved: then once more.
    std::uint64_t displaced = 1;
    for (int tries = 0; tries < 20 && displaced > 0; ++tries) {
        Lanes lanes(settings(1));
        std::vector<int> order;
        lanes.run([&]() -> asio::awaitable<void> {
            co_await lanes.warm(1);
            for (int i = 0; i < 50; ++i) {
                Asked& one = lanes.ask(i % 3 == 2 ? echo_twice : echo, std::to_string(i));
                one.when_over = [&, i] { order.push_back(i); };
            }
            CHECK(lanes.pool->stats().shared == 49);
            co_await lanes.all_over();
        });
        displaced = lanes.pool->stats().displaced;
        int i = 0;
        for (const Asked& one : lanes.statements) {
            const std::string value = std::to_string(i);
            CHECK(one.outcome() == (i % 3 == 2 ? value + value : value));
            CHECK(one.ends == 1);
            CHECK((displaced > 0 || order.at(static_cast<std::size_t>(i)) == i));
            ++i;
        }
        CHECK(lanes.sums == 0);
    }
    CHECK(displaced == 0);
}

TEST_CASE("the error of one leaves its neighbours alone, also where its text cannot be prepared")
{
    Lanes lanes(settings(1));
    const std::string wrong = "SELECT $1 FROM no_such_table";
    lanes.texts.trust(wrong);
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        for (int i = 0; i < 40; ++i)
            lanes.ask(i % 4 == 1 ? fails : i % 4 == 3 ? wrong : echo, i % 4 == 1 ? "" : std::to_string(i));
        co_await lanes.all_over();
    });
    int i = 0;
    for (const Asked& one : lanes.statements) {
        INFO(i);
        const std::string got = one.outcome();
        CHECK(got == (i % 4 == 1 ? "error 22012" : i % 4 == 3 ? "error 42P01" : std::to_string(i)));
        CHECK(one.ends == 1);
        ++i;
    }
}

TEST_CASE("those behind a statement that turns out slow are answered elsewhere, soon")
{
    Lanes lanes(settings(2));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        const Asked& slow = lanes.ask(sleeps, "3");
        std::vector<Asked*> followers;
        for (int i = 0; i < 20; ++i)
            followers.push_back(&lanes.ask(echo, std::to_string(i)));
        CHECK(lanes.pool->stats().shared == 20);
        const bool answered = co_await eventually([&] {
            return std::none_of(followers.begin(), followers.end(), [](Asked* a) { return a->outstanding(); });
        });
        CHECK(answered);
        CHECK(slow.outstanding());
        CHECK(lanes.pool->stats().displaced == 20);
        for (int i = 0; i < 20; ++i)
            CHECK(followers[static_cast<std::size_t>(i)]->outcome() == std::to_string(i));
        // It is known to be slow now, and gets a connection of its own.
        lanes.ask(echo, "next");
        const auto shared = lanes.pool->stats().shared;
        Asked& again = lanes.ask(sleeps, "0");
        CHECK(lanes.pool->stats().shared == shared);
        co_await lanes.all_over();
        CHECK(slow.outcome() == "3");
        CHECK(again.outcome() == "0");
    });
    CHECK(lanes.sums == 0);
}

// A machine that stalls makes statements slow, which are in no group then: it is asked until one time nothing did.
constexpr int most_attempts = 20;

template <typename Test>
bool holds_in_some_attempt(Test test)
{
    int attempts = 1;
    while (attempts < most_attempts && !test())
        ++attempts;
    return attempts < most_attempts;
}

TEST_CASE("short statements that are sent together share one Sync, in bounded groups")
{
    Lanes lanes(settings(1));
    std::size_t asked = 0;
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.prepare(echo);
        bool bounded = false;
        for (int attempt = 0; attempt < most_attempts && !bounded; ++attempt) {
            const auto before = lanes.pool->stats();
            for (int i = 0; i < 20; ++i, ++asked)
                lanes.ask(echo, std::to_string(i));
            co_await lanes.all_over();
            const auto after = lanes.pool->stats();
            // One that was alone and sent at once, eight, eight, three.
            bounded = after.grouped - before.grouped == 20 - 4 && after.displaced == before.displaced;
        }
        CHECK(bounded);
        for (int i = 0; i < 4; ++i) {
            lanes.ask(echo, std::string(4000, 'x'));
            co_await lanes.all_over();
        }
        const auto grouped = lanes.pool->stats().grouped;
        lanes.ask(echo, "known for");
        lanes.ask(echo, "long answers");
        co_await lanes.all_over();
        CHECK(lanes.pool->stats().grouped == grouped);
    });
    std::size_t i = 0;
    for (const Asked& one : lanes.statements) {
        if (i == asked)
            break;
        CHECK(one.outcome() == std::to_string(i++ % 20));
        CHECK(one.ends == 1);
    }
}

namespace {

// Whether those behind the error were sent again the first time, and nobody the second.
bool one_that_fails_has_no_group_then()
{
    bool was_sent_again = false;
    Lanes lanes(settings(1));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.prepare(echo);
        co_await lanes.prepare(fails);
        for (int i = 0; i < 8; ++i)
            lanes.ask(i == 2 ? fails : echo, i == 2 ? "" : std::to_string(i));
        co_await lanes.all_over();
        was_sent_again = lanes.pool->stats().displaced == 5;
        for (int i = 0; i < 8; ++i)
            lanes.ask(i == 2 ? fails : echo, i == 2 ? "" : std::to_string(i));
        co_await lanes.all_over();
        was_sent_again = was_sent_again && lanes.pool->stats().displaced == 5;
    });
    int i = 0;
    for (const Asked& one : lanes.statements) {
        INFO(i);
        CHECK(one.outcome() == (i % 8 == 2 ? "error 22012" : std::to_string(i % 8)));
        CHECK(one.ends == 1);
        ++i;
    }
    return was_sent_again;
}

} // namespace

TEST_CASE("what the server skips behind an error in a group is sent again, and who fails has no group then")
{
    CHECK(holds_in_some_attempt(one_that_fails_has_no_group_then));
}

namespace {

// Whether they were in one group.
bool one_of_a_group_is_slow()
{
    bool were_together = false;
    Lanes lanes(settings(3));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        co_await lanes.prepare(echo);
        co_await lanes.prepare(sleeps);
        Asked* slow = nullptr;
        std::vector<Asked*> others;
        for (int i = 0; i < 8; ++i) {
            if (i == 4)
                slow = &lanes.ask(sleeps, "2");
            else
                others.push_back(&lanes.ask(echo, std::to_string(i)));
        }
        const bool answered = co_await eventually(
            [&] { return std::none_of(others.begin(), others.end(), [](Asked* a) { return a->outstanding(); }); });
        CHECK(answered);
        CHECK(slow->outstanding());
        for (Asked* const other : others)
            CHECK(other->ends == 1);
        co_await lanes.all_over();
        CHECK(slow->outcome() == "2");
        // All but the first, which was sent at once; and nobody wanted what was left on the first connection.
        were_together = lanes.pool->stats().displaced >= 7 && lanes.pool->stats().cancels >= 1;
    });
    CHECK(lanes.sums == 0);
    return were_together;
}

} // namespace

TEST_CASE("who turns out slow in the middle of a group keeps back neither those behind nor those before")
{
    CHECK(holds_in_some_attempt(one_of_a_group_is_slow));
}

TEST_CASE("a statement that nobody wants any more does not keep the connection")
{
    Lanes lanes(settings(2));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        lanes.ask(sleeps, "0.3");
        Asked& second = lanes.ask(sleeps, "600"); // displaced, and still in the first connection's pipe
        const bool moved = co_await eventually([&] { return lanes.pool->stats().displaced == 1; });
        CHECK(moved);
        lanes.pool->withdraw(second, false);
        const bool free = co_await eventually([&] { return lanes.pool->stats().in_use == 0; }, 20s);
        CHECK(free);
        CHECK(second.ends == 0);
    });
    CHECK(lanes.pool->stats().cancels >= 1);
}

TEST_CASE("a cancel hits its own statement and no other")
{
    Lanes lanes(settings(2));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(2);
        for (int round = 0; round < 5; ++round) {
            Asked& slow = lanes.ask(sleeps, "600");
            lanes.trust_all();
            for (int i = 0; i < 10; ++i)
                lanes.ask(echo, std::to_string(i));
            const bool running = co_await runs("SELECT pg_sleep");
            CHECK(running);
            lanes.pool->withdraw(slow, true);
            co_await lanes.all_over();
            CHECK(slow.outcome() == "error 57014");
            CHECK(slow.ends == 1);
            int i = 0;
            for (const Asked& one : lanes.statements)
                if (&one != &slow)
                    CHECK(one.outcome() == std::to_string(i++));
            lanes.statements.clear();
        }
    });
}

TEST_CASE("what was cancelled from elsewhere is sent again, once")
{
    Lanes lanes(settings(1));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        for (int round = 0; round < 2; ++round) { // the second time with the same object
            Asked& one = round == 0 ? lanes.make(sleeps, "600") : lanes.statements.front();
            one.server_error.reset();
            lanes.pool->submit(one);
            bool running = co_await runs("SELECT pg_sleep");
            CHECK(running);
            const std::string first =
                co_await elsewhere("SELECT pg_cancel_backend(pid) " + backends("SELECT pg_sleep"));
            CHECK(first == "t");
            const bool moved =
                co_await eventually([&] { return lanes.pool->stats().displaced == static_cast<unsigned>(round + 1); });
            CHECK(moved);
            CHECK(one.outstanding());
            running = co_await runs("SELECT pg_sleep");
            CHECK(running);
            co_await elsewhere("SELECT pg_cancel_backend(pid) " + backends("SELECT pg_sleep"));
            co_await lanes.all_over();
            CHECK(one.outcome() == "error 57014");
            CHECK(one.ends == round + 1);
        }
    });
}

TEST_CASE("a statement is withdrawn in the queue, in the pipe and while it runs")
{
    Lanes lanes(settings(1));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        for (const bool stop : {false, true}) {
            {
                Result<Lease> lease = co_await lanes.pool->checkout();
                REQUIRE(lease.has_value());
                Asked& queued = lanes.ask(echo, "queued");
                CHECK(lanes.pool->stats().waiting == 1);
                lanes.pool->withdraw(queued, stop);
                CHECK(lanes.pool->stats().waiting == 0);
                CHECK(queued.outstanding() == stop);
                CHECK(queued.ends == 0);
                co_await lanes.all_over();
                CHECK(queued.outcome() == (stop ? "world: interrupted" : ""));
                CHECK(queued.ends == (stop ? 1 : 0));
            }
            const bool free = co_await eventually([&] { return lanes.pool->stats().in_use == 0; });
            CHECK(free);
            lanes.trust_all();
            Asked& before = lanes.ask(echo, "before");
            Asked& inside = lanes.ask(echo, "inside");
            Asked& after = lanes.ask(echo, "after");
            lanes.pool->withdraw(inside, stop);
            CHECK(inside.ends == 0);
            co_await lanes.all_over();
            CHECK(inside.ends == (stop ? 1 : 0));
            CHECK(before.outcome() == "before");
            CHECK(inside.said.empty());
            CHECK(after.outcome() == "after");
            Asked& running = lanes.ask(sleeps, "600");
            const bool runs_now = co_await runs("SELECT pg_sleep");
            CHECK(runs_now);
            lanes.pool->withdraw(running, stop);
            CHECK(running.outstanding() == stop);
            Asked& next = lanes.ask(echo, "next");
            co_await lanes.all_over();
            CHECK(next.outcome() == "next");
            CHECK(running.outcome() == (stop ? "error 57014" : ""));
            CHECK(running.ends == (stop ? 1 : 0));
        }
    });
    CHECK(lanes.sums == 0);
}

TEST_CASE("an owner may withdraw, destroy and submit others while it is told of its end")
{
    Lanes lanes(settings(1));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        for (int round = 0; round < 20; ++round) {
            auto ended = std::make_unique<Asked>(*lanes.pool, lanes.texts, echo, "ended"); // by the same read
            Asked& one = lanes.make(echo, "one");
            Asked& next = lanes.make(echo, "next");
            one.when_over = [&] {
                ended.reset();
                lanes.pool->submit(next);
            };
            lanes.pool->submit(one);
            lanes.pool->submit(*ended);
            for (int i = 0; i < 10; ++i)
                lanes.ask(echo, "other");
            co_await lanes.all_over();
            CHECK(one.ends == 1);
            CHECK(next.outcome() == "next");
        }
        // Those that are refused together, and those that are displaced together.
        lanes.statements.clear();
        Result<Lease> lease = co_await lanes.pool->checkout();
        REQUIRE(lease.has_value());
        auto second = std::make_unique<Asked>(*lanes.pool, lanes.texts, echo, "second");
        Asked& first = lanes.make(echo, "first");
        first.when_over = [&] { second.reset(); };
        lanes.pool->submit(first);
        lanes.pool->submit(*second);
        lanes.pool->shut_down();
        CHECK(first.ends == 0);
        co_await lanes.all_over();
        CHECK(first.world_error->kind == Error::Kind::shutting_down);
        CHECK(!second);
    });
    CHECK(lanes.sums == 0);
}

TEST_CASE("a backend that dies: who was told nothing is sent again once, the others get the loss")
{
    Lanes lanes(settings(2));
    const std::string kill_them = "SELECT count(pg_terminate_backend(pid)) ";
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        Asked& running = lanes.ask(sleeps, "1.5");
        std::vector<Asked*> others;
        for (int i = 0; i < 5; ++i)
            others.push_back(&lanes.ask(echo, std::to_string(i)));
        bool are = co_await runs("SELECT pg_sleep");
        CHECK(are);
        co_await elsewhere(kill_them + backends("SELECT pg_sleep"));
        co_await lanes.all_over();
        CHECK(running.outcome() == "1.5");
        CHECK(running.ends == 1);
        for (int i = 0; i < 5; ++i)
            CHECK(others[static_cast<std::size_t>(i)]->outcome() == std::to_string(i));

        Asked& unlucky = lanes.ask(sleeps, "600");
        for (int i = 0; i < 2; ++i) {
            are = co_await runs("SELECT pg_sleep");
            CHECK(are);
            co_await elsewhere(kill_them + backends("SELECT pg_sleep"));
        }
        co_await lanes.all_over();
        CHECK(unlucky.outcome() == "lost");
        CHECK(unlucky.ends == 1);

        // The server sends rows when its buffer is full.
        const std::string told_then_sleeps = "SELECT repeat($1, 1000) FROM generate_series(1, 500) AS g"
                                             " UNION ALL SELECT pg_sleep(600)::text";
        Asked& told = lanes.ask(told_then_sleeps, "x");
        const bool some = co_await eventually([&] { return told.rows > 0; });
        CHECK(some);
        co_await elsewhere(kill_them + backends("SELECT repeat"));
        co_await lanes.all_over();
        CHECK(told.outcome() == "lost");
        CHECK(told.ends == 1);
    });
    CHECK(lanes.sums == 0);
}

TEST_CASE("idle connections that the server has closed cost nobody an answer")
{
    Lanes lanes(settings(3));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(3);
        const std::string gone =
            co_await elsewhere("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                               " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
        CHECK(gone == "3");
        bool there = true;
        for (int i = 0; there && i < 1000; ++i) {
            const std::string left =
                co_await elsewhere("SELECT count(*) FROM pg_stat_activity"
                                   " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
            there = left != "0";
        }
        CHECK(!there);
        Asked& one = lanes.ask(echo, "one");
        co_await lanes.all_over();
        CHECK(one.outcome() == "one");
    });
}

TEST_CASE("query_timeout stops the statement that runs too long, and counts from when it began to run")
{
    Settings s = settings(2);
    s.query_timeout = 400ms;
    Lanes lanes(s);
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        Asked& slow = lanes.ask(sleeps, "600");
        Asked& follower = lanes.ask(echo, "follower");
        co_await lanes.all_over();
        CHECK(slow.server_error->message == "query_timeout of 400 ms exceeded");
        CHECK(follower.outcome() == "follower");
    });
    CHECK(lanes.pool->stats().closed.count("error") == 0);
}

TEST_CASE("a result larger than its owner's buffer waits for the owner, and nobody waits behind it")
{
    Lanes lanes(settings(2));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        Asked& large = lanes.make(many_rows, "x");
        large.room = 100'000;
        lanes.pool->submit(large);
        Asked& follower = lanes.ask(echo, "follower");
        const bool stalled = co_await eventually([&] { return large.fulls == 1 && !follower.outstanding(); });
        CHECK(stalled);
        CHECK(follower.outcome() == "follower");
        CHECK(large.bytes < 2'000'000);
        const std::size_t before = large.bytes;
        co_await elsewhere("SELECT 1"); // the server would have sent more
        CHECK(large.bytes == before);
        large.when_full = [&] {
            large.unread = 0;
            lanes.pool->resume(large);
        };
        large.when_full();
        co_await lanes.all_over();
        CHECK(large.bytes == 20'000'000);
        CHECK(large.rows == 20'000);
        CHECK(large.fulls > 1);
        // Its owner goes away in the middle.
        Asked& left = lanes.make(many_rows, "x");
        left.room = 100'000;
        lanes.pool->submit(left);
        const bool full = co_await eventually([&] { return left.fulls == 1; });
        CHECK(full);
        lanes.pool->withdraw(left, false);
        const bool free = co_await eventually([&] { return lanes.pool->stats().in_use == 0; });
        CHECK(free);
    });
}

TEST_CASE("who waits for a connection of its own is not overtaken")
{
    Lanes lanes(settings(1));
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(1);
        std::vector<std::string> order;
        Asked& first = lanes.ask(echo, "first");
        first.when_over = [&] { order.push_back("first"); };
        bool done = false;
        asio::co_spawn(
            lanes.loop.io,
            [&]() -> asio::awaitable<void> {
                Result<Lease> lease = co_await lanes.pool->checkout();
                REQUIRE(lease.has_value());
                order.push_back("exclusive");
                done = true;
            },
            asio::detached);
        const bool waits = co_await eventually([&] { return lanes.pool->stats().waiting == 1 || done; });
        CHECK(waits);
        Asked& later = lanes.ask(echo, "later");
        later.when_over = [&] { order.push_back("later"); };
        co_await lanes.all_over();
        CHECK(done);
        CHECK(order == std::vector<std::string>{"first", "exclusive", "later"});
    });
}

TEST_CASE("prepared statements may be evicted, lost and outdated while others that use them are in flight")
{
    Settings s = settings(1);
    s.max_prepared = 2;
    Lanes lanes(s);
    std::vector<std::string> sql;
    for (int i = 0; i < 7; ++i) {
        sql.push_back("SELECT $1 || '" + std::to_string(i) + "'");
        lanes.texts.trust(sql.back());
    }
    const std::string stale = "SELECT * FROM lanes_stale WHERE a <> $1";
    lanes.texts.trust(stale);
    lanes.run([&]() -> asio::awaitable<void> {
        co_await ask(*lanes.pool, "CREATE TABLE IF NOT EXISTS lanes_stale AS SELECT 'a'::text AS a");
        for (int round = 0; round < 5; ++round) {
            for (std::size_t i = 0; i < 60; ++i)
                lanes.ask(sql[i * i % 7], "v" + std::to_string(i) + ".");
            co_await lanes.all_over();
            std::size_t i = 0;
            for (const Asked& one : lanes.statements) {
                CHECK(one.outcome() == "v" + std::to_string(i) + "." + std::to_string(i * i % 7));
                ++i;
            }
            lanes.statements.clear();
        }
        lanes.ask(stale, "x");
        co_await lanes.all_over();
        co_await ask(*lanes.pool, "ALTER TABLE lanes_stale ADD COLUMN b int");
        Asked& changed = lanes.ask(stale, "x");
        co_await lanes.all_over();
        CHECK(changed.outcome() == "a");
        co_await ask(*lanes.pool, "DEALLOCATE ALL");
        Asked& lost = lanes.ask(stale, "x");
        co_await lanes.all_over();
        CHECK(lost.outcome() == "a");
        const std::string count = co_await ask(*lanes.pool, "SELECT count(*) FROM pg_prepared_statements");
        CHECK(std::stoi(count) <= 3);
        co_await ask(*lanes.pool, "DROP TABLE lanes_stale");
    });
    CHECK(lanes.pool->stats().prepared_evictions > 0);
}

TEST_CASE("shared and exclusive use, errors, cancels and losses at random add up, and every answer is its asker's")
{
    Settings s = settings(3);
    s.max_prepared = 4;
    Lanes lanes(s);
    std::mt19937 random(11);
    int wrong = 0, running = 0, answered = 0;
    const auto client = [&](int number) -> asio::awaitable<void> {
        for (int i = 0; i < 40; ++i) {
            const std::string value = std::to_string(number * 1000 + i);
            const auto choice = random() % 20;
            if (choice == 0) {
                Result<Lease> lease = co_await lanes.pool->checkout();
                if (lease) {
                    const std::string said = co_await ask(*lease, "SELECT '" + value + "'");
                    wrong += said != value && said.rfind("lost", 0) != 0;
                }
                continue;
            }
            const std::string sql = choice < 3 ? fails : choice == 3 ? sleeps : choice < 8 ? echo_twice : echo;
            const std::string given = choice < 3 ? "" : choice == 3 ? "0.0" + value : value;
            Asked one(*lanes.pool, lanes.texts, sql, given);
            lanes.pool->submit(one);
            lanes.sums += adds_up(lanes.pool->stats()) ? 0 : 1;
            if (choice == 19) {
                const bool stop = random() % 2;
                co_await pause(std::chrono::milliseconds(random() % 3));
                lanes.pool->withdraw(one, stop);
                if (!one.outstanding())
                    continue;
            }
            if (one.outstanding())
                co_await one.event.wait();
            const std::string said = one.outcome();
            const bool right = choice < 3
                                   ? said == "error 22012"
                                   : said == (choice == 3 || choice >= 8 ? given : given + given) ||
                                         (choice == 19 && (said == "error 57014" || said == "world: interrupted"));
            wrong += !right && said != "lost";
            answered += right;
            wrong += one.ends != 1;
        }
        --running;
    };
    lanes.run([&]() -> asio::awaitable<void> {
        co_await lanes.warm(2);
        for (int number = 1; number <= 60; ++number) {
            ++running;
            asio::co_spawn(lanes.loop.io, client(number), asio::detached);
        }
        for (int i = 0; i < 5; ++i) {
            co_await pause(50ms);
            co_await elsewhere("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                               " AND backend_type = 'client backend' ORDER BY random() LIMIT 1");
        }
        const bool over = co_await eventually([&] { return running == 0; }, 50s);
        CHECK(over);
    });
    CHECK(wrong == 0);
    CHECK(answered > 2000);
    CHECK(lanes.sums == 0);
}

TEST_CASE("an io_context that is destroyed while statements are outstanding frees who waits for them")
{
    // Leaks and use after free are found by the sanitizers.
    for (int round = 0; round < 6; ++round) {
        Loop loop;
        const auto pool = Pool::make(loop.executor(), settings(2));
        Texts texts;
        for (const std::string& sql : {echo, sleeps})
            texts.trust(sql);
        for (int client = 0; client < 20; ++client)
            asio::co_spawn(
                loop.io,
                [](std::shared_ptr<Pool> of, Texts& known, int number) -> asio::awaitable<void> {
                    struct Owner final {
                        std::shared_ptr<Pool> pool;
                        std::unique_ptr<Asked> statement;
                    } owner{of, nullptr};
                    for (;;) {
                        owner.statement = std::make_unique<Asked>(*of, known, number % 5 ? echo : sleeps, "60");
                        of->submit(*owner.statement);
                        if (owner.statement->outstanding())
                            co_await owner.statement->event.wait();
                    }
                }(pool, texts, client),
                asio::detached);
        loop.run([&]() -> asio::awaitable<void> { co_await pause(std::chrono::milliseconds(15 * round)); });
    }
}
