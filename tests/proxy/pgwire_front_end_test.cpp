// The front end on real sockets: every trace once more, with the connection cut at every byte, and its limits.
#include "../support/scripted_session.hpp"
#include "proxy/pgwire/front_end.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace howdah::test;
using howdah::proxy::Goodbye;
using howdah::proxy::Socket;
namespace asio = boost::asio;

namespace {

const std::string startup = startup_bytes(3 << 16, {"user", "ann", "database", "main"});

// A front end on one end of a pair of sockets, the test on the other, one thread for both.
class Rig {
public:
    explicit Rig(std::vector<std::string> answers = {}, std::function<void(Surroundings&)> change = {}) : client(io)
    {
        asio::local::stream_protocol::socket near(io), far(io);
        asio::local::connect_pair(near, far);
        client = std::move(near);
        client.non_blocking(true);
        Surroundings around;
        around.config = config;
        around.cancel_keys = &keys;
        around.conversation = test_options();
        around.local = true;
        auto script = std::make_shared<Answers>(Answers{std::move(answers)});
        around.open_session = [script](const std::string&) { return std::make_unique<ScriptedSession>(script); };
        if (change)
            change(around);
        front_end = std::make_shared<FrontEnd>(Socket(std::move(far)), std::move(around));
        asio::co_spawn(
            io, [f = front_end]() -> asio::awaitable<void> { co_await f->run(); },
            [this](std::exception_ptr e) {
                ended = true;
                failed = e != nullptr;
            });
        settle();
    }
    ~Rig()
    {
        client.close();
        run_for(std::chrono::seconds(2));
    }

    // Lets everything happen that can happen now.
    void settle()
    {
        io.restart();
        while (io.poll() > 0) {
        }
    }
    void send(std::string_view bytes)
    {
        boost::system::error_code ignored;
        asio::write(client, asio::buffer(bytes), ignored);
        settle();
    }
    // What has come, at most `limit` bytes.
    std::string receive(std::size_t limit = std::string::npos)
    {
        std::string all;
        std::array<char, 65536> buffer{};
        while (all.size() < limit) {
            boost::system::error_code none;
            const std::size_t n =
                client.read_some(asio::buffer(buffer.data(), std::min(buffer.size(), limit - all.size())), none);
            all.append(buffer.data(), n);
            settle();
            closed = none == asio::error::eof || none == asio::error::connection_reset;
            if (n == 0)
                break;
        }
        return all;
    }
    std::string talk(std::string_view bytes)
    {
        send(bytes);
        return trace_backend(receive());
    }
    void run_for(std::chrono::milliseconds time)
    {
        io.restart();
        io.run_for(time);
    }

    std::shared_ptr<howdah::proxy::Config> config = std::make_shared<howdah::proxy::Config>();
    howdah::proxy::CancelKeys keys;
    asio::io_context io;
    asio::local::stream_protocol::socket client;
    std::shared_ptr<FrontEnd> front_end;
    bool ended = false, failed = false, closed = false;
};

std::vector<WireScript> all_scripts()
{
    std::vector<WireScript> all;
    for (const auto& entry : std::filesystem::directory_iterator(HOWDAH_SOURCE_DIR "/tests/wire")) {
        std::stringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        for (WireScript& s : read_scripts(text.str()))
            all.push_back(std::move(s));
    }
    return all;
}

std::string client_side(const WireScript& script)
{
    std::string bytes;
    for (const std::string& line : script.of('F'))
        bytes += client_bytes(line);
    return bytes;
}

std::string login_answer()
{
    Rig rig;
    rig.send(startup);
    return rig.receive();
}

} // namespace

TEST_CASE("a client that logs in is told what drivers want to know")
{
    const std::string said = trace_backend(login_answer());
    for (const char* line :
         {"AuthenticationOk", "\"server_version\" \"15.20 (howdah)\"", "\"client_encoding\" \"UTF8\"",
          "\"standard_conforming_strings\" \"on\"", "\"integer_datetimes\" \"on\"", "\"DateStyle\" \"ISO, MDY\"",
          "\"TimeZone\"", "\"session_authorization\" \"ann\"", "\"in_hot_standby\" \"off\"", "BackendKeyData 1 4",
          "ReadyForQuery I"})
        CHECK(said.find(line) != std::string::npos);
}

