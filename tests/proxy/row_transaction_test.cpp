// What a transaction of single rows takes, and what it repeats.
#include "proxy/row_transaction.hpp"

#include <catch2/catch.hpp>

using namespace howdah::proxy;
using howdah::dialect::Compiled;
using howdah::dialect::PointAccess;
using Kind = PointAccess::Kind;

namespace {

Planned planned(Kind kind, const std::string& table, Value value)
{
    Compiled compiled;
    compiled.steps.emplace_back().sql = "INSERT INTO " + table + " VALUES (next(), $1)";
    const bool inserts = kind == Kind::insert;
    compiled.point = PointAccess{kind, table, {}, inserts ? "next()" : ""};
    if (!inserts)
        compiled.point->keys = {{{}, {{0, {}}}}};
    return {std::make_shared<const CachedPlan>(std::move(compiled)), {std::move(value)}};
}

const RowTransaction::Answer changed_one{1, 0, 0, std::nullopt};
RowTransaction::Answer inserted(std::int64_t rowid) { return {1, 0, 0, rowid}; }

const Value one = std::int64_t{1}, two = std::int64_t{2};

} // namespace

TEST_CASE("it begins with a write, and takes writes and what it has locked")
{
    CHECK(RowTransaction::may_begin(planned(Kind::change, "t", one)));
    CHECK_FALSE(RowTransaction::may_begin(planned(Kind::read, "t", one)));
    RowTransaction rows;
    rows.begin();
    CHECK_FALSE(rows.takes(planned(Kind::read, "t", one)));
    rows.ran(planned(Kind::change, "t", one), changed_one);
    CHECK(rows.takes(planned(Kind::read, "t", one)));
    CHECK_FALSE(rows.takes(planned(Kind::read, "t", two)));
    CHECK_FALSE(rows.takes(planned(Kind::read, "u", one)));
    CHECK(rows.takes(planned(Kind::change, "u", two)));
    CHECK(rows.takes(planned(Kind::insert, "u", two)));
    rows.ran(planned(Kind::insert, "u", std::string("x")), inserted(2));
    CHECK(rows.takes(planned(Kind::read, "u", two)));
    rows.ran(planned(Kind::read, "u", std::int64_t{9}), RowTransaction::Answer{});
    CHECK_FALSE(rows.takes(planned(Kind::read, "u", std::int64_t{9})));
}

TEST_CASE("a read fits behind the change of its row that has not been answered yet")
{
    RowTransaction rows;
    rows.begin();
    const Planned change = planned(Kind::change, "t", one), insert = planned(Kind::insert, "t", std::string("x"));
    const Planned* const unanswered[] = {&change, &insert};
    CHECK(rows.takes(planned(Kind::read, "t", one), unanswered));
    CHECK_FALSE(rows.takes(planned(Kind::read, "t", two), unanswered));
    CHECK(rows.takes(planned(Kind::change, "t", two), unanswered));
}

TEST_CASE("a read fits behind what has locked the row of the same key")
{
    const auto keyed = [](Kind kind, std::vector<PointAccess::Key> keys, std::vector<Value> slots) {
        Planned made = planned(kind, "t", Value());
        Compiled compiled;
        compiled.steps = made.plan->steps;
        compiled.point = PointAccess{kind, "t", std::move(keys), {}};
        return Planned{std::make_shared<const CachedPlan>(std::move(compiled)), std::move(slots)};
    };
    const Value a = std::string("a"), b = std::string("b");
    const PointAccess::Key by_text{"t_k", {{0, {}}}}, by_pair{"t_xy", {{0, {}}, {-1, b}}};
    RowTransaction rows;
    rows.begin();
    rows.ran(keyed(Kind::change, {by_text}, {a}), changed_one);
    CHECK(rows.takes(keyed(Kind::read, {by_text}, {a})));
    CHECK_FALSE(rows.takes(keyed(Kind::read, {by_text}, {b})));
    CHECK_FALSE(rows.takes(keyed(Kind::read, {by_pair}, {a})));
    rows.ran(keyed(Kind::insert, {by_text, by_pair}, {b}), inserted(7));
    CHECK(rows.takes(keyed(Kind::read, {by_text}, {b})));
    CHECK(rows.takes(keyed(Kind::read, {by_pair}, {b})));
    CHECK_FALSE(rows.takes(keyed(Kind::read, {{"t_xy", {{0, {}}, {-1, a}}}}, {b})));
    CHECK(rows.takes(keyed(Kind::read, {{{}, {{-1, std::int64_t{7}}}}}, {})));
}

TEST_CASE("a change that found no row has locked none")
{
    CHECK(RowTransaction::holds(planned(Kind::change, "t", one), 1));
    CHECK_FALSE(RowTransaction::holds(planned(Kind::change, "t", one), 0));
    CHECK(RowTransaction::holds(planned(Kind::read, "t", one), 0));
}

TEST_CASE("it keeps a bounded number of statements and bytes")
{
    RowTransaction rows;
    rows.begin();
    for (std::size_t i = 0; i < RowTransaction::most_statements; ++i) {
        REQUIRE(rows.takes(planned(Kind::change, "t", one)));
        rows.ran(planned(Kind::change, "t", one), changed_one);
    }
    CHECK_FALSE(rows.takes(planned(Kind::change, "t", one)));
    rows.end();
    rows.begin();
    CHECK_FALSE(rows.takes(planned(Kind::insert, "t", std::string(RowTransaction::most_bytes + 1, 'x'))));
}

TEST_CASE("what is repeated inserts under the rowid that was told, and its kind is ordinary for a while")
{
    RowTransaction rows;
    rows.begin();
    const Planned first = planned(Kind::insert, "t", one);
    rows.ran(first, inserted(42));
    const auto statements = rows.take();
    CHECK_FALSE(rows.active());
    REQUIRE(statements.size() == 1);
    CHECK(RowTransaction::repeated_sql(statements[0]) == "INSERT INTO t VALUES (42::bigint, $1)");
    int refused = 0;
    while (!RowTransaction::may_begin(first))
        ++refused;
    CHECK(refused == 49);
}
