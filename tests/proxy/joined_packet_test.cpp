// INSERTs of one plan as one command, and its answer as those of each.
#include "proxy/joined_packet.hpp"

#include <catch2/catch.hpp>

using namespace howdah;
using namespace howdah::proxy;
using namespace std::string_literals;

namespace {

constexpr pool::Oid int8 = 20, text = 25;

Plan inserts(const std::string& many, bool returns_rowid = true)
{
    dialect::Compiled compiled;
    compiled.kind = dialect::Compiled::Kind::write;
    dialect::Step& step = compiled.steps.emplace_back();
    step.sql = "one " + many;
    step.many = many;
    step.slots = {0};
    step.returns_rowid = returns_rowid;
    return std::make_shared<const CachedPlan>(std::move(compiled));
}

struct Rows final : pool::RowSink {
    std::string seen;
    void on_row(std::span<const pool::Field> row) override { seen += *row.front(); }
    boost::asio::awaitable<bool> flush() override { co_return true; }
};

struct Packet {
    pool::Batch batch;
    std::vector<const CachedPlan*> plans;
    std::vector<std::unique_ptr<Rows>> rows;

    void add(const std::string& sql, const CachedPlan* plan = nullptr, std::optional<std::string> value = {},
             pool::Oid type = text)
    {
        pool::Command& command = batch.commands.emplace_back();
        command.sql = sql;
        command.rows = rows.emplace_back(std::make_unique<Rows>()).get();
        if (value)
            command.params.push_back({value, type, true});
        plans.push_back(plan);
    }
    std::vector<std::string> texts() const
    {
        std::vector<std::string> all;
        for (const pool::Command& command : batch.commands)
            all.push_back(command.sql);
        return all;
    }
};

std::vector<std::string> texts(const pool::Batch& batch)
{
    std::vector<std::string> all;
    for (const pool::Command& command : batch.commands)
        all.emplace_back(command.text());
    return all;
}

pool::BatchResult answer(const std::vector<std::string>& tags)
{
    pool::BatchResult result;
    for (const std::string& tag : tags)
        result.results.emplace_back().tag = tag;
    return result;
}

std::vector<std::string> tags(const pool::BatchResult& result)
{
    std::vector<std::string> all;
    for (const pool::CommandResult& one : result.results)
        all.push_back(one.tag);
    return all;
}

void send_row(const pool::Command& command, std::string_view value)
{
    const pool::Field field = value;
    command.rows->on_row({&field, 1});
}

using Texts = std::vector<std::string>;

// lock, a, b, a, x, a
Packet mixed(const Plan& a, const Plan& b)
{
    Packet p;
    p.add("lock");
    p.add("a1", a.get(), "A");
    p.add("b1", b.get(), "B");
    p.add("a2", a.get(), "AA");
    p.add("x");
    p.add("a3", a.get(), "");
    return p;
}

} // namespace

TEST_CASE("commands of one plan become one, where the first of them stands")
{
    const Plan a = inserts("many a"), b = inserts("many b");
    Packet p = mixed(a, b);
    auto joined = JoinedPacket::make(p.batch, p.plans);
    REQUIRE(joined);
    CHECK(texts(joined->batch()) == Texts{"lock", "many a", "b1", "x"});
    CHECK(joined->joined() == 3);
    CHECK(joined->is_joined(1));
    for (const std::size_t alone : {0U, 2U, 3U, 4U})
        CHECK_FALSE(joined->is_joined(alone));
    const pool::Command& many = joined->batch().commands[1];
    CHECK(many.token == a->many_token);
    CHECK(many.token != a->token);
    CHECK(many.prepare);
    joined->give_back(p.batch);
    CHECK(p.texts() == Texts{"lock", "a1", "b1", "a2", "x", "a3"});
    CHECK(p.batch.commands[2].params.front().bytes == "B");
    CHECK(p.batch.commands[3].params.front().bytes == "AA");
}

