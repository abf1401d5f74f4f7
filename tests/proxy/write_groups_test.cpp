// Who goes together in a group of writes, what becomes of an error, and what each of them is told: against a server
// that answers when the test says so.
#include "../support/fake_server.hpp"
#include "dialect/bookkeeping.hpp"
#include "proxy/database.hpp"
#include "proxy/write_groups.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace howdah;
using namespace howdah::proxy;
using namespace howdah::test;

namespace {

// Says that every statement was an INSERT of one row, or of so many, but for those that shall fail.
struct Server final : FakeServer {
    using FakeServer::FakeServer;
    std::map<std::string, int> inserts;
    std::map<std::string, std::string> fails; // a statement's SQLSTATE
    bool closes = false;                      // instead of answering
    std::vector<std::vector<std::string>> packets;

    asio::awaitable<bool> hear(tcp::socket& socket, char type, std::string body) override
    {
        if (type != 'S') {
            if (!skips_)
                answer(type, body);
            co_return true;
        }
        packets.push_back(std::exchange(asked_, {}));
        skips_ = false;
        const std::string said = std::exchange(said_, {}) + frame('Z', "I");
        if (!closes)
            co_await asio::async_write(socket, asio::buffer(said), asio::use_awaitable);
        co_return !closes;
    }

private:
    void answer(char type, const std::string& body)
    {
        const std::size_t end = body.find('\0');
        const std::string first = body.substr(0, end);
        const std::string second = body.substr(end + 1, body.find('\0', end + 1) - end - 1);
        if (type == 'P') {
            prepared_[first] = second;
            said_ += frame('1', "");
        } else if (type == 'B') {
            bound_ = prepared_[second];
            said_ += frame('2', "");
        } else if (type == 'D') {
            said_ += frame('n', "");
        } else if (type == 'E') {
            asked_.push_back(bound_);
            const auto failing = fails.find(bound_);
            skips_ = failing != fails.end();
            const int rows = inserts.contains(bound_) ? inserts[bound_] : 1;
            said_ += skips_ ? frame('E', "SERROR\0C"s + failing->second + "\0Mno\0\0"s)
                            : frame('C', "INSERT 0 " + std::to_string(rows) + '\0');
        }
    }
    // Of the one connection.
    std::map<std::string, std::string> prepared_;
    std::string bound_, said_;
    std::vector<std::string> asked_;
    bool skips_ = false; // until Sync
};

// A client's write, and what it was told, in the order in which all of them were.
struct Write final : WriteGroups::Member {
    Write(WriteGroups& groups, std::string sql_, std::vector<std::string>& told_, int commands, Plan plan_ = nullptr)
        : sql(std::move(sql_)), told(told_), plan(plan_ ? std::move(plan_) : plan_of(sql, ""))
    {
        for (int i = 0; i < commands; ++i)
            batch.commands.emplace_back().sql = i == 0 ? sql : sql + " behind";
        groups.submit(*this, *plan, WriteGroups::Keys::either, batch, WriteGroups::Clock::now());
    }
    static Plan plan_of(const std::string& sql, const std::string& many)
    {
        dialect::Compiled compiled;
        compiled.kind = dialect::Compiled::Kind::write;
        compiled.steps.emplace_back().sql = sql;
        compiled.steps.front().many = many;
        auto plan = std::make_shared<const CachedPlan>(std::move(compiled));
        plan->estimate.add(100);
        return plan;
    }
    void tell(const std::string& what) { told.push_back(sql + " " + what); }
    void on_group_answer(pool::BatchResult result) override { tell("did " + std::to_string(result.results.size())); }
    void on_group_lost(const pool::Error&) override { tell("lost"); }
    void on_group_left() override { tell("left"); }
    void on_group_again() override { tell("again"); }
    void on_context_gone() override { tell("gone"); }

