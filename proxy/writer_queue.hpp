// Who may try for a database's writer lock, in the order in which they came. One thread.
//
// With writers = "single" one session writes and the others wait. Were they to wait on the server, each would keep a
// connection of the pool for as long, and reads would find none. So only some of the pool's connections are for those
// who try for the lock: the one that has it, and the next ones. The others wait here, without a connection.
//
// A session that holds a connection already takes no turn, it tries at once: it must not wait for one who waits for a
// connection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <utility>

namespace howdah::proxy {

class WriterQueue {
public:
    // `at_once` may try at the same time.
    WriterQueue(boost::asio::any_io_executor executor, std::size_t at_once)
        : executor_(std::move(executor)), free_(at_once)
    {
    }
    WriterQueue(const WriterQueue&) = delete;
    WriterQueue& operator=(const WriterQueue&) = delete;

    // The right to try; given on to the next when it goes.
    class Turn {
    public:
        explicit Turn(WriterQueue& queue) : queue_(&queue) {}
        Turn(Turn&& other) noexcept : queue_(std::exchange(other.queue_, nullptr)) {}
        Turn& operator=(Turn&& other) noexcept
        {
            std::swap(queue_, other.queue_);
            return *this;
        }
        ~Turn()
        {
            if (queue_)
                queue_->pass_on();
        }

    private:
        WriterQueue* queue_;
    };

    // A place in the queue, for as long as it lives.
    class Place {
    public:
        explicit Place(WriterQueue& queue);
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

        // nullopt: it took longer, or give_up() was called.
        boost::asio::awaitable<std::optional<Turn>> wait(std::chrono::milliseconds at_most);
        void give_up();

    private:
        friend class WriterQueue;
        WriterQueue* queue_;
        boost::asio::steady_timer wake_; // cancelled when its turn comes
        std::list<Place*>::iterator where_;
        enum class State { waiting, has_turn, gone } state_ = State::waiting;
    };

    // Without waiting; nullopt: others are before.
    std::optional<Turn> try_take();
    std::size_t waiting() const { return places_.size(); }

private:
    void pass_on();

    boost::asio::any_io_executor executor_;
    std::size_t free_;
    std::list<Place*> places_;
};

} // namespace howdah::proxy
