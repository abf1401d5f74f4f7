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
                 "CREATE TABLE text_keyed(k TEXT PRIMARY KEY, a, n TEXT COLLATE NOCASE UNIQUE)",
                 "CREATE TABLE paired(x INTEGER NOT NULL, y TEXT NOT NULL, a, PRIMARY KEY(x, y)) WITHOUT ROWID",
                 "CREATE TABLE partly(id INTEGER PRIMARY KEY, c TEXT, d TEXT, e)",
                 "CREATE UNIQUE INDEX partly_c ON partly(c) WHERE d IS NULL",
                 "CREATE UNIQUE INDEX partly_d ON partly(d COLLATE NOCASE)",
                 "CREATE UNIQUE INDEX partly_e ON partly(e)",
                 "CREATE TABLE child(id INTEGER PRIMARY KEY, p INTEGER REFERENCES t, a)",
                 "CREATE TABLE later(id INTEGER PRIMARY KEY, p INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED, a)",
                 "CREATE TABLE owner(id INTEGER PRIMARY KEY, a)",
                 "CREATE TABLE owned(id INTEGER PRIMARY KEY, o INTEGER REFERENCES owner ON DELETE CASCADE)",
             })
            made.ddl(sql);
        return made;
    }();
    return schema.catalog();
}