    std::string sql;
    std::vector<std::string>& told;
    Plan plan;
    pool::Batch batch;
};

using Texts = std::vector<std::string>;
const std::string waits = "SELECT set_config('lock_timeout', '20', true)";

struct Clients {
    std::shared_ptr<Texts> kept = std::make_shared<Texts>();
    Texts& told = *kept;
    std::vector<std::unique_ptr<Write>> writes;
    Totals totals;
    Loop loop; // which those above outlive
    Server server{loop};
    std::shared_ptr<pool::Pool> pool; // of one connection
    std::shared_ptr<Database> database;
    std::vector<std::unique_ptr<WriteGroups::Alone>> alone;

    explicit Clients(const std::string& writers = "concurrent")
    {
        pool::Settings settings = server.settings();
        settings.max = 1;
        pool = pool::Pool::make(loop.executor(), settings);
        loop.run([&]() -> asio::awaitable<void> { // it is there before the tests begin: they take little time
            auto connected = co_await pool->checkout();
            CHECK(connected.has_value());
        });
        DatabaseConfig config;
        config.writers = writers;
        database = std::make_shared<Database>(loop.executor(), "main", config, pool, 2, 10, totals);
        database->publish(nullptr, dialect::Catalog::make({}, {{"main", "main"}}, 1));
    }
    WriteGroups& groups() { return database->groups(); }
    Write& write(const std::string& sql, int commands = 1)
    {
        return *writes.emplace_back(std::make_unique<Write>(groups(), sql, told, commands));
    }
    Write& write(const std::string& sql, const Plan& plan, int commands = 1)
    {
        return *writes.emplace_back(std::make_unique<Write>(groups(), sql, told, commands, plan));
    }
    // As many writes on their own are under way as make others wait.
    void keep_busy()
    {
        while (alone.size() < 2)
            alone.push_back(std::make_unique<WriteGroups::Alone>(groups()));
    }
    // Those on their own are over. Until so many have been told.
    void until_told(std::size_t n)
    {
        alone.clear();
        loop.run([&]() -> asio::awaitable<void> {
            const bool in_time = co_await eventually([&] { return told.size() >= n; });
            CHECK(in_time);
        });
    }
    // These wait.
    void together(const Texts& sqls)
    {
        keep_busy();
        for (const std::string& sql : sqls)
            write(sql);
    }
};

} // namespace

namespace {

pool::RunEstimate taking(double micros)
{
    pool::RunEstimate estimate;
    estimate.add(micros);
    return estimate;
}

} // namespace

