// Frames of the v3 protocol: what is written, and what is made of bytes that come in any portions, or are garbage.
#include "pool/wire.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace howdah::pool;
using namespace howdah::pool::wire;
using namespace std::string_literals;

namespace {

std::string frame(char type, std::string body)
{
    const auto n = static_cast<std::uint32_t>(body.size() + 4);
    std::string out(1, type);
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(n >> shift));
    return out + body;
}

void feed(Decoder& decoder, std::string_view bytes)
{
    while (!bytes.empty()) {
        const std::span<char> room = decoder.room();
        const std::size_t n = std::min(room.size(), bytes.size());
        std::copy_n(bytes.begin(), n, room.begin());
        decoder.filled(n);
        bytes.remove_prefix(n);
    }
}

// Each message as "type:body", read after every portion of `step` bytes.
std::vector<std::string> decode(std::string_view bytes, std::size_t step)
{
    Decoder decoder;
    std::vector<std::string> out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        feed(decoder, bytes.substr(at, step));
        while (const auto message = decoder.next())
            out.push_back(std::string(1, message->type) + ":" + std::string(message->body));
    }
    if (decoder.broken())
        out.push_back("broken");
    return out;
}

} // namespace

TEST_CASE("a parse message names the statement, its text and its parameters' types")
{
    std::string out;
    put_parse(out, "h1", "SELECT $1", std::vector<Param>{{"7", 23, false}, {std::nullopt, 0, true}});
    CHECK(out == frame('P', "h1\0SELECT $1\0\0\x02\0\0\0\x17\0\0\0\0"s));
}

TEST_CASE("a bind message tells NULL from the empty string, and text from binary")
{
    std::string out;
    const std::int16_t formats[] = {1, 0};
    put_bind(out, "p", "h1", std::vector<Param>{{"", 25, false}, {std::nullopt, 20, true}, {"a\0b"s, 17, true}},
             formats);
    CHECK(out == frame('B', "p\0h1\0"
                            "\0\x03\0\0\0\x01\0\x01"
                            "\0\x03\0\0\0\0\xff\xff\xff\xff\0\0\0\x03"
                            "a\0b\0\x02\0\x01\0\0"s));
}

TEST_CASE("the other messages are what the protocol says")
{
    std::string out;
    put_describe_portal(out, "p");
    put_execute(out, "", 5);
    put_close_statement(out, "h1");
    put_close_portal(out, "p");
    put_query(out, "BEGIN");
    put_flush(out);
    put_sync(out);
    put_terminate(out);
    CHECK(out == frame('D', "Pp\0"s) + frame('E', "\0\0\0\0\x05"s) + frame('C', "Sh1\0"s) + frame('C', "Pp\0"s) +
                     frame('Q', "BEGIN\0"s) + frame('H', "") + frame('S', "") + frame('X', ""));
}

