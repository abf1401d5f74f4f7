// The pool on a real server. Numbers are the statements that must hold of a pool.
#include "../support/postgres.hpp"
#include "../support/run.hpp"
#include "pool/pool.hpp"
#include "pool/pq.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <catch2/catch.hpp>
#include <signal.h>

#include <random>

using namespace howdah::test;
using howdah::pool::Batch;
using howdah::pool::BatchResult;
using howdah::pool::Command;
using howdah::pool::Error;
using howdah::pool::Field;
using howdah::pool::Lease;
using howdah::pool::Pool;
using howdah::pool::Result;
using howdah::pool::RowSink;
using howdah::pool::Settings;
using howdah::pool::Snapshot;
using std::chrono::steady_clock;

namespace {

Settings settings(std::size_t min, std::size_t max, const std::string& more = {})
{
    Settings s;
    s.conninfo = Postgres::instance().conninfo(more);
    s.min = min;
    s.max = max;
    return s;
}

// One pool in one test; at its end nothing may be left of it.
struct Bench {
    explicit Bench(Settings s) : pool(Pool::make(loop.executor(), std::move(s))) {}
    ~Bench()
    {
        const Snapshot s = pool->stats();
        CHECK(s.checkouts == s.hit + s.handoff + s.miss + s.timeout + s.error + s.abandoned);
        pool->shut_down();
        CHECK(loop.drains());
        CHECK(pool->stats().in_use + pool->stats().idle + pool->stats().opening == 0);
    }
    void run(std::function<asio::awaitable<void>()> work) { loop.run(std::move(work)); }

    Loop loop;
    std::shared_ptr<Pool> pool;
};

struct Parked : RowSink {
    explicit Parked(asio::any_io_executor executor) : gate(executor, steady_clock::time_point::max()) {}
    void on_row(std::span<const Field> row) override
    {
        ++rows;
        bytes += row[0]->size();
    }
    asio::awaitable<bool> flush() override
    {
        ++flushes;
        if (closed)
            co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
        co_return !gone;
    }
    asio::steady_timer gate;
    bool closed = false, gone = false;
    std::size_t rows = 0, bytes = 0, flushes = 0;
};

long resident_kilobytes()
{
    long pages = 0, resident = 0;
    if (FILE* const f = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(f, "%ld %ld", &pages, &resident) != 2)
            resident = 0;
        std::fclose(f);
    }
    return resident * 4;
}

} // namespace

TEST_CASE("a connection is encrypted and verified, and says so")
{
    Bench bench(settings(0, 2));
    bench.run([&]() -> asio::awaitable<void> {
        const std::string answer =
            co_await ask(*bench.pool, "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
        CHECK(answer == "TLSv1.3");
        const Snapshot s = bench.pool->stats();
        CHECK(s.tls_version == "TLSv1.3");
        CHECK(s.tls_not_after > std::time(nullptr));
        CHECK(s.server == "127.0.0.1:" + std::to_string(Postgres::instance().port()) + "/postgres as tester");
        CHECK(s.miss == 1);
    });
}

// 58.
TEST_CASE("a server whose certificate nobody vouches for is refused, with the reason and at once")
{
    Settings s = settings(0, 2);
    s.conninfo += " sslrootcert=" + Postgres::instance().wrong_authority();
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        const auto began = steady_clock::now();
        const Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(!lease.has_value());
        CHECK(lease.error().kind == Error::Kind::connect);
        CHECK(lease.error().message.find("certificate verify failed") != std::string::npos);
        CHECK(steady_clock::now() - began < 3s);
    });
}

TEST_CASE("a certificate for another name is refused by verify-full")
{
    Settings s = settings(0, 2);
    s.conninfo += " host=elsewhere.invalid hostaddr=127.0.0.1";
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        const Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(!lease.has_value());
        CHECK(lease.error().message.find("elsewhere.invalid") != std::string::npos);
        CHECK(lease.error().message.find("does not match") != std::string::npos);
    });
}

// 73.
TEST_CASE("a wrong password is reported with the server's code, and the password is not")
{
    Settings s = settings(0, 2);
    s.conninfo += " password=hunter2";
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        const Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(!lease.has_value());
        CHECK(lease.error().sqlstate == "28P01");
        CHECK(lease.error().message.find("password authentication failed for user \"tester\"") != std::string::npos);
        CHECK(lease.error().message.find("hunter2") == std::string::npos);
    });
    CHECK(bench.pool->stats().last_error.find("hunter2") == std::string::npos);
}

TEST_CASE("a connection string that cannot be read gives nothing of itself away")
{
    Bench bench([] {
        Settings s;
        s.conninfo = "host=127.0.0.1 password=hunter2 horse staple";
        s.min = 0;
        return s;
    }());
    bench.run([&]() -> asio::awaitable<void> {
        const Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(!lease.has_value());
        CHECK(lease.error().message.find("not valid") != std::string::npos);
        CHECK(lease.error().message.find("horse") == std::string::npos);
        CHECK(lease.error().message.find("hunter2") == std::string::npos);
    });
}

