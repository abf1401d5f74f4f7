#include "pool/lanes.hpp"

#include "pool/deadline.hpp"
#include "pool/pool_impl.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace howdah::pool {

namespace asio = boost::asio;

bool Lanes::has_room(const Lane& lane, double micros, double limit)
{
    return !lane.closed() && lane.size() < most_statements && lane.ahead() + micros <= limit;
}

Lanes::Seat* Lanes::choose(double micros)
{
    Seat* best = nullptr;
    for (Seat& seat : active_) {
        if (has_room(*seat.lane, micros, worth_joining))
            return &seat;
        if (has_room(*seat.lane, micros, most_ahead) && (!best || seat.lane->ahead() < best->lane->ahead()))
            best = &seat;
    }
    return pool_.state.idle() == 0 ? best : nullptr;
}

void Lanes::begin(SharedStatement& statement)
{
    statement.tries_ = 0;
    statement.cancelled_ = statement.alone_ = false;
    statement.bytes_ = 0;
}

void Lanes::submit(SharedStatement& statement)
{
    begin(statement);
    place(statement);
}

bool Lanes::submit_behind(SharedStatement& statement, const SharedStatement& before)
{
    if (before.where_ != SharedStatement::Where::lane || pool_.state.waiting() > 0 || pool_.shut)
        return false;
    const auto seat =
        std::find_if(active_.begin(), active_.end(), [&](const Seat& s) { return s.lane.get() == before.lane_; });
    const auto now = Clock::now();
    const double micros = statement.estimate->micros(now);
    if (seat == active_.end() || !has_room(*seat->lane, micros, most_ahead))
        return false;
    begin(statement);
    statement.asked_ = now;
    pool_.state.joined();
    ++shared_;
    put(*seat, statement, micros, now);
    return true;
}

void Lanes::place(SharedStatement& statement)
{
    if (statement.tries_ > 0)
        pool_.weed_idle(); // where one connection broke, others may have
    const auto now = Clock::now();
    statement.asked_ = now;
    const double micros = statement.estimate->micros(now);
    if (pool_.state.waiting() == 0 && micros <= most_ahead && !pool_.shut) {
        if (Seat* const seat = choose(micros)) {
            pool_.state.joined();
            ++shared_;
            return put(*seat, statement, micros, now);
        }
    }
    statement.waiter_ = pool_.next_waiter++;
    statement.where_ = SharedStatement::Where::queue;
    waiting_.emplace(statement.waiter_, &statement);
    pool_.perform(pool_.state.ask(statement.waiter_, now, true));
    if (statement.where_ == SharedStatement::Where::queue)
        pool_.arm();
}

void Lanes::lend(WaiterId waiter, ConnectionId connection)
{
    const auto found = waiting_.find(waiter);
    SharedStatement& statement = *found->second;
    waiting_.erase(found);
    const auto now = Clock::now();
    std::shared_ptr<Lane>& lane = lanes_[connection];
    if (!lane) {
        lane = std::make_shared<Lane>(pool_.connections.at(connection), [weak = pool_.weak_from_this()](Lane& which) {
            if (const auto pool = weak.lock())
                pool->lanes.on_events(which);
        });
    }
    active_.push_back({connection, lane});
    put(active_.back(), statement, statement.estimate->micros(now), now);
    fill(active_.back(), now);
    watch_time();
}

void Lanes::refuse(WaiterId waiter, Error error)
{
    const auto found = waiting_.find(waiter);
    SharedStatement& statement = *found->second;
    waiting_.erase(found);
    statement.where_ = SharedStatement::Where::ended;
    statement.world_error = std::move(error);
    ended_.push_back(&statement);
    tell_soon();
}

void Lanes::put(Seat& seat, SharedStatement& statement, double micros, Clock::time_point now)
{
    pool_.wait_times.add(std::chrono::duration<double>(now - statement.asked_).count());
    seat.lane->put(statement, micros, now);
    if (std::none_of(unsent_.begin(), unsent_.end(),
                     [&](const std::weak_ptr<Lane>& lane) { return lane.lock() == seat.lane; }))
        unsent_.push_back(seat.lane);
    ++unsent_statements_;
    // One client alone gains nothing from waiting for others.
    if (last_flush_ == 1 && unsent_statements_ == 1 && active_.size() == 1 && seat.lane->size() == 1 &&
        !seat.lane->lost())
        return flush_all();
    flush_soon();
}