TEST_CASE("every conversation goes over a socket as it goes without one")
{
    const std::size_t welcome = login_answer().size();
    for (const WireScript& script : all_scripts()) {
        INFO(script.title);
        std::string expected;
        play(script, 1U << 20U, &expected);
        Rig rig(script.of('<'), [](Surroundings& s) { s.conversation.process_id = 42; });
        rig.send(startup);
        rig.receive();
        rig.send(client_side(script));
        std::string got = rig.receive();
        if (expected.find("pg_backend_pid") == std::string::npos)
            CHECK(trace_backend(got) == trace_backend(expected));
        CHECK_FALSE(rig.failed);
        CHECK(welcome > 0);
    }
}

TEST_CASE("a connection can be cut after any byte the client sends")
{
    for (const WireScript& script : all_scripts()) {
        INFO(script.title);
        const std::string bytes = startup + client_side(script);
        for (std::size_t n = 0; n <= bytes.size(); n += n < 200 ? 1 : 7) {
            Rig rig(script.of('<'));
            rig.send(std::string_view(bytes).substr(0, n));
            rig.client.close();
            rig.settle();
            REQUIRE(rig.ended);
            REQUIRE_FALSE(rig.failed);
        }
    }
}

TEST_CASE("a connection can be cut after any byte the client reads")
{
    for (const WireScript& script : all_scripts()) {
        INFO(script.title);
        const std::string bytes = startup + client_side(script);
        for (std::size_t n = 0; n <= 900; n += 13) {
            Rig rig(script.of('<'));
            rig.send(bytes);
            rig.receive(n);
            rig.client.close();
            rig.settle();
            REQUIRE(rig.ended);
            REQUIRE_FALSE(rig.failed);
        }
    }
}

TEST_CASE("a client that has finished sending still gets its answers")
{
    Rig rig({"columns \"1\" integer", "row 1", "done \"SELECT 1\""});
    rig.send(startup);
    rig.receive();
    asio::write(rig.client, asio::buffer(client_bytes("Query \"SELECT 1\"")));
    rig.client.shutdown(asio::socket_base::shutdown_send);
    rig.settle();
    CHECK(trace_backend(rig.receive()).find("CommandComplete \"SELECT 1\"") != std::string::npos);
    CHECK(rig.closed);
}

