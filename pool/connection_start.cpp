// A batch that is asked without a coroutine: sent at once, read whenever the socket has something, and its owner told.
#include "pool/connection.hpp"
#include "pool/deadline.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace howdah::pool {

namespace asio = boost::asio;

bool Connection::start(const Batch& batch, BatchOwner& owner, std::chrono::milliseconds timeout)
{
    if (lost_ || running_ || !settled() || Replies::unsendable(batch))
        return false;
    running_ = true;
    paused_ = false;
    owner_ = &owner;
    timeout_ = timeout;
    replies_.ask(batch, out_);
    ++exchanges_;
    count(batch.commands.size());
    if (timeout.count() > 0) {
        deadline_ = std::make_unique<Deadline>(*this, timeout, false);
        deadline_->waiting(true);
    }
    if (write() == Step::wait_write)
        watch(true);
    watch(false);
    return true;
}

void Connection::watch(bool for_write)
{
    bool& watching = for_write ? watching_write_ : watching_read_;
    if (std::exchange(watching, true))
        return;
    using Wait = asio::posix::descriptor_base;
    descriptor_.async_wait(for_write ? Wait::wait_write : Wait::wait_read, [weak = weak_from_this(), for_write](
                                                                               const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!self)
            return;
        (for_write ? self->watching_write_ : self->watching_read_) = false;
        if (self->owner_ && error)
            self->lose(self->deadline_ && self->deadline_->gave_up() ? Error::Kind::timeout : Error::Kind::lost,
                       "the connection cannot be watched");
        self->go_on();
    });
}

void Connection::go_on()
{
    if (!owner_ || paused_)
        return; // the answer has come, or comes later
    const auto self = shared_from_this();
    Step reading = Step::more;
    Step writing = Step::more;
    for (int reads = 0; reading == Step::more; ++reads) {
        if (lost_)
            return end_exchange();
        if (reads == reads_in_a_row) {
            asio::post(executor_, [self] { self->go_on(); });
            return;
        }
        // TLS may have to write before it can go on reading, and the other way round.
        if (out_begin_ < out_.size())
            writing = write();
        reading = read();
        if (reading == Step::done || reading == Step::lost)
            return end_exchange();
        replies_.fed().clear();
        if (owner_->is_full()) {
            paused_ = true;
            if (deadline_)
                deadline_->waiting(false);
            return owner_->on_full();
        }
    }
    if (writing == Step::wait_write || reading == Step::wait_write)
        watch(true);
    watch(false);
}

void Connection::resume()
{
    if (!std::exchange(paused_, false))
        return;
    if (deadline_)
        deadline_->waiting(true);
    asio::post(executor_, [weak = weak_from_this()] {
        if (const auto self = weak.lock())
            self->go_on();
    });
}

void Connection::end_exchange()
{
    const auto self = shared_from_this();
    running_ = false;
    if (lost_)
        replies_.abandon();
    std::exchange(owner_, nullptr)->on_answer();
}

Result<BatchResult> Connection::take_answer()
{
    const std::unique_ptr<Deadline> deadline = std::move(deadline_);
    if (lost_) {
        if (deadline && deadline->gave_up())
            loss_.message = timeout_message(timeout_) + ", and the server did not answer a cancel";
        return Error(loss_);
    }
    BatchResult result = replies_.take_result();
    if (deadline && deadline->cancelled() && result.error && result.error->sqlstate == "57014")
        result.error->message = timeout_message(timeout_);
    return result;
}

void Connection::withdraw()
{
    if (!std::exchange(owner_, nullptr))
        return;
    running_ = false;
    deadline_.reset();
    replies_.abandon();
}

void Connection::tear_down()
{
    BatchOwner* const owner = owner_;
    withdraw();
    if (owner)
        owner->on_context_gone();
}

} // namespace howdah::pool