std::string point_of(std::string_view sql, Options options = {.writers = Writers::concurrent},
                     const Value& value = std::int64_t{1})
{
    const std::vector<Value> parameters(4, value);
    const auto compiled = compile({sql, catalog(), parameters, options, {}});
    REQUIRE(compiled.has_value());
    const auto& point = compiled->point;
    if (!point)
        return "-";
    std::string text;
    switch (point->kind) {
    case PointAccess::Kind::insert:
        text = point->draws_rowid.empty() ? "insert" : "insert, drawn";
        break;
    case PointAccess::Kind::change:
        text = "change";
        break;
    case PointAccess::Kind::read:
        text = "read";
        break;
    }
    for (const PointAccess::Key& key : point->keys) {
        text += " by " + key.name;
        for (const PointAccess::Part& part : key.parts) {
            const int parameter = part.slot < 0 ? 0 : compiled->slots[static_cast<std::size_t>(part.slot)].parameter;
            text += text.ends_with(' ') ? "" : " ";
            text += part.slot < 0 ? "literal" : std::to_string(parameter);
        }
    }
    return text;
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
    CHECK(point_of("INSERT INTO t(a, b) VALUES (?, 3)") == "insert, drawn by sqlite_autoindex_t_1 literal");
    CHECK(point_of("INSERT INTO t VALUES (?, 1, 2, 'x')") == "insert by 1 by sqlite_autoindex_t_1 literal");
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
             "UPDATE t SET id = 7 WHERE id = ?",
             "UPDATE t SET a = (SELECT max(a) FROM t) WHERE id = ?",
             "UPDATE t SET a = 1 WHERE id = ? AND EXISTS (SELECT 1 FROM hidden)",
             "UPDATE t SET a = 1 WHERE id = ? RETURNING (SELECT max(a) FROM t)",
             "UPDATE OR REPLACE t SET b = 1 WHERE id = ?",
             "UPDATE OR IGNORE t SET b = 1 WHERE id = ?",
             "UPDATE resolves SET a = 1 WHERE id = ?",
             "UPDATE fired SET a = 1 WHERE id = ?",
             "UPDATE t SET a = h.a FROM hidden AS h WHERE t.id = ?",
             "UPDATE keyed SET a = 1 WHERE k > ?",
             "UPDATE keyed SET a = 1 WHERE k COLLATE NOCASE = ?",
             "UPDATE paired SET a = 1 WHERE x = ?",
             "UPDATE partly SET e = 1 WHERE c = 'x'",
             "UPDATE partly SET e = 1 WHERE d = 'x'",
             "UPDATE partly SET c = 1 WHERE e = 'x'",
             "INSERT INTO t(a) VALUES (1), (2)",
             "INSERT INTO t(a) SELECT a FROM hidden",
             "INSERT INTO t(a) VALUES ((SELECT 1 FROM hidden))",
             "INSERT OR IGNORE INTO t(a) VALUES (1)",
             "REPLACE INTO t(a) VALUES (1)",
             "INSERT INTO t(b) VALUES (1) ON CONFLICT(b) DO NOTHING",
             "INSERT INTO t(b) VALUES (1) ON CONFLICT(b) DO UPDATE SET a = 1 WHERE a > 2",
             "INSERT INTO t(b) VALUES (abs(1)) ON CONFLICT(b) DO UPDATE SET a = 1",
             "INSERT INTO t(b) VALUES (1) ON CONFLICT(b) DO UPDATE SET id = 9",
             "INSERT INTO t(a) VALUES (1) RETURNING (SELECT count(*) FROM t)",
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

TEST_CASE("a row is found by the columns of a unique key, each compared with a value of the column's own class")
{
    const Options options{.writers = Writers::concurrent};
    const Value text = std::string("x");
    CHECK(point_of("UPDATE t SET a = 1 WHERE b = ?") == "change by sqlite_autoindex_t_1 1");
    CHECK(point_of("UPDATE text_keyed SET a = 1 WHERE k = ?", options, text) ==
          "change by sqlite_autoindex_text_keyed_1 1");
    CHECK(point_of("UPDATE text_keyed SET a = 1 WHERE k = ?") == "change by sqlite_autoindex_text_keyed_1 1");
    CHECK(point_of("UPDATE text_keyed SET a = 1 WHERE k = 'x' AND a = 2") ==
          "change by sqlite_autoindex_text_keyed_1 literal");
    CHECK(point_of("SELECT a FROM text_keyed WHERE n = ?", options, text) == "read by sqlite_autoindex_text_keyed_2 1");
    CHECK(point_of("DELETE FROM paired WHERE y = 'x' AND x = ?") == "change by sqlite_autoindex_paired_1 1 literal");
    CHECK(point_of("SELECT a FROM paired WHERE x = ? AND y = ?") == "read by sqlite_autoindex_paired_1 1 2");
    CHECK(point_of("UPDATE keyed SET a = 1 WHERE k = ?", options, text) == "change by sqlite_autoindex_keyed_1 1");
    CHECK(point_of("UPDATE t SET a = 1 WHERE b = ?", options, text) == "-");
    CHECK(point_of("UPDATE t SET a = 1 WHERE b = ?", options, Value()) == "-");
}

TEST_CASE("a new row has the keys that it is given, with ON CONFLICT too, and what was changed is shown")
{
    CHECK(point_of("INSERT INTO paired VALUES (?, 'x', 3)") == "insert by sqlite_autoindex_paired_1 1 literal");
    CHECK(point_of("INSERT INTO t(b) VALUES (1) ON CONFLICT(b) DO UPDATE SET a = excluded.a + 1") ==
          "insert, drawn by sqlite_autoindex_t_1 literal");
    CHECK(point_of("INSERT INTO t(id) VALUES (1) ON CONFLICT(id) DO UPDATE SET a = 1") == "insert by literal");
    CHECK(point_of("INSERT INTO t(id, b) VALUES (5, 1) ON CONFLICT(b) DO UPDATE SET a = 1") ==
          "insert by sqlite_autoindex_t_1 literal"); // the row with that id may be another, which is not locked
    CHECK(point_of("INSERT INTO t(a) VALUES (1) RETURNING id, a") == "insert, drawn");
    CHECK(point_of("UPDATE t SET a = 1 WHERE id = ? RETURNING a") == "change by 1");
    CHECK(point_of("DELETE FROM t WHERE id = 4 RETURNING *") == "change by literal");
}

TEST_CASE("AUTOINCREMENT draws in its own way")
{
    CHECK(point_of("INSERT INTO counted(a) VALUES (1)") == "insert, drawn");
    CHECK(point_of("INSERT INTO counted(a) VALUES (1) RETURNING id") == "insert, drawn");
    CHECK(point_of("INSERT INTO counted VALUES (7, 1)") == "insert by literal");
    CHECK(point_of("UPDATE counted SET a = 1 WHERE id = ?") == "change by 1");
}

TEST_CASE("with one writer at a time nobody asks; foreign keys must not act on other rows")
{
    const Options enforced{.foreign_keys = true, .writers = Writers::concurrent};
    CHECK(point_of("UPDATE t SET a = 1 WHERE id = ?", {}) == "-");
    CHECK(point_of("UPDATE t SET a = 1 WHERE id = ?", enforced) == "change by 1");
    CHECK(point_of("INSERT INTO child(p) VALUES (?)", enforced) == "insert, drawn");
    CHECK(point_of("DELETE FROM child WHERE id = ?", enforced) == "change by 1");
    CHECK(point_of("DELETE FROM t WHERE id = ?", enforced) == "change by 1");
    CHECK(point_of("INSERT INTO later(p) VALUES (?)", enforced) == "insert, drawn");
    CHECK(point_of("UPDATE later SET a = 1 WHERE id = ?", enforced) == "change by 1");
    CHECK(point_of("DELETE FROM owner WHERE id = ?", enforced) == "-");
    CHECK(point_of("UPDATE owner SET a = 1 WHERE id = ?", enforced) == "change by 1");
}