TEST_CASE("names are resolved and several hosts are tried")
{
    const std::string port = std::to_string(Postgres::instance().port());
    Bench bench(settings(0, 2, "host=nosuch.invalid,localhost,localhost port=1,1," + port));
    bench.run([&]() -> asio::awaitable<void> {
        const std::string answer = co_await ask(*bench.pool, "SELECT 1");
        CHECK(answer == "1");
    });
}

TEST_CASE("a host that does not answer leaves time for the next one")
{
    // 192.0.2.0/24 is reserved for documentation. Where it is unreachable at once, the test is just easier.
    const std::string port = std::to_string(Postgres::instance().port());
    Settings s = settings(0, 2, "host=192.0.2.1,127.0.0.1 port=" + port);
    s.connect_timeout = 2000ms;
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        const std::string answer = co_await ask(*bench.pool, "SELECT 1");
        CHECK(answer == "1");
    });
}

TEST_CASE("formats, parameters and columns are what was asked for")
{
    Bench bench(settings(0, 1));
    struct Columns : TextRows {
        std::string columns;
        void on_description(std::span<const howdah::pool::FieldDescription> described) override
        {
            for (const auto& c : described)
                columns += c.name + ":" + std::to_string(c.type) + ":" + std::to_string(c.format) + " ";
        }
    };
    bench.run([&]() -> asio::awaitable<void> {
        Columns rows;
        Batch batch = batch_of("SELECT $1 AS a, $2 AS b, $3 AS c, ''::text AS d", &rows);
        batch.commands[0].describe = true;
        batch.commands[0].result_formats = {1, 0, 1, 0};
        batch.commands[0].params = {
            {std::string("\0\0\0\x07", 4), 23, true}, {"42", 20, false}, {std::nullopt, 25, true}};
        const auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(!result->error);
        CHECK(result->results.at(0).tag == "SELECT 1");
        CHECK(rows.columns == "a:23:1 b:20:0 c:25:1 d:25:0 ");
        REQUIRE(rows.rows.size() == 1);
        CHECK(rows.rows[0] == std::string("\0\0\0\x07", 4) + "|42|NULL|");
    });
}

// 17.
TEST_CASE("the commands of a batch are one transaction, and an error skips the rest")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        co_await ask(*bench.pool, "CREATE TABLE IF NOT EXISTS one_transaction(a int)");
        Batch batch;
        batch.commands = {text_command("INSERT INTO one_transaction VALUES (1)"), text_command("SELECT 1/0"),
                          text_command("INSERT INTO one_transaction VALUES (2)")};
        const auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(result->results.size() == 1);
        REQUIRE(result->error);
        CHECK(result->error->sqlstate == "22012");
        CHECK(result->transaction_status == 'I');
        const std::string count = co_await ask(*bench.pool, "SELECT count(*) FROM one_transaction");
        CHECK(count == "0");
    });
}

// 79.
TEST_CASE("a portal is read in parts, on the lease that opened it")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(lease.has_value());
        TextRows rows;
        Batch open;
        open.commands = {text_command("BEGIN"), text_command("SELECT generate_series(1, 5)", &rows)};
        open.commands[1].portal = "p";
        open.commands[1].max_rows = 2;
        auto result = co_await lease->run(open);
        REQUIRE(result.has_value());
        CHECK(result->results.at(1).suspended);
        CHECK(rows.rows.size() == 2);
        Batch more;
        more.commands = {open.commands[1], Command{}};
        more.commands[0].resume = true;
        more.commands[0].max_rows = 0;
        more.commands[1].portal = "p";
        more.commands[1].close_portal = true;
        result = co_await lease->run(more);
        REQUIRE(result.has_value());
        CHECK(!result->error);
        CHECK(!result->results.at(0).suspended);
        CHECK(rows.rows == std::vector<std::string>{"1", "2", "3", "4", "5"});
    });
}

TEST_CASE("a simple query runs several statements")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        TextRows rows;
        Batch batch = batch_of("SELECT 1; SELECT 2; SELECT 1/0; SELECT 3", &rows);
        batch.commands[0].simple = true;
        const auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(result->results.size() == 2);
        CHECK(result->error->sqlstate == "22012");
        CHECK(rows.rows == std::vector<std::string>{"1", "2"});
    });
}

