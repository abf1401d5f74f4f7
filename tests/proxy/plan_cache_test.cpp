// Which plans are found, and which leave.
#include "proxy/plan_cache.hpp"

#include <catch2/catch.hpp>

using namespace howdah::proxy;
using howdah::dialect::Compiled;
using howdah::dialect::Options;
using howdah::dialect::Value;

namespace {
Plan plan() { return std::make_shared<const CachedPlan>(Compiled()); }
} // namespace

TEST_CASE("a plan is found by text, settings, catalog and parameter classes")
{
    const std::vector<Value> integer{std::int64_t{1}}, text{std::string("1")};
    Options exact;
    exact.exact_arithmetic = true;
    const auto key = plan_key("SELECT ?", {}, 1, integer);
    CHECK(key == plan_key("SELECT ?", {}, 1, std::vector<Value>{std::int64_t{2}}));
    CHECK(key != plan_key("SELECT ?", {}, 1, text));
    CHECK(key != plan_key("SELECT ?", {}, 2, integer));
    CHECK(key != plan_key("SELECT ?", exact, 1, integer));
    CHECK(key != plan_key("SELECT ?1", {}, 1, integer));
}

TEST_CASE("the plan that was used longest ago leaves first")
{
    PlanCache cache(2);
    cache.add("a", plan());
    cache.add("b", plan());
    CHECK(cache.find("a").size() == 1);
    cache.add("c", plan());
    CHECK(cache.find("b").empty());
    CHECK(cache.find("a").size() == 1);
    CHECK(cache.evictions() == 1);
}

TEST_CASE("one key keeps a bounded number of plans, the newest first")
{
    PlanCache cache(2);
    for (std::size_t i = 0; i < PlanCache::variants + 3; ++i)
        cache.add("a", plan());
    const auto newest = plan();
    cache.add("a", newest);
    CHECK(cache.find("a").size() == PlanCache::variants);
    CHECK(cache.find("a").front() == newest);
}

TEST_CASE("plans leave, too, when they take more memory than they may")
{
    const std::size_t one = plan()->bytes;
    PlanCache cache(1000, 40 * one);
    const std::string long_key(one, 'x'); // a statement's own text counts
    cache.add(long_key, plan());
    for (int i = 0; i < 30; ++i)
        cache.add(std::to_string(i), plan());
    CHECK(cache.find("0").size() == 1);
    CHECK(cache.find(long_key).size() == 1);
    for (int i = 30; i < 100; ++i) {
        CHECK(cache.find("0").size() == 1);
        cache.add(std::to_string(i), plan());
        CHECK(cache.bytes() <= 40 * one);
    }
    CHECK(cache.find(long_key).empty());
    CHECK(cache.find("99").size() == 1);

    const std::size_t plans = cache.size();
    cache.add(std::string(4 * one, 'y'), plan()); // would take the place of several
    CHECK(cache.size() == plans);
}

TEST_CASE("a plan's memory grows with its values, and has no tree in it")
{
    Compiled compiled;
    compiled.kind = Compiled::Kind::write;
    compiled.statement = std::make_shared<howdah::dialect::Statement>();
    compiled.slots.resize(1000);
    const CachedPlan cached(std::move(compiled));
    CHECK(cached.statement == nullptr);
    CHECK(cached.bytes >= 1000 * sizeof(howdah::dialect::Slot));
}
