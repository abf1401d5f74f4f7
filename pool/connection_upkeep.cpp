// What is done to a connection between its clients: draining, checking, looking, closing.
#include "pool/connection.hpp"
#include "pool/deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <utility>

namespace howdah::pool {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

} // namespace

asio::awaitable<bool> Connection::settle(milliseconds timeout)
{
    const auto self = shared_from_this();
    replies_.abandon();
    if (!lost_ && !replies_.done()) {
        Deadline deadline(*this, milliseconds(0), false);
        deadline.cancel_now();
        BatchResult dropped;
        const Step step = co_await converse(&dropped, deadline, false);
        if (step == Step::lost)
            co_return false;
        replies_.take_result();
    }
    co_await cancels_landed();
    if (lost_)
        co_return false;
    if (!cancelled_)
        co_return true;
    // The signal was sent before the cancel connection closed; a round trip more and it has been taken.
    cancelled_ = false;
    const bool answered = co_await check(timeout);
    co_return answered;
}

asio::awaitable<bool> Connection::check(milliseconds timeout)
{
    const auto self = shared_from_this();
    if (lost_)
        co_return false;
    assert(replies_.done());
    replies_.ask_sync(out_);
    Deadline deadline(*this, timeout, true);
    BatchResult nothing;
    const Step step = co_await converse(&nothing, deadline, true);
    if (step == Step::lost)
        co_return false;
    replies_.take_result();
    co_return true;
}

bool Connection::peek()
{
    if (lost_)
        return false;
    if (!replies_.done())
        return true; // what comes is being waited for
    if (!decoder_.empty() && digest() == Step::lost)
        return false;
    for (;;) {
        const Step step = read();
        if (step == Step::lost)
            return false;
        if (step != Step::more)
            break;
    }
    if (!decoder_.empty())
        lose(Error::Kind::protocol, "the server sent part of a message that nobody asked for");
    return !lost_;
}

asio::awaitable<bool> Connection::wait_for_notifications()
{
    const auto self = shared_from_this();
    if (lost_)
        co_return false;
    bool alive = peek();
    if (!alive)
        co_return false;
    const bool ready = co_await wait(false);
    if (lost_ || !ready)
        co_return false;
    alive = peek();
    co_return alive;
}

asio::awaitable<void> Connection::close(milliseconds timeout)
{
    using namespace asio::experimental::awaitable_operators;
    const auto self = shared_from_this();
    if (!lost_ && replies_.done()) {
        wire::put_terminate(out_);
        write();
        ::shutdown(channel_.socket(), SHUT_WR);
        asio::steady_timer timer(executor_, timeout);
        std::array<char, 4096> rest;
        for (bool open = true; open;) {
            auto readable = descriptor_.async_wait(asio::posix::descriptor_base::wait_read, no_throw);
            auto expired = timer.async_wait(no_throw);
            const auto first = co_await (std::move(readable) || std::move(expired));
            ssize_t n = lost_ ? 0 : 1;
            while (n > 0)
                n = ::recv(channel_.socket(), rest.data(), rest.size(), MSG_DONTWAIT);
            open = !lost_ && first.index() == 0 && !std::get<0>(std::get<0>(first)) && n < 0 && errno == EAGAIN;
        }
    }
    kill("closed");
}

} // namespace howdah::pool
