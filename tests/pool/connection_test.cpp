// The pool against a server that says whatever the test wants it to say, cut wherever it wants.
#include "../support/fake_server.hpp"
#include "pool/pool.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace howdah::pool;
using namespace howdah::test;

namespace {

const std::string row = frame('D', "\0\x01\0\0\0\x05hello"s);
const std::string answer = frame('1', "") + frame('2', "") + row + frame('C', "SELECT 1\0"s) + frame('Z', "I");

// Answers every Sync with `reply`, `step` bytes at a time.
struct Parrot final : FakeServer {
    using FakeServer::FakeServer;
    asio::awaitable<bool> hear(tcp::socket& socket, char type, std::string) override
    {
        if (type != 'S')
            co_return true;
        for (std::size_t at = 0; at < reply.size(); at += step) {
            const std::string part = reply.substr(at, step);
            co_await asio::async_write(socket, asio::buffer(part), asio::use_awaitable);
            if (step < reply.size())
                co_await asio::post(loop_.io, asio::use_awaitable);
        }
        co_return !closes;
    }
    std::string reply = answer;
    std::size_t step = 1 << 20;
    bool closes = false;
};

// Runs one statement on a new pool: "hello", "error …" or "lost: …".
std::string one_query(Loop& loop, Parrot& server)
{
    const auto pool = Pool::make(loop.executor(), server.settings());
    std::string said;
    loop.run([&]() -> asio::awaitable<void> {
        said = co_await ask(*pool, "SELECT 'hello'");
        pool->shut_down();
    });
    const Snapshot s = pool->stats();
    CHECK(s.checkouts == s.hit + s.handoff + s.miss + s.timeout + s.error + s.abandoned);
    CHECK(s.in_use == 0);
    return said;
}

} // namespace

TEST_CASE("an answer may come one byte at a time")
{
    Loop loop;
    Parrot server(loop);
    server.step = 1;
    CHECK(one_query(loop, server) == "hello");
}

TEST_CASE("an answer that is cut off anywhere is an error, never half an answer")
{
    Loop loop;
    Parrot server(loop);
    server.closes = true;
    for (std::size_t n = 0; n < answer.size(); ++n) {
        server.reply = answer.substr(0, n);
        CHECK(one_query(loop, server) == "lost: the server closed the connection unexpectedly");
    }
}

TEST_CASE("a login that is cut off anywhere is an error")
{
    Loop loop;
    Parrot server(loop);
    for (std::size_t n = 0; n < login.size(); n += 3) {
        server.greeting = login.substr(0, n);
        auto settings = server.settings();
        settings.connect_timeout = 30ms;
        const auto pool = Pool::make(loop.executor(), settings);
        loop.run([&]() -> asio::awaitable<void> {
            const auto lease = co_await pool->checkout();
            REQUIRE(!lease.has_value());
            CHECK(lease.error().kind == Error::Kind::connect);
            pool->shut_down();
        });
    }
}

// 26.
TEST_CASE("what the protocol does not allow closes the connection and is called so")
{
    Loop loop;
    Parrot server(loop);
    for (const std::string& nonsense :
         {"Z\0\0\0\x03"s, "D\x7f\xff\xff\xff"s, frame('?', ""), frame('Z', "X"), frame('2', ""), frame('D', "\0\x01"s),
          frame('1', "") + frame('1', ""), frame('1', "") + frame('2', "") + frame('G', "\0\0\0"s), frame('Z', "I")}) {
        server.reply = nonsense;
        const std::string said = one_query(loop, server);
        CHECK(said.starts_with("lost: "));
        CHECK(said.find("server") + said.find("COPY") != std::string::npos);
    }
}

// 27.
TEST_CASE("an error without a code is an error of the statement")
{
    Loop loop;
    Parrot server(loop);
    server.reply = frame('E', "Mno\0\0"s) + frame('Z', "I");
    CHECK(one_query(loop, server) == "error ");
    server.reply = frame('E', "") + frame('Z', "I");
    CHECK(one_query(loop, server) == "error ");
}

TEST_CASE("random bytes for an answer never do more than lose the connection")
{
    Loop loop;
    Parrot server(loop);
    server.closes = true;
    std::mt19937 random(20261121);
    for (int round = 0; round < 200; ++round) {
        server.reply = random() % 2 ? answer : "";
        for (std::size_t i = 0; i < 1 + random() % 40; ++i) {
            const std::size_t at = random() % (server.reply.size() + 1);
            server.reply.insert(at, 1, static_cast<char>(random() % 2 ? random() % 8 : random()));
        }
        const std::string said = one_query(loop, server);
        CHECK(!said.empty());
    }
}

