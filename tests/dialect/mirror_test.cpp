// The mirror: SQLite's own answers about statements, schemas that survive a copy, and a fence that holds.
#include "dialect/catalog.hpp"
#include "dialect/mirror.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>
#include <string>

using namespace howdah::dialect;

namespace {

std::string show(const Value& value)
{
    const ValueView v = view(value);
    switch (v.type) {
    case StorageClass::null:
        return "NULL";
    case StorageClass::integer:
        return std::to_string(v.integer);
    case StorageClass::real:
        return real_text(v.real);
    case StorageClass::text:
        return "'" + std::string(v.bytes) + "'";
    case StorageClass::blob:
        break;
    }
    return "blob of " + std::to_string(v.bytes.size());
}

std::string rows(const Mirror& mirror, std::string_view sql, std::vector<Value> parameters = {},
                 Mirror::SessionValues session = {})
{
    std::string out;
    mirror.query(sql, parameters, session, [&](std::span<const ValueView> row) {
        for (std::size_t i = 0; i < row.size(); ++i)
            out += (i ? "|" : "") + show(to_value(row[i]));
        out += "\n";
    });
    return out;
}

std::string error_of(const std::function<void()>& f)
{
    try {
        f();
    } catch (const Error& error) {
        return error.message;
    }
    return "no error";
}

std::string texts(const Mirror& mirror)
{
    std::string out;
    for (const SchemaRow& row : mirror.schema())
        out +=
            row.schema + " " + row.type + " " + row.name + " " + row.tbl_name + " " + row.sql.value_or("NULL") + "\n";
    return out;
}

Mirror& furnished(Mirror& mirror)
{
    mirror.attach("Aux one");
    mirror.execute(
        "CREATE TABLE gone(k INTEGER PRIMARY KEY AUTOINCREMENT);"
        "DROP TABLE gone;"
        "CREATE TABLE T1(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT UNIQUE, \"c d\" /* why */ REAL DEFAULT 1.5);"
        "CREATE INDEX i1 ON t1(b, \"c d\" DESC) WHERE a > 0;"
        "CREATE VIEW v1 AS SELECT a, b AS bee FROM t1;"
        "CREATE VIRTUAL TABLE f USING fts5(title, body);"
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1);"
        "CREATE TRIGGER tr AFTER INSERT ON t1 BEGIN UPDATE t1 SET b = new.b; END;"
        "CREATE TEMP TABLE tmp(x, y UNIQUE);"
        "CREATE INDEX temp.tmp_i ON tmp(x);"
        "CREATE TEMP VIEW tmp_v AS SELECT x FROM tmp;"
        "CREATE TEMP TRIGGER tmp_t AFTER DELETE ON main.t1 BEGIN SELECT 1; END;"
        "CREATE TABLE \"Aux one\".t2(z INTEGER PRIMARY KEY, w CHECK(w > 0)) WITHOUT ROWID;"
        "CREATE INDEX \"Aux one\".i2 ON t2(w)");
    return mirror;
}

} // namespace

TEST_CASE("a prepared statement has SQLite's names, types and parameters")
{
    Mirror mirror;
    furnished(mirror);
    const Mirror::Answer answer = mirror.prepare("SELECT a, b AS bee, a+1, ?1, :x FROM t1 WHERE b = @y; SELECT 2");
    REQUIRE_FALSE(answer.error);
    CHECK(answer.columns == std::vector<std::string>{"a", "bee", "a+1", "?1", ":x"});
    CHECK(answer.decltypes[0] == "INTEGER");
    CHECK(answer.decltypes[2] == std::nullopt);
    CHECK(answer.parameter_count == 3);
    CHECK(answer.parameter_names == std::vector<std::string>{"?1", ":x", "@y"});
    CHECK(answer.read_only);
    CHECK(answer.tail == 53);
    CHECK_FALSE(mirror.prepare("INSERT INTO t1(b) VALUES (1)").read_only);
    CHECK(mirror.prepare("EXPLAIN SELECT 1").is_explain);
    CHECK(mirror.prepare("-- nothing").columns.empty());
}

TEST_CASE("an error is SQLite's own, with its code and its place")
{
    Mirror mirror;
    const Mirror::Answer answer = mirror.prepare("SELECT nope");
    REQUIRE(answer.error);
    CHECK(answer.error->message == "no such column: nope");
    CHECK(answer.error->code == 1);
    CHECK(answer.error->sqlstate == "42703");
    CHECK(answer.error->span.begin == 7);
    CHECK(mirror.prepare("SELEC 1").error->message == "near \"SELEC\": syntax error");
    CHECK(mirror.prepare("CREATE TABLE t(a, a)").error->message == "duplicate column name: a");
}

TEST_CASE("a copy has the same schema and can be changed")
{
    Mirror mirror;
    furnished(mirror);
    const auto copy = mirror.clone();
    CHECK(texts(*copy) == texts(mirror));
    copy->execute("ALTER TABLE t1 RENAME TO t3; ALTER TABLE t3 RENAME COLUMN b TO bb; DROP INDEX i1; ALTER TABLE t3 "
                  "DROP COLUMN \"c d\"");
    CHECK(texts(*copy).find("c d") == std::string::npos);
    CHECK(texts(mirror).find("c d") != std::string::npos);
}