// 18, 21, 22.
TEST_CASE("prepared statements are kept up to the limit, and the server's list is the same as ours")
{
    Settings s = settings(0, 1);
    s.max_prepared = 3;
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        for (int i = 0; i < 10; ++i) {
            Batch batch = batch_of("SELECT " + std::to_string(i % 5));
            batch.commands[0].prepare = true;
            const auto result = co_await bench.pool->run(batch);
            REQUIRE(result.has_value());
            CHECK(!result->error);
            Batch wrong = batch_of("SELECT nothing FROM nowhere");
            wrong.commands[0].prepare = true;
            const auto failed = co_await bench.pool->run(wrong);
            REQUIRE(failed.has_value());
            CHECK(failed->error->sqlstate == "42P01");
        }
        const std::string count = co_await ask(*bench.pool, "SELECT count(*) FROM pg_prepared_statements");
        CHECK(std::stoi(count) <= 3);
        // Five in one batch of a pool that keeps three.
        Batch many;
        for (int i = 0; i < 5; ++i) {
            many.commands.push_back(text_command("SELECT 'many', " + std::to_string(i)));
            many.commands.back().prepare = true;
        }
        for (int round = 0; round < 3; ++round) {
            const auto result = co_await bench.pool->run(many);
            REQUIRE(result.has_value());
            CHECK(result->results.size() == 5);
        }
    });
    CHECK(bench.pool->stats().prepared_evictions > 0);
}

// 23.
TEST_CASE("a statement whose result type was changed by another is prepared again without an error")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        co_await ask(*bench.pool, "CREATE TABLE IF NOT EXISTS stale(a int)");
        TextRows rows;
        Batch batch = batch_of("SELECT * FROM stale", &rows);
        batch.commands[0].prepare = true;
        auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        co_await ask(*bench.pool, "ALTER TABLE stale ADD COLUMN b text");
        result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(!result->error);
        co_await ask(*bench.pool, "DEALLOCATE ALL");
        result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(!result->error);
        // Inside a transaction the caller has to begin again, and is told so.
        co_await ask(*bench.pool, "ALTER TABLE stale ADD COLUMN c text");
        {
            Result<Lease> lease = co_await bench.pool->checkout();
            REQUIRE(lease.has_value());
            co_await ask(*lease, "BEGIN");
            result = co_await lease->run(batch);
            REQUIRE(result.has_value());
            CHECK(result->error->sqlstate == "0A000");
            CHECK(result->stale_plan);
            co_await ask(*lease, "ROLLBACK");
            result = co_await lease->run(batch);
            REQUIRE(result.has_value());
            CHECK(!result->error);
        }
        co_await ask(*bench.pool, "DROP TABLE stale");
    });
}

// 25.
TEST_CASE("a result larger than memory should be does not fill it while its reader waits")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        Parked sink(bench.loop.executor());
        sink.closed = true;
        const Batch batch = batch_of("SELECT repeat('x', 1000) FROM generate_series(1, 200000)", &sink);
        const long before = resident_kilobytes();
        bool done = false;
        asio::co_spawn(
            bench.loop.io,
            [&]() -> asio::awaitable<void> {
                const auto result = co_await bench.pool->run(batch);
                CHECK(result.has_value());
                done = true;
            },
            asio::detached);
        const bool stalled = co_await eventually([&] { return sink.flushes == 1; });
        CHECK(stalled);
        co_await pause(200ms);
        CHECK(sink.flushes == 1);
        CHECK(sink.rows < 200);
        sink.closed = false;
        sink.gate.cancel();
        const bool finished = co_await eventually([&] { return done; }, 30s);
        CHECK(finished);
        CHECK(sink.rows == 200'000);
        CHECK(resident_kilobytes() - before < 50'000);
    });
}

TEST_CASE("both sides may send more than the sockets hold")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        // Each answer echoes its megabyte: the server stops reading while it writes, and so must not we.
        TextRows rows;
        Batch batch;
        for (int i = 0; i < 20; ++i) {
            batch.commands.push_back(text_command("SELECT $1", &rows));
            batch.commands.back().params = {{std::string(1'000'000, static_cast<char>('a' + i)), 25, false}};
        }
        const auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(!result->error);
        REQUIRE(rows.rows.size() == 20);
        CHECK(rows.rows[19] == std::string(1'000'000, 't'));
    });
}

// 32.
TEST_CASE("a lease left in a transaction is rolled back and its connection used again")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        std::string pid;
        {
            Result<Lease> lease = co_await bench.pool->checkout();
            REQUIRE(lease.has_value());
            pid = co_await ask(*lease, "SELECT pg_backend_pid()");
            co_await ask(*lease, "BEGIN");
            co_await ask(*lease, "CREATE TABLE left_behind(a int)");
            CHECK(lease->transaction_status() == 'T');
        }
        const std::string again = co_await ask(*bench.pool, "SELECT pg_backend_pid(), to_regclass('left_behind')");
        CHECK(again == pid + "|NULL");
        CHECK(bench.pool->stats().rollbacks == 1);
    });
}