TEST_CASE("what a client has said and heard is given back while it is silent, and it is answered as before")
{
    const std::string long_row = "row '" + std::string(100'000, 'x') + "'";
    Rig rig({"columns \"t\" text", long_row, "done \"SELECT 1\"", "columns \"t\" text", long_row, "done \"SELECT 1\""});
    rig.send(startup);
    rig.receive();
    const std::string query = client_bytes("Query \"SELECT '" + std::string(50'000, 'y') + "'\"");
    const auto silence = [&] {
        std::size_t bytes = 0;
        for (unsigned i = 0; i < 2 * howdah::proxy::Client::ticks_until_rest; ++i) {
            bytes += rig.front_end->on_tick();
            rig.settle();
        }
        return bytes;
    };
    for (int round = 0; round < 2; ++round) {
        rig.send(query);
        CHECK(rig.receive().size() > 100'000);
        CHECK(silence() > 150'000);
        CHECK(silence() == 0);
    }
    rig.send(query.substr(0, 30'000)); // what has arrived of a message stays
    CHECK(silence() < 30'000);
    rig.send(query.substr(30'000));
    CHECK(trace_backend(rig.receive()).find("ReadyForQuery") != std::string::npos);
    CHECK_FALSE(rig.closed);
}

TEST_CASE("rows wait for a client that does not read")
{
    std::vector<std::string> answers{"columns \"t\" text"};
    for (int i = 0; i < 200; ++i)
        answers.push_back("row '" + std::string(100'000, 'x') + "'");
    answers.emplace_back("done \"SELECT 200\"");
    struct Counting final : SessionPort {
        explicit Counting(std::vector<std::string> a) : inner(std::make_shared<Answers>(Answers{std::move(a)})) {}
        asio::awaitable<std::optional<pg::ClientError>> open() override { return inner.open(); }
        asio::awaitable<pg::Description> describe(std::string_view s, std::span<const pg::Value> v) override
        {
            return inner.describe(s, v);
        }
        asio::awaitable<pg::Outcome> run(std::string_view s, std::span<const pg::Value> v, pg::ReplySink& sink,
                                         pg::RunOptions o) override
        {
            const pg::Outcome outcome = co_await inner.run(s, v, sink, o);
            finished = true;
            co_return outcome;
        }
        asio::awaitable<pg::Outcome> fetch(std::string_view p, std::int32_t n, pg::ReplySink& s) override
        {
            return inner.fetch(p, n, s);
        }
        asio::awaitable<void> close_portal(std::string_view p) override { return inner.close_portal(p); }
        asio::awaitable<void> sync() override { return inner.sync(); }
        asio::awaitable<void> close() override { return inner.close(); }
        void cancel() override {}
        bool autocommit() const override { return true; }
        ScriptedSession inner;
        bool finished = false;
    };
    Counting* session = nullptr;
    Rig rig({}, [&](Surroundings& s) {
        s.open_session = [&](const std::string&) {
            auto made = std::make_unique<Counting>(answers);
            session = made.get();
            return made;
        };
    });
    rig.send(startup);
    rig.receive();
    rig.send(client_bytes("Query \"SELECT t\""));
    CHECK_FALSE(session->finished);
    std::size_t got = 0;
    while (!session->finished)
        got += rig.receive(1 << 20).size();
    got += rig.receive().size();
    CHECK(got > 200 * 100'000U);
}

TEST_CASE("whoever is too late, too idle, too many or unwelcome is told so and sent away")
{
    SECTION("login")
    {
        Rig rig({}, [](Surroundings& s) {
            auto c = std::make_shared<howdah::proxy::Config>(*s.config);
            c->limits.login_timeout = std::chrono::milliseconds(20);
            s.config = c;
        });
        rig.send(startup.substr(0, 10));
        for (int i = 0; i < 100 && !rig.ended; ++i)
            rig.run_for(std::chrono::milliseconds(200));
        CHECK(rig.ended);
    }
    SECTION("too many")
    {
        Rig rig({}, [](Surroundings& s) {
            pg::ClientError e;
            e.sqlstate = "53300";
            e.message = "sorry, too many clients already";
            s.closed = e;
        });
        CHECK(rig.talk(startup).find("FATAL\" C \"53300\"") != std::string::npos);
        CHECK(rig.closed);
    }
    SECTION("shutdown of an idle client")
    {
        Rig rig;
        rig.send(startup);
        rig.receive();
        rig.front_end->say_goodbye(Goodbye::when_idle);
        rig.settle();
        CHECK(trace_backend(rig.receive()).find("57P01") != std::string::npos);
        CHECK(rig.closed);
    }
    SECTION("shutdown waits for the transaction")
    {
        Rig rig({"done \"BEGIN\" in transaction", "done \"COMMIT\""});
        rig.send(startup);
        rig.receive();
        CHECK(rig.talk(client_bytes("Query \"BEGIN\"")).find("ReadyForQuery T") != std::string::npos);
        rig.front_end->say_goodbye(Goodbye::when_idle);
        rig.settle();
        CHECK(rig.receive().empty());
        const std::string said = rig.talk(client_bytes("Query \"COMMIT\""));
        CHECK(said.find("CommandComplete \"COMMIT\"") < said.find("57P01"));
        CHECK(said.find("57P01") != std::string::npos);
    }
    SECTION("the end of the drain limit")
    {
        Rig rig({"done \"BEGIN\" in transaction"});
        rig.send(startup);
        rig.receive();
        rig.talk(client_bytes("Query \"BEGIN\""));
        rig.front_end->say_goodbye(Goodbye::now);
        rig.settle();
        CHECK(rig.ended);
    }
    SECTION("bytes in clear after SSLRequest")
    {
        Rig rig;
        rig.send(std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8) + startup);
        CHECK(rig.receive().find('R') == std::string::npos);
        CHECK(rig.closed);
    }
}

TEST_CASE("a cancel request reaches the session that has the key, and no other")
{
    Rig rig;
    rig.send(startup);
    const std::string welcome = rig.receive();
    const std::size_t key = welcome.rfind(std::string("K\0\0\0\x0c", 5));
    REQUIRE(key != std::string::npos);
    int cancelled = 0;
    const auto other = rig.keys.add([&] { ++cancelled; });
    Rig second({}, [&](Surroundings& s) { s.cancel_keys = &rig.keys; });
    second.send(ClientMessage(0).int32(80877102).int32(other.process).int32(other.secret + 1).done());
    CHECK(cancelled == 0);
    CHECK(second.receive().empty());
    CHECK(second.closed);
    Rig third({}, [&](Surroundings& s) { s.cancel_keys = &rig.keys; });
    third.send(ClientMessage(0).int32(80877102).int32(other.process).int32(other.secret).done());
    CHECK(cancelled == 1);
}
