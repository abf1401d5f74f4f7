// Numbers, parameters and settings of the PostgreSQL wire, value by value.
#include "proxy/pgwire/login.hpp"
#include "proxy/pgwire/number_text.hpp"
#include "proxy/pgwire/parameters.hpp"
#include "proxy/pgwire/settings.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace howdah::proxy::pgwire;
using howdah::proxy::Blob;
using howdah::proxy::Value;

namespace {

std::string float8(double x)
{
    std::string s;
    append_float8(s, x);
    return s;
}
std::string plain(double x)
{
    std::string s;
    append_plain_real(s, x);
    return s;
}
std::string binary_numeric(std::string_view text)
{
    std::string s;
    append_numeric(s, text);
    return s;
}
Value text(Oid type, std::string_view s)
{
    const auto c = to_value(type, false, s, 1);
    INFO(s);
    REQUIRE_FALSE(c.error);
    return c.value;
}
std::string text_error(Oid type, std::string_view s)
{
    const auto c = to_value(type, false, s, 1);
    return c.error ? c.error->sqlstate : "none";
}
Value binary(Oid type, std::string_view s)
{
    const auto c = to_value(type, true, s, 1);
    REQUIRE_FALSE(c.error);
    return c.value;
}
double random_double(std::mt19937_64& random)
{
    while (true) {
        double x = 0;
        const std::uint64_t bits = random();
        std::memcpy(&x, &bits, sizeof x);
        if (std::isfinite(x))
            return x;
    }
}

} // namespace

TEST_CASE("a float8 has a point and the fewest digits that read back")
{
    CHECK(float8(1) == "1.0");
    CHECK(float8(-0.0) == "-0.0");
    CHECK(float8(0.1) == "0.1");
    CHECK(float8(100000) == "100000.0");
    CHECK(float8(1e14) == "100000000000000.0");
    CHECK(float8(1e15) == "1.0e+15");
    CHECK(float8(1.5e300) == "1.5e+300");
    CHECK(float8(0.0001) == "0.0001");
    CHECK(float8(0.00001) == "1.0e-05");
    CHECK(float8(5e-324) == "5.0e-324");
    CHECK(float8(HUGE_VAL) == "Infinity");
    CHECK(float8(-HUGE_VAL) == "-Infinity");
    std::mt19937_64 random(1);
    for (int i = 0; i < 20000; ++i) {
        const double x = random_double(random);
        REQUIRE(std::strtod(float8(x).c_str(), nullptr) == x);
        REQUIRE(std::strtod(plain(x).c_str(), nullptr) == x);
    }
}

TEST_CASE("numeric's binary form goes there and back")
{
    for (const char* s : {"0", "1", "-7", "10000", "123456789", "0.5", "0.00005", "12345.5", "-0.001", "1.0",
                          "9223372036854775807", "100000000000000000000.0", "NaN", "Infinity", "-Infinity"})
        CHECK(numeric_text(binary_numeric(s)).value() == s);
    CHECK(binary_numeric("12345.5") == std::string("\0\3\0\1\0\0\0\1\0\1\x09\x29\x13\x88", 14));
    CHECK_FALSE(numeric_text("short"));
    CHECK_FALSE(numeric_text(std::string("\0\1\0\0\0\0\0\0\x7f\xff", 10)));
    std::mt19937_64 random(3);
    for (int i = 0; i < 5000; ++i) {
        const std::string s = plain(random_double(random));
        REQUIRE(numeric_text(binary_numeric(s)).value() == s);
    }
}

TEST_CASE("text parameters become the value that their type says")
{
    CHECK(text(oid::boolean, "t") == Value(std::int64_t{1}));
    CHECK(text(oid::boolean, " FALSE ") == Value(std::int64_t{0}));
    CHECK(text(oid::int4, "+12") == Value(std::int64_t{12}));
    CHECK(text(oid::int8, "-9223372036854775808") == Value(std::numeric_limits<std::int64_t>::min()));
    CHECK(text_error(oid::int8, "9223372036854775808") == "22003");
    CHECK(text_error(oid::int4, "1.5") == "22P02");
    CHECK(text_error(oid::int4, "") == "22P02");
    CHECK(text(oid::float8, "1e3") == Value(1000.0));
    CHECK(text(oid::float8, "-Infinity") == Value(-HUGE_VAL));
    CHECK(text(oid::float8, "NaN") == Value());
    CHECK(text_error(oid::float8, "0x10") == "22P02");
    CHECK(text_error(oid::float8, "-") == "22P02");
    CHECK(text(oid::numeric, "42") == Value(std::int64_t{42}));
    CHECK(text(oid::numeric, "42.50") == Value(42.5));
    CHECK(text(oid::numeric, "99999999999999999999") == Value(1e20));
    CHECK(text(oid::bytea, "\\x00FF") == Value(Blob{std::string("\0\xff", 2)}));
    CHECK(text(oid::bytea, "a\\\\b\\001") == Value(Blob{"a\\b\1"}));
    CHECK(text_error(oid::bytea, "\\x0") == "22023");
    CHECK(text_error(oid::bytea, "\\9") == "22P02");
    CHECK(text(0, "12") == Value(std::string("12")));
    CHECK(text(oid::timestamptz, "2024-01-01 10:00:00+01") == Value(std::string("2024-01-01 10:00:00+01")));
    CHECK(text(1007, "{1,2}") == Value(std::string("{1,2}")));
}