// 33.
TEST_CASE("nothing of a dirty lease is left for the next one")
{
    Settings s = settings(0, 1);
    s.on_connect = "SET work_mem = '7MB'";
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        std::string pid;
        {
            Result<Lease> lease = co_await bench.pool->checkout();
            REQUIRE(lease.has_value());
            pid = co_await ask(*lease, "SELECT pg_backend_pid()");
            for (const char* const sql :
                 {"CREATE TEMP TABLE t(a int)", "SET search_path = nowhere", "SET work_mem = '9MB'", "LISTEN something",
                  "SELECT pg_advisory_lock(1)", "PREPARE p AS SELECT 1", "DECLARE c CURSOR WITH HOLD FOR SELECT 1"})
                co_await ask(*lease, sql);
            lease->mark_dirty();
        }
        const std::string left = co_await ask(
            *bench.pool,
            "SELECT pg_backend_pid(), to_regclass('pg_temp.t'), current_setting('search_path'), "
            "current_setting('work_mem'), (SELECT count(*) FROM pg_listening_channels()), "
            "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), "
            "(SELECT count(*) FROM pg_prepared_statements WHERE from_sql), (SELECT count(*) FROM pg_cursors "
            "WHERE is_holdable)");
        CHECK(left == pid + "|NULL|\"$user\", public|7MB|0|0|0|0");
    });
}

// 36, E.
TEST_CASE("a backend that died is never lent")
{
    Bench bench(settings(0, 2));
    bench.run([&]() -> asio::awaitable<void> {
        std::string pid;
        {
            Result<Lease> killer = co_await bench.pool->checkout();
            Result<Lease> victim = co_await bench.pool->checkout();
            REQUIRE(killer.has_value());
            REQUIRE(victim.has_value());
            pid = co_await ask(*victim, "SELECT pg_backend_pid()");
            const std::string killed = co_await ask(*killer, "SELECT pg_terminate_backend(" + pid + ", 5000)");
            CHECK(killed == "t");
            *killer = Lease();
            CHECK(!victim->lost()); // nobody has looked yet
        }                           // and now it is on top of the idle ones
        for (int i = 0; i < 20; ++i) {
            const std::string answer = co_await ask(*bench.pool, "SELECT 1");
            CHECK(answer == "1");
        }
        CHECK(bench.pool->stats().closed.at("error") == 1);
    });
}

// 28.
TEST_CASE("a backend that is terminated while it runs a query says why, and nobody else notices")
{
    Bench bench(settings(0, 3));
    bench.run([&]() -> asio::awaitable<void> {
        Result<Lease> victim = co_await bench.pool->checkout();
        REQUIRE(victim.has_value());
        const std::string pid = co_await ask(*victim, "SELECT pg_backend_pid()");
        std::optional<Error> loss;
        asio::co_spawn(
            bench.loop.io,
            [&]() -> asio::awaitable<void> {
                const Batch batch = batch_of("SELECT pg_sleep(60)");
                const auto result = co_await victim->run(batch);
                if (!result)
                    loss = result.error();
            },
            asio::detached);
        std::string killed = "";
        while (killed.empty())
            killed =
                co_await ask(*bench.pool, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = " + pid +
                                              " AND query LIKE '%pg_sleep%'");
        const bool ended = co_await eventually([&] { return loss.has_value(); });
        REQUIRE(ended);
        CHECK(loss->kind == Error::Kind::lost);
        CHECK(loss->sqlstate == "57P01");
        CHECK(victim->lost());
        victim = Lease();
        const std::string answer = co_await ask(*bench.pool, "SELECT 1");
        CHECK(answer == "1");
    });
}

TEST_CASE("kill -9 of a backend takes its neighbours down and the pool recovers")
{
    Bench bench(settings(2, 4));
    bench.pool->start();
    bench.run([&]() -> asio::awaitable<void> {
        const std::string pid = co_await ask(*bench.pool, "SELECT pg_backend_pid()");
        REQUIRE(::kill(std::stoi(pid), SIGKILL) == 0);
        std::string answer;
        for (int i = 0; i < 500 && answer != "1"; ++i) {
            answer = co_await ask(*bench.pool, "SELECT 1");
            co_await pause(10ms);
        }
        CHECK(answer == "1");
    });
}

