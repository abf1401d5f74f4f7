// The catalog as SQLite would describe it: keys, rowids, automatic indexes, storage.
#include "dialect/catalog.hpp"
#include "dialect/error.hpp"
#include "dialect/mirror.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace howdah::dialect;

namespace {

std::shared_ptr<const Catalog> catalog_of(std::string_view ddl, std::vector<std::string> attached = {})
{
    Mirror mirror;
    std::vector<Placement> placements = {{"main", "app"}};
    for (const std::string& name : attached) {
        mirror.attach(name);
        placements.push_back({name, "pg_" + name});
    }
    mirror.execute(ddl);
    return Catalog::make(mirror.schema(), placements, 7);
}

std::string describe(const Index& index)
{
    std::string out = index.name + (index.unique ? " unique" : "") + "(";
    for (const IndexColumn& column : index.columns)
        out += std::to_string(column.column) + (column.collation == Collation::nocase ? " nocase" : "") +
               (column.descending ? " desc" : "") + (column.expr ? " expr" : "") + ";";
    return out + ")" + (index.where ? " where" : "") + (index.conflict == ConflictAction::replace ? " replace" : "");
}

std::string describe(const Table& table)
{
    std::string out;
    for (const Column& column : table.columns)
        out += column.name + " " + std::string(pg_type_name(column.storage)) + (column.not_null ? " not null" : "") +
               (column.primary_key ? " pk" + std::to_string(column.primary_key) : "") +
               (column.default_value ? " default " + column.default_text : "") +
               (column.generated == Column::Generated::no       ? ""
                : column.generated == Column::Generated::stored ? " stored"
                                                                : " virtual") +
               "\n";
    out += "rowid " + table.rowid_pg + " alias " + std::to_string(table.rowid_alias) +
           (table.autoincrement ? " autoincrement" : "") + "\n";
    for (const Index& index : table.indexes)
        out += describe(index) + "\n";
    for (const Check& check : table.checks)
        out += "check " + check.name + " [" + check.text + "]\n";
    for (const ForeignKey& key : table.foreign_keys)
        out += "references " + key.parent + (key.deferred ? " deferred" : "") + "\n";
    return out;
}

std::string describe(std::string_view ddl) { return describe(*catalog_of(ddl)->find_table("", "t")); }

} // namespace

TEST_CASE("storage is chosen by declaration")
{
    CHECK(describe(
              "CREATE TABLE t(a INT, b REAL, c VARCHAR(5), d BLOB, e, f DECIMAL(5,2), g BOOLEAN, h DATETIME, i ANY)") ==
          "a bigint\nb double precision\nc text COLLATE \"C\"\nd bytea\ne howdah.v\nf numeric\ng bigint\nh text "
          "COLLATE \"C\"\ni howdah.v\n"
          "rowid rowid alias -1\n");
    CHECK(describe("CREATE TABLE t(a INT, b ANY, c BLOB NOT NULL) STRICT") ==
          "a bigint\nb howdah.v\nc bytea not null\nrowid rowid alias -1\n");
}

TEST_CASE("only the very type INTEGER makes a primary key the rowid")
{
    CHECK(describe("CREATE TABLE t(a INTEGER PRIMARY KEY)") == "a bigint pk1\nrowid a alias 0\n");
    CHECK(describe("CREATE TABLE t(a integer, b, PRIMARY KEY(a DESC))") ==
          "a bigint pk1\nb howdah.v\nrowid a alias 0\n");
    CHECK(describe("CREATE TABLE t(a INTEGER PRIMARY KEY DESC)") ==
          "a bigint pk1\nrowid rowid alias -1\nsqlite_autoindex_t_1 unique(0 desc;)\n");
    CHECK(describe("CREATE TABLE t(a INT PRIMARY KEY)") ==
          "a bigint pk1\nrowid rowid alias -1\nsqlite_autoindex_t_1 unique(0;)\n");
    CHECK(describe("CREATE TABLE t(rowid, _rowid_ INTEGER PRIMARY KEY AUTOINCREMENT)") ==
          "rowid howdah.v\n_rowid_ bigint pk1\nrowid _rowid_ alias 1 autoincrement\n");
    CHECK(describe("CREATE TABLE t(RowID, b)") == "RowID howdah.v\nb howdah.v\nrowid _rowid_ alias -1\n");
    CHECK(describe("CREATE TABLE t(a INTEGER, b TEXT, PRIMARY KEY(b, a)) WITHOUT ROWID") ==
          "a bigint not null pk2\nb text COLLATE \"C\" not null pk1\nrowid  alias -1\nsqlite_autoindex_t_1 "
          "unique(1;0;)\n");
}

