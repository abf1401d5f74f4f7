// A session's query on a connection that it shares with other clients (pool/shared_statement.hpp): the plan's values
// go out as one Bind, the rows go to the sink as PostgreSQL's own bytes where those are what the client must get.
#pragma once

#include "dialect/value.hpp"
#include "pool/pool.hpp"
#include "proxy/event.hpp"
#include "proxy/exchange.hpp"
#include "proxy/plan_cache.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace howdah::proxy {

class SharedQuery final : public pool::SharedStatement {
public:
    explicit SharedQuery(std::shared_ptr<pool::Pool> pool) : pool_(std::move(pool)) {}
    ~SharedQuery();

    // Sends the plan with the values of its slots. `sink` must live until the end. Throws dialect::Error for a value
    // that PostgreSQL cannot hold.
    void start(Plan plan, std::span<const Value> slots, ReplySink& sink);
    // The same behind `before`, on the same connection. False: that cannot be, and nothing has happened.
    bool start_behind(const SharedQuery& before, Plan plan, std::span<const Value> slots, ReplySink& sink);
    // From now on this one gets the rows, having been told what the other was.
    void hand_to(ReplySink& sink) { sink_ = &sink; }
    // Waits for the end or, before that, for the sink's buffer to have run full: see is_over().
    boost::asio::awaitable<void> wait() { return event_.wait(); }
    bool take_event() { return event_.take(); }
    bool is_over() const { return over_; }
    void resume() { pool_->resume(*this); }
    // Ends with an error of interruption, at once or when the server has stopped.
    void cancel() { pool_->withdraw(*this, true); }
    // Tells the sink the columns if no row has.
    void announce();
    // The sink has been told something.
    bool announced() const { return announced_; }
    const std::optional<dialect::Error>& decoding_error() const { return decoding_error_; }
    const Plan& plan() const { return plan_; }

    void on_row(std::string_view message) override;
    bool is_full() const override { return sink_->is_full(); }
    void on_full() override { event_.set(); }
    void on_context_gone() override { event_.destroy_waiting(); }
    void on_end() override
    {
        over_ = true;
        event_.set();
    }

private:
    void prepare(Plan plan, std::span<const Value> slots, ReplySink& sink);

    std::shared_ptr<pool::Pool> pool_;
    Plan plan_;
    ReplySink* sink_ = nullptr;
    Event event_;
    bool over_ = true, announced_ = false, forwards_ = false;
    std::optional<dialect::Error> decoding_error_;
    std::vector<pool::Field> fields_;
    std::vector<ValueView> values_;
};

} // namespace howdah::proxy
