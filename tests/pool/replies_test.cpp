// A batch, and what is made of the server's answers to it.
#include "pool/replies.hpp"

#include <boost/asio/awaitable.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <random>

using namespace howdah::pool;
using namespace std::string_literals;
using Progress = Replies::Progress;

namespace {

struct Rows : RowSink {
    std::string seen;
    void on_description(std::span<const FieldDescription> columns) override
    {
        seen += "[" + std::to_string(columns.size()) + "]";
    }
    void on_row(std::span<const Field> row) override
    {
        for (const Field& field : row)
            seen += field ? std::string(*field) + "," : "NULL,";
    }
    boost::asio::awaitable<bool> flush() override { co_return true; }
};

Command command(std::string sql, bool prepare = false)
{
    Command c;
    c.sql = std::move(sql);
    c.prepare = prepare;
    return c;
}

// The types of the frames in `bytes`: "PBES".
std::string types(const std::string& bytes)
{
    std::string out;
    for (std::size_t at = 0; at < bytes.size();) {
        out += bytes[at];
        std::size_t n = 0;
        for (std::size_t i = 1; i < 5; ++i)
            n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
        at += 1 + n;
    }
    return out;
}

std::string ask(Replies& replies, const Batch& batch)
{
    std::string out;
    replies.ask(batch, out);
    return types(out);
}

const std::string row_a = "\0\x01\0\0\0\x01"
                          "a"s;
const std::string no_columns = "\0\0"s;

std::string error(const std::string& code, const std::string& routine = "x")
{
    return "SERROR\0VERROR\0C"s + code + "\0Mno\0R"s + routine + "\0\0"s;
}

// One answer after the other; the last one's progress.
Progress answer(Replies& replies, std::initializer_list<std::pair<char, std::string>> messages)
{
    Progress last = Progress::more;
    for (const auto& [type, body] : messages)
        last = replies.on({type, body});
    return last;
}

} // namespace

TEST_CASE("a batch is answered command by command")
{
    Replies replies(10);
    Rows rows;
    Batch batch;
    batch.commands = {command("a"), command("b")};
    batch.commands[1].rows = &rows;
    batch.commands[1].describe = true;
    CHECK(ask(replies, batch) == "PBEPBDES");
    CHECK(answer(replies, {{'1', ""},
                           {'2', ""},
                           {'C', "INSERT 0 1\0"s},
                           {'1', ""},
                           {'2', ""},
                           {'T', no_columns},
                           {'D', row_a},
                           {'D', row_a},
                           {'C', "SELECT 2\0"s},
                           {'Z', "T"}}) == Progress::done);
    const BatchResult result = replies.take_result();
    REQUIRE(result.results.size() == 2);
    CHECK(result.results[0].tag == "INSERT 0 1");
    CHECK(result.results[1].rows == 2);
    CHECK(result.transaction_status == 'T');
    CHECK(!result.error);
    CHECK(rows.seen == "[0]a,a,");
}

TEST_CASE("a prepared statement is parsed the first time only")
{
    Replies replies(10);
    Batch batch;
    batch.commands = {command("a", true)};
    CHECK(ask(replies, batch) == "PBES");
    answer(replies, {{'1', ""}, {'2', ""}, {'C', "SELECT 0\0"s}, {'Z', "I"}});
    CHECK(ask(replies, batch) == "BES");
}

// pooling.md 17.
TEST_CASE("an error skips what follows it up to the Sync, and no further")
{
    Replies replies(10);
    Batch batch;
    batch.commands = {command("good"), command("bad"), command("skipped")};
    ask(replies, batch);
    CHECK(answer(replies, {{'1', ""}, {'2', ""}, {'C', "SELECT 0\0"s}, {'E', error("42601")}, {'Z', "I"}}) ==
          Progress::done);
    const BatchResult result = replies.take_result();
    CHECK(result.results.size() == 1);
    CHECK(result.error->sqlstate == "42601");
    ask(replies, batch);
    CHECK(!replies.done());
}

TEST_CASE("an error at the end of the transaction belongs to no command")
{
    Replies replies(10);
    Batch batch;
    batch.commands = {command("a")};
    ask(replies, batch);
    answer(replies, {{'1', ""}, {'2', ""}, {'C', "INSERT 0 1\0"s}, {'E', error("23503")}, {'Z', "I"}});
    const BatchResult result = replies.take_result();
    CHECK(result.results.size() == 1);
    CHECK(result.error->sqlstate == "23503");
}

// pooling.md 23.
TEST_CASE("a stale plan is forgotten and said so")
{
    Replies replies(10);
    Batch batch;
    batch.commands = {command("a", true)};
    ask(replies, batch);
    answer(replies, {{'1', ""}, {'2', ""}, {'C', "SELECT 0\0"s}, {'Z', "I"}});
    CHECK(ask(replies, batch) == "BES");
    answer(replies, {{'E', error("0A000", "RevalidateCachedQuery")}, {'Z', "I"}});
    CHECK(replies.take_result().stale_plan);
    CHECK(ask(replies, batch) == "CPBES");
    answer(replies, {{'3', ""}, {'1', ""}, {'2', ""}, {'C', "SELECT 0\0"s}, {'Z', "I"}});
    CHECK(ask(replies, batch) == "BES");
    answer(replies, {{'E', error("26000")}, {'Z', "I"}});
    CHECK(replies.take_result().stale_plan);
    CHECK(ask(replies, batch) == "CPBES");
}

