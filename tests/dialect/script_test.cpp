// Where one statement ends and the next begins.
#include "dialect/script.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using howdah::dialect::first_statement;
using howdah::dialect::is_blank;

namespace {

std::vector<std::string> cut(std::string_view script)
{
    std::vector<std::string> statements;
    while (!script.empty()) {
        const std::size_t length = first_statement(script);
        statements.emplace_back(script.substr(0, length));
        script.remove_prefix(length);
    }
    return statements;
}

using Statements = std::vector<std::string>;

} // namespace

TEST_CASE("a semicolon ends a statement") { CHECK(cut("SELECT 1; SELECT 2") == Statements{"SELECT 1;", " SELECT 2"}); }

TEST_CASE("a semicolon inside a string, a name or a comment is none")
{
    CHECK(cut("SELECT ';', \";\", [;] -- ;\n /* ; */ FROM t; x") ==
          Statements{"SELECT ';', \";\", [;] -- ;\n /* ; */ FROM t;", " x"});
}

TEST_CASE("semicolons before a statement belong to it") { CHECK(cut(";; SELECT 1;") == Statements{";; SELECT 1;"}); }

TEST_CASE("a trigger ends with END")
{
    const std::string trigger =
        "CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t; END;";
    CHECK(cut(trigger + "SELECT 1") == Statements{trigger, "SELECT 1"});
    CHECK(cut("EXPLAIN " + trigger + "SELECT 1") == Statements{"EXPLAIN " + trigger, "SELECT 1"});
}

TEST_CASE("BEGIN and END alone are statements")
{
    CHECK(cut("BEGIN; END; SELECT 1") == Statements{"BEGIN;", " END;", " SELECT 1"});
}

TEST_CASE("spaces, comments and semicolons are blank")
{
    CHECK(is_blank(" ;; -- x\n /* y */ "));
    CHECK(is_blank(""));
    CHECK_FALSE(is_blank("; x"));
}
