// One coroutine waits until something has happened. One thread; no timer, no queue.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <cstddef>
#include <new>
#include <utility>

namespace howdah::proxy {

class Event {
public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { destroy_waiting(); }

    // The waiting coroutine goes on within this call. Without one, the next wait() returns at once.
    void set()
    {
        if (Waiting* const waiting = std::exchange(waiting_, nullptr))
            waiting->go_on();
        else
            is_set_ = true;
    }
    // Destroys the waiting coroutine, with which this event may go.
    void destroy_waiting()
    {
        if (Waiting* const waiting = std::exchange(waiting_, nullptr))
            waiting->give_up();
    }
    // Forgets that it was set; whether it was.
    bool take() { return std::exchange(is_set_, false); }
    // To be called when take() says no.
    boost::asio::awaitable<void> wait()
    {
        return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
            [this](auto handler) {
                using H = Handler<decltype(handler)>;
                static_assert(sizeof(H) <= sizeof room_ && alignof(H) <= alignof(std::max_align_t));
                waiting_ = new (room_) H(std::move(handler));
            },
            boost::asio::use_awaitable);
    }

private:
    struct Waiting {
        virtual ~Waiting() = default;
        virtual void go_on() = 0;   // ends its own life
        virtual void give_up() = 0; // so does this
    };
    template <typename H>
    struct Handler final : Waiting {
        explicit Handler(H&& handler_) : handler(std::move(handler_)) {}
        void go_on() override
        {
            H last = std::move(handler); // the coroutine may wait again, in the same place
            this->~Handler();
            std::move(last)();
        }
        void give_up() override
        {
            const H last = std::move(handler);
            this->~Handler();
        }
        H handler;
    };

    alignas(std::max_align_t) std::byte room_[64];
    Waiting* waiting_ = nullptr;
    bool is_set_ = false;
};

} // namespace howdah::proxy
