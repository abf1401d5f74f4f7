// The answer to a batch on a connection that a session has for itself, or to a write in a group, awaited without a
// coroutine of its own.
#pragma once

#include "pool/pool.hpp"
#include "proxy/event.hpp"
#include "proxy/exchange.hpp"
#include "proxy/step_sink.hpp"
#include "proxy/write_groups.hpp"

#include <cassert>
#include <optional>

namespace howdah::proxy {

class HeldAnswer final : public pool::BatchOwner, public pool::Checkout::Owner, public WriteGroups::Member {
public:
    HeldAnswer() = default;
    ~HeldAnswer() { withdraw(); }

    // False: nothing has happened. `on` and `sink` (null: no rows) must live until the answer has come, or withdraw().
    bool start(pool::Lease& on, const pool::Batch& batch, ReplySink* sink)
    {
        event_.take();
        sink_ = sink;
        if (!on.start(batch, *this))
            return false;
        state_ = State::asked;
        lease_ = &on;
        return true;
    }
    // The same on a connection that is to be had, and put into `own`. All must live as above.
    void start_when_lent(pool::Pool& pool, std::optional<pool::Lease>& own, const pool::Batch& batch, ReplySink* sink)
    {
        event_.take();
        sink_ = sink;
        own_ = &own;
        batch_ = &batch;
        gave_up_ = false;
        state_ = State::waiting;
        checkout_.emplace(pool, *this);
    }
    // The same in a group with others' writes: what begins with the plan's only command, and what receives its rows.
    void start_in_group(WriteGroups& groups, const CachedPlan& plan, WriteGroups::Keys keys, pool::Batch& batch,
                        StepSink& rows, WriteGroups::Clock::time_point now)
    {
        event_.take();
        sink_ = nullptr;
        groups_ = &groups;
        rows_ = &rows;
        gave_up_ = false;
        state_ = State::grouped;
        groups.submit(*this, plan, keys, batch, now);
    }
    bool is_over() const { return state_ < State::waiting; }
    // Waits for the end or, before that, for the sink's buffer to have run full.
    boost::asio::awaitable<void> wait() { return event_.wait(); }
    bool take_event() { return event_.take(); }
    void resume()
    {
        if (state_ == State::asked)
            lease_->resume();
    }
    // Has what runs stopped, or the wait for a connection or a group. A group that runs is not: it is short.
    void cancel()
    {
        gave_up_ = true;
        if (state_ == State::waiting)
            checkout_->give_up();
        else if (state_ == State::asked)
            lease_->cancel();
        else if (state_ == State::grouped)
            groups_->give_up(*this);
    }

    // Nothing has been asked: there was no connection, and this is why; or (nullopt) it could not be used.
    bool was_asked() const { return state_ == State::answered; }
    std::optional<pool::Error> take_refusal()
    {
        state_ = State::idle;
        return std::exchange(refusal_, std::nullopt);
    }
    pool::Result<pool::BatchResult> take()
    {
        assert(was_asked());
        state_ = State::idle;
        if (lease_)
            return std::exchange(lease_, nullptr)->take_answer();
        if (refusal_)
            return *std::exchange(refusal_, std::nullopt);
        pool::BatchResult result;
        result.results = std::move(results_);
        return result;
    }

    bool is_full() const override { return sink_ && sink_->is_full(); }
    void on_full() override { event_.set(); }
    void on_answer() override
    {
        state_ = State::answered;
        event_.set();
    }
    void on_checkout() override
    {
        pool::Result<pool::Lease> lent = checkout_->take();
        checkout_.reset();
        state_ = State::refused;
        if (gave_up_) // perhaps when it was on its way
            refusal_ = pool::interrupted();
        else if (!lent)
            refusal_ = lent.error();
        else
            *own_ = std::move(*lent);
        if (refusal_ || !start(**own_, *batch_, sink_))
            event_.set();
    }
    void on_group_answer(pool::BatchResult result) override
    {
        results_ = std::move(result.results);
        state_ = State::answered;
        event_.set();
    }
    void on_group_lost(const pool::Error& error) override
    {
        refusal_ = error;
        state_ = State::answered;
        event_.set();
    }
    void on_group_left() override
    {
        if (gave_up_)
            refusal_ = pool::interrupted();
        state_ = State::refused;
        event_.set();
    }
    void on_group_again() override { rows_->forget(); }
    void on_context_gone() override { event_.destroy_waiting(); }

private:
    enum class State : std::uint8_t { idle, refused, answered, waiting, asked, grouped };

    void withdraw()
    {
        if (state_ == State::asked)
            lease_->withdraw();
        else if (state_ == State::grouped)
            groups_->withdraw(*this);
        checkout_.reset();
        state_ = State::idle;
    }

    State state_ = State::idle;
    std::optional<pool::Checkout> checkout_;
    std::optional<pool::Lease>* own_ = nullptr;
    const pool::Batch* batch_ = nullptr;
    pool::Lease* lease_ = nullptr;
    ReplySink* sink_ = nullptr;
    WriteGroups* groups_ = nullptr;
    StepSink* rows_ = nullptr;
    std::vector<pool::CommandResult> results_; // in a group
    bool gave_up_ = false;
    std::optional<pool::Error> refusal_;
    Event event_;
};

} // namespace howdah::proxy
