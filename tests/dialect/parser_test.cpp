// Trees, spans and messages of the parser.
#include "dialect/error.hpp"
#include "dialect/parser.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace howdah::dialect;

namespace {

std::string tree(std::string_view sql)
try {
    const std::optional<Statement> statement = parse(sql);
    return statement ? dump(*statement) : "nothing";
} catch (const Error& error) {
    return error.message;
}

std::string expr(std::string_view text)
try {
    return dump(*parse_expression(text));
} catch (const Error& error) {
    return error.message;
}

// The names SQLite would give the result columns that have no alias.
std::string names(std::string_view sql)
{
    const std::optional<Statement> statement = parse(sql);
    std::string out;
    for (const ResultColumn& column : std::get<SelectPtr>(statement->node)->cores.front().columns)
        out += "<" + std::string(column.span.of(sql)) + ">";
    return out;
}

} // namespace

TEST_CASE("operators bind as parse.y says")
{
    CHECK(expr("1+2*3||4") == "(+ 1 (* 2 (|| 3 4)))");
    CHECK(expr("a OR b AND NOT c = d") == "(or a (and b (not (= c d))))");
    CHECK(expr("a = b NOT NULL") == "(not-null (= a b))");
    CHECK(expr("a < b NOT LIKE c") == "(not-like (< a b) c)");
    CHECK(expr("- a COLLATE nocase") == "(collate (- a) nocase)");
    CHECK(expr("a || b COLLATE nocase") == "(|| a (collate b nocase))");
    CHECK(expr("1 + NOT 2 = 3") == "(+ 1 (not (= 2 3)))");
    CHECK(expr("a BETWEEN b AND c AND d") == "(and (between a b c) d)");
    CHECK(expr("a NOT BETWEEN b OR x AND c AND d") == "incomplete input");
    CHECK(expr("a BETWEEN b = c AND d = e") == "(= (between a (= b c) d) e)");
    CHECK(expr("a LIKE b ESCAPE c || d = e") == "(= (like a b (escape (|| c d))) e)");
    CHECK(expr("a IS NOT b = c") == "(= (is-not a b) c)");
    CHECK(expr("a IS NOT DISTINCT FROM b") == "(is a b)");
    CHECK(expr("a IS DISTINCT FROM NULL") == "(not-null a)");
    CHECK(expr("a ISNULL NOTNULL") == "(not-null (is-null a))");
    CHECK(expr("a -> b ->> c") == "(->> (-> a b) c)");
    CHECK(expr("a IN ()") == "(in a (list))");
    CHECK(expr("a NOT IN t") == "(not-in a t)");
    CHECK(expr("a IN main.f(1, 2)") == "(in a (table main.f (args 1 2)))");
    CHECK(expr("(a, b) IN (SELECT 1, 2)") == "(in (row a b) (select (columns 1 2)))");
    CHECK(expr("NOT EXISTS (SELECT 1) = 1") == "(not (= (exists (select (columns 1))) 1))");
    CHECK(expr("NOT EXISTS (SELECT 1)") == "(not-exists (select (columns 1)))");
}

TEST_CASE("literals have SQLite's values")
{
    CHECK(expr("9223372036854775807") == "9223372036854775807");
    CHECK(expr("9223372036854775808") == "9.223372036854776e+18");
    CHECK(expr("-9223372036854775808") == "-9223372036854775808");
    CHECK(expr("- (9223372036854775808)") == "-9223372036854775808");
    CHECK(expr("-9223372036854775809") == "(- 9.223372036854776e+18)");
    CHECK(expr("0xFFFFFFFFFFFFFFFF") == "-1");
    CHECK(expr("0x00000000000000001A") == "26");
    CHECK(expr("1e400") == "9e999");
    CHECK(expr("5.") == "5.0");
    CHECK(expr("x'4142' || 'it''s' || TRUE || current_date") == "(|| (|| (|| x'4142' 'it''s') TRUE) CURRENT_DATE)");
    CHECK(expr("\"true\" + [false] + `x`") == "(+ (+ \"true\" false) x)");
}

