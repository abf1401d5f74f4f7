#include "pool/stats.hpp"

#include <catch2/catch.hpp>

TEST_CASE("a histogram counts a value in the first bucket that holds it")
{
    howdah::pool::Histogram h;
    h.add(0.0001); // bounds are inclusive
    h.add(0.0002);
    h.add(100);
    CHECK(h.counts.front() == 1);
    CHECK(h.counts[1] == 1);
    CHECK(h.counts.back() == 1);
    CHECK(h.count == 3);
    CHECK(h.sum == Approx(100.0003));
}
