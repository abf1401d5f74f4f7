// LIKE and GLOB patterns as PostgreSQL's.
#include "dialect/rules/patterns.hpp"

#include <catch2/catch.hpp>

using namespace howdah::dialect::rules;

TEST_CASE("a backslash means nothing to SQLite's LIKE and is doubled for PostgreSQL's")
{
    CHECK(like_pattern("a%_\\", "") == "a%_\\\\");
}

TEST_CASE("an escape makes the character after it plain")
{
    CHECK(like_pattern("10x%x_xx%", "x") == "10\\%\\_\\x%");
    CHECK(like_pattern("é€%", "€") == "é\\%");
    CHECK(like_pattern("\\%", "\\") == "\\%");
}

TEST_CASE("a pattern that ends in its escape matches nothing") { CHECK_FALSE(like_pattern("ax", "x")); }

TEST_CASE("a GLOB pattern without a class of characters is one of LIKE's")
{
    CHECK(glob_as_like("a*b?%_\\") == "a%b_\\%\\_\\\\");
    CHECK_FALSE(glob_as_like("[a]"));
}

TEST_CASE("only ASCII letters are folded") { CHECK(ascii_lower("AbÉ") == "abÉ"); }
