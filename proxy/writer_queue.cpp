// See writer_queue.hpp.
#include "proxy/writer_queue.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace howdah::proxy {

std::optional<WriterQueue::Turn> WriterQueue::try_take()
{
    if (free_ == 0)
        return std::nullopt;
    --free_;
    return Turn(*this);
}

void WriterQueue::pass_on()
{
    if (places_.empty()) {
        ++free_;
        return;
    }
    Place& next = *places_.front();
    places_.pop_front();
    next.state_ = Place::State::has_turn;
    next.wake_.cancel();
}

WriterQueue::Place::Place(WriterQueue& queue) : queue_(&queue), wake_(queue.executor_)
{
    where_ = queue.places_.insert(queue.places_.end(), this);
}

WriterQueue::Place::~Place()
{
    if (state_ == State::waiting)
        queue_->places_.erase(where_);
    else if (state_ == State::has_turn)
        queue_->pass_on();
}

void WriterQueue::Place::give_up()
{
    if (state_ != State::waiting)
        return;
    queue_->places_.erase(where_);
    state_ = State::gone;
    wake_.cancel();
}

asio::awaitable<std::optional<WriterQueue::Turn>> WriterQueue::Place::wait(std::chrono::milliseconds at_most)
{
    boost::system::error_code ignored;
    wake_.expires_after(at_most);
    // A turn that came before the wait began has cancelled nothing.
    if (state_ == State::waiting)
        co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (state_ != State::has_turn)
        co_return std::nullopt;
    state_ = State::gone;
    co_return Turn(*queue_);
}

} // namespace howdah::proxy