TEST_CASE("binary dates and times become SQLite's text")
{
    const auto us = [](std::int64_t n) {
        std::string s;
        for (int shift = 56; shift >= 0; shift -= 8)
            s += static_cast<char>(n >> shift);
        return s;
    };
    CHECK(binary(oid::date, std::string("\0\0\0\0", 4)) == Value(std::string("2000-01-01")));
    CHECK(binary(oid::date, "\xff\xff\xff\xff") == Value(std::string("1999-12-31")));
    CHECK(binary(oid::timestamp, us(0)) == Value(std::string("2000-01-01 00:00:00")));
    CHECK(binary(oid::timestamp, us(-1)) == Value(std::string("1999-12-31 23:59:59.999999")));
    CHECK(binary(oid::timestamptz, us(1'500'000)) == Value(std::string("2000-01-01 00:00:01.500000+00:00")));
    CHECK(binary(oid::time, us(3'661'000'000)) == Value(std::string("01:01:01")));
    CHECK(to_value(oid::timestamp, true, us(std::numeric_limits<std::int64_t>::max()), 1).error->sqlstate == "22008");
    CHECK(to_value(1186, true, us(0) + us(0), 1).error->sqlstate == "0A000");
    CHECK(binary(oid::uuid, "0123456789abcdef") == Value(std::string("30313233-3435-3637-3839-616263646566")));
    CHECK(binary(oid::jsonb, "\1{}") == Value(std::string("{}")));
    CHECK(binary(oid::float4, std::string("\x3f\x80\0\0", 4)) == Value(1.0));
}

TEST_CASE("$n is PostgreSQL's number and every other placeholder has SQLite's")
{
    const std::vector<std::string> dollars{"$2", "$1::int8", "$4"};
    const Numbering n = number_parameters(dollars, 3, {});
    CHECK(n.wire_of == std::vector<int>{1, 0, 3});
    CHECK(n.types == std::vector<Oid>{oid::int8, oid::text, oid::text, oid::text});
    const std::vector<std::string> own{"", ":a", "$name"};
    CHECK(number_parameters(own, 3, std::vector<Oid>{oid::int4}).types ==
          std::vector<Oid>{oid::int4, oid::text, oid::text});
    CHECK(number_parameters(std::vector<std::string>{"$0"}, 1, {}).error->sqlstate == "42P02");
    CHECK(number_parameters(std::vector<std::string>{"$99999999999"}, 1, {}).error->sqlstate == "42P02");
    CHECK(number_parameters(std::vector<std::string>{"$1", ":a"}, 2, {}).error->sqlstate == "0A000");
}

TEST_CASE("a setting that would change an answer is refused, the others are kept")
{
    Settings s("ann", "main", "15.20 (howdah)");
    CHECK(s.show("server_version_num") == "150020");
    CHECK_FALSE(s.set("TimeZone", "Europe/Berlin"));
    CHECK(s.show("timezone") == "Europe/Berlin");
    CHECK(s.set("TimeZone", std::nullopt) == std::nullopt);
    CHECK(s.show("timezone") == "UTC");
    CHECK_FALSE(s.set("search_path", "\"$user\", public"));
    CHECK(s.set("search_path", "other")->sqlstate == "0A000");
    CHECK(s.set("server_version", "9")->sqlstate == "55P02");
    CHECK(s.set("nonsense", "1")->sqlstate == "42704");
    CHECK(s.set("standard_conforming_strings", "off")->sqlstate == "0A000");
    CHECK_FALSE(s.set("standard_conforming_strings", "true"));
    CHECK_FALSE(s.set("DateStyle", "ISO"));
    CHECK(s.set("DateStyle", "German")->sqlstate == "0A000");
    CHECK_FALSE(s.set("statement_timeout", "2s"));
    CHECK(s.statement_timeout() == std::chrono::milliseconds(2000));
    CHECK(s.set("statement_timeout", "soon")->sqlstate == "22023");
    CHECK_FALSE(s.set("role", "ann"));
    CHECK(s.set("role", "root")->sqlstate == "0A000");
}

TEST_CASE("the options of a startup packet are read as PostgreSQL reads them")
{
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(parse_options("-c geqo=off --work-mem=1MB -cjit=on") ==
          Pairs{{"geqo", "off"}, {"work_mem", "1MB"}, {"jit", "on"}});
    CHECK(parse_options("-c application_name=a\\ b") == Pairs{{"application_name", "a b"}});
    CHECK(parse_options("-e  -c  --  -c x").empty());
}
