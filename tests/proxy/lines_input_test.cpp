// Lines cut from bytes that arrive in any pieces.
#include "proxy/lines/input.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <string>

using howdah::proxy::lines::Input;

namespace {

void feed(Input& input, std::string_view bytes)
{
    while (!bytes.empty()) {
        const auto room = input.prepare();
        const std::size_t n = std::min(room.size(), bytes.size());
        std::copy_n(bytes.begin(), n, room.begin());
        input.commit(n);
        bytes.remove_prefix(n);
    }
}

} // namespace

TEST_CASE("lines come whole, with either end, however their bytes are cut")
{
    for (std::size_t cut = 1; cut < 12; ++cut) {
        Input input(100);
        std::string seen, bytes = "one\ntwo\r\n\nfour";
        while (!bytes.empty()) {
            feed(input, std::string_view(bytes).substr(0, cut));
            bytes.erase(0, cut);
            while (const auto line = input.next())
                seen += "[" + std::string(*line) + "]";
        }
        CHECK(seen == "[one][two][]");
        CHECK(input.has_more());
        input.end();
        CHECK(input.next() == "four");
        CHECK_FALSE(input.next());
        CHECK_FALSE(input.has_more());
    }
}

TEST_CASE("a line that is too long is none, whether its end has come or not")
{
    for (const char* end : {"", "\n", "\nnext\n"}) {
        Input input(10);
        feed(input, "short\n" + std::string(11, 'x') + end);
        CHECK(input.next() == "short");
        CHECK_FALSE(input.is_too_long());
        CHECK_FALSE(input.next());
        CHECK(input.is_too_long());
    }
    Input input(10);
    feed(input, std::string(10, 'x') + "\n");
    CHECK(input.next());
}

TEST_CASE("the room of a long line is spare once it is taken, and lines come as before without it")
{
    Input input(1 << 20);
    feed(input, "short\n");
    CHECK(input.next() == "short");
    CHECK(input.spare() == 0);
    feed(input, std::string(100'000, 'x'));
    CHECK(input.spare() == 0);
    feed(input, "\n");
    CHECK(input.next()->size() == 100'000);
    CHECK(input.spare() >= 100'000);
    input.rest();
    CHECK(input.spare() == 0);
    feed(input, "next\n");
    CHECK(input.next() == "next");
}

TEST_CASE("who has filled the room of short lines is given more, so that a pipeline's lines come together")
{
    Input input(1 << 20);
    const std::size_t few = input.prepare().size();
    CHECK(few < 1024);
    std::memset(input.prepare().data(), '\n', few);
    input.commit(few);
    while (input.next()) {
    }
    CHECK(input.prepare().size() >= 16 * few);
    input.rest();
    CHECK(input.prepare().size() == few);
}