// 28, 36.
TEST_CASE("an idle connection may be told things, but one that is sent what nobody asked for is not lent")
{
    Loop loop;
    const auto said_while_idle = [&](const std::string& bytes) {
        Parrot server(loop);
        const auto pool = Pool::make(loop.executor(), server.settings());
        loop.run([&]() -> asio::awaitable<void> {
            std::string said = co_await ask(*pool, "SELECT 'hello'");
            CHECK(said == "hello");
            CHECK(pool->stats().idle == 1);
            co_await asio::async_write(*server.last.lock(), asio::buffer(bytes), asio::use_awaitable);
            said = co_await ask(*pool, "SELECT 'hello'");
            CHECK(said == "hello");
            pool->shut_down();
        });
        return server.accepted;
    };
    CHECK(said_while_idle(frame('N', "Mnotice\0\0"s) + frame('S', "a\0b\0"s) +
                          frame('A', "\0\0\0\x01"
                                     "c\0p\0"s)) == 1);
    CHECK(said_while_idle(row) == 2);
    CHECK(said_while_idle(frame('E', "SFATAL\0VFATAL\0C57P01\0Mshutting down\0\0"s)) == 2);
    CHECK(said_while_idle("N\0\0"s) == 2);
    CHECK(said_while_idle(frame('Z', "I")) == 2);
}

TEST_CASE("a statement that cannot be sent is an error and costs nothing")
{
    Loop loop;
    Parrot server(loop);
    const auto pool = Pool::make(loop.executor(), server.settings());
    loop.run([&]() -> asio::awaitable<void> {
        const std::string nul = co_await ask(*pool, "SELECT 1\0"s);
        CHECK(nul == "error 22021");
        Batch batch = batch_of("SELECT 1");
        batch.commands[0].params.resize(70000);
        const auto many = co_await pool->run(batch);
        REQUIRE(many.has_value());
        CHECK(many->error->sqlstate == "54000");
        const std::string said = co_await ask(*pool, "SELECT 'hello'");
        CHECK(said == "hello");
        pool->shut_down();
    });
    CHECK(server.accepted == 1);
}

TEST_CASE("a cancel is sent again, because one that comes before the query has begun is lost")
{
    Loop loop;
    Parrot server(loop);
    server.reply.clear();
    const auto pool = Pool::make(loop.executor(), server.settings());
    loop.run([&]() -> asio::awaitable<void> {
        auto lease = co_await pool->checkout();
        REQUIRE(lease.has_value());
        const auto cancel = [&]() -> asio::awaitable<void> {
            lease->cancel();
            const bool again = co_await eventually([&] { return server.cancels == 2; });
            CHECK(again);
            const std::string interrupted = frame('E', "C57014\0\0"s) + frame('Z', "I");
            co_await asio::async_write(*server.last.lock(), asio::buffer(interrupted), asio::use_awaitable);
        };
        asio::post(loop.io, [&] { asio::co_spawn(loop.io, cancel(), asio::detached); });
        const std::string said = co_await ask(*lease, "SELECT 'hello'");
        CHECK(said == "error 57014");
        pool->shut_down();
    });
    CHECK(server.cancels == 2);
}

// 2, 52.
TEST_CASE("a server that accepts and says nothing is given up in time")
{
    Loop loop;
    Parrot server(loop);
    server.greeting.clear();
    auto settings = server.settings();
    settings.connect_timeout = 100ms;
    const auto pool = Pool::make(loop.executor(), settings);
    loop.run([&]() -> asio::awaitable<void> {
        const auto began = std::chrono::steady_clock::now();
        const auto lease = co_await pool->checkout();
        REQUIRE(!lease.has_value());
        CHECK(lease.error().message.find("did not answer in time") != std::string::npos);
        CHECK(std::chrono::steady_clock::now() - began < 1s);
        pool->shut_down();
    });
}

TEST_CASE("a connection is checked when it has been idle for long, and another opened when it does not answer")
{
    Loop loop;
    Parrot server(loop);
    auto settings = server.settings();
    settings.check_after_idle = 0s;
    settings.connect_timeout = 50ms;
    const auto pool = Pool::make(loop.executor(), settings);
    loop.run(
        [&]() -> asio::awaitable<void> {
            std::string said = co_await ask(*pool, "SELECT 'hello'");
            CHECK(said == "hello");
            server.reply = ""; // of the check
            asio::steady_timer recovers(loop.io, 20ms);
            recovers.async_wait([&](auto) { server.reply = answer; });
            said = co_await ask(*pool, "SELECT 'hello'");
            CHECK(said == "hello");
            CHECK(pool->stats().closed.at("check") == 1);
            pool->shut_down();
        },
        30s);
    CHECK(server.accepted >= 2);
}
