// What can happen at any moment of a statement's life, at each of them: a cancel, which is never lost, the end of its
// connection, and the end of everything.
#include "../support/postgres.hpp"
#include "../support/run.hpp"
#include "proxy/config.hpp"
#include "proxy/databases.hpp"
#include "proxy/session.hpp"

#include <catch2/catch.hpp>

using namespace howdah;
using namespace howdah::proxy;
using namespace howdah::test;

namespace {

std::shared_ptr<const Config> config(const std::string& writers, std::size_t connections)
{
    auto made = std::make_shared<Config>();
    DatabaseConfig& database = made->databases["d"];
    database.postgres = Postgres::instance().conninfo();
    database.schema = "cancel_" + writers;
    database.create = true;
    database.writers = writers;
    made->pool.min = 0;
    made->pool.max = connections;
    return made;
}

struct LastInteger final : ReplySink {
    std::string text;
    void on_columns(std::span<const Column>) override {}
    void on_row(std::span<const ValueView> row) override { text = std::to_string(row.front().integer); }
    void on_raw_columns(std::span<const RawColumn>) override {}
    void on_raw_row(std::span<const RawField>) override {}
    asio::awaitable<bool> flush() override { co_return true; }
    bool rewind() override { return true; }
};

// A howdah without front ends: one client that holds what another one's statement waits for.
struct Two {
    explicit Two(std::shared_ptr<const Config> with)
        : databases(loop.executor(), std::move(with)), holder(databases, "d", "holder"), other(databases, "d", "other")
    {
    }

    std::string ask(Session& session, const std::string& sql)
    {
        std::string said;
        loop.run([&] { return run(session, sql, said); });
        return said;
    }
    // The error's SQLSTATE, or the integer that it returned.
    static asio::awaitable<void> run(Session& session, std::string sql, std::string& said)
    {
        said = "runs";
        LastInteger last;
        const Outcome outcome = co_await session.run(sql, {}, last);
        said = outcome.error ? outcome.error->sqlstate : last.text;
    }
    // Has it begun: a cancel before that is of no statement.
    void spawn(Session& session, std::string sql, std::string& said)
    {
        said = "begins";
        asio::co_spawn(loop.io, run(session, std::move(sql), said), asio::detached);
        loop.io.restart();
        while (said == "begins")
            REQUIRE(loop.io.run_one_for(20s) == 1);
    }
    // Whether there was as much to do.
    bool takes_steps(int count)
    {
        int done = 0;
        while (done < count && loop.io.run_one_for(50ms) == 1)
            ++done;
        return done == count;
    }
    // How it has ended. A client can go on then.
    bool ends(const std::string& said)
    {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (said == "runs" && loop.io.run_one_until(deadline) > 0)
            continue;
        return said != "runs";
    }

    // Has the holder hold the row's lock, and the writer's turn.
    void hold(const std::string& sql = "UPDATE t SET n = 0 WHERE id = 1")
    {
        REQUIRE(ask(holder, "BEGIN").empty());
        REQUIRE(ask(holder, sql).empty());
    }

    Loop loop;
    Databases databases;
    Session holder, other;
};

void set_up(const std::shared_ptr<const Config>& with)
{
    Two two(with);
    for (const char* sql :
         {"DROP TABLE IF EXISTS t", "CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER)", "INSERT INTO t VALUES (1, 0)"})
        REQUIRE(two.ask(two.holder, sql).empty());
}

// Runs `at` for no step of the event loop, one, two, and so on, until it says that there were not as many.
template <class At>
void at_every_step(At at)
{
    constexpr int most = 2000;
    int count = 0;
    while (count <= most && at(count))
        ++count;
    REQUIRE(count <= most);
}

constexpr const char* add = "UPDATE t SET n = n + 1 WHERE id = 1";
constexpr const char* count_far = // for minutes
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000000) SELECT count(*) FROM c";

} // namespace

TEST_CASE("what waits for a lock or takes long is interrupted, whenever the cancel comes", "[live]")
{
    struct Waiting {
        const char *writers, *before, *sql;
    };
    const auto waiting = GENERATE(values<Waiting>({{"single", "", add},
                                                   {"single", "BEGIN", add},
                                                   {"single", "", "BEGIN IMMEDIATE"},
                                                   {"concurrent", "", add},
                                                   {"concurrent", "BEGIN", add},
                                                   {"single", "", count_far},
                                                   {"single", "BEGIN", count_far}}));
    CAPTURE(waiting.writers, waiting.before, waiting.sql);
    const auto with = config(waiting.writers, 4);
    set_up(with);
    at_every_step([&](int count) {
        CAPTURE(count);
        Two two(with);
        two.hold();
        if (*waiting.before != '\0')
            REQUIRE(two.ask(two.other, waiting.before).empty());
        std::string said;
        two.spawn(two.other, waiting.sql, said);
        const bool is_under_way = two.takes_steps(count);
        two.other.cancel();
        REQUIRE(two.ends(said));
        REQUIRE(said == "57014");
        return is_under_way;
    });
}