TEST_CASE("words that fall back to names")
{
    CHECK(tree("SELECT replace(a, 1, 2), desc, key FROM offset AS plan ORDER BY temp DESC NULLS LAST") ==
          "(query\n  (select (columns (call replace a 1 2) desc key) (from (table offset (as plan))))\n  (order (by "
          "temp desc nulls-last)))");
    CHECK(tree("SELECT a like FROM t") == "near \"FROM\": syntax error");
    CHECK(tree("SELECT cast FROM t") == "near \"FROM\": syntax error");
    CHECK(tree("SELECT left FROM cross") == "(select (columns left) (from cross))");
    CHECK(tree("DROP TABLE if") == "incomplete input");
    CHECK(tree("SELECT indexed FROM t") == "(select (columns indexed) (from t))");
    CHECK(tree("SELECT end FROM t") == "(select (columns end) (from t))");
    CHECK(tree("WITH recursive AS (SELECT 1) SELECT 1") == "near \"AS\": syntax error");
}

TEST_CASE("joins and parentheses in FROM")
{
    CHECK(tree("SELECT * FROM a, b JOIN c ON x NATURAL LEFT OUTER JOIN d USING (y)") ==
          "(select (columns *) (from a (, b) (join c (on x)) (natural-left d (using y))))");
    CHECK(tree("SELECT * FROM (a JOIN b) JOIN c") == "(select (columns *) (from a (join b) (join c)))");
    CHECK(tree("SELECT * FROM x, (a JOIN b ON 1) AS j") ==
          "(select (columns *) (from x (, (in (from a (join b (on 1))) (as j)))))");
    CHECK(tree("SELECT * FROM x, (a AS b)") == "(select (columns *) (from x (, a)))");
    CHECK(tree("SELECT * FROM (a AS b)") == "(select (columns *) (from (table a (as b))))");
    CHECK(tree("SELECT * FROM t INDEXED BY i, main.u NOT INDEXED, f(1) AS g") ==
          "(select\n  (columns *)\n  (from (table t (indexed-by i)) (, (table main.u not-indexed)) (, (table f (args "
          "1) (as g)))))");
    CHECK(tree("SELECT * FROM a LEFT INNER JOIN b") == "unknown join type: LEFT INNER");
    CHECK(tree("SELECT * FROM a ON b") == "a JOIN clause is required before ON");
    CHECK(tree("SELECT * FROM a FULL JOIN b RIGHT JOIN c CROSS JOIN d") ==
          "(select (columns *) (from a (full b) (right c) (cross d)))");
}

TEST_CASE("compound SELECTs are left-associative and ordered at the end")
{
    CHECK(tree("SELECT 1 UNION SELECT 2 EXCEPT VALUES (3), (4) ORDER BY 1") == "near \"ORDER\": syntax error");
    CHECK(tree("VALUES (1, 2), (3, 4) UNION ALL SELECT 5, 6 ORDER BY 1 LIMIT 2, 1") ==
          "(query (union-all (values (row 1 2) (row 3 4)) (select (columns 5 6))) (order 1) (limit 1) (offset 2))");
    CHECK(tree("SELECT 1 ORDER BY 1 UNION SELECT 2") == "ORDER BY clause should come after UNION not before");
    CHECK(tree("SELECT 1 LIMIT 1 EXCEPT SELECT 2") == "LIMIT clause should come after EXCEPT not before");
    CHECK(tree("WITH a(x) AS MATERIALIZED (SELECT 1) SELECT x FROM a") ==
          "(query (with (table a (columns x) materialized (select (columns 1)))) (select (columns x) (from a)))");
}

TEST_CASE("windows")
{
    CHECK(expr("sum(DISTINCT a) FILTER (WHERE b)") == "(call sum distinct a (filter b))");
    CHECK(expr("sum(a) OVER (w PARTITION BY b ORDER BY c ROWS 2 PRECEDING EXCLUDE TIES)") ==
          "(call sum a (over (base w) (partition b) (order c) (rows (preceding 2) current-row exclude-ties)))");
    CHECK(expr("count(*) OVER win") == "(call count * (over (name win)))");
    CHECK(expr("sum(a) OVER (ROWS 1 FOLLOWING)") == "unsupported frame specification");
    CHECK(tree("SELECT sum(a) OVER w FROM t WINDOW w AS (ORDER BY b)") ==
          "(select (columns (call sum a (over (name w)))) (from t) (window w (as (order b))))");
}

