// The line protocol's text, in both directions.
#include "proxy/json_text.hpp"
#include "proxy/lines/reply.hpp"
#include "proxy/lines/request.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

using namespace howdah::proxy;
using namespace howdah::proxy::lines;

namespace {

Request request(std::string_view line)
{
    auto parsed = parse_request(line);
    if (const auto* bad = std::get_if<BadRequest>(&parsed))
        FAIL(bad->message);
    return std::get<Request>(parsed);
}

std::string complaint(std::string_view line)
{
    auto parsed = parse_request(line);
    const auto* bad = std::get_if<BadRequest>(&parsed);
    return bad != nullptr ? bad->id + "|" + bad->message : "accepted";
}

std::string row(std::vector<Value> values)
{
    std::vector<ValueView> views;
    for (const auto& value : values)
        views.push_back(howdah::dialect::view(value));
    std::string out;
    append_row(out, views);
    return out;
}

Value parameter(const std::string& json)
{
    return request("{\"sql\":\"\",\"params\":[" + json + "]}").positional.at(0);
}

} // namespace

TEST_CASE("a line that does not begin with a brace is SQL")
{
    CHECK(request("SELECT 1").sql == "SELECT 1");
    CHECK(request("").sql.empty());
    CHECK(request("-- {\"sql\":1}").sql == "-- {\"sql\":1}");
    CHECK(request("SELECT 'h\xC3\xA9'").sql == "SELECT 'h\xC3\xA9'");
    CHECK(complaint("SELECT '\xFF'") == "|howdah: the line is not UTF-8");
}

TEST_CASE("a JSON request has sql, params and an id")
{
    const auto r = request(R"(  {"id": 7, "sql": "SELECT ?", "params": [1, "a"]} )");
    CHECK(r.id == "7");
    CHECK(r.sql == "SELECT ?");
    CHECK(r.positional == std::vector<Value>{std::int64_t{1}, std::string("a")});
    CHECK(request(R"({"sql":"x","params":null})").positional.empty());
}

TEST_CASE("an id is echoed whatever it is")
{
    CHECK(request(R"({"sql":"","id":"a\"b"})").id == R"("a\"b")");
    CHECK(request(R"({"sql":"","id":[1,2.5,{"a":null,"b":true}]})").id == R"([1,2.5,{"a":null,"b":true}])");
    CHECK(request(R"({"sql":"","id":null})").id == "null");
    CHECK(request(R"({"sql":"","id":1.0})").id == "1.0");
    CHECK(request(R"({"sql":""})").id.empty());
}

TEST_CASE("parameters keep their storage class exactly")
{
    CHECK(parameter("null") == Value{});
    CHECK(parameter("9223372036854775807") == Value{std::numeric_limits<std::int64_t>::max()});
    CHECK(parameter("-9223372036854775808") == Value{std::numeric_limits<std::int64_t>::min()});
    CHECK(parameter("9223372036854775808") == Value{9223372036854775808.0});
    CHECK(parameter("123456789012345678901234567890") == Value{123456789012345678901234567890.0});
    CHECK(parameter("1.0") == Value{1.0});
    CHECK(parameter("1e3") == Value{1000.0});
    CHECK(parameter("1e999") == Value{std::numeric_limits<double>::infinity()});
    CHECK(parameter("1e-999") == Value{0.0});
    CHECK(parameter(R"({"real":"inf"})") == Value{std::numeric_limits<double>::infinity()});
    CHECK(parameter(R"({"real":"-inf"})") == Value{-std::numeric_limits<double>::infinity()});
    CHECK(parameter(R"({"real":3})") == Value{3.0});
    CHECK(parameter(R"({"integer":"9007199254740993"})") == Value{std::int64_t{9007199254740993}});
    CHECK(parameter("true") == Value{std::int64_t{1}});
    CHECK(parameter(R"("\u0000\ud83d\ude00")") == Value{std::string("\0\xF0\x9F\x98\x80", 5)});
    CHECK(parameter(R"({"blob":"AP8="})") == Value{Blob{std::string("\0\xFF", 2)}});
    CHECK(parameter(R"({"blob":"AP8"})") == Value{Blob{std::string("\0\xFF", 2)}});
    CHECK(parameter(R"({"blob":""})") == Value{Blob{}});
    CHECK(parameter(R"({"text":"/w=="})") == Value{std::string("\xFF")});
}