TEST_CASE("what is interrupted while its lock and its connection come has no effect, or it has succeeded", "[live]")
{
    const auto* const writers = GENERATE("single", "concurrent");
    const auto connections = GENERATE(1U, 2U);
    CAPTURE(writers, connections);
    const auto with = config(writers, connections);
    set_up(with);
    int expected = 0, interrupted = 0;
    at_every_step([&](int count) {
        CAPTURE(count);
        Two two(with);
        two.hold("UPDATE t SET n = n + 0 WHERE id = 1");
        std::string committed, said;
        two.spawn(two.other, add, said);
        two.spawn(two.holder, "COMMIT", committed);
        const bool is_under_way = two.takes_steps(count);
        two.other.cancel();
        REQUIRE(two.ends(said));
        REQUIRE(two.ends(committed));
        REQUIRE(committed.empty());
        if (said.empty())
            ++expected;
        else
            REQUIRE(said == "57014");
        interrupted += said.empty() ? 0 : 1;
        REQUIRE(two.ask(two.holder, "SELECT n FROM t") == std::to_string(expected));
        return is_under_way;
    });
    REQUIRE(interrupted > 0);
}

TEST_CASE("who holds the last connection does not wait for another one when others have changed the schema", "[live]")
{
    const auto with = config("single", 1);
    set_up(with);
    Two two(with), elsewhere(config("single", 4));
    for (const char* sql : {"BEGIN", "SELECT count(*) FROM t WHERE id < 0"})
        two.ask(two.holder, sql);
    REQUIRE(elsewhere.ask(elsewhere.other, "DROP TABLE IF EXISTS made_elsewhere").empty());
    REQUIRE(elsewhere.ask(elsewhere.other, "CREATE TABLE made_elsewhere(x)").empty());
    two.loop.io.restart();
    for (int i = 0; i < 40; ++i) // hears of it
        two.loop.io.run_one_for(10ms);
    CHECK(two.ask(two.holder, "SELECT n FROM t") == "0");
    CHECK(two.ask(two.holder, "COMMIT").empty());
    CHECK(two.ask(two.other, "SELECT count(*) FROM made_elsewhere") == "0");
}

TEST_CASE("what loses its connection ends, and has succeeded or not at all", "[live]")
{
    struct Losing {
        const char *writers, *before, *sql;
    };
    const auto losing = GENERATE(values<Losing>({{"single", "", add},
                                                 {"single", "BEGIN", add},
                                                 {"concurrent", "", add},
                                                 {"concurrent", "BEGIN", add},
                                                 {"single", "", "SELECT n FROM t"},
                                                 {"single", "BEGIN", "SELECT n FROM t"}}));
    CAPTURE(losing.writers, losing.before, losing.sql);
    const auto with = config(losing.writers, 4);
    set_up(with);
    Two admin(with);
    at_every_step([&](int count) {
        CAPTURE(count);
        Two two(with);
        const std::string before = two.ask(two.other, "SELECT n FROM t");
        if (*losing.before != '\0')
            REQUIRE(two.ask(two.other, losing.before).empty());
        std::string said;
        two.spawn(two.other, losing.sql, said);
        const bool is_under_way = two.takes_steps(count);
        REQUIRE(admin.ask(admin.other,
                          "/* howdah: postgres */ SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                          "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'") != "runs");
        REQUIRE(two.ends(said));
        const bool succeeded = said.empty() || said == before;
        if (!succeeded)
            REQUIRE((said.starts_with("08") || said.starts_with("57P") || said.starts_with("40")));
        if (!two.other.autocommit())
            two.ask(two.other, "ROLLBACK");
        const std::string after = two.ask(two.other, "SELECT n FROM t");
        const bool added =
            losing.sql == add && *losing.before == '\0' && after == std::to_string(std::stoi(before) + 1);
        REQUIRE((after == before || added));
        if (said.empty() && losing.sql == add && *losing.before == '\0')
            REQUIRE(added);
        return is_under_way;
    });
}

TEST_CASE("the end of everything leaves nothing of a statement behind", "[live]")
{
    // Leaks and use after free are found by the sanitizers.
    const auto* const writers = GENERATE("single", "concurrent");
    const auto* const sql = GENERATE(values<const char*>({add, "SELECT n FROM t"}));
    const auto connections = GENERATE(1U, 4U);
    CAPTURE(writers, sql, connections);
    const auto with = config(writers, connections);
    set_up(with);
    at_every_step([&](int count) {
        CAPTURE(count);
        Two two(with);
        two.hold();
        std::string said;
        two.spawn(two.other, sql, said);
        const bool is_under_way = two.takes_steps(count);
        if (count % 2 == 0)
            two.other.cancel();
        two.loop.io.destroy_waiting();
        return is_under_way;
    });
}