TEST_CASE("constraints over the same columns share an index, in SQLite's order")
{
    CHECK(describe("CREATE TABLE t(a UNIQUE, b TEXT COLLATE nocase UNIQUE ON CONFLICT REPLACE, UNIQUE(a), UNIQUE(b, "
                   "a), PRIMARY KEY(b));"
                   "CREATE INDEX z ON t(a+1, b COLLATE binary DESC) WHERE a > 0; CREATE INDEX y ON t(b)") ==
          "a howdah.v\nb text COLLATE \"C\" pk1\nrowid rowid alias -1\n"
          "sqlite_autoindex_t_1 unique(0;)\nsqlite_autoindex_t_2 unique(1 nocase;) replace\nsqlite_autoindex_t_3 "
          "unique(1 nocase;0;)\n"
          "z(-2 expr;1 desc;) where\ny(1 nocase;)\n");
}

TEST_CASE("checks, defaults, generated columns and foreign keys are read")
{
    CHECK(describe("CREATE TABLE t(a CONSTRAINT pos CHECK( a > 0 ) DEFAULT -5, b AS (a*2) STORED, c GENERATED ALWAYS "
                   "AS (a), e DEFAULT 'x''y',"
                   "d DEFAULT (1 + 1) REFERENCES p DEFERRABLE INITIALLY DEFERRED, CHECK(b<>c), FOREIGN KEY(a, b) "
                   "REFERENCES q(x, y) ON DELETE CASCADE)") ==
          "a howdah.v default -5\nb howdah.v stored\nc howdah.v virtual\ne howdah.v default 'x''y'\nd howdah.v default "
          "1 + "
          "1\nrowid rowid alias -1\n"
          "check pos [a > 0]\ncheck  [b<>c]\nreferences p deferred\nreferences q\n");
}

TEST_CASE("objects are found as SQLite finds them: temp, main, attached")
{
    const auto catalog = catalog_of("CREATE TABLE t(a); CREATE TEMP TABLE T(b); CREATE TABLE aux.u(c); CREATE INDEX "
                                    "aux.iu ON u(c); CREATE VIEW w AS SELECT a AS x FROM main.t;"
                                    "CREATE TRIGGER tr AFTER INSERT ON main.t BEGIN SELECT 1; END; CREATE TEMP TRIGGER "
                                    "tt AFTER INSERT ON main.t BEGIN SELECT 2; END",
                                    {"aux"});
    CHECK(catalog->find_table("", "t")->schema == "temp");
    CHECK(catalog->find_table("", "t")->pg_schema == "pg_temp");
    const Table* t = catalog->find_table("MAIN", "T");
    REQUIRE(t);
    CHECK(t->pg_schema == "app");
    REQUIRE(t->triggers.size() == 2);
    CHECK(t->triggers[0].schema == "main");
    CHECK(t->triggers[1].schema == "temp");
    const Table* u = nullptr;
    REQUIRE(catalog->find_index("", "IU", &u));
    CHECK(u->name == "u");
    CHECK(u->pg_schema == "pg_aux");
    CHECK(catalog->find_table("", "w")->kind == Table::Kind::view);
    CHECK(catalog->find_table("", "w")->columns[0].name == "x");
    CHECK_FALSE(catalog->find_table("", "nope"));
    CHECK(catalog->version() == 7);
    CHECK(catalog->mirror().prepare("SELECT c FROM u").error == std::nullopt);
    CHECK(catalog->id() != catalog_of("")->id());
}

TEST_CASE("storage that was promoted is kept")
{
    const auto catalog = Catalog::make({{"main", "table", "t", "t", "CREATE TABLE t(a INT, b TEXT)", "v"}}, {}, 1);
    CHECK(describe(*catalog->find_table("main", "t")) == "a howdah.v\nb text COLLATE \"C\"\nrowid rowid alias -1\n");
}

TEST_CASE("full-text tables, their own tables, and a view on something missing")
{
    const auto catalog =
        catalog_of("CREATE VIRTUAL TABLE f USING fts5(title, body); CREATE VIEW bad AS SELECT * FROM missing");
    CHECK(catalog->find_table("", "f")->kind == Table::Kind::ordinary);
    CHECK(catalog->find_table("", "f")->full_text);
    CHECK(catalog->find_table("", "f")->columns.size() == 4);
    CHECK(catalog->find_table("", "f")->columns[2].hidden);
    CHECK(catalog->find_table("", "f_data")->kind == Table::Kind::virtual_table);
    CHECK(catalog->find_table("", "bad")->columns.empty());
}

TEST_CASE("a damaged text is an error, not a guess")
{
    CHECK_THROWS_AS(Catalog::make({{"main", "table", "t", "t", "CREATE TABEL t(a)", ""}}, {}, 1), Error);
}