void Lanes::fill(Seat& seat, Clock::time_point now)
{
    while (const auto waiter = pool_.state.first_sharing()) {
        SharedStatement& statement = *waiting_.at(*waiter);
        const double micros = statement.estimate->micros(now);
        if (!has_room(*seat.lane, micros, most_ahead))
            return;
        waiting_.erase(*waiter);
        pool_.state.joined_first();
        ++shared_;
        put(seat, statement, micros, now);
    }
}

// Behind what has been read from other clients by now, which may be for the same lanes.
void Lanes::flush_soon()
{
    if (std::exchange(flush_scheduled_, true))
        return;
    asio::post(pool_.executor, [weak = pool_.weak_from_this()] {
        if (const auto pool = weak.lock())
            pool->lanes.flush_all();
    });
}

void Lanes::flush_all()
{
    flush_scheduled_ = false;
    if (unsent_.empty())
        return;
    last_flush_ = std::exchange(unsent_statements_, 0);
    const auto now = Clock::now();
    auto unsent = std::exchange(unsent_, {});
    for (const std::weak_ptr<Lane>& weak : unsent)
        if (const auto lane = weak.lock())
            lane->flush(now);
    unsent.clear();
    if (unsent_.empty())
        unsent_ = std::move(unsent); // keeps the memory
}

void Lanes::on_events(Lane& lane)
{
    const auto keep = lane.shared_from_this();
    Lane::Events events = lane.take_events();
    if (lane.is_empty()) {
        vacate(lane);
    } else if (!lane.closed() && pool_.state.waiting() > 0) {
        const auto seat =
            std::find_if(active_.begin(), active_.end(), [&](const Seat& s) { return s.lane.get() == &lane; });
        if (seat != active_.end())
            fill(*seat, Clock::now());
    }
    if (events.full && events.full->outstanding())
        events.full->estimate->was_long(lane.first_began(), Clock::now());
    line_up(events);
    tell();
    if (events.full && lane.paused() && lane.first() == events.full)
        events.full->on_full();
}

void Lanes::vacate(Lane& lane)
{
    const auto seat =
        std::find_if(active_.begin(), active_.end(), [&](const Seat& s) { return s.lane.get() == &lane; });
    if (seat == active_.end())
        return;
    const ConnectionId connection = seat->connection;
    active_.erase(seat);
    if (lane.lost())
        pool_.drop(connection, "error");
    else if (lane.connection()->settled())
        pool_.perform(pool_.state.give_back(connection, Clock::now()));
    else
        pool_.give_back(connection, false);
}

void Lanes::line_up(const Lane::Events& events)
{
    displacements_ += events.displaced.size();
    displaced_.insert(displaced_.end(), events.displaced.begin(), events.displaced.end());
    const auto now = Clock::now();
    for (SharedStatement* const statement : events.ended) {
        pool_.run_times.add(std::chrono::duration<double>(now - statement->asked_).count());
        ended_.push_back(statement);
    }
}

void Lanes::tell()
{
    if (telling_)
        return; // the one that is at it does these too
    telling_ = true;
    tell_scheduled_ = false;
    while (!displaced_.empty() || !ended_.empty()) {
        auto& next = displaced_.empty() ? ended_ : displaced_;
        SharedStatement& statement = *next.front();
        next.pop_front();
        if (std::exchange(statement.where_, SharedStatement::Where::nowhere) == SharedStatement::Where::displaced)
            place(statement);
        else
            statement.on_end();
    }
    telling_ = false;
}

// Not within a call of an owner, who may go with the end, nor while the pool has more decisions to perform.
void Lanes::tell_soon()
{
    if (telling_ || std::exchange(tell_scheduled_, true))
        return;
    asio::post(pool_.executor, [weak = pool_.weak_from_this()] {
        if (const auto pool = weak.lock())
            pool->lanes.tell();
    });
}