TEST_CASE("a copy of a copy takes DDL of every kind in every database")
{
    Mirror mirror;
    furnished(mirror);
    const auto copy = mirror.clone()->clone();
    copy->execute("DROP TRIGGER tr; DROP TRIGGER tmp_t; DROP VIEW v1; DROP INDEX i1; ALTER TABLE t1 RENAME TO t3; "
                  "ALTER TABLE t3 ADD COLUMN e DEFAULT 5;"
                  "ALTER TABLE t3 DROP COLUMN e; CREATE TABLE many(a, b, c UNIQUE); CREATE INDEX \"Aux one\".i3 ON "
                  "t2(w, z); DROP TABLE f; DROP TABLE r;"
                  "CREATE TEMP TABLE tmp2 AS SELECT 1 AS one; DROP TABLE tmp");
    for (int i = 0; i < 200; ++i)
        copy->execute("CREATE TABLE big" + std::to_string(i) + "(a INTEGER PRIMARY KEY, b TEXT UNIQUE)");
    CHECK(rows(*copy, "SELECT count(*) FROM sqlite_schema") > "400");
    CHECK(texts(mirror).find("big1") == std::string::npos);
    CHECK(rows(mirror, "SELECT count(*) FROM sqlite_schema WHERE name = 't3'") == "0\n");
}

TEST_CASE("a schema is restored from its rows")
{
    Mirror mirror;
    furnished(mirror);
    const std::vector<SchemaRow> saved = mirror.schema();
    Mirror restored;
    restored.load("main", saved);
    restored.attach("Aux one");
    restored.load("Aux one", saved);
    restored.load("temp", saved);
    CHECK(texts(restored) == texts(mirror));
}

TEST_CASE("expressions are evaluated as SQLite does, with the session's values")
{
    const Mirror mirror;
    const Value parameters[] = {std::int64_t{6}, std::string("seven"), Blob{""}};
    CHECK(show(mirror.evaluate("?1 * 7", parameters, {})) == "42");
    CHECK(show(mirror.evaluate("upper(?2) || 1.0", parameters, {})) == "'SEVEN1.0'");
    CHECK(show(mirror.evaluate("typeof(?3)", parameters, {})) == "'blob'");
    CHECK(show(mirror.evaluate("typeof(?4)", parameters, {})) == "'null'");
    CHECK(show(mirror.evaluate("changes() + 10 * total_changes() + 100 * last_insert_rowid()", {}, {1, 2, 3, false})) ==
          "321");
    CHECK(show(mirror.evaluate("1 -- a comment", {}, {})) == "1");
    CHECK(show(mirror.evaluate("'A' LIKE 'a'", {}, {})) == "1");
    CHECK(show(mirror.evaluate("'A' LIKE 'a'", {}, {0, 0, 0, true})) == "0");
    CHECK(show(mirror.evaluate("'A' LIKE 'a'", {}, {})) == "1");
    for (int i = 0; i < 2000; ++i)
        CHECK(mirror.evaluate("?1 + " + std::to_string(i % 700), parameters, {}) == Value(std::int64_t{6 + i % 700}));
    CHECK(error_of([&] { (void)mirror.evaluate("abs(-9223372036854775808)", {}, {}); }) == "integer overflow");
    CHECK(error_of([&] { (void)mirror.evaluate("nope", {}, {}); }) == "no such column: nope");
}

TEST_CASE("what never ends is ended")
{
    const Mirror mirror;
    const auto begin = std::chrono::steady_clock::now();
    CHECK(error_of([&] {
              mirror.query(
                  "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c", {}, {},
                  [](auto) {}, 50);
          }) == "interrupted");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(3));
    CHECK(rows(mirror, "SELECT 1") == "1\n");
}

TEST_CASE("no statement reaches a file or another database")
{
    const std::string path = (std::filesystem::temp_directory_path() / "howdah-mirror-test").string();
    std::filesystem::remove(path);
    Mirror mirror;
    mirror.execute("CREATE TABLE t(a)");
    CHECK(error_of([&] { mirror.execute("ATTACH '" + path + "' AS x"); }) == "not authorized");
    CHECK(error_of([&] { mirror.execute("VACUUM INTO '" + path + "'"); }) == "authorization denied");
    CHECK(error_of([&] { (void)mirror.evaluate("load_extension('x')", {}, {}); }) ==
          "not authorized to use function: load_extension");
    CHECK(error_of([&] { mirror.query("DELETE FROM t", {}, {}, [](auto) {}); }) == "not authorized");
    CHECK(error_of([&] { mirror.query("CREATE TABLE u(a)", {}, {}, [](auto) {}); }) == "not authorized");
    CHECK(error_of([&] { mirror.query("BEGIN", {}, {}, [](auto) {}); }) == "not authorized");
    CHECK(error_of([&] { (void)mirror.evaluate("fts3_tokenizer('x', x'0000000000000000')", {}, {}); }) != "no error");
    const Value addresses[] = {Blob{"AAAAAAAA"}, std::string("simple")};
    CHECK(error_of([&] { (void)mirror.evaluate("fts3_tokenizer('x', ?1)", addresses, {}); }) ==
          "fts3tokenize disabled");
    CHECK(show(mirror.evaluate("fts3_tokenizer(?2) IS NULL", addresses, {})) == "1");
    CHECK_FALSE(mirror.prepare("ATTACH '" + path + "' AS x").error);
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a pragma that is only prepared has no effect")
{
    const Mirror mirror;
    CHECK_FALSE(mirror.prepare("PRAGMA foreign_keys = ON").error);
    CHECK_FALSE(mirror.prepare("PRAGMA case_sensitive_like = ON").error);
    CHECK_FALSE(mirror.prepare("PRAGMA writable_schema = ON").error);
    CHECK(rows(mirror, "PRAGMA foreign_keys") == "0\n");
    CHECK(show(mirror.evaluate("'A' LIKE 'a'", {}, {})) == "1");
    CHECK(mirror.prepare("DELETE FROM sqlite_schema").error);
    CHECK(mirror.prepare("PRAGMA table_info(x)").columns.size() == 6);
}
