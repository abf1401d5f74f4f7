// What becomes of the answer to a packet of several statements, and of rows that come before their turn.
#include "proxy/ahead.hpp"

#include <catch2/catch.hpp>

using namespace howdah;
using namespace howdah::proxy;

namespace {

// Statements of so many commands each behind a first one.
Ahead packet(std::size_t first, std::initializer_list<std::size_t> behind)
{
    Ahead ahead;
    ahead.commands_of_first = first;
    for (const std::size_t commands : behind)
        ahead.statements.emplace_back().commands = commands;
    return ahead;
}

// `succeeded` commands, and an error if there is one.
pool::BatchResult answered(std::size_t succeeded, const char* sqlstate = nullptr)
{
    pool::BatchResult result;
    for (std::size_t i = 0; i < succeeded; ++i)
        result.results.push_back({"INSERT 0 " + std::to_string(i), 0, false, {}});
    result.transaction_status = 'T';
    if (sqlstate != nullptr) {
        result.error.emplace().sqlstate = sqlstate;
        result.transaction_status = 'E';
    }
    return result;
}

struct Seen final : ReplySink {
    std::string text;
    void on_columns(std::span<const Column> columns) override
    {
        for (const Column& column : columns)
            text += column.name + " ";
    }
    void on_row(std::span<const ValueView> row) override
    {
        for (const ValueView& value : row)
            text += value.type == StorageClass::integer ? std::to_string(value.integer) : std::string(value.bytes);
        text += ";";
    }
    void on_raw_columns(std::span<const RawColumn>) override {}
    void on_raw_row(std::span<const RawField>) override {}
    boost::asio::awaitable<bool> flush() override { co_return true; }
};

} // namespace

TEST_CASE("every statement of a packet gets the results of its own commands")
{
    Ahead ahead = packet(2, {1, 3});
    const auto first = share_out(answered(6), ahead);
    CHECK(first->results.size() == 2);
    REQUIRE(ahead.statements.size() == 2);
    CHECK(ahead.statements[0].answer->value().results.front().tag == "INSERT 0 2");
    CHECK(ahead.statements[1].answer->value().results.size() == 3);
    CHECK(ahead.statements[1].answer->value().transaction_status == 'T');
}

TEST_CASE("an error belongs to the statement whose command failed, and those behind it have not run")
{
    for (const auto& [succeeded, left] : {std::pair<std::size_t, std::size_t>{0, 0}, {1, 0}, {2, 1}, {3, 2}, {5, 2}}) {
        Ahead ahead = packet(2, {1, 3});
        const auto first = share_out(answered(succeeded, "23505"), ahead);
        CAPTURE(succeeded);
        CHECK(first->error.has_value() == (succeeded < 2));
        REQUIRE(ahead.statements.size() == left);
        for (std::size_t i = 0; i < left; ++i) {
            const pool::BatchResult& own = ahead.statements[i].answer->value();
            CHECK(own.error.has_value() == (i + 1 == left));
            CHECK(own.transaction_status == (i + 1 == left ? 'E' : 'T'));
        }
    }
}

TEST_CASE("where the connection broke, no statement of the packet is known to have run or not")
{
    Ahead ahead = packet(1, {1, 1});
    const auto first = share_out(pool::Error(pool::Error::Kind::lost, "gone"), ahead);
    CHECK(first.has_error());
    for (const SentAhead& statement : ahead.statements)
        CHECK(statement.answer->has_error());
}

TEST_CASE("rows are kept until their turn and told once")
{
    KeptRows rows(KeptRows::WhenFull::pauses);
    const std::vector<Column> columns{{"a", std::nullopt}, {"b", std::nullopt}};
    rows.on_columns(columns);
    {
        const std::string gone = "text";
        const ValueView row[] = {{StorageClass::integer, 7, 0, {}}, {StorageClass::text, 0, 0, gone}};
        rows.on_row(row);
        rows.on_row(row);
    }
    Seen seen;
    rows.tell(seen);
    rows.tell(seen);
    CHECK(seen.text == "a b 7text;7text;");
}

TEST_CASE("more rows than can be kept are waited with, or given up")
{
    const std::string wide(KeptRows::most_bytes, 'x');
    const ValueView row[] = {{StorageClass::text, 0, 0, wide}};
    KeptRows pauses(KeptRows::WhenFull::pauses), drops(KeptRows::WhenFull::drops);
    for (KeptRows* rows : {&pauses, &drops}) {
        CHECK_FALSE(rows->is_full());
        rows->on_row(row);
        CHECK(rows->is_full());
    }
    CHECK_FALSE(pauses.gave_up());
    CHECK(drops.gave_up());
}