TEST_CASE("a write is taken into groups when it is short, and not much longer than what is under way")
{
    const auto trial = GroupPace::Clock::now(), now = trial + GroupPace::trial;
    GroupPace pace;
    CHECK_FALSE(pace.takes(pool::RunEstimate{}, now)); // nothing is known of it
    CHECK(pace.takes(taking(50'000), now));
    CHECK_FALSE(pace.takes(taking(50'001), now));
    pace.alone_took(std::chrono::microseconds(1000));
    CHECK(pace.takes(taking(3000), now));
    CHECK(pace.takes(taking(3001), trial));
    CHECK_FALSE(pace.takes(taking(3001), now));
    pace.group_took(2, std::chrono::microseconds(500)); // the shortest counts most
    CHECK(pace.takes(taking(2750), now));
    CHECK_FALSE(pace.takes(taking(2751), now));
}

TEST_CASE("what took longer than groups allow, perhaps because of others, is tried now and then")
{
    const auto begin = GroupPace::Clock::now(), next = begin + GroupPace::between_trials;
    GroupPace pace;
    pace.alone_took(std::chrono::microseconds(500));
    pool::RunEstimate crowded = taking(9000);
    CHECK(pace.takes(crowded, begin));
    CHECK(pace.takes(crowded, begin + GroupPace::trial / 2));
    CHECK_FALSE(pace.takes(crowded, begin + GroupPace::trial));
    CHECK(pace.takes(crowded, next));
    for (int run = 0; run < 8; ++run)
        crowded.add(600); // in a group
    CHECK(pace.takes(crowded, next + GroupPace::trial));
    // Nobody waits for what is long by itself, or has just kept others waiting.
    const auto later = next + GroupPace::between_trials;
    CHECK_FALSE(pace.takes(taking(50'001), later));
    crowded.was_long(later, later);
    CHECK_FALSE(pace.takes(crowded, later));
    CHECK(pace.takes(taking(9000), later));
}

TEST_CASE("a group has room for so many members, bytes and microseconds, and always for a first one")
{
    const auto now = GroupPace::Clock::now();
    constexpr std::size_t full = GroupPace::most_bytes;
    GroupPace pace;
    pace.alone_took(std::chrono::microseconds(1000));
    CHECK(pace.has_room(0, full + 1, 1e9, now));
    CHECK(pace.has_room(1, full, 1e9, now));
    CHECK_FALSE(pace.has_room(1, full + 1, 0, now));
    CHECK(pace.has_room(2, full, 6000, now));
    CHECK_FALSE(pace.has_room(2, full + 1, 0, now));
    CHECK_FALSE(pace.has_room(2, 0, 6001, now));
    CHECK(pace.has_room(GroupPace::most_members - 1, 0, 0, now));
    CHECK_FALSE(pace.has_room(GroupPace::most_members, 0, 0, now));
}

TEST_CASE("two writes go side by side where groups are small, and one group at a time where they are large")
{
    GroupPace pace;
    CHECK(pace.most_at_once() == 2);
    for (int i = 0; i < 100; ++i)
        pace.group_took(2, {});
    CHECK(pace.most_at_once() == 2);
    for (int i = 0; i < 100; ++i)
        pace.group_took(3, {});
    CHECK(pace.most_at_once() == 1);
    for (int i = 0; i < 100; ++i)
        pace.alone_is_over();
    CHECK(pace.most_at_once() == 2);
}

TEST_CASE("what is under way is waited for as long as groups take, and a moment at least")
{
    const auto now = GroupPace::Clock::now();
    GroupPace pace;
    CHECK(pace.until(now) == now + GroupPace::patience);
    for (int i = 0; i < 100; ++i)
        pace.group_took(2, std::chrono::milliseconds(100));
    CHECK(pace.until(now) > now + std::chrono::milliseconds(399));
    CHECK(pace.until(now) <= now + std::chrono::milliseconds(400));
}

TEST_CASE("an error is the statement's own where no neighbour and no other moment would change it")
{
    const auto own = [](std::string_view sqlstate) {
        pool::ServerError error;
        error.sqlstate = sqlstate;
        return is_of_the_statement(error);
    };
    for (const char* sqlstate : {"23505", "23502", "22003", "22P02", "HW0PR", "P0001"})
        CHECK(own(sqlstate));
    for (const char* sqlstate : {"40001", "40P01", "55P03", "57014", "53100", "26000", "0A000", "42P01", ""})
        CHECK_FALSE(own(sqlstate));
    CHECK_FALSE(own(dialect::stale_schema_sqlstate));
}

TEST_CASE("writes that come while others are under way go together when those are over")
{
    Clients c;
    c.together({"a", "b", "c"});
    c.until_told(3);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "a", "b", "c"}});
    CHECK(c.told == Texts{"a did 1", "b did 1", "c did 1"});
    CHECK(c.totals.write_groups == 1);
    CHECK(c.totals.grouped_writes == 3);
}

TEST_CASE("a group of a single writer's database takes the writer lock and its turn")
{
    Clients c("single");
    c.together({"a", "b"});
    c.until_told(2);
    CHECK(c.server.packets == std::vector<Texts>{{waits, dialect::short_writer_lock_statement("main"), "a", "b"}});
    CHECK(c.told == Texts{"a did 1", "b did 1"});
    CHECK(c.database->writers().try_take());
    CHECK(c.database->flush().writers() == 0);
}

TEST_CASE("what fails leaves, and the others are sent again without it")
{
    Clients c;
    c.server.fails = {{"b", "23505"}};
    c.together({"a", "b", "c"});
    c.until_told(5);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "a", "b"}, {waits, "a", "c"}});
    CHECK(c.told == Texts{"a again", "c again", "b left", "a did 1", "c did 1"});
    CHECK(c.writes[1]->plan->estimate.fails());
    CHECK_FALSE(c.writes[0]->plan->estimate.fails());
    CHECK(c.totals.grouped_writes == 2);
}

TEST_CASE("a group that fails again and again is given up")
{
    Clients c;
    c.server.fails = {{"a", "23505"}, {"b", "22003"}, {"c", "HW0PR"}};
    c.together({"a", "b", "c", "d"});
    c.until_told(9);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "a"}, {waits, "b"}, {waits, "c"}});
    CHECK(c.told ==
          Texts{"b again", "c again", "d again", "a left", "c again", "d again", "b left", "c left", "d left"});
    CHECK(c.totals.write_groups == 0);
}

