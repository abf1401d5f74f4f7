// PostgreSQL's binary fields as SQLite's values, and values as binary parameters.
#include "dialect/error.hpp"
#include "dialect/result_values.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

using namespace howdah::dialect;

namespace {

// "00 01" as bytes.
std::string bytes(std::string_view hex)
{
    std::string out;
    int half = -1;
    for (const char c : hex) {
        if (c == ' ')
            continue;
        const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
        if (half < 0)
            half = digit;
        else {
            out += static_cast<char>(half * 16 + digit);
            half = -1;
        }
    }
    return out;
}

Value decoded(PgType type, std::string_view hex)
{
    const std::string field = bytes(hex);
    return to_value(decode_field(field, type));
}

} // namespace

TEST_CASE("plain types become the class they stand for")
{
    CHECK(decoded(PgType::boolean, "01") == Value(std::int64_t{1}));
    CHECK(decoded(PgType::int8, "ff ff ff ff ff ff ff fe") == Value(std::int64_t{-2}));
    CHECK(decoded(PgType::float8, "3f f8 00 00 00 00 00 00") == Value(1.5));
    CHECK(decoded(PgType::text, "61 62") == Value(std::string("ab")));
    CHECK(decoded(PgType::bytea, "00") == Value(Blob{std::string(1, '\0')}));
    CHECK(to_value(decode_field(std::nullopt, PgType::int8)) == Value());
}

TEST_CASE("NaN is NULL, as in SQLite")
{
    CHECK(decoded(PgType::float8, "7f f8 00 00 00 00 00 00") == Value());
    CHECK(decoded(PgType::numeric, "0000 0000 c000 0000") == Value());
}

TEST_CASE("a number of scale 0 is an INTEGER, any other a REAL")
{
    CHECK(decoded(PgType::numeric, "0000 0000 0000 0000") == Value(std::int64_t{0}));
    CHECK(decoded(PgType::numeric, "0001 0001 0000 0000 0005") == Value(std::int64_t{50000}));
    CHECK(decoded(PgType::numeric, "0005 0004 4000 0000 039a 0d2c 0170 1565 16b0") == // -9223372036854775808
          Value(std::numeric_limits<std::int64_t>::min()));
    CHECK(decoded(PgType::numeric, "0000 0000 0000 0001") == Value(0.0));
    CHECK(decoded(PgType::numeric, "0002 0000 0000 0001 0001 1388") == Value(1.5));
    CHECK(decoded(PgType::numeric, "0001 ffff 4000 0004 0001") == Value(-0.0001));
    CHECK(decoded(PgType::numeric, "0000 0000 d000 0020") == Value(std::numeric_limits<double>::infinity()));
    CHECK(decoded(PgType::numeric, "0000 0000 f000 0020") == Value(-std::numeric_limits<double>::infinity()));
}

TEST_CASE("a dynamic value is the field of the record that is set")
{
    const std::string no_number = "00000003 000006a4 ffffffff ";
    CHECK(decoded(PgType::v, no_number + "00000019 00000002 6869 00000011 ffffffff") == Value(std::string("hi")));
    CHECK(decoded(PgType::v, no_number + "00000019 ffffffff 00000011 00000001 00") ==
          Value(Blob{std::string(1, '\0')}));
    CHECK(
        decoded(PgType::v, "00000003 000006a4 0000000a 0001 0000 0000 0000 0007 00000019 ffffffff 00000011 ffffffff") ==
        Value(std::int64_t{7}));
}

TEST_CASE("bytes that are no value of the type are an error, whatever their length")
{
    CHECK_THROWS_AS(decoded(PgType::int8, "00"), Error);
    CHECK_THROWS_AS(decoded(PgType::int8, "00 00 00 00 00 00 00 00 00"), Error);
    CHECK_THROWS_AS(decoded(PgType::float8, ""), Error);
    CHECK_THROWS_AS(decoded(PgType::numeric, "0005 0004 0000 0000 039a"), Error);
    CHECK_THROWS_AS(decoded(PgType::numeric, "0001 0000 0000 0000 2710"), Error);
    CHECK_THROWS_AS(decoded(PgType::numeric, "0001 7fff 0000 0000 0001"), Error);
    CHECK_THROWS_AS(decoded(PgType::numeric, "ffff 0000 0000 0000"), Error);
    CHECK_THROWS_AS(decoded(PgType::v, "00000002"), Error);
    CHECK_THROWS_AS(decoded(PgType::v, "00000003 000006a4 7fffffff"), Error);
    CHECK_THROWS_AS(decoded(PgType::v, "00000003 00000000 fffffffe"), Error);
}

TEST_CASE("a parameter is sent in binary with its type's OID")
{
    CHECK(encode_parameter(std::int64_t{-2}, PgType::int8).bytes == bytes("ff ff ff ff ff ff ff fe"));
    CHECK(encode_parameter(std::int64_t{1}, PgType::int8).oid == 20);
    CHECK(encode_parameter(1.5, PgType::float8).bytes == bytes("3f f8 00 00 00 00 00 00"));
    CHECK(encode_parameter(std::string("ab"), PgType::text).bytes == "ab");
    CHECK(encode_parameter(Blob{"ab"}, PgType::bytea).oid == 17);
    CHECK_FALSE(encode_parameter(Value(), PgType::text).bytes);
}

TEST_CASE("a parameter that PostgreSQL cannot hold, or of another class, is an error")
{
    CHECK_THROWS_AS(encode_parameter(std::string("a\0b", 3), PgType::text), Error);
    CHECK_THROWS_AS(encode_parameter(std::string("\xff"), PgType::text), Error);
    CHECK_THROWS_AS(encode_parameter(std::string("\xed\xa0\x80"), PgType::text), Error);
    CHECK_THROWS_AS(encode_parameter(std::int64_t{1}, PgType::text), Error);
    CHECK_THROWS_AS(encode_parameter(std::int64_t{1}, PgType::v), Error);
}