// 53.
TEST_CASE("a server that restarts under load loses only what it was running")
{
    Bench bench(settings(2, 5));
    bench.pool->start();
    bool over = false;
    std::size_t right = 0, lost = 0, wrong = 0, running = 0;
    bench.run([&]() -> asio::awaitable<void> {
        for (int client = 0; client < 20; ++client) {
            ++running;
            asio::co_spawn(
                bench.loop.io,
                [&, client]() -> asio::awaitable<void> {
                    for (int i = 0; !over; ++i) {
                        const std::string token = std::to_string(client) + "." + std::to_string(i);
                        const std::string answer = co_await ask(*bench.pool, "SELECT '" + token + "'");
                        ++(answer == token ? right : answer.starts_with("lost: ") ? lost : wrong);
                    }
                    --running;
                },
                asio::detached);
        }
        co_await eventually([&] { return right > 500; });
        Postgres::instance().stop();
        co_await pause(100ms);
        const std::size_t lost_at_stop = lost;
        CHECK(lost_at_stop <= 20);
        Postgres::instance().start();
        const std::size_t before = right;
        const bool recovered = co_await eventually([&] { return right > before + 500; });
        CHECK(recovered);
        over = true;
        co_await eventually([&] { return running == 0; });
    });
    CHECK(wrong == 0);
    CHECK(lost <= 20); // whoever waited out the restart was served
}

// 52.
TEST_CASE("while the server is down clients learn the reason in time, and are served soon after it is back")
{
    Settings s = settings(0, 5);
    s.connect_timeout = 1000ms;
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        Postgres::instance().stop();
        const auto began = steady_clock::now();
        const Result<Lease> refused = co_await bench.pool->checkout();
        CHECK(steady_clock::now() - began < 1500ms);
        REQUIRE(!refused.has_value());
        CHECK(refused.error().kind == Error::Kind::connect);
        CHECK(refused.error().message.find("Connection refused") != std::string::npos);
        CHECK(!bench.pool->stats().last_error.empty());
        Postgres::instance().start();
        const std::string answer = co_await ask(*bench.pool, "SELECT 1");
        CHECK(answer == "1");
        CHECK(bench.pool->stats().last_error.empty());
    });
}

// 30, 39, 43, 71.
TEST_CASE("two hundred clients on ten connections each get their own answers")
{
    Bench bench(settings(0, 10));
    std::size_t right = 0, running = 0, most = 0;
    bench.run([&]() -> asio::awaitable<void> {
        for (int client = 0; client < 200; ++client) {
            ++running;
            asio::co_spawn(
                bench.loop.io,
                [&, client]() -> asio::awaitable<void> {
                    for (int i = 0; i < 25; ++i) {
                        const std::string token = std::to_string(client) + "." + std::to_string(i);
                        const std::string answer = co_await ask(*bench.pool, "SELECT '" + token + "'");
                        right += answer == token;
                    }
                    --running;
                },
                asio::detached);
        }
        while (running > 0) {
            const Snapshot now = bench.pool->stats();
            most = std::max(most, now.in_use + now.idle + now.opening);
            CHECK(now.checkouts == now.hit + now.handoff + now.miss + now.waiting);
            co_await pause(1ms);
        }
    });
    CHECK(right == 5000);
    CHECK(most <= 10);
    const Snapshot s = bench.pool->stats();
    CHECK(s.checkouts == 5000);
    CHECK(s.timeout + s.error + s.abandoned == 0);
    CHECK(s.created <= 10);
    CHECK(s.miss <= s.created);
    CHECK(s.wait.count == 5000);
    CHECK(s.run.count == 5000);
    CHECK(s.queries == 5000);
}

// 40.
TEST_CASE("a cold pool opens connections side by side for all who wait")
{
    Bench bench(settings(0, 100));
    std::size_t running = 0;
    const auto began = steady_clock::now();
    bench.run([&]() -> asio::awaitable<void> {
        std::vector<Lease> kept;
        for (int client = 0; client < 64; ++client) {
            ++running;
            asio::co_spawn(
                bench.loop.io,
                [&]() -> asio::awaitable<void> {
                    Result<Lease> lease = co_await bench.pool->checkout();
                    CHECK(lease.has_value());
                    if (lease)
                        kept.push_back(std::move(*lease));
                    --running;
                },
                asio::detached);
        }
        co_await eventually([&] { return running == 0; }, 20s);
        CHECK(kept.size() == 64);
    });
    // Connections take as long as this machine makes them take; one after the other they would take far longer.
    WARN("64 connections took " << std::chrono::duration<double>(steady_clock::now() - began).count() << " s");
}

TEST_CASE("what runs can be cancelled, over TLS")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(lease.has_value());
        bool cancelled = false;
        asio::co_spawn(
            bench.loop.io,
            [&]() -> asio::awaitable<void> {
                co_await pause(50ms);
                lease->cancel();
                cancelled = true;
            },
            asio::detached);
        const auto began = steady_clock::now();
        const std::string answer = co_await ask(*lease, "SELECT pg_sleep(30)");
        CHECK(answer == "error 57014");
        CHECK(cancelled);
        CHECK(steady_clock::now() - began < 10s);
        lease->cancel(); // nothing runs: nothing happens
        const std::string next = co_await ask(*lease, "SELECT pg_sleep(0.05), 1");
        CHECK(next == "|1");
        CHECK(bench.pool->stats().cancels == 1);
    });
}