TEST_CASE("writes of one plan are one statement where that is possible")
{
    Clients c;
    const Plan plan = Write::plan_of("insert", "many");
    c.server.inserts = {{"many", 3}};
    c.keep_busy();
    for (const char* sql : {"a", "b", "c"})
        c.write(sql, plan);
    c.write("d");
    c.write("e", plan, 2);
    c.until_told(5);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "many", "d", "e", "e behind"}});
    CHECK(c.told == Texts{"a did 1", "b did 1", "c did 1", "d did 1", "e did 2"});
    CHECK(c.totals.grouped_writes == 6);
    CHECK(c.totals.joined_writes == 3);
}

TEST_CASE("where one of those fails they are sent one by one, and stay so for a while")
{
    Clients c;
    const Plan plan = Write::plan_of("insert", "many");
    c.server.inserts = {{"many", 2}};
    const auto two = [&](const std::string& one, const std::string& other) {
        c.told.clear();
        c.server.packets.clear();
        c.keep_busy();
        c.write(one, plan);
        c.write(other, plan);
    };
    c.server.fails = {{"many", "23505"}, {"b", "23505"}};
    two("a", "b");
    c.until_told(5);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "many"}, {waits, "a", "b"}, {waits, "a"}});
    CHECK(c.told == Texts{"a again", "b again", "a again", "b left", "a did 1"});
    CHECK(c.totals.joined_writes == 0);
    c.server.fails.clear();
    for (plan->apart = 4; plan->apart > 0;) {
        two("c", "d");
        c.until_told(2);
        CHECK(c.server.packets == std::vector<Texts>{{waits, "c", "d"}});
    }
    two("e", "f");
    c.until_told(2);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "many"}});
    CHECK(c.told == Texts{"e did 1", "f did 1"});
}

TEST_CASE("where a joined statement meets an error of the moment all leave")
{
    Clients c;
    const Plan plan = Write::plan_of("insert", "many");
    c.server.fails = {{"many", "55P03"}};
    c.keep_busy();
    c.write("a", plan);
    c.write("b", plan);
    c.until_told(2);
    CHECK(c.told == Texts{"a left", "b left"});
    CHECK(c.server.packets.size() == 1);
    CHECK(plan->apart == 0);
}

TEST_CASE("where somebody else's rule has left out rows nobody knows what has become of whose")
{
    Clients c;
    const Plan plan = Write::plan_of("insert", "many");
    c.server.inserts = {{"many", 1}};
    c.keep_busy();
    c.write("a", plan);
    c.write("b", plan);
    c.until_told(2);
    CHECK(c.told == Texts{"a lost", "b lost"});
}

TEST_CASE("where an error is one of the moment, all leave, and who met it goes on its own for a while")
{
    const auto before = WriteGroups::Clock::now();
    Clients c;
    c.server.fails = {{"b", "55P03"}};
    c.together({"a", "b", "c"});
    c.until_told(3);
    CHECK(c.told == Texts{"a left", "b left", "c left"});
    CHECK(c.server.packets.size() == 1);
    CHECK_FALSE(c.writes[1]->plan->estimate.fails());
    CHECK_FALSE(c.groups().takes(*c.writes[1]->plan, before));
    CHECK(c.groups().takes(*c.writes[0]->plan, before));
}

TEST_CASE("where what goes before the members fails, all leave")
{
    Clients c;
    c.server.fails = {{waits, "42704"}};
    c.together({"a", "b"});
    c.until_told(2);
    CHECK(c.told == Texts{"a left", "b left"});
    CHECK_FALSE(c.writes[0]->plan->estimate.fails());
}

