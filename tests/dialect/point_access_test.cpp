// Which statements touch one row that is theirs alone.
#include "schema.hpp"

#include "dialect/compile.hpp"

#include <catch2/catch.hpp>

using namespace howdah::dialect;

namespace {

const Catalog& catalog()
{
    static TestSchema schema = [] {
        TestSchema made;
        for (const char* sql : {
                 "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b INTEGER UNIQUE, c TEXT CHECK(c <> ''))",
                 "CREATE TABLE hidden(a, b)",
                 "CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, a)",
                 "CREATE TABLE keyed(k TEXT PRIMARY KEY, a) WITHOUT ROWID",
                 "CREATE TABLE resolves(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, a)",
                 "CREATE TABLE fired(id INTEGER PRIMARY KEY, a)",
                 "CREATE TRIGGER f AFTER UPDATE ON fired BEGIN UPDATE t SET a = 1; END",
                 "CREATE VIEW v AS SELECT * FROM t",
             })
            made.ddl(sql);
        return made;
    }();
    return schema.catalog();
}

std::string point_of(std::string_view sql, Options options = {.writers = Writers::concurrent})
{
    const std::vector<Value> parameters(4, Value(std::int64_t{1}));
    const auto compiled = compile({sql, catalog(), parameters, options, {}});
    REQUIRE(compiled.has_value());
    const auto& point = compiled->point;
    if (!point)
        return "-";
    switch (point->kind) {
    case PointAccess::Kind::insert:
        return point->draws_rowid.empty() ? "insert" : "insert, drawn";
    case PointAccess::Kind::change:
        return "change by " + std::to_string(compiled->slots[static_cast<std::size_t>(point->slot)].parameter);
    case PointAccess::Kind::read:
        break;
    }
    return "read by " + std::to_string(compiled->slots[static_cast<std::size_t>(point->slot)].parameter);
}

} // namespace

TEST_CASE("a row that is found by its rowid is read, changed or deleted")
{
    CHECK(point_of("UPDATE t SET a = a + ?, c = upper(c) WHERE id = ?") == "change by 2");
    CHECK(point_of("UPDATE t SET a = ?1 WHERE b > 3 AND (?2 = rowid)") == "change by 2");
    CHECK(point_of("DELETE FROM hidden WHERE rowid = ?") == "change by 1");
    CHECK(point_of("SELECT a, b + 1 FROM t WHERE id = ?") == "read by 1");
    CHECK(point_of("SELECT * FROM t AS x WHERE x.id = ? AND a = ?") == "read by 1");
}

TEST_CASE("a new row of values is inserted, and the text that draws its rowid is known")
{
    CHECK(point_of("INSERT INTO t(a, b) VALUES (?, 3)") == "insert, drawn");
    CHECK(point_of("INSERT INTO t VALUES (?, 1, 2, 'x')") == "insert");
    CHECK(point_of("INSERT INTO hidden VALUES (?, abs(?))") == "insert, drawn");
    const auto compiled =
        compile({"INSERT INTO hidden VALUES (1, 2)", catalog(), {}, {.writers = Writers::concurrent}, {}});
    REQUIRE((compiled.has_value() && compiled->point));
    CHECK(compiled->steps.front().sql.find(compiled->point->draws_rowid) != std::string::npos);
}

TEST_CASE("whatever looks at more than that row is something else")
{
    for (const char* sql : {
             "UPDATE t SET a = 1",
             "UPDATE t SET a = 1 WHERE id > ?",
             "UPDATE t SET a = 1 WHERE id = ? OR b = 2",
             "UPDATE t SET a = 1 WHERE b = ?",
             "UPDATE t SET id = 7 WHERE id = ?",
             "UPDATE t SET a = (SELECT max(a) FROM t) WHERE id = ?",
             "UPDATE t SET a = 1 WHERE id = ? AND EXISTS (SELECT 1 FROM hidden)",
             "UPDATE t SET a = 1 WHERE id = ? RETURNING a",
             "UPDATE OR REPLACE t SET b = 1 WHERE id = ?",
             "UPDATE OR IGNORE t SET b = 1 WHERE id = ?",
             "UPDATE resolves SET a = 1 WHERE id = ?",
             "UPDATE fired SET a = 1 WHERE id = ?",
             "UPDATE t SET a = h.a FROM hidden AS h WHERE t.id = ?",
             "UPDATE keyed SET a = 1 WHERE k = ?",
             "INSERT INTO t(a) VALUES (1), (2)",
             "INSERT INTO t(a) SELECT a FROM hidden",
             "INSERT INTO t(a) VALUES ((SELECT 1 FROM hidden))",
             "INSERT OR IGNORE INTO t(a) VALUES (1)",
             "REPLACE INTO t(a) VALUES (1)",
             "INSERT INTO t(b) VALUES (1) ON CONFLICT(b) DO UPDATE SET a = 1",
             "INSERT INTO t(a) VALUES (1) RETURNING id",
             "INSERT INTO counted(a) VALUES (1)",
             "INSERT INTO resolves(a) VALUES (1)",
             "SELECT count(*) FROM t WHERE id = ?",
             "SELECT max(a) OVER () FROM t WHERE id = ?",
             "SELECT t.a FROM t, hidden WHERE t.id = ?",
             "SELECT a FROM t WHERE id = ? UNION ALL SELECT 1",
             "SELECT (SELECT 1 FROM hidden) FROM t WHERE id = ?",
             "SELECT a FROM v WHERE id = ?",
             "DELETE FROM t WHERE id IN (?, ?)",
         }) {
        INFO(sql);
        CHECK(point_of(sql) == "-");
    }
}

TEST_CASE("with one writer at a time, and with foreign keys, nobody asks")
{
    CHECK(point_of("UPDATE t SET a = 1 WHERE id = ?", {}) == "-");
    CHECK(point_of("UPDATE t SET a = 1 WHERE id = ?", {.foreign_keys = true, .writers = Writers::concurrent}) == "-");
}