TEST_CASE("a cancel goes in clear where the connection does")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        co_await ask(*bench.pool, "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plain') "
                                  "THEN CREATE ROLE plain LOGIN; END IF; END$$");
    });
    Bench plain(settings(0, 1, "user=plain sslmode=disable"));
    plain.run([&]() -> asio::awaitable<void> {
        Result<Lease> lease = co_await plain.pool->checkout();
        REQUIRE(lease.has_value());
        asio::co_spawn(
            plain.loop.io,
            [&]() -> asio::awaitable<void> {
                co_await pause(50ms);
                lease->cancel();
            },
            asio::detached);
        const std::string answer = co_await ask(*lease, "SELECT pg_sleep(30)");
        CHECK(answer == "error 57014");
        CHECK(plain.pool->stats().tls_version.empty());
    });
}

// 50.
TEST_CASE("a cancel is not sent to a server that cannot prove who it is")
{
    Loop loop;
    loop.run([&]() -> asio::awaitable<void> {
        auto opened = co_await howdah::pool::pq::connect(loop.executor(), Postgres::instance().conninfo(), 5000ms);
        REQUIRE(opened.has_value());
        const howdah::pool::CancelTarget good = opened->cancel;
        CHECK(good.secret.size() == 4);
        CHECK(good.tls);
        CHECK(good.verify_chain);
        CHECK(good.verify_host);
        bool sent = co_await howdah::pool::send_cancel(loop.executor(), good, 5000ms);
        CHECK(sent);
        // Another certificate than before is as good as one that passes the verification.
        howdah::pool::CancelTarget rotated = good;
        rotated.certificate.reset();
        sent = co_await howdah::pool::send_cancel(loop.executor(), rotated, 5000ms);
        CHECK(sent);
        howdah::pool::CancelTarget elsewhere = rotated;
        elsewhere.host = "elsewhere.invalid";
        sent = co_await howdah::pool::send_cancel(loop.executor(), elsewhere, 5000ms);
        CHECK(!sent);
    });
    // Nobody vouches for the server, and sslmode=require does not ask.
    loop.run([&]() -> asio::awaitable<void> {
        auto opened = co_await howdah::pool::pq::connect(
            loop.executor(), Postgres::instance().conninfo("sslmode=require sslrootcert=none"), 5000ms);
        REQUIRE(opened.has_value());
        howdah::pool::CancelTarget target = opened->cancel;
        CHECK(!target.verify_chain);
        target.certificate.reset();
        bool sent = co_await howdah::pool::send_cancel(loop.executor(), target, 5000ms);
        CHECK(sent);
        target.verify_chain = true;
        sent = co_await howdah::pool::send_cancel(loop.executor(), target, 5000ms);
        CHECK(!sent);
    });
}

// 48.
TEST_CASE("a hundred cancels that come too late never hit the next query on that connection")
{
    Bench bench(settings(0, 2));
    std::size_t hit_others = 0, cancelled = 0;
    bench.run([&]() -> asio::awaitable<void> {
        std::mt19937 random(1);
        for (int round = 0; round < 100; ++round) {
            Result<Lease> lease = co_await bench.pool->checkout();
            REQUIRE(lease.has_value());
            asio::steady_timer timer(bench.loop.io, std::chrono::microseconds(random() % 50000));
            timer.async_wait([&](const boost::system::error_code& error) {
                if (!error)
                    lease->cancel();
            });
            const std::string answer = co_await ask(*lease, "SELECT pg_sleep(0.04)");
            cancelled += answer == "error 57014";
            timer.cancel();
            co_await pause(0ms);
            if (round % 2 == 0)
                lease = Lease(); // on to somebody else
            std::string next;
            if (lease && *lease)
                next = co_await ask(*lease, "SELECT pg_sleep(0.001), 1");
            else
                next = co_await ask(*bench.pool, "SELECT pg_sleep(0.001), 1");
            hit_others += next != "|1";
        }
    });
    CHECK(hit_others == 0);
    CHECK(bench.pool->stats().cancels > 20);
    WARN(cancelled << " of " << bench.pool->stats().cancels << " cancels came in time");
}

TEST_CASE("a cancel that comes while what was before is cleared away hits the query that waits for it")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(lease.has_value());
        const auto cancel_at_once = [&] { asio::post(bench.loop.io, [&] { lease->cancel(); }); };
        for (int round = 0; round < 10; ++round) {
            cancel_at_once();
            const std::string answer = co_await ask(*lease, "SELECT pg_sleep(30)");
            CHECK(answer == "error 57014");
        }
        const std::string next = co_await ask(*lease, "SELECT 1");
        CHECK(next == "1");
    });
}

