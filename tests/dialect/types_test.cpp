// Affinity and physical types; the judge of affinity is SQLite itself.
#include "dialect/catalog.hpp"
#include "dialect/mirror.hpp"
#include "dialect/types.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace howdah::dialect;

namespace {

struct Database {
    sqlite3* db = nullptr;
    Database() { sqlite3_open(":memory:", &db); }
    ~Database() { sqlite3_close(db); }
};

Value stored(sqlite3_stmt* insert, const Value& value)
{
    const ValueView v = view(value);
    switch (v.type) {
    case StorageClass::null:
        sqlite3_bind_null(insert, 1);
        break;
    case StorageClass::integer:
        sqlite3_bind_int64(insert, 1, v.integer);
        break;
    case StorageClass::real:
        sqlite3_bind_double(insert, 1, v.real);
        break;
    case StorageClass::text:
        sqlite3_bind_text(insert, 1, v.bytes.data(), static_cast<int>(v.bytes.size()), SQLITE_TRANSIENT);
        break;
    case StorageClass::blob:
        sqlite3_bind_blob(insert, 1, v.bytes.data(), static_cast<int>(v.bytes.size()), SQLITE_TRANSIENT);
        break;
    }
    REQUIRE(sqlite3_step(insert) == SQLITE_ROW);
    Value result;
    const auto* bytes = static_cast<const char*>(
        sqlite3_column_type(insert, 0) == SQLITE_BLOB ? sqlite3_column_blob(insert, 0) : static_cast<const void*>(""));
    switch (sqlite3_column_type(insert, 0)) {
    case SQLITE_INTEGER:
        result = static_cast<std::int64_t>(sqlite3_column_int64(insert, 0));
        break;
    case SQLITE_FLOAT:
        result = sqlite3_column_double(insert, 0);
        break;
    case SQLITE_TEXT:
        bytes = reinterpret_cast<const char*>(sqlite3_column_text(insert, 0));
        result = std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(insert, 0)));
        break;
    case SQLITE_BLOB:
        result = Blob{std::string(bytes ? bytes : "", static_cast<std::size_t>(sqlite3_column_bytes(insert, 0)))};
        break;
    default:
        break;
    }
    sqlite3_reset(insert);
    return result;
}

