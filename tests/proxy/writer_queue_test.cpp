// Who may write next.
#include "proxy/writer_queue.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using namespace howdah::proxy;
namespace asio = boost::asio;

namespace {

constexpr std::chrono::hours long_enough{1};

// Sessions that wait, and the order in which their turns come; a turn is kept until end().
struct Sessions {
    asio::io_context io;
    WriterQueue queue{io.get_executor(), 2};
    std::vector<int> order;
    std::vector<std::optional<WriterQueue::Turn>> turns;
    std::vector<WriterQueue::Place*> places;

    void come(int number, std::chrono::milliseconds patience = long_enough)
    {
        asio::co_spawn(io, wait(number, patience), asio::detached);
        io.poll();
    }
    asio::awaitable<void> wait(int number, std::chrono::milliseconds patience)
    {
        WriterQueue::Place place(queue);
        places.push_back(&place);
        auto turn = co_await place.wait(patience);
        order.push_back(turn ? number : -number);
        if (turn)
            turns.push_back(std::move(turn));
    }
    void end(std::size_t which)
    {
        turns[which].reset();
        io.poll();
    }
};

} // namespace

TEST_CASE("turns are given in the order of arrival, so many at a time")
{
    Sessions s;
    auto first = s.queue.try_take();
    auto second = s.queue.try_take();
    REQUIRE(first);
    REQUIRE(second);
    CHECK_FALSE(s.queue.try_take());
    s.come(1);
    s.come(2);
    s.come(3);
    CHECK(s.queue.waiting() == 3);
    CHECK(s.order.empty());
    first.reset();
    s.io.poll();
    CHECK(s.order == std::vector{1});
    CHECK_FALSE(s.queue.try_take());
    second.reset();
    s.io.poll();
    s.end(0);
    CHECK(s.order == std::vector{1, 2, 3});
    s.end(1);
    CHECK(s.queue.try_take());
}

TEST_CASE("who gives up, or has waited long enough, leaves the place to the next")
{
    Sessions s;
    std::vector<std::optional<WriterQueue::Turn>> all;
    all.push_back(s.queue.try_take());
    all.push_back(s.queue.try_take());
    s.come(1);
    s.come(2, std::chrono::milliseconds(0));
    s.come(3);
    while (s.order.empty())
        s.io.run_one();
    CHECK(s.order == std::vector{-2});
    s.places[0]->give_up();
    s.io.poll();
    CHECK(s.order == std::vector{-2, -1});
    all.clear();
    s.io.poll();
    CHECK(s.order == std::vector{-2, -1, 3});
    CHECK(s.queue.waiting() == 0);
}

TEST_CASE("a turn that was given to somebody who went meanwhile goes to the next")
{
    asio::io_context io;
    WriterQueue queue{io.get_executor(), 1};
    auto turn = queue.try_take();
    auto gone = std::make_unique<WriterQueue::Place>(queue);
    const WriterQueue::Place next(queue);
    turn.reset(); // to the one who goes
    gone.reset();
    CHECK(queue.waiting() == 0);
    CHECK_FALSE(queue.try_take());
}