TEST_CASE("a query that exceeds query_timeout is cancelled, and its connection lives on")
{
    Settings s = settings(0, 1);
    s.query_timeout = 100ms;
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        const std::string pid = co_await ask(*bench.pool, "SELECT pg_backend_pid()");
        const Batch batch = batch_of("SELECT pg_sleep(30)");
        const auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        REQUIRE(result->error);
        CHECK(result->error->sqlstate == "57014");
        CHECK(result->error->message == "query_timeout of 100 ms exceeded");
        const std::string again = co_await ask(*bench.pool, "SELECT pg_backend_pid()");
        CHECK(again == pid);
    });
}

// 54.
TEST_CASE("a backend that does not even answer a cancel is given up")
{
    Settings s = settings(0, 1);
    s.query_timeout = 100ms;
    Bench bench(s);
    bench.run([&]() -> asio::awaitable<void> {
        const std::string pid = co_await ask(*bench.pool, "SELECT pg_backend_pid()");
        REQUIRE(::kill(std::stoi(pid), SIGSTOP) == 0);
        const Batch batch = batch_of("SELECT 1");
        const auto result = co_await bench.pool->run(batch);
        ::kill(std::stoi(pid), SIGCONT);
        REQUIRE(!result.has_value());
        CHECK(result.error().kind == Error::Kind::timeout);
        const std::string answer = co_await ask(*bench.pool, "SELECT 1");
        CHECK(answer == "1");
    });
}

TEST_CASE("a client that goes away while its rows stream leaves a usable connection")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        const std::string pid = co_await ask(*bench.pool, "SELECT pg_backend_pid()");
        Parked sink(bench.loop.executor());
        sink.gone = true;
        const Batch batch = batch_of("SELECT generate_series(1, 100000000)", &sink);
        const auto result = co_await bench.pool->run(batch);
        REQUIRE(result.has_value());
        CHECK(result->sink_gone);
        const std::string again = co_await ask(*bench.pool, "SELECT pg_backend_pid()");
        CHECK(again == pid);
    });
}

// 30, 32, 45: whatever is done to the coroutine that waits.
TEST_CASE("cancelled coroutines lose nothing, wherever they are")
{
    Bench bench(settings(3, 3));
    bench.pool->start();
    std::size_t wrong = 0, abandoned = 0, running = 0;
    std::mt19937 random(7);
    const auto client = [&](int number) -> asio::awaitable<void> {
        const std::string token = std::to_string(number);
        Result<Lease> lease = co_await bench.pool->checkout();
        if (!lease) {
            CHECK(lease.error().kind == Error::Kind::abandoned);
            ++abandoned;
            co_return;
        }
        co_await ask(*lease, "BEGIN");
        Parked rows(bench.loop.executor());
        rows.closed = number % 3 == 0; // stuck in flush()
        const Batch many = batch_of("SELECT '" + token + "' FROM generate_series(1, 20000)", &rows);
        co_await lease->run(many);
        const std::string answer = co_await ask(*lease, "SELECT '" + token + "'");
        wrong += answer != token;
    };
    const auto impatient = [&](int number) -> asio::awaitable<void> {
        asio::cancellation_signal stop;
        bool over = false;
        asio::co_spawn(bench.loop.io, client(number),
                       asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { over = true; }));
        co_await pause(std::chrono::milliseconds(random() % 60));
        while (!over) {
            stop.emit(asio::cancellation_type::terminal);
            co_await pause(5ms);
        }
        --running;
    };
    bench.run([&]() -> asio::awaitable<void> {
        co_await eventually([&] { return bench.pool->stats().idle == 3; });
        for (int number = 0; number < 200; ++number) {
            ++running;
            asio::co_spawn(bench.loop.io, impatient(number), asio::detached);
            co_await pause(10ms);
        }
        co_await eventually([&] { return running == 0; }, 50s);
        CHECK(running == 0);
        for (int i = 0; i < 20; ++i) {
            const std::string answer = co_await ask(*bench.pool, "SELECT " + std::to_string(i));
            wrong += answer != std::to_string(i);
        }
    });
    const Snapshot s = bench.pool->stats();
    CHECK(wrong == 0);
    CHECK(s.abandoned == abandoned);
    CHECK(s.rollbacks > 0);
    CHECK(s.cancels > 0);
}

TEST_CASE("a lease that goes while its query runs takes the connection with it")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(lease.has_value());
        std::string said;
        asio::co_spawn(
            bench.loop.io, [&]() -> asio::awaitable<void> { said = co_await ask(*lease, "SELECT pg_sleep(60)"); },
            asio::detached);
        co_await pause(20ms);
        *lease = Lease();
        const bool ended = co_await eventually([&] { return !said.empty(); });
        CHECK(ended);
        CHECK(said == "lost: given up");
        const std::string next = co_await ask(*bench.pool, "SELECT 1");
        CHECK(next == "1");
    });
}