std::vector<Value> many_values()
{
    using namespace std::string_literals;
    std::vector<Value> values = {Value{},
                                 std::int64_t{0},
                                 std::int64_t{-1},
                                 std::numeric_limits<std::int64_t>::max(),
                                 std::numeric_limits<std::int64_t>::min(),
                                 std::int64_t{9007199254740993},
                                 0.0,
                                 -0.0,
                                 1.0,
                                 5.5,
                                 -3.0,
                                 1e15,
                                 1e16,
                                 9223372036854775807.0,
                                 -9223372036854775808.0,
                                 9223372036854774784.0,
                                 1e300,
                                 5e-324,
                                 0.1,
                                 1.0 / 3,
                                 std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity(),
                                 123456789012345680.0,
                                 Blob{"12"},
                                 Blob{""},
                                 Blob{"abc"}};
    for (const std::string& text : {""s,
                                    " "s,
                                    "5"s,
                                    " 5"s,
                                    "5 "s,
                                    "\t5\n"s,
                                    "\f5\v\r"s,
                                    "5x"s,
                                    "x5"s,
                                    "5.0"s,
                                    "5."s,
                                    ".5"s,
                                    "."s,
                                    "+5"s,
                                    "-5"s,
                                    "+-5"s,
                                    "--5"s,
                                    "- 5"s,
                                    "5e0"s,
                                    "5e"s,
                                    "5e+"s,
                                    "5e1"s,
                                    "5e-1"s,
                                    "1e400"s,
                                    "-1e400"s,
                                    "1e-400"s,
                                    "0x10"s,
                                    "0X1F"s,
                                    "00012"s,
                                    "-0"s,
                                    "-0.0"s,
                                    "9223372036854775807"s,
                                    "9223372036854775808"s,
                                    "-9223372036854775808"s,
                                    "-9223372036854775809"s,
                                    "9223372036854775807.0"s,
                                    "9007199254740993"s,
                                    "9007199254740993.0"s,
                                    "123456789012345678901234567890"s,
                                    "1 2"s,
                                    "1,000"s,
                                    "1_000"s,
                                    "inf"s,
                                    "nan"s,
                                    "Infinity"s,
                                    "5\0"s,
                                    "5\0x"s,
                                    "\0"s,
                                    "1e5"s,
                                    "1E5"s,
                                    "1e+5"s,
                                    "1.5e300"s,
                                    "4503599627370496.5"s,
                                    "2251799813685248"s,
                                    "2251799813685249.0"s,
                                    "\xc2\xa0"
                                    "5"s,
                                    "5\xff"s,
                                    "000000000000000000000000000000001"s,
                                    "0.1e1"s,
                                    "1e18"s,
                                    "1e19"s,
                                    "12345678901234567"s,
                                    "1234567890123456789"s})
        values.emplace_back(text);
    std::mt19937_64 random(20240501);
    const std::string alphabet = "0123456789012345678901234567899.-+eE x\t";
    for (int i = 0; i < 6000; ++i) {
        std::string text;
        for (auto n = random() % 22 + 1; n > 0; --n)
            text += alphabet[random() % alphabet.size()];
        values.emplace_back(text);
        if (i % 4 == 0)
            values.emplace_back(static_cast<double>(static_cast<std::int64_t>(random())) /
                                static_cast<double>(random() % 1000 + 1));
        if (i % 4 == 1)
            values.emplace_back(static_cast<double>(static_cast<std::int64_t>(random()) >> (random() % 60)));
        if (i % 4 == 2)
            values.emplace_back(static_cast<std::int64_t>(random()) >> (random() % 60));
        if (i % 4 == 3)
            values.emplace_back(std::to_string(static_cast<std::int64_t>(random()) >> (random() % 60)) +
                                (i % 8 == 3 ? ".0" : ""));
    }
    return values;
}

std::string show(const Value& value)
{
    const ValueView v = view(value);
    switch (v.type) {
    case StorageClass::null:
        return "NULL";
    case StorageClass::integer:
        return std::to_string(v.integer);
    case StorageClass::real:
        return "real " + Catch::StringMaker<double>::convert(v.real) + (std::signbit(v.real) ? "-" : "+");
    default:
        return (v.type == StorageClass::text ? "text '" : "blob '") + std::string(v.bytes) + "'";
    }
}

} // namespace

TEST_CASE("affinity is applied on store exactly as SQLite applies it")
{
    Database sqlite;
    const std::vector<Value> values = many_values();
    const std::vector<std::pair<std::string, Affinity>> types = {
        {"INTEGER", Affinity::integer}, {"NUMERIC", Affinity::numeric}, {"REAL", Affinity::real},
        {"TEXT", Affinity::text},       {"BLOB", Affinity::blob},       {"", Affinity::blob}};
    int different = 0;
    for (const auto& [type, affinity] : types) {
        CHECK(affinity_of_type(type) == affinity);
        sqlite3_exec(sqlite.db,
                     ("DROP TABLE IF EXISTS t; CREATE TABLE t(k INTEGER PRIMARY KEY, c " + type +
                      "); INSERT INTO t VALUES (1, NULL)")
                         .c_str(),
                     nullptr, nullptr, nullptr);
        // Two steps: what RETURNING shows has not been through the record yet.
        sqlite3_stmt* write = nullptr;
        REQUIRE(sqlite3_prepare_v2(sqlite.db, "UPDATE t SET c = ?1", -1, &write, nullptr) == SQLITE_OK);
        sqlite3_stmt* read = nullptr;
        REQUIRE(sqlite3_prepare_v2(sqlite.db, "SELECT c FROM t WHERE ?1 IS ?1", -1, &read, nullptr) == SQLITE_OK);
        for (const Value& value : values) {
            const ValueView v = view(value);
            switch (v.type) {
            case StorageClass::null:
                sqlite3_bind_null(write, 1);
                break;
            case StorageClass::integer:
                sqlite3_bind_int64(write, 1, v.integer);
                break;
            case StorageClass::real:
                sqlite3_bind_double(write, 1, v.real);
                break;
            case StorageClass::text:
                sqlite3_bind_text(write, 1, v.bytes.data(), static_cast<int>(v.bytes.size()), SQLITE_TRANSIENT);
                break;
            case StorageClass::blob:
                sqlite3_bind_blob(write, 1, v.bytes.data(), static_cast<int>(v.bytes.size()), SQLITE_TRANSIENT);
                break;
            }
            REQUIRE(sqlite3_step(write) == SQLITE_DONE);
            sqlite3_reset(write);
            const Value expected = stored(read, Value{});
            const Value actual = apply_affinity(value, affinity);
            if (show(actual) != show(expected) && ++different < 20) {
                INFO(type << " <- " << show(value));
                CHECK(show(actual) == show(expected));
            }
        }
        sqlite3_finalize(write);
        sqlite3_finalize(read);
    }
    CHECK(different == 0);
}

