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
