// Which literals are lifted, and what the statement reads like without them.
#include "dialect/shape.hpp"

#include <catch2/catch.hpp>

using namespace howdah::dialect;

namespace {

// "text | value, value": nothing lifted gives "-".
std::string lifted(std::string_view sql)
{
    Shape shape;
    if (!lift_literals(sql, shape))
        return "-";
    std::string out = shape.text + " |";
    for (const Value& value : shape.values) {
        out += ' ';
        if (const auto* i = std::get_if<std::int64_t>(&value))
            out += std::to_string(*i);
        else if (const auto* r = std::get_if<double>(&value))
            out += "r" + std::to_string(*r);
        else
            out += "'" + std::get<std::string>(value) + "'";
    }
    return out;
}

} // namespace

TEST_CASE("operands of comparisons in the outermost WHERE are lifted")
{
    CHECK(lifted("SELECT a FROM t WHERE id = 7") == "SELECT a FROM t WHERE id = ? | 7");
    CHECK(lifted("select a from t where id=-7 and b<>'it''s';") == "select a from t where id=? and b<>?; | -7 'it's'");
    CHECK(lifted("SELECT a FROM t WHERE x BETWEEN 1 AND 2 AND y > 1.5 ORDER BY 1 LIMIT 3") ==
          "SELECT a FROM t WHERE x BETWEEN ? AND ? AND y > ? ORDER BY 1 LIMIT 3 | 1 2 r1.500000");
    CHECK(lifted("SELECT a FROM t WHERE id IN (1, 2,3)") == "SELECT a FROM t WHERE id IN (?, ?,?) | 1 2 3");
    CHECK(lifted("DELETE FROM t WHERE id = 1 OR (b = 2)") == "DELETE FROM t WHERE id = ? OR (b = ?) | 1 2");
    CHECK(lifted("SELECT a FROM t WHERE b = 9223372036854775808") == "-"); // a REAL that looks like an INTEGER
}

TEST_CASE("rows of VALUES and values of SET are lifted")
{
    CHECK(lifted("INSERT INTO t VALUES (1, 'x', NULL), (-2, 'y', 3.0)") ==
          "INSERT INTO t VALUES (?, ?, NULL), (?, ?, ?) | 1 'x' -2 'y' r3.000000");
    CHECK(lifted("UPDATE t SET a = 5, b = b + 1 WHERE id = 3") == "UPDATE t SET a = ?, b = b + ? WHERE id = ? | 5 1 3");
    CHECK(lifted("UPDATE t SET a = -2 * (b - 5) || 'x', c = (SELECT 1 + 2) + 3") ==
          "UPDATE t SET a = ? * (b - ?) || ?, c = (SELECT 1 + 2) + ? | -2 5 'x' 3");
    CHECK(lifted("UPDATE t SET a = abs(b + 1) + substr(c, 2), d = e -> 'x', f = CASE WHEN g = 1 THEN 2 END") == "-");
    CHECK(lifted("INSERT INTO t VALUES (1) ON CONFLICT(a) DO UPDATE SET b = 2") ==
          "INSERT INTO t VALUES (?) ON CONFLICT(a) DO UPDATE SET b = ? | 1 2");
}

TEST_CASE("a result column that has a name of its own may be a parameter")
{
    CHECK(lifted("SELECT 'token' AS k, 5, 7 AS n FROM t ORDER BY 1") ==
          "SELECT ? AS k, 5, ? AS n FROM t ORDER BY 1 | 'token' 7");
    CHECK(lifted("SELECT DISTINCT 1 AS a FROM t GROUP BY 2") == "-");
    CHECK(lifted("SELECT a FROM (SELECT 1 AS a)") == "-");
}

TEST_CASE("what may name a column, choose one, or belong to a larger constant stays")
{
    CHECK(lifted("SELECT 5, (SELECT b FROM u WHERE c = 6) FROM t") == "-");
    CHECK(lifted("SELECT * FROM (SELECT a FROM t WHERE b = 5)") == "-");
    CHECK(lifted("SELECT a FROM t GROUP BY 1 HAVING count(*) = 2") == "-");
    CHECK(lifted("SELECT a FROM t WHERE b = 5 + c") == "-");
    CHECK(lifted("SELECT a FROM t WHERE b = 'x' COLLATE NOCASE") == "-");
    CHECK(lifted("SELECT a FROM t WHERE b LIKE 'x%'") == "-");
    CHECK(lifted("SELECT a FROM t WHERE (a, b) = (1, 2)") == "-");
    CHECK(lifted("SELECT a FROM t WHERE b - 5 > c") == "-");
    CHECK(lifted("SELECT a FROM t WHERE f(5)") == "-");
    CHECK(lifted("INSERT INTO t VALUES (abs(-5), 1 + 1)") == "-");
    CHECK(lifted("CREATE TABLE t(a CHECK (a = 5))") == "-");
    CHECK(lifted("EXPLAIN SELECT a FROM t WHERE b = 5") == "-");
}

TEST_CASE("a statement with parameters of its own keeps its literals")
{
    CHECK(lifted("SELECT a FROM t WHERE b = ? AND c = 5") == "-");
    CHECK(lifted("SELECT a FROM t WHERE b = :b AND c = 5") == "-");
}