TEST_CASE("writes")
{
    CHECK(tree("INSERT OR IGNORE INTO main.t AS x(a, b) VALUES (1, 2) ON CONFLICT (a COLLATE nocase DESC) WHERE b DO "
               "UPDATE SET a = excluded.a, (b, c) = (1, 2) WHERE 1 "
               "ON CONFLICT DO NOTHING RETURNING *, a AS z") ==
          "(insert\n  or-ignore\n  main.t\n  (as x)\n  (columns a b)\n  (values (row 1 2))\n"
          "  (on-conflict\n    (target (by (collate a nocase) desc))\n    (target-where b)\n    (set (= a excluded.a) "
          "(= (row b c) (row 1 2)))\n    (where 1))\n"
          "  (on-conflict nothing)\n  (returning * (as a z)))");
    CHECK(tree("REPLACE INTO t DEFAULT VALUES") == "(insert or-replace t default-values)");
    CHECK(tree("UPDATE OR FAIL t AS u SET a = 1 FROM v WHERE b RETURNING a ORDER BY c LIMIT 1 OFFSET 2") ==
          "(update\n  or-fail\n  (table t (as u))\n  (set (= a 1))\n  (from v)\n  (where b)\n  (returning a)\n  (order "
          "c)\n"
          "  (limit 1)\n  (offset 2))");
    CHECK(tree("DELETE FROM t INDEXED BY i WHERE a") == "(delete (table t (indexed-by i)) (where a))");
}

TEST_CASE("schema statements")
{
    CHECK(tree("CREATE TEMP TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY DESC ON CONFLICT FAIL AUTOINCREMENT, b "
               "VARCHAR(10) NOT NULL DEFAULT -1 COLLATE nocase, "
               "c AS (a) STORED, d REFERENCES p(x) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, CONSTRAINT u "
               "UNIQUE (b) CHECK (a > 0)) WITHOUT ROWID, STRICT") ==
          "CREATE TEMP TABLE IF NOT EXISTS t(a INTEGER PRIMARY KEY DESC ON CONFLICT FAIL AUTOINCREMENT, b VARCHAR(10) "
          "NOT NULL DEFAULT (- 1) COLLATE nocase, "
          "c GENERATED ALWAYS AS (a) STORED, d REFERENCES p(x) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED, "
          "CONSTRAINT u UNIQUE(b), CONSTRAINT u CHECK (a > 0)) "
          "WITHOUT ROWID, STRICT");
    CHECK(tree("CREATE TRIGGER t INSTEAD OF UPDATE OF a, b ON v FOR EACH ROW WHEN new.a BEGIN DELETE FROM x; SELECT "
               "raise(IGNORE); END") == "(create-trigger\n  t\n  instead-of\n  update\n  (of a b)\n  (on v)\n  (when "
                                        "new.a)\n  (delete x)\n  (select (columns (raise or-ignore ''))))");
    CHECK(tree("CREATE VIRTUAL TABLE t USING fts5(a, tokenize = 'x (y', , c(1,2))") ==
          "CREATE VIRTUAL TABLE t USING fts5(a, tokenize = 'x (y', c(1,2))");
    CHECK(tree("CREATE TABLE t(a \"INTEGER\", b GENERATED ALWAYS AS (1))") ==
          "CREATE TABLE t(a INTEGER, b GENERATED ALWAYS AS (1) VIRTUAL)");
    CHECK(tree("CREATE TABLE t(a) WITHOUT oid") == "unknown table option: oid");
    CHECK(tree("ALTER TABLE t RENAME a TO b") == "ALTER TABLE t RENAME COLUMN a TO b");
}

TEST_CASE("session statements")
{
    CHECK(tree("BEGIN IMMEDIATE TRANSACTION x") == "BEGIN IMMEDIATE");
    CHECK(tree("ROLLBACK TRANSACTION TO SAVEPOINT a") == "ROLLBACK TO a");
    CHECK(tree("PRAGMA main.cache_size = -2000") == "PRAGMA main.cache_size = -2000");
    CHECK(tree("PRAGMA table_info([a b])") == "PRAGMA table_info('a b')");
    CHECK(tree("PRAGMA x = ON") == "PRAGMA x = 'ON'");
    CHECK(tree("ATTACH DATABASE ':memory:' AS aux") == "ATTACH ':memory:' AS aux");
    CHECK(tree("VACUUM main INTO 'x'") == "VACUUM main INTO 'x'");
}

TEST_CASE("the text of a result column is verbatim, comments behind it included")
{
    CHECK(names("SELECT a , 1 +  2 /* why */ , \"x\" AS y,t.*, count( * )\n FROM t") ==
          "<a><1 +  2 /* why */><\"x\"><t.*><count( * )>");
}

