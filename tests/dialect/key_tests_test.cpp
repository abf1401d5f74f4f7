// When the foreign keys that a write can meet are tested.
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
                 "CREATE TABLE parent(id INTEGER PRIMARY KEY, code TEXT UNIQUE, a)",
                 "CREATE TABLE child(id INTEGER PRIMARY KEY, p INTEGER REFERENCES parent, a)",
                 "CREATE TABLE later(id INTEGER PRIMARY KEY, c TEXT REFERENCES parent(code) DEFERRABLE INITIALLY "
                 "DEFERRED, a)",
                 "CREATE TABLE apart(id INTEGER PRIMARY KEY, a)",
                 "CREATE TABLE logged(id INTEGER PRIMARY KEY, a)",
                 "CREATE TRIGGER f AFTER UPDATE ON logged BEGIN INSERT INTO child(p) VALUES (new.a); END",
                 "CREATE TABLE grand(id INTEGER PRIMARY KEY, c INTEGER REFERENCES child ON DELETE CASCADE)",
                 "CREATE TABLE computed(id INTEGER PRIMARY KEY, a, p INTEGER AS (a + 1) STORED REFERENCES parent)",
                 "CREATE TABLE replaces(id INTEGER PRIMARY KEY, k TEXT UNIQUE ON CONFLICT REPLACE, a)",
                 "CREATE TABLE of_replaces(id INTEGER PRIMARY KEY, r INTEGER REFERENCES replaces)",
                 "CREATE VIEW v AS SELECT * FROM apart",
                 "CREATE TRIGGER w INSTEAD OF INSERT ON v BEGIN INSERT INTO later(c) VALUES (new.a); END",
             })
            made.ddl(sql);
        return made;
    }();
    return schema.catalog();
}

MetKeys met_by(std::string_view sql)
{
    const auto compiled = compile({sql, catalog(), {}, {.foreign_keys = true}, {}});
    REQUIRE(compiled.has_value());
    return compiled->met_keys;
}

std::string tests_of(std::string_view sql)
{
    switch (met_by(sql).tests) {
    case KeyTests::none:
        return "none";
    case KeyTests::at_statement:
        return "at statement";
    case KeyTests::at_commit:
        break;
    }
    return "at commit";
}

bool leaves_children(std::string_view sql) { return met_by(sql).from_parents; }

} // namespace

TEST_CASE("a table without keys meets none")
{
    CHECK(tests_of("INSERT INTO apart(a) VALUES (1)") == "none");
    CHECK(tests_of("UPDATE apart SET id = id + 1") == "none");
    CHECK(tests_of("DELETE FROM apart") == "none");
}

TEST_CASE("a row that refers to another is tested when it is new and when its key or rowid changes")
{
    CHECK(tests_of("INSERT INTO child(p) VALUES (1)") == "at statement");
    CHECK(tests_of("UPDATE child SET p = 2") == "at statement");
    CHECK(tests_of("UPDATE child SET a = 2") == "none");
    CHECK(tests_of("UPDATE child SET id = 2 WHERE id = 1") == "at statement");
    CHECK(tests_of("INSERT INTO later(c) VALUES ('x')") == "at commit");
    CHECK(tests_of("UPDATE later SET a = 2") == "none");
    CHECK(tests_of("DELETE FROM later") == "none");
    CHECK(tests_of("UPDATE computed SET a = 2") == "at statement");
}

TEST_CASE("a row that others refer to is tested when it goes and when that key changes")
{
    CHECK(tests_of("INSERT INTO parent VALUES (1, 'x', 2)") == "none");
    CHECK(tests_of("UPDATE parent SET a = 1") == "none");
    CHECK(tests_of("UPDATE parent SET id = 2 WHERE id = 1") == "at commit"); // a row that moves is any change of it
    CHECK(tests_of("UPDATE parent SET code = 'y'") == "at commit");
    CHECK(tests_of("DELETE FROM parent") == "at commit");
    CHECK(tests_of("INSERT INTO parent VALUES (1, 'x', 2) ON CONFLICT DO UPDATE SET a = 1") == "at commit");
    CHECK(tests_of("INSERT OR REPLACE INTO parent VALUES (1, 'x', 2)") == "at commit");
    CHECK(tests_of("INSERT INTO replaces(k) VALUES ('x')") == "at statement");
    CHECK(tests_of("UPDATE replaces SET k = 'x'") == "at statement");
}

TEST_CASE("what triggers and actions write counts")
{
    CHECK(tests_of("UPDATE logged SET a = 1") == "at statement");
    CHECK(tests_of("INSERT INTO logged(a) VALUES (1)") == "none");
    CHECK(tests_of("DELETE FROM child") == "at statement");
    CHECK(tests_of("INSERT INTO v(a) VALUES ('x')") == "at commit");
}

TEST_CASE("what deletes or changes a row that others refer to may leave them without it")
{
    CHECK(leaves_children("DELETE FROM parent"));
    CHECK(leaves_children("UPDATE parent SET code = 'y'"));
    CHECK(leaves_children("INSERT OR REPLACE INTO parent VALUES (1, 'x', 2)"));
    CHECK(leaves_children("UPDATE replaces SET k = 'x'"));
    CHECK_FALSE(leaves_children("UPDATE parent SET a = 1"));
    CHECK_FALSE(leaves_children("INSERT INTO parent VALUES (1, 'x', 2)"));
    CHECK_FALSE(leaves_children("INSERT INTO later(c) VALUES ('x')"));
    CHECK_FALSE(leaves_children("DELETE FROM later"));
}
