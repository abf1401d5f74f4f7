// The head of an HTTP request.
#include "proxy/http/front_end.hpp"

#include <catch2/catch.hpp>

using howdah::proxy::http::parse_head;

TEST_CASE("a GET names a path, without its query")
{
    const auto head = parse_head("GET /metrics?x=1 HTTP/1.1\r\nHost: a");
    CHECK(head.bad == 0);
    CHECK(head.path == "/metrics");
    CHECK(head.keep_alive);
    CHECK(!head.head_only);
}

TEST_CASE("HEAD wants no body, Connection: close no further request")
{
    const auto head = parse_head("HEAD / HTTP/1.1\r\nhost: a\r\ncOnnection:  Close ");
    CHECK(head.head_only);
    CHECK(!head.keep_alive);
    CHECK(!parse_head("GET / HTTP/1.0").keep_alive);
    CHECK(parse_head("GET / HTTP/1.0\r\nConnection: keep-alive").keep_alive);
}

TEST_CASE("what is not a plain GET is refused with its status")
{
    CHECK(parse_head("").bad == 400);
    CHECK(parse_head("\x16\x03\x01").bad == 400);
    CHECK(parse_head("GET metrics HTTP/1.1").bad == 400);
    CHECK(parse_head("GET / HTTP/3").bad == 505);
    CHECK(parse_head("POST /metrics HTTP/1.1").bad == 405);
    CHECK(parse_head("GET / HTTP/1.1\r\nContent-Length: 5").bad == 413);
    CHECK(parse_head("GET / HTTP/1.1\r\nContent-Length: 0").bad == 0);
    CHECK(parse_head("GET / HTTP/1.1\r\nTransfer-Encoding: chunked").bad == 413);
}