TEST_CASE("spans reach from the first byte to the last")
{
    const std::string_view sql = "SELECT (a + 1) * b, f(x, y) IS NULL";
    const std::optional<Statement> statement = parse(sql);
    const auto& columns = std::get<SelectPtr>(statement->node)->cores.front().columns;
    const auto& product = *as<Binary>(*columns[0].expr);
    CHECK(product.lhs->span.of(sql) == "(a + 1)");
    CHECK(bare(*product.lhs).span.of(sql) == "a + 1");
    CHECK(columns[1].expr->span.of(sql) == "f(x, y) IS NULL");
    CHECK(as<Unary>(*columns[1].expr)->operand->span.of(sql) == "f(x, y)");
    CHECK(statement->span.of(sql) == sql);
}

TEST_CASE("the first statement is parsed, and the next begins after its semicolon")
{
    std::size_t tail = 0;
    CHECK(parse(" ; ;SELECT 1; 'rest", &tail));
    CHECK(tail == 13);
    CHECK_FALSE(parse(" -- nothing\n ; ", &tail));
    CHECK(tail == 15);
    CHECK(parse("SELECT 1", &tail));
    CHECK(tail == 8);
}

TEST_CASE("parameters are numbered as SQLite numbers them")
{
    const std::optional<Statement> statement = parse("SELECT ?, :a, ?5, ?, :a, $b, ?1");
    std::string out;
    for (const Parameter& parameter : statement->parameters)
        out += std::to_string(parameter.index) + parameter.text + " ";
    CHECK(out == "1? 2:a 5?5 6? 7$b ");
    CHECK(statement->parameter_count == 7);
    CHECK(tree("SELECT ?0") == "variable number must be between ?1 and ?250000");
    CHECK(tree("SELECT ?250000, ?") == "too many SQL variables");
    CHECK(tree("SELECT #1") == "near \"#1\": syntax error");
    CHECK(tree("SELECT ?0 FROM FROM") == "variable number must be between ?1 and ?250000");
    CHECK(tree("SELECT ?0 1") == "near \"1\": syntax error");
}

TEST_CASE("messages are SQLite's")
{
    CHECK(tree("SELEC 1") == "near \"SELEC\": syntax error");
    CHECK(tree("SELECT") == "incomplete input");
    CHECK(tree("SELECT ;") == "near \";\": syntax error");
    CHECK(tree("SELECT 'a") == "unrecognized token: \"'a\"");
    CHECK(tree("SELECT 1 'x' 2x") == "unrecognized token: \"2x\"");
    CHECK(tree("SELECT 1; SELECT 'a") == "(select (columns 1))");
    CHECK(tree("CREATE VIEW v(a DESC) AS SELECT 1") == "syntax error after column name \"a\"");
}

TEST_CASE("nesting and length end with SQLite's limits, not with ours")
{
    const auto repeat = [](std::string_view text, int n) {
        std::string out;
        for (int i = 0; i < n; ++i)
            out += text;
        return out;
    };
    for (const std::string_view open : {"(", "- ", "NOT ", "(SELECT ", "CASE WHEN ", "f(", "1 IN (", "EXISTS(SELECT "})
        CHECK(tree("SELECT " + repeat(open, 100000) + "1") == "parser stack overflow");
    CHECK(tree("SELECT * FROM " + repeat("(", 100000)) == "parser stack overflow");
    CHECK(tree("CREATE VIRTUAL TABLE t USING x" + repeat("(", 100000)) == "parser stack overflow");
    CHECK(tree("SELECT 1" + repeat("+1", 998)) != "Expression tree is too large (maximum depth 1000)");
    CHECK(tree("SELECT 1" + repeat("+1", 100000)) == "Expression tree is too large (maximum depth 1000)");
    CHECK(tree("SELECT 1" + repeat(" NOT NULL", 100000)) == "Expression tree is too large (maximum depth 1000)");
    CHECK(tree("SELECT 1" + repeat(" COLLATE x", 100000)) == "Expression tree is too large (maximum depth 1000)");
    CHECK(tree("SELECT 1" + repeat(" UNION SELECT 1", 499)) != "too many terms in compound SELECT");
    CHECK(tree("SELECT 1" + repeat(" UNION SELECT 1", 500)) == "too many terms in compound SELECT");
    CHECK(tree("SELECT f(1" + repeat(",1", 127) + ")") == "too many arguments on function f");
    CHECK(tree("VALUES (1" + repeat("),(1", 20000) + ")").size() > 20000);
}
