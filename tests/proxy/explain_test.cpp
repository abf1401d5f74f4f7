// `howdah explain`: the seam between the command line and the compiler.
#include "proxy/explain.hpp"

#include <catch2/catch.hpp>

using howdah::proxy::explain;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("explain shows a statement after each stage")
{
    const auto [text, ok] = explain("SELECT a FROM t WHERE b = ?", "CREATE TABLE t(a INTEGER, b TEXT);", {});
    INFO(text);
    CHECK(ok);
    for (const char* title : {"statement\n", "tokens\n", "tree\n", "resolved\n", "rules that fired\n",
                              "kind\n    query\n", "PostgreSQL\n", "columns\n"})
        CHECK(has(text, title));
    CHECK(has(text, "$1: "));
}

TEST_CASE("explain says what SQLite says of an error")
{
    const auto [text, ok] = explain("SELECT 1; SELECT x FROM t", "", {});
    CHECK(!ok);
    CHECK(has(text, "error\n    no such table: t\n"));
    CHECK(has(explain("SELECT 1", "CREATE TABLE t(a); nonsense", {}).text, "syntax error"));
}

TEST_CASE("explain takes parameters as SQLite's literals, since a plan depends on their classes")
{
    const std::string schema = "CREATE TABLE t(a);";
    CHECK(has(explain("SELECT * FROM t WHERE a = ?", schema, {"'x'"}).text, "as long as it is TEXT"));
    CHECK(has(explain("SELECT * FROM t WHERE a = ?", schema, {"x'00'"}).text, "as long as it is BLOB"));
    CHECK(has(explain("SELECT * FROM t WHERE a = ?", schema, {}).text, "as long as it is INTEGER"));
}