TEST_CASE("messages are the same however the bytes are cut")
{
    std::string bytes;
    for (int i = 0; i < 300; ++i)
        bytes += frame(static_cast<char>('A' + i % 26), std::string(static_cast<std::size_t>(i * 3), 'x'));
    bytes += frame('D', std::string(200'000, 'y'));
    bytes += frame('Z', "I");
    const std::vector<std::string> whole = decode(bytes, bytes.size());
    REQUIRE(whole.size() == 302);
    CHECK(whole.back() == "Z:I");
    for (const std::size_t step : {1, 2, 3, 5, 7, 1000, 32 * 1024})
        CHECK(decode(bytes, step) == whole);
}

TEST_CASE("a length that is too small or too large breaks the connection and allocates nothing")
{
    CHECK(decode("Z\0\0\0\x03xxx"s, 1) == std::vector<std::string>{"broken"});
    CHECK(decode("D\x40\0\0\x01xxx"s, 1) == std::vector<std::string>{"broken"});
    CHECK(decode("D\xff\xff\xff\xffxxx"s, 1) == std::vector<std::string>{"broken"});
}

TEST_CASE("memory follows what has arrived, not what a length claims")
{
    Decoder decoder;
    feed(decoder, "D\x3f\xff\xff\xff"s + std::string(1000, 'x'));
    CHECK(!decoder.next());
    decoder.room();
    CHECK(decoder.capacity() == Decoder::base);
    feed(decoder, std::string(100'000, 'x'));
    CHECK(!decoder.next());
    CHECK(decoder.capacity() <= 8 * Decoder::base);
}

TEST_CASE("a buffer that grew for one message shrinks after it")
{
    Decoder decoder;
    feed(decoder, frame('D', std::string(3'000'000, 'x')));
    REQUIRE(decoder.next());
    CHECK(decoder.capacity() >= 3'000'000);
    decoder.room();
    CHECK(decoder.capacity() == Decoder::base);

    feed(decoder, frame('D', std::string(100'000, 'x')) + "Z");
    REQUIRE(decoder.next());
    decoder.shrink();
    CHECK(decoder.capacity() == Decoder::base);
    feed(decoder, "\0\0\0\x05T"s);
    CHECK(decoder.next()->body == "T");
}

TEST_CASE("a row tells NULL from the empty string")
{
    std::vector<Field> row;
    const std::string body = "\0\x03\0\0\0\x02hi\xff\xff\xff\xff\0\0\0\0"s; // `row` is views into it
    REQUIRE(read_row(body, row));
    REQUIRE(row.size() == 3);
    CHECK(row[0] == "hi");
    CHECK(!row[1]);
    CHECK(row[2] == "");
}

TEST_CASE("malformed rows and descriptions are refused")
{
    std::vector<Field> row;
    CHECK(!read_row("", row));
    CHECK(!read_row("\0\x01"s, row));
    CHECK(!read_row("\0\x01\0\0\0\x05hi"s, row));
    CHECK(!read_row("\0\x01\xff\xff\xff\xfehi"s, row));
    CHECK(!read_row("\0\x01\0\0\0\x01xx"s, row)); // more than it says
    CHECK(!read_row("\xff\xff\0\0\0\0"s, row));
    std::vector<FieldDescription> columns;
    CHECK(!read_row_description("\0\x01"
                                "a",
                                columns));
    CHECK(!read_row_description("\xff\xff"s + std::string(100, 'a'), columns));
    CHECK(!read_notification("\0\0\0\x01"
                             "chan"s));
    CHECK(!read_tag("SELECT 1"));
    CHECK(!read_status("X"));
    CHECK(!read_status(""));
}

TEST_CASE("a row description gives names, types and formats")
{
    std::vector<FieldDescription> columns;
    REQUIRE(read_row_description("\0\x01"
                                 "id\0\0\0\x40\x01\0\x02\0\0\0\x14\0\x08\xff\xff\xff\xff\0\x01"s,
                                 columns));
    REQUIRE(columns.size() == 1);
    CHECK(columns[0].name == "id");
    CHECK(columns[0].table_oid == 16385);
    CHECK(columns[0].attribute == 2);
    CHECK(columns[0].type == 20);
    CHECK(columns[0].type_size == 8);
    CHECK(columns[0].type_modifier == -1);
    CHECK(columns[0].format == 1);
}

// pooling.md 27.
TEST_CASE("an error without a code, with unknown fields or cut short is still an error")
{
    const Report full = read_report(
        "SERREUR\0VERROR\0C23505\0Mduplicate\0Ddetail\0Hhint\0P7\0Wwhere\0ss\0tt\0cc\0dd\0nn\0RroutineX\0?x\0\0"s);
    CHECK(full.error.severity == "ERROR");
    CHECK(full.error.sqlstate == "23505");
    CHECK(full.error.message == "duplicate");
    CHECK(full.error.detail == "detail");
    CHECK(full.error.hint == "hint");
    CHECK(full.error.position == "7");
    CHECK(full.error.where == "where");
    CHECK(full.error.schema + full.error.table + full.error.column + full.error.datatype + full.error.constraint ==
          "stcdn");
    CHECK(!full.fatal);
    CHECK(read_report("SFATAL\0VFATAL\0Mgone\0\0"s).fatal);
    CHECK(read_report("").error.message.empty());
    CHECK(read_report("Mno end").error.message.empty());
    CHECK(read_report("\0"s).error.sqlstate.empty());
}

TEST_CASE("random bytes never do more than break the connection")
{
    std::mt19937 random(20261121);
    std::vector<Field> row;
    std::vector<FieldDescription> columns;
    for (int round = 0; round < 3000; ++round) {
        std::string bytes(random() % 600, '\0');
        for (char& c : bytes)
            c = static_cast<char>(random() % 4 ? random() % 8 : random());
        Decoder decoder;
        const std::size_t step = 1 + random() % 50;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            feed(decoder, std::string_view(bytes).substr(at, step));
            while (const auto m = decoder.next()) {
                read_row(m->body, row);
                read_row_description(m->body, columns);
                read_report(m->body);
                read_notification(m->body);
                read_tag(m->body);
            }
        }
        read_row(bytes, row);
        read_row_description(bytes, columns);
        read_report(bytes);
        CHECK(decoder.capacity() <= Decoder::base);
    }
}