TEST_CASE("a member that has writes of its own behind it shares a group, but is not sent twice")
{
    Clients c;
    c.keep_busy();
    c.write("a");
    c.write("b", 2);
    c.write("c");
    c.until_told(3);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "a", "b", "b behind", "c"}});
    CHECK(c.told == Texts{"a did 1", "b did 2", "c did 1"});
    CHECK(c.totals.grouped_writes == 4);
    c.told.clear();
    c.server.packets.clear();
    c.server.fails = {{"e", "23505"}};
    c.keep_busy();
    c.write("d", 2);
    c.write("e");
    c.write("f");
    c.until_told(4);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "d", "d behind", "e"}, {waits, "f"}});
    CHECK(c.told == Texts{"f again", "d left", "e left", "f did 1"});
}

TEST_CASE("when the connection breaks nobody knows what has become of the group")
{
    Clients c;
    c.server.closes = true;
    c.together({"a", "b"});
    c.until_told(2);
    CHECK(c.told == Texts{"a lost", "b lost"});
}

TEST_CASE("who gives up while it waits leaves, and who goes is told nothing")
{
    Clients c;
    c.together({"a", "b", "c", "d"});
    c.groups().give_up(*c.writes[1]);
    CHECK(c.told.empty());
    c.groups().withdraw(*c.writes[2]);
    c.until_told(3);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "a", "d"}});
    CHECK(c.told == Texts{"b left", "a did 1", "d did 1"});
}

TEST_CASE("who goes while its group is under way is told nothing, and is not sent again")
{
    Clients c;
    c.server.fails = {{"a", "23505"}};
    c.together({"a", "b", "c"});
    c.alone.clear();
    while (c.server.packets.empty())
        c.loop.io.run_one(); // the answer has not been read yet
    c.groups().withdraw(*c.writes[1]);
    c.groups().give_up(*c.writes[2]); // too late
    c.until_told(3);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "a"}, {waits, "c"}});
    CHECK(c.told == Texts{"c again", "a left", "c did 1"});
}

TEST_CASE("who was planned for another schema leaves")
{
    Clients c;
    c.together({"a"});
    c.database->publish(c.database->catalog(), dialect::Catalog::make({}, {{"main", "main"}}, 2));
    c.write("b");
    c.until_told(2);
    CHECK(c.server.packets == std::vector<Texts>{{waits, "b"}});
    CHECK(c.told == Texts{"a left", "b did 1"});
    c.keep_busy();
    c.write("c");
    c.database->mark_stale();
    c.until_told(3);
    CHECK(c.told.back() == "c left");
}

TEST_CASE("a group has so many members, and the next one has the others")
{
    Clients c;
    c.keep_busy();
    for (std::size_t i = 0; i < GroupPace::most_members + 2; ++i)
        c.write("w" + std::to_string(i));
    c.until_told(GroupPace::most_members + 2);
    REQUIRE(c.server.packets.size() == 2);
    CHECK(c.server.packets[0].size() == 1 + GroupPace::most_members);
    CHECK(c.server.packets[1] == Texts{waits, "w64", "w65"});
    CHECK(c.told.back() == "w65 did 1");
}

TEST_CASE("what is under way for longer than expected is nothing to wait for")
{
    Clients c;
    const auto now = WriteGroups::Clock::now();
    CHECK_FALSE(c.groups().is_stuck(now + std::chrono::hours(1)));
    c.keep_busy();
    CHECK_FALSE(c.groups().is_stuck(now));
    CHECK(c.groups().is_stuck(now + std::chrono::hours(1)));
    c.alone.pop_back();
    CHECK_FALSE(c.groups().is_stuck(now + std::chrono::hours(1))); // there is room beside it
}

TEST_CASE("an io_context that goes takes those who wait with it")
{
    std::shared_ptr<Texts> told;
    {
        Clients c;
        const auto taken = c.pool->try_checkout(); // the only connection
        for (const char* sql : {"a", "b", "c"})
            c.write(sql);
        CHECK(c.told.empty());
        told = c.kept;
    }
    CHECK(*told == Texts{"a gone", "b gone", "c gone"});
}
