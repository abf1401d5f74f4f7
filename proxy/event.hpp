// One coroutine waits until something has happened. One thread; no timer, no queue.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace howdah::proxy {

class Event {
public:
    // The waiting coroutine goes on within this call. Without one, the next wait() returns at once.
    void set()
    {
        if (const auto waiting = std::exchange(waiting_, nullptr))
            waiting->go_on();
        else
            is_set_ = true;
    }
    // Forgets that it was set.
    void clear() { is_set_ = false; }
    // False: wait() would not suspend.
    bool take() { return std::exchange(is_set_, false); }
    boost::asio::awaitable<void> wait()
    {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
            [this](auto handler) { waiting_ = std::make_unique<Handler<decltype(handler)>>(std::move(handler)); },
            boost::asio::use_awaitable);
    }

private:
    struct Waiting {
        virtual ~Waiting() = default;
        virtual void go_on() = 0;
    };
    template <typename H>
    struct Handler final : Waiting {
        explicit Handler(H&& handler_) : handler(std::move(handler_)) {}
        void go_on() override { std::move(handler)(); }
        H handler;
    };

    std::unique_ptr<Waiting> waiting_;
    bool is_set_ = false;
};

} // namespace howdah::proxy