TEST_CASE("a declared type has the affinity that SQLite gives it")
{
    CHECK(affinity_of_type("FLOATING POINT") == Affinity::integer);
    CHECK(affinity_of_type("charint") == Affinity::integer);
    CHECK(affinity_of_type("VARCHAR(10)") == Affinity::text);
    CHECK(affinity_of_type("CLOB") == Affinity::text);
    CHECK(affinity_of_type("BLOB") == Affinity::blob);
    CHECK(affinity_of_type("REALBLOB") == Affinity::blob);
    CHECK(affinity_of_type("BLOBREAL") == Affinity::blob);
    CHECK(affinity_of_type("BLOBTEXT") == Affinity::text);
    CHECK(affinity_of_type("TEXTBLOB") == Affinity::text);
    CHECK(affinity_of_type("double precision") == Affinity::real);
    CHECK(affinity_of_type("STRING") == Affinity::numeric);
    CHECK(affinity_of_type("DECIMAL(10,5)") == Affinity::numeric);
    CHECK(affinity_of_type("") == Affinity::blob);
}

TEST_CASE("the narrowest PostgreSQL type carries every class of the set")
{
    const Classes integer = StorageClass::integer, real = StorageClass::real, text = StorageClass::text,
                  blob = StorageClass::blob;
    CHECK(pg_type_of(integer) == PgType::int8);
    CHECK(pg_type_of(integer.with_null()) == PgType::int8);
    CHECK(pg_type_of(real) == PgType::float8);
    CHECK(pg_type_of(integer | real) == PgType::numeric);
    CHECK(pg_type_of(text) == PgType::text);
    CHECK(pg_type_of(blob) == PgType::bytea);
    CHECK(pg_type_of(text | blob) == PgType::v);
    CHECK(pg_type_of(integer | text) == PgType::v);
    CHECK(pg_type_of(Classes()) == PgType::text);
    CHECK(pg_type_of(StorageClass::null) == PgType::text);
    CHECK(pg_type_of(Classes::any()) == PgType::v);
    for (const PgType type : {PgType::int8, PgType::float8, PgType::text, PgType::bytea, PgType::numeric, PgType::v})
        CHECK(pg_type_of(classes_of(type)) == type);
}

TEST_CASE("a name becomes a PostgreSQL identifier that fits and stays distinct")
{
    CHECK(pg_identifier("Users") == "users");
    CHECK(pg_identifier("\xc3\x89t\xc3\xa9") == "\xc3\x89t\xc3\xa9");
    CHECK(equal_names("RowId", "rOWiD"));
    CHECK_FALSE(equal_names("a", "ab"));
    const std::string stem(70, 'x');
    CHECK(pg_identifier(stem + "1").size() == 63);
    CHECK(pg_identifier(stem + "1") != pg_identifier(stem + "2"));
    CHECK(pg_identifier(stem + "A") == pg_identifier(stem + "a"));
    CHECK(pg_identifier(std::string(63, 'y')) == std::string(63, 'y'));
    std::string accented(53, 'x');
    for (int i = 0; i < 10; ++i)
        accented += "\xc3\xa9";
    CHECK(pg_identifier(accented).substr(0, 54) == std::string(53, 'x') + "~");
}