TEST_CASE("an io_context that is destroyed while everything is in flight frees everything")
{
    // Leaks and use after free are found by the sanitizers.
    for (int round = 0; round < 5; ++round) {
        Loop loop;
        const auto pool = Pool::make(loop.executor(), settings(1, 3));
        pool->start();
        for (int client = 0; client < 10; ++client)
            asio::co_spawn(
                loop.io,
                [pool]() -> asio::awaitable<void> {
                    Result<Lease> lease = co_await pool->checkout();
                    if (!lease)
                        co_return;
                    co_await ask(*lease, "BEGIN");
                    co_await ask(*lease, "SELECT pg_sleep(0.01)");
                    lease->cancel();
                    co_await ask(*lease, "SELECT repeat('x', 100) FROM generate_series(1, 100000)");
                },
                asio::detached);
        loop.run([&]() -> asio::awaitable<void> { co_await pause(std::chrono::milliseconds(15 * round)); });
    }
}

TEST_CASE("nobody is lent a connection by a pool that shuts down")
{
    Bench bench(settings(0, 1));
    bench.run([&]() -> asio::awaitable<void> {
        Result<Lease> lease = co_await bench.pool->checkout();
        REQUIRE(lease.has_value());
        std::optional<Error::Kind> waiting;
        asio::co_spawn(
            bench.loop.io,
            [&]() -> asio::awaitable<void> {
                const Result<Lease> other = co_await bench.pool->checkout();
                if (!other)
                    waiting = other.error().kind;
            },
            asio::detached);
        co_await pause(5ms);
        bench.pool->shut_down();
        co_await eventually([&] { return waiting.has_value(); });
        CHECK(waiting == Error::Kind::shutting_down);
        // What is out stays usable until it comes back.
        const std::string answer = co_await ask(*lease, "SELECT 1");
        CHECK(answer == "1");
    });
    CHECK(bench.pool->stats().closed.at("shutdown") == 1);
}

// 43.
TEST_CASE("the server never sees more connections than the limit, not even while they are replaced")
{
    Settings s = settings(2, 3, "application_name=counted");
    Bench watcher(settings(0, 1));
    {
        Bench bench(s);
        bench.pool->start();
        bool over = false;
        int most = 0;
        bench.run([&]() -> asio::awaitable<void> {
            std::size_t running = 0;
            for (int client = 0; client < 10; ++client) {
                ++running;
                asio::co_spawn(
                    bench.loop.io,
                    [&]() -> asio::awaitable<void> {
                        while (!over) {
                            Result<Lease> lease = co_await bench.pool->checkout();
                            if (lease) {
                                co_await ask(*lease, "SET work_mem = '1MB'");
                                lease->mark_dirty();
                            }
                        }
                        --running;
                    },
                    asio::detached);
            }
            const auto other = Pool::make(bench.loop.executor(), settings(0, 1));
            for (int i = 0; i < 40; ++i) {
                Settings next = s;
                next.on_connect = i % 2 ? "SELECT 1" : "SELECT 2"; // other settings: all connections are replaced
                bench.pool->reconfigure(next);
                const std::string count =
                    co_await ask(*other, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'");
                most = std::max(most, std::stoi(count));
                co_await pause(10ms);
            }
            other->shut_down();
            over = true;
            co_await eventually([&] { return running == 0; });
        });
        CHECK(most <= 3);
        CHECK(most >= 2);
        CHECK(bench.pool->stats().closed.at("lifetime") > 10);
    }
}

TEST_CASE("a listener hears what is said, and says when it may have missed something")
{
    Loop loop;
    const auto pool = Pool::make(loop.executor(), settings(0, 1));
    std::vector<std::string> heard;
    int connected = 0;
    const auto listener = howdah::pool::Listener::make(
        loop.executor(), Postgres::instance().conninfo("application_name=listener"), "Some channel",
        [&](std::string_view payload) { heard.emplace_back(payload); }, [&] { ++connected; });
    listener->start();
    loop.run([&]() -> asio::awaitable<void> {
        co_await eventually([&] { return connected == 1; });
        co_await ask(*pool, "NOTIFY \"Some channel\", 'one'");
        co_await eventually([&] { return heard.size() == 1; });
        co_await ask(*pool,
                     "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'listener'");
        co_await eventually([&] { return connected == 2; });
        co_await ask(*pool, "NOTIFY \"Some channel\", 'two'");
        co_await eventually([&] { return heard.size() == 2; });
        listener->stop();
        pool->shut_down();
    });
    CHECK(heard == std::vector<std::string>{"one", "two"});
    CHECK(loop.drains());
}