TEST_CASE("every double survives the journey there and back")
{
    std::mt19937_64 random(42);
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t bits = random();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value))
            continue;
        std::string text;
        append_json_real(text, value);
        REQUIRE(parameter(text) == Value{value});
    }
    CHECK(parameter("0.1") == Value{0.1});
    CHECK(parameter("1.7976931348623157e308") == Value{1.7976931348623157e308});
    CHECK(parameter("2.2250738585072011e-308") == Value{2.2250738585072011e-308});
    CHECK(parameter("9007199254740993.0") == Value{9007199254740993.0});
}

TEST_CASE("what is not a request is answered with an error that says why")
{
    CHECK(complaint("{") == "|howdah: the line is not JSON: incomplete JSON at character 2");
    CHECK(complaint(R"({"id":3,"parms":[]})") == "3|howdah: the request has the unknown key \"parms\"");
    CHECK(complaint(R"({"id":3})") == "3|howdah: the request has neither \"sql\" nor \"hello\"");
    CHECK(complaint(R"({"sql":7})") == "|howdah: \"sql\" must be a string");
    CHECK(complaint(R"({"sql":"","params":[[1]]})") == "|howdah: a parameter cannot be an array");
    CHECK(complaint(R"({"sql":"","params":[{"blob":"=a"}]})") == "|howdah: {\"blob\": \xE2\x80\xA6} must hold base64");
    CHECK(complaint(R"({"sql":"","params":7})") == "|howdah: \"params\" must be an array or an object");
    CHECK(complaint("{\"sql\":\"\xFF\"}").find("not JSON") != std::string::npos);
    CHECK(complaint(R"({"sql":""} x)").find("not JSON") != std::string::npos);
    CHECK(complaint("{\"sql\":" + std::string(100000, '[') + "}").find("not JSON") != std::string::npos);
    CHECK(complaint(R"({"sql":"","hello":{}})") == "|howdah: \"hello\" is a request of its own");
}

TEST_CASE("hello names database, user and password")
{
    const auto r = request(R"({"hello":{"database":"d","user":"u","password":"p"}})");
    CHECK(*r.hello->database == "d");
    CHECK(*r.hello->user == "u");
    CHECK(*r.hello->password == "p");
    CHECK(request(R"({"hello":{}})").hello.has_value());
    CHECK(complaint(R"({"hello":{"databse":"d"}})") == "|howdah: \"hello\" has the unknown key \"databse\"");
}

TEST_CASE("named parameters are found with or without their prefix")
{
    const auto r = request(R"({"sql":"","params":{":a":1,"b":2,"@c":3,"$d":4,":d":5,"7":6}})");
    const std::vector<std::string> names{":a", "@a", "$b", ":c", "$d", ":e", "?7"};
    const std::vector<Value> expected{std::int64_t{1}, std::int64_t{1}, std::int64_t{2}, std::int64_t{3},
                                      std::int64_t{4}, Value{},         std::int64_t{6}};
    CHECK(named_values(r, names) == expected);
    CHECK(named_values(request(R"({"sql":"","params":{"2":"two"}})"), {"", ""}) ==
          std::vector<Value>{Value{}, std::string("two")});
}