TEST_CASE("a feature that PostgreSQL does not have is no stale plan")
{
    Replies replies(10);
    Batch batch;
    batch.commands = {command("a", true)};
    ask(replies, batch);
    answer(replies, {{'1', ""}, {'2', ""}, {'E', error("0A000")}, {'Z', "I"}});
    CHECK(!replies.take_result().stale_plan);
}

TEST_CASE("a portal is read in parts")
{
    Replies replies(10);
    Rows rows;
    Batch first;
    first.commands = {command("a")};
    first.commands[0].rows = &rows;
    first.commands[0].portal = "p";
    first.commands[0].max_rows = 1;
    CHECK(ask(replies, first) == "PBES");
    answer(replies, {{'1', ""}, {'2', ""}, {'D', row_a}, {'s', ""}, {'Z', "T"}});
    const BatchResult part = replies.take_result();
    CHECK(part.results[0].suspended);
    CHECK(part.results[0].rows == 1);

    Batch rest = first;
    rest.commands[0].resume = true;
    rest.commands.push_back(Command{});
    rest.commands[1].portal = "p";
    rest.commands[1].close_portal = true;
    CHECK(ask(replies, rest) == "ECS");
    answer(replies, {{'D', row_a}, {'C', "SELECT 1\0"s}, {'3', ""}, {'Z', "T"}});
    CHECK(replies.take_result().results.size() == 2);
    CHECK(rows.seen == "a,a,");
}

TEST_CASE("a simple query has a result for each of its statements")
{
    Replies replies(10);
    Batch batch;
    batch.commands = {command("a; b; bad")};
    batch.commands[0].simple = true;
    CHECK(ask(replies, batch) == "Q");
    CHECK(answer(replies, {{'T', no_columns},
                           {'D', row_a},
                           {'C', "SELECT 1\0"s},
                           {'C', "SET\0"s},
                           {'E', error("42601")},
                           {'Z', "I"}}) == Progress::done);
    const BatchResult result = replies.take_result();
    CHECK(result.results.size() == 2);
    CHECK(result.error);
}

// pooling.md 28.
TEST_CASE("notices, parameters and notifications may come at any time")
{
    Replies replies(10);
    std::string heard;
    replies.on_notification = [&](const wire::Notification& n) {
        heard += std::string(n.channel) + "=" + std::string(n.payload);
    };
    CHECK(answer(replies, {{'N', ""},
                           {'S', "a\0b\0"s},
                           {'A', "\0\0\0\x01"
                                 "c\0p\0"s}}) == Progress::more);
    Batch batch;
    batch.commands = {command("a")};
    ask(replies, batch);
    CHECK(
        answer(replies, {{'1', ""}, {'N', ""}, {'2', ""}, {'S', ""}, {'C', "SELECT 0\0"s}, {'A', "bad"}, {'Z', "I"}}) ==
        Progress::done);
    CHECK(heard == "c=p");
}

TEST_CASE("a fatal error ends the connection with the server's reason")
{
    Replies replies(10);
    CHECK(replies.on({'E', "SFATAL\0VFATAL\0C57P01\0Mterminating\0\0"s}) == Progress::fatal);
    CHECK(replies.fatal_error.sqlstate == "57P01");
}

TEST_CASE("an answer that nobody asked for breaks the connection")
{
    for (const char type : "123DCZTnsIGHW?") {
        Replies replies(10);
        CHECK(replies.on({type, "I"}) == Progress::broken);
        CHECK(!replies.why.empty());
    }
    Replies replies(10);
    Batch batch;
    batch.commands = {command("a")};
    ask(replies, batch);
    CHECK(replies.on({'2', ""}) == Progress::broken);
}

TEST_CASE("abandoned sinks get no more rows")
{
    Replies replies(10);
    Rows rows;
    Batch batch;
    batch.commands = {command("a")};
    batch.commands[0].rows = &rows;
    ask(replies, batch);
    answer(replies, {{'1', ""}, {'2', ""}, {'D', row_a}});
    CHECK(replies.fed().size() == 1);
    replies.abandon();
    CHECK(answer(replies, {{'D', row_a}, {'C', "SELECT 2\0"s}, {'Z', "I"}}) == Progress::done);
    CHECK(rows.seen == "a,");
}

TEST_CASE("random answers never do more than break the connection")
{
    std::mt19937 random(7);
    const std::string alphabet = "123DCZTnsINSAEGHWx";
    for (int round = 0; round < 5000; ++round) {
        Replies replies(1);
        Rows rows;
        Batch batch;
        for (std::size_t i = 0; i < 1 + random() % 3; ++i) {
            Command& c = batch.commands.emplace_back(command(std::to_string(random() % 3), random() % 2 == 0));
            c.rows = random() % 2 ? &rows : nullptr;
            c.describe = random() % 2 == 0;
        }
        ask(replies, batch);
        for (int i = 0; i < 30; ++i) {
            const std::string bodies[] = {"", "I", row_a, no_columns, "SELECT 1\0"s, error("26000"), error("0A000")};
            const Progress progress =
                replies.on({alphabet[random() % alphabet.size()], bodies[random() % std::size(bodies)]});
            if (progress == Progress::done)
                ask(replies, batch);
            else if (progress != Progress::more)
                break;
        }
    }
}
