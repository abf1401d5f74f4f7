#include "dialect/column_storage.hpp"

#include <catch2/catch.hpp>

using namespace howdah::dialect;

TEST_CASE("column_storage: what storage_text() says is read again")
{
    CHECK(storage_text({PgType::int8, {PgType::text, true}, PgType::v}) == "int8,text long,v");
    for (const PgType type : {PgType::int8, PgType::float8, PgType::text, PgType::bytea, PgType::numeric, PgType::v})
        for (const bool long_keys : {false, true}) {
            const ColumnStorage storage{type, long_keys};
            CHECK(read_storage(storage_text(std::vector{storage})) == storage);
        }
}

TEST_CASE("column_storage: a word that is not known is a value of any class")
{
    CHECK(read_storage("jsonb") == ColumnStorage(PgType::v));
    CHECK(read_storage("text longer") == ColumnStorage(PgType::v));
}

TEST_CASE("column_storage: a catalog keeps it")
{
    const auto catalog =
        Catalog::make({{"main", "table", "t", "t", "CREATE TABLE t(a TEXT UNIQUE, b)", "text long,v"}}, {}, 1);
    const Table* table = catalog->find_table("main", "t");
    REQUIRE(table);
    CHECK(table->columns[0].long_keys);
    CHECK_FALSE(table->columns[1].long_keys);
    CHECK(storage_text(*table) == "text long,v");
}