TEST_CASE("a row shows every storage class")
{
    CHECK(row({Value{}, std::int64_t{-5}, 1.0, 0.1, 1e20, std::string("a\"\\\n\x01"),
               Blob{std::string("\0\xFF\x10", 3)}}) ==
          "[null,-5,1.0,0.1,1e+20,\"a\\\"\\\\\\n\\u0001\",{\"blob\":\"AP8Q\"}]\n");
    CHECK(row({std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), -0.0}) ==
          "[{\"real\":\"inf\"},{\"real\":\"-inf\"},-0.0]\n");
    CHECK(row({std::string("\xFF")}) == "[{\"text\":\"/w==\"}]\n");
    CHECK(row({}) == "[]\n");
}

TEST_CASE("header, trailer and error are one line each")
{
    std::string out;
    const std::vector<Column> columns{{"a", "INTEGER", ColumnKind::integer},
                                      {"b+1", std::nullopt, ColumnKind::dynamic}};
    append_header(out, "1", columns);
    Outcome outcome;
    outcome.rows = 2;
    outcome.last_insert_rowid = 9;
    append_trailer(out, "1", outcome, true);
    outcome.autocommit = false;
    append_trailer(out, "", outcome, false);
    outcome.total_is_known = false;
    append_trailer(out, "", outcome, false);
    ClientError error;
    error.code = 2067;
    error.name = "SQLITE_CONSTRAINT_UNIQUE";
    error.message = "UNIQUE constraint failed: t.a";
    error.sqlstate = "23505";
    append_error(out, "\"x\"", error, true);
    CHECK(out == R"({"id":1,"columns":["a","b+1"],"decltypes":["INTEGER",null]}
{"id":1,"rows":2,"changes":0,"total_changes":0,"last_insert_rowid":9,"autocommit":true,"more":true}
{"rows":2,"changes":0,"total_changes":0,"last_insert_rowid":9,"autocommit":false}
{"rows":2,"changes":0,"total_changes":null,"last_insert_rowid":9,"autocommit":false}
{"id":"x","error":{"code":2067,"name":"SQLITE_CONSTRAINT_UNIQUE","message":"UNIQUE constraint failed: t.a","sqlstate":"23505"},"autocommit":true}
)");
}

TEST_CASE("what PostgreSQL answered untouched becomes SQLite's classes")
{
    std::vector<RawColumn> columns(6);
    for (std::size_t i = 0; i < 6; ++i) {
        columns[i].name = std::string(1, static_cast<char>('a' + i));
        columns[i].type = std::vector<std::uint32_t>{16, 20, 701, 17, 25, 1700}[i];
    }
    std::string out;
    append_raw_header(out, "", columns);
    append_raw_row(out, columns, std::vector<RawField>{"t", "5", "1", "\\x00ff", "x", "1.50"});
    append_raw_row(out, columns, std::vector<RawField>{"f", std::nullopt, "-Infinity", "\\x", "", "NaN"});
    CHECK(out == R"({"columns":["a","b","c","d","e","f"],"decltypes":[null,null,null,null,null,null]}
[1,5,1.0,{"blob":"AP8="},"x","1.50"]
[0,null,{"real":"-inf"},{"blob":""},"","NaN"]
)");
}

TEST_CASE("UTF-8 is checked as RFC 3629 has it")
{
    CHECK(is_utf8("plain ascii, longer than eight bytes"));
    CHECK(is_utf8("\xC2\x80 \xE0\xA0\x80 \xED\x9F\xBF \xEF\xBF\xBF \xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
    for (const char* wrong : {"\x80", "\xC0\x80", "\xC2", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                              "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "abcdefgh\xE2\x82"})
        CHECK(!is_utf8(wrong));
}

TEST_CASE("base64 is decoded strictly")
{
    for (const std::string bytes : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
        std::string text;
        append_base64(text, bytes);
        CHECK(text.size() % 4 == 0);
        CHECK(decode_base64(text) == bytes);
    }
    CHECK(!decode_base64("a"));
    CHECK(!decode_base64("Zm9v\n"));
    CHECK(!decode_base64("Zm=v"));
    CHECK(!decode_base64("===="));
}
