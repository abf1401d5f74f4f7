#include "pool/prepared.hpp"

#include <catch2/catch.hpp>

using howdah::pool::Param;
using howdah::pool::Prepared;

namespace {

// Uses and confirms, in a batch of its own.
std::string prepare(Prepared& prepared, const std::string& sql)
{
    prepared.begin_batch();
    const Prepared::Use use = prepared.use(sql, {});
    if (use.fresh)
        prepared.confirm(use.name);
    prepared.end_batch();
    return use.name + (use.fresh ? " fresh" : "");
}

} // namespace

TEST_CASE("a statement is prepared once")
{
    Prepared prepared(10);
    CHECK(prepare(prepared, "a") == "h1 fresh");
    CHECK(prepare(prepared, "b") == "h2 fresh");
    CHECK(prepare(prepared, "a") == "h1");
    CHECK(prepared.hits == 1);
    CHECK(prepared.misses == 2);
}

// pooling.md 21.
TEST_CASE("the same text with other parameter types is another statement")
{
    Prepared prepared(10);
    prepared.begin_batch();
    CHECK(prepared.use("a", std::vector<Param>{{{}, 20, true}}).name == "h1");
    CHECK(prepared.use("a", std::vector<Param>{{{}, 25, true}}).name == "h2");
    CHECK(prepared.use("a", {}).name == "h3");
    CHECK(prepared.use("a", std::vector<Param>{{"x", 20, true}}).name == "h1");
}

TEST_CASE("the least recently used statement is closed first, and its name is never used again")
{
    Prepared prepared(2);
    prepare(prepared, "a");
    prepare(prepared, "b");
    prepare(prepared, "a");
    CHECK(prepare(prepared, "c") == "h3 fresh");
    CHECK(prepared.take_closing() == std::vector<std::string>{"h2"});
    CHECK(prepare(prepared, "a") == "h1");
    CHECK(prepare(prepared, "b") == "h4 fresh");
    CHECK(prepared.evictions == 2);
}

TEST_CASE("a statement that is used often is prepared again, ever more seldom")
{
    Prepared prepared(10);
    std::vector<int> fresh;
    for (int i = 1; i <= 4033; ++i)
        if (prepare(prepared, "a").ends_with("fresh"))
            fresh.push_back(i);
    CHECK(fresh == std::vector<int>{1, 33, 97, 225, 481, 993, 2017, 3041});
    CHECK(prepared.take_closing() == std::vector<std::string>{"h1", "h2", "h3", "h4", "h5", "h6", "h7"});
    CHECK(prepared.size() == 1);
    CHECK(prepared.misses == 8);
    CHECK(prepared.evictions == 0);
}

TEST_CASE("what a batch has used is not prepared again before the batch ends")
{
    Prepared prepared(10);
    prepare(prepared, "a");
    prepared.begin_batch();
    for (int i = 0; i < 100; ++i)
        CHECK(prepared.use("a", {}).name == "h1");
    CHECK(prepared.take_closing().empty());
    prepared.end_batch();
    CHECK(prepare(prepared, "a") == "h2 fresh");
}

TEST_CASE("a statement that could not be prepared again is not recorded")
{
    Prepared prepared(10);
    for (int i = 0; i < 32; ++i)
        prepare(prepared, "a");
    prepared.begin_batch();
    CHECK(prepared.use("a", {}).fresh);
    prepared.end_batch();
    CHECK(prepared.size() == 0);
    CHECK(prepare(prepared, "a") == "h3 fresh");
}

// pooling.md 22.
TEST_CASE("a statement that this batch uses is never closed, even over the limit")
{
    Prepared prepared(1);
    prepare(prepared, "a");
    prepared.begin_batch();
    prepared.use("a", {});
    prepared.use("b", {});
    prepared.use("c", {});
    CHECK(prepared.take_closing().empty());
    CHECK(prepared.size() == 3);
    prepared.confirm("h2");
    prepared.confirm("h3");
    prepared.end_batch();
    prepare(prepared, "d");
    CHECK(prepared.take_closing() == std::vector<std::string>{"h1", "h2", "h3"});
}

// pooling.md 18.
TEST_CASE("a statement whose Parse failed or was skipped is not recorded")
{
    Prepared prepared(10);
    prepared.begin_batch();
    prepared.use("good", {});
    prepared.use("bad", {});
    prepared.use("skipped", {});
    prepared.confirm("h1");
    prepared.end_batch();
    CHECK(prepare(prepared, "good") == "h1");
    CHECK(prepare(prepared, "bad") == "h4 fresh");
    CHECK(prepare(prepared, "skipped") == "h5 fresh");
}

TEST_CASE("a forgotten statement is closed and prepared anew")
{
    Prepared prepared(10);
    prepare(prepared, "a");
    prepared.forget("h1");
    CHECK(prepared.take_closing() == std::vector<std::string>{"h1"});
    CHECK(prepare(prepared, "a") == "h2 fresh");
    prepared.forget_all();
    CHECK(prepared.take_closing().empty());
    CHECK(prepare(prepared, "a") == "h3 fresh");
}