void Lanes::interrupt(SharedStatement& statement)
{
    statement.world_error = interrupted();
    statement.where_ = SharedStatement::Where::ended;
    ended_.push_back(&statement);
    tell_soon();
}

void Lanes::withdraw(SharedStatement& statement, bool stop)
{
    using Where = SharedStatement::Where;
    switch (statement.where_) {
    case Where::nowhere:
        return;
    case Where::ended:
        if (stop)
            return; // its end is told at once anyway
        std::erase(ended_, &statement);
        statement.where_ = Where::nowhere;
        return;
    case Where::queue:
        waiting_.erase(statement.waiter_);
        pool_.state.leave(statement.waiter_);
        break;
    case Where::displaced:
        std::erase(displaced_, &statement);
        break;
    case Where::lane: {
        const auto lane = statement.lane_->shared_from_this();
        const bool forgotten = lane->withdraw(statement, stop);
        line_up(lane->take_events());
        tell_soon();
        if (!forgotten)
            return;
        break;
    }
    }
    statement.where_ = Where::nowhere;
    if (stop)
        interrupt(statement);
}

void Lanes::tear_down()
{
    telling_ = true; // nothing more is sent or told
    std::vector<SharedStatement*> all(displaced_.begin(), displaced_.end());
    all.insert(all.end(), ended_.begin(), ended_.end());
    for (const auto& [waiter, statement] : waiting_) {
        pool_.state.leave(waiter);
        all.push_back(statement);
    }
    for (const Seat& seat : active_)
        for (SharedStatement* const statement : seat.lane->abandon())
            all.push_back(statement);
    waiting_.clear();
    ended_.assign(all.begin(), all.end());
    for (SharedStatement* const statement : ended_)
        statement->where_ = SharedStatement::Where::ended; // those that go with another are taken out
    displaced_.clear();
    while (!ended_.empty()) {
        SharedStatement* const statement = ended_.front();
        ended_.pop_front();
        statement->where_ = SharedStatement::Where::nowhere;
        statement->on_context_gone();
    }
}

void Lanes::resume(SharedStatement& statement)
{
    if (statement.where_ == SharedStatement::Where::lane)
        statement.lane_->resume();
}

void Lanes::forget(ConnectionId connection) { lanes_.erase(connection); }

// ---------------------------------------------------------------------------------------------------------------- time

void Lanes::watch_time()
{
    if (watching_time_ || active_.empty())
        return;
    watching_time_ = true;
    timer_.expires_after(patience / 2);
    timer_.async_wait([weak = pool_.weak_from_this()](const boost::system::error_code& error) {
        const auto pool = weak.lock();
        if (!pool)
            return;
        pool->lanes.watching_time_ = false;
        if (!error) {
            pool->lanes.on_time();
            pool->lanes.watch_time();
        }
    });
}

void Lanes::on_time()
{
    const auto now = Clock::now();
    std::vector<std::shared_ptr<Lane>> lanes;
    for (const Seat& seat : active_) {
        lanes.push_back(seat.lane);
        if (pool_.state.wants_back(seat.connection, now))
            seat.lane->close();
    }
    for (const std::shared_ptr<Lane>& lane : lanes)
        look_at(*lane, now);
}

void Lanes::look_at(Lane& lane, Clock::time_point now)
{
    const auto query_timeout = pool_.settings.query_timeout;
    if (lane.is_empty())
        return;
    if (now - lane.first_since() > patience) {
        if (SharedStatement* const first = lane.first(); first && lane.first_is_known())
            first->estimate->was_long(lane.first_began(), now);
        lane.displace_group();
        lane.stop_unwanted(now);
    }
    if (query_timeout.count() > 0 && now - lane.first_began() > query_timeout) {
        lane.displace_followers();
        lane.time_out_first(timeout_message(query_timeout), now);
    }
    lane.keep_cancelling(now);
    line_up(lane.take_events());
    tell();
}

} // namespace howdah::pool