TEST_CASE("what has no like is left alone")
{
    const Plan a = inserts("many a"), b = inserts("many b");
    Packet p;
    p.add("lock");
    p.add("a1", a.get(), "A");
    p.add("b1", b.get(), "B");
    p.add("x");
    CHECK_FALSE(JoinedPacket::make(p.batch, p.plans));
    CHECK(p.texts() == Texts{"lock", "a1", "b1", "x"});
}

TEST_CASE("parameters become arrays in PostgreSQL's binary format")
{
    const Plan a = inserts("many");
    Packet p;
    p.add("1", a.get(), "\0\0\0\0\0\0\0\7"s, int8);
    p.add("2", a.get(), "\0\0\0\0\0\0\0\10"s, int8);
    const auto joined = JoinedPacket::make(p.batch, p.plans);
    REQUIRE(joined);
    const pool::Param& array = joined->batch().commands.front().params.front();
    CHECK(array.type == 1016);
    CHECK(array.binary);
    CHECK(array.bytes == "\0\0\0\1"s + "\0\0\0\0"s + "\0\0\0\24"s + "\0\0\0\2"s + "\0\0\0\1"s + "\0\0\0\10"s +
                             "\0\0\0\0\0\0\0\7"s + "\0\0\0\10"s + "\0\0\0\0\0\0\0\10"s);
}

TEST_CASE("each has the row of its own values, and the answer that it would have had alone")
{
    const Plan a = inserts("many a"), b = inserts("many b");
    Packet p = mixed(a, b);
    const auto joined = JoinedPacket::make(p.batch, p.plans);
    REQUIRE(joined);
    const auto& sent = joined->batch().commands;
    send_row(sent[1], "7");
    send_row(sent[1], "8");
    send_row(sent[2], "1");
    send_row(sent[1], "9");
    pool::BatchResult result = answer({"SELECT 1", "INSERT 0 3", "INSERT 0 1", "DELETE 5"});
    CHECK(joined->split(result));
    CHECK(tags(result) == Texts{"SELECT 1", "INSERT 0 1", "INSERT 0 1", "INSERT 0 1", "DELETE 5", "INSERT 0 1"});
    Texts rows;
    for (const auto& each : p.rows)
        rows.push_back(each->seen);
    CHECK(rows == Texts{"", "7", "1", "8", "", "9"});
}

TEST_CASE("an error stands where the command that has failed stood")
{
    const Plan a = inserts("many a"), b = inserts("many b");
    Packet p = mixed(a, b);
    const auto joined = JoinedPacket::make(p.batch, p.plans);
    REQUIRE(joined);
    const auto at = [&](std::size_t succeeded) {
        const auto& sent = joined->batch().commands;
        pool::BatchResult result;
        for (std::size_t i = 0; i < succeeded; ++i)
            result.results.emplace_back().tag = joined->is_joined(i) ? "INSERT 0 3" : "INSERT 0 1";
        result.error = pool::server_error("23505", "no");
        CHECK(joined->is_joined(succeeded) == (sent[succeeded].text() == "many a"));
        return result;
    };
    pool::BatchResult lock = at(0), first = at(1);
    CHECK(joined->split(lock));
    CHECK(lock.results.empty());
    CHECK(joined->split(first));
    CHECK(first.results.size() == 1);
    for (int i = 0; i < 3; ++i)
        send_row(joined->batch().commands[1], "7");
    pool::BatchResult alone = at(2), last = at(3);
    CHECK(joined->split(alone));
    CHECK(alone.results.size() == 2); // b1
    CHECK(joined->split(last));
    CHECK(last.results.size() == 4); // x
}

TEST_CASE("rows that were left out are nobody's")
{
    const Plan a = inserts("many"), without_rowid = inserts("many", false);
    for (const Plan& plan : {a, without_rowid}) {
        Packet p;
        p.add("1", plan.get(), "A");
        p.add("2", plan.get(), "B");
        const auto joined = JoinedPacket::make(p.batch, p.plans);
        REQUIRE(joined);
        if (plan->steps.front().returns_rowid)
            send_row(joined->batch().commands.front(), "7");
        pool::BatchResult result = answer({"INSERT 0 1"});
        CHECK_FALSE(joined->split(result));
    }
}
