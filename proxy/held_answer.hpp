// The answer to a batch on a connection that a session holds, awaited without a coroutine of its own.
#pragma once

#include "pool/pool.hpp"
#include "proxy/event.hpp"
#include "proxy/exchange.hpp"

namespace howdah::proxy {

class HeldAnswer final : public pool::BatchOwner {
public:
    HeldAnswer() = default;
    ~HeldAnswer() { withdraw(); }

    // False: nothing has happened. `on` and `sink` (null: no rows) must live until the answer has come, or withdraw().
    bool start(pool::Lease& on, const pool::Batch& batch, ReplySink* sink)
    {
        event_.take();
        sink_ = sink;
        lease_ = on.start(batch, *this) ? &on : nullptr;
        return lease_ != nullptr;
    }
    bool arrived() const { return lease_ == nullptr || arrived_; }
    // Waits for the answer or, before that, for the sink's buffer to have run full.
    boost::asio::awaitable<void> wait() { return event_.wait(); }
    bool take_event() { return event_.take(); }
    void resume() { lease_->resume(); }
    pool::Result<pool::BatchResult> take()
    {
        arrived_ = false;
        return std::exchange(lease_, nullptr)->take_answer();
    }
    void withdraw()
    {
        if (!arrived())
            lease_->withdraw();
        lease_ = nullptr;
        arrived_ = false;
    }

    bool is_full() const override { return sink_ && sink_->is_full(); }
    void on_full() override { event_.set(); }
    void on_answer() override
    {
        arrived_ = true;
        event_.set();
    }
    void on_context_gone() override { event_.destroy_waiting(); }

private:
    pool::Lease* lease_ = nullptr; // on which something is outstanding, or whose answer has not been taken
    ReplySink* sink_ = nullptr;
    bool arrived_ = false;
    Event event_;
};

} // namespace howdah::proxy
