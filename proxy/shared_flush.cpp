// See shared_flush.hpp.
#include "proxy/shared_flush.hpp"

#include "dialect/bookkeeping.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// A backend that still answers says that the server has not gone down since the commits.
constexpr int most_tries = 3;

} // namespace

asio::awaitable<std::optional<pool::Error>> SharedFlush::flush(std::optional<pool::Lease>& lease, bool keep)
{
    if (!running_) {
        Round mine(executor_);
        co_await run(mine, *lease);
        co_return mine.error;
    }
    const bool first = !next_;
    if (first)
        next_ = std::make_shared<Round>(executor_);
    const std::shared_ptr<Round> round = next_;
    if (!first) {
        if (!keep)
            lease.reset();
        co_await wait(*round, round->over);
        co_return round->error;
    }
    co_await wait(*round, round->may_run);
    next_.reset(); // who comes from now on has committed too late for this one
    co_await run(*round, *lease);
    co_return round->error;
}

asio::awaitable<void> SharedFlush::wait(Round& round, const bool& condition)
{
    boost::system::error_code ignored;
    while (!condition)
        co_await round.wake.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<void> SharedFlush::run(Round& round, pool::Lease& lease)
{
    // Also where the coroutine is destroyed half-way: whoever waits must not wait for ever.
    struct Over {
        SharedFlush& flush;
        Round& round;
        ~Over()
        {
            flush.running_ = false;
            round.over = true;
            round.wake.cancel();
            if (flush.next_) {
                flush.next_->may_run = true;
                flush.next_->wake.cancel();
            }
        }
    } const over{*this, round};
    running_ = true;
    round.error = pool::Error(pool::Error::Kind::lost, "the flush after the commit was not answered");
    pool::Batch batch;
    pool::Command& command = batch.commands.emplace_back();
    command.sql = dialect::flush_sql();
    command.prepare = true;
    for (int i = 0; i < most_tries; ++i) {
        auto answered = co_await lease.run(batch);
        if (answered.has_error()) {
            round.error = answered.error();
            co_return;
        }
        if (!answered->error) {
            ++flushes_;
            round.error.reset();
            co_return;
        }
        round.error =
            pool::Error(pool::Error::Kind::lost, "the flush after the commit failed: " + answered->error->message);
    }
}

} // namespace howdah::proxy
