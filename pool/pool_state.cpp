#include "pool/pool_state.hpp"

#include <algorithm>
#include <cassert>

namespace howdah::pool {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds first_step{200};

} // namespace

PoolState::PoolState(PoolLimits limits, std::uint64_t seed) : limits_(limits), random_(seed | 1) {}

double PoolState::jitter(double from, double to)
{
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return from + (to - from) * static_cast<double>(random_ >> 11) / static_cast<double>(1ULL << 53);
}

std::size_t PoolState::max_opening() const
{
    if (failing_)
        return 1;
    return limits_.max_opening ? limits_.max_opening : std::clamp<std::size_t>(limits_.max / 2, 2, 16);
}

bool PoolState::all_down() const
{
    return failing_ && count(State::idle) + count(State::busy) + count(State::checking) == 0;
}

bool PoolState::may_open(Time now) const
{
    return !shutting_down_ && total() < limits_.max && opening() < max_opening() && !(failing_ && now < retry_at_);
}

void PoolState::set_state(Member& member, State state)
{
    --counts_[static_cast<std::size_t>(member.state)];
    member.state = state;
    ++counts_[static_cast<std::size_t>(state)];
    peak_busy_ = std::max(peak_busy_, busy());
}

void PoolState::remove(ConnectionId id)
{
    const auto found = connections_.find(id);
    assert(found != connections_.end());
    if (found->second.state == State::idle)
        std::erase(idle_, id);
    replaces_none(found->second);
    if (found->second.relieved)
        for (auto& [other, member] : connections_)
            if (member.replaces == id)
                replaces_none(member);
    --counts_[static_cast<std::size_t>(found->second.state)];
    connections_.erase(found);
}

void PoolState::replaces_none(Member& member)
{
    if (member.replaces)
        --replacing_;
    member.replaces.reset();
}

void PoolState::lend(ConnectionId id, WaiterId waiter, CheckoutClass how, Decisions& out)
{
    set_state(connections_.at(id), State::busy);
    end(how);
    out.push_back(Lend{id, waiter, how});
}

void PoolState::close(ConnectionId id, const std::string& reason, Decisions& out)
{
    Member& member = connections_.at(id);
    if (member.state == State::closing)
        return;
    if (member.state == State::idle)
        std::erase(idle_, id);
    set_state(member, State::closing);
    ++closed_[reason];
    out.push_back(CloseConnection{id, reason});
}

void PoolState::open_one(std::optional<ConnectionId> replaces, Decisions& out)
{
    const ConnectionId id = next_id_++;
    Member& member = connections_[id];
    ++counts_[static_cast<std::size_t>(State::opening)];
    member.attempt = failures_;
    member.replaces = replaces;
    replacing_ += replaces ? 1 : 0;
    out.push_back(OpenConnection{id});
}

// Opens what the waiting and `min` need, not more at a time than max_opening(). Those being opened or checked will
// serve as many of the waiting.
void PoolState::grow(Time now, Decisions& out)
{
    while (may_open(now) && (waiting() > opening() + count(State::checking) || staying() < wanted_min()))
        open_one(std::nullopt, out);
}

void PoolState::release(ConnectionId id, CheckoutClass how, Time now, Decisions& out)
{
    Member& member = connections_.at(id);
    if (shutting_down_) {
        close(id, "shutdown", out);
    } else if (member.retired) {
        close(id, "lifetime", out);
    } else if (staying() > limits_.max) {
        close(id, "limit", out);
    } else if (member.expires <= now && renew(id, now, out)) {
        // closed
    } else if (!queue_.empty()) {
        const WaiterId waiter = queue_.front().id;
        queue_.pop_front();
        lend(id, waiter, how, out);
    } else {
        set_state(member, State::idle);
        member.idle_since = now;
        idle_.push_back(id);
    }
    grow(now, out);
}

bool PoolState::renew(ConnectionId id, Time now, Decisions& out)
{
    const bool needed = !queue_.empty() || staying() <= wanted_min();
    // While the server takes no new connections an old one is better than none.
    if (needed && failing_)
        return false;
    if (needed && total() < limits_.max) {
        Member& member = connections_.at(id);
        if (!member.relieved && may_open(now)) {
            member.relieved = true;
            open_one(id, out);
        }
        return false;
    }
    close(id, "lifetime", out);
    return true;
}

Decisions PoolState::start(Time now)
{
    Decisions out;
    started_ = true;
    grow(now, out);
    return out;
}

bool PoolState::lends_at_once(Time now) const
{
    return !shutting_down_ && queue_.empty() && !idle_.empty() &&
           now - connections_.at(idle_.back()).idle_since < limits_.check_after_idle;
}

Decisions PoolState::ask(WaiterId waiter, Time now, bool shares)
{
    Decisions out;
    ++checkouts_;
    const auto refuse = [&](Error error) {
        end(CheckoutClass::error);
        out.push_back(Refuse{waiter, std::move(error)});
    };
    if (shutting_down_) {
        refuse(Error(Error::Kind::shutting_down, "the pool is shutting down"));
        return out;
    }
    if (lends_at_once(now)) {
        const ConnectionId id = idle_.back();
        idle_.pop_back();
        lend(id, waiter, CheckoutClass::hit, out);
        return out;
    }
    // A wrong password stays wrong until the next attempt says otherwise.
    if (all_down() && !last_error_.transient && now < retry_at_) {
        refuse(last_error_);
        return out;
    }
    if (waiting() >= limits_.max_waiting) {
        refuse(Error(Error::Kind::full, std::to_string(waiting()) + " are waiting for a connection already"));
        return out;
    }
    queue_.push_back({waiter, now, shares});
    if (!idle_.empty()) {
        const ConnectionId id = idle_.back();
        idle_.pop_back();
        set_state(connections_.at(id), State::checking);
        out.push_back(CheckConnection{id});
    }
    grow(now, out);
    return out;
}

void PoolState::joined()
{
    ++checkouts_;
    end(CheckoutClass::hit);
}

std::optional<WaiterId> PoolState::first_sharing() const
{
    if (queue_.empty() || !queue_.front().shares)
        return std::nullopt;
    return queue_.front().id;
}

void PoolState::joined_first()
{
    queue_.pop_front();
    end(CheckoutClass::handoff);
}

void PoolState::leave(WaiterId waiter)
{
    const auto at = std::find_if(queue_.begin(), queue_.end(), [&](const Waiter& w) { return w.id == waiter; });
    if (at == queue_.end())
        return;
    queue_.erase(at);
    end(CheckoutClass::abandoned);
}

Decisions PoolState::opened(ConnectionId id, Time now)
{
    Decisions out;
    Member& member = connections_.at(id);
    ++created_;
    failing_ = false;
    step_ = milliseconds(0);
    last_error_ = Error(Error::Kind::connect, "");
    const auto lifetime = std::chrono::duration<double>(limits_.max_lifetime) * jitter(0.9, 1.1);
    member.expires = now + std::chrono::duration_cast<Clock::duration>(lifetime);
    if (const auto old = member.replaces ? connections_.find(*member.replaces) : connections_.end();
        old != connections_.end()) {
        old->second.retired = true;
        replaces_none(member);
        if (old->second.state == State::idle)
            close(old->first, "lifetime", out);
    }
    release(id, CheckoutClass::miss, now, out);
    return out;
}

void PoolState::back_off(std::uint64_t attempt, Time now)
{
    failing_ = true;
    if (attempt != failures_)
        return; // begun before the last failure: part of the same one
    ++failures_;
    // Whoever waits for as long as a connection may take sees at least one attempt made.
    const milliseconds longest = std::max(first_step, limits_.connect_timeout / 2);
    step_ = step_ == milliseconds(0) ? first_step : std::min(step_ * 2, longest);
    const auto pause = std::chrono::duration<double>(step_) * jitter(0.5, 1.0);
    retry_at_ = now + std::chrono::duration_cast<Clock::duration>(pause);
}

Decisions PoolState::open_failed(ConnectionId id, const Error& error, Time now)
{
    Decisions out;
    const Member member = connections_.at(id);
    remove(id);
    ++connect_failures_;
    last_error_ = error;
    if (const auto old = member.replaces ? connections_.find(*member.replaces) : connections_.end();
        old != connections_.end())
        old->second.relieved = false;
    back_off(member.attempt, now);
    while (all_down() && !error.transient && !queue_.empty()) {
        end(CheckoutClass::error);
        out.push_back(Refuse{queue_.front().id, error});
        queue_.pop_front();
    }
    expire_waiters(now, out);
    return out;
}

Decisions PoolState::checked(ConnectionId id, bool alive, Time now)
{
    Decisions out;
    if (!alive)
        return lost(id, "check", now);
    release(id, CheckoutClass::hit, now, out);
    return out;
}

Decisions PoolState::give_back(ConnectionId id, Time now)
{
    Decisions out;
    release(id, CheckoutClass::handoff, now, out);
    return out;
}

Decisions PoolState::lost(ConnectionId id, const std::string& reason, Time now)
{
    Decisions out;
    remove(id);
    ++closed_[reason];
    grow(now, out);
    return out;
}

Decisions PoolState::discard(ConnectionId id, const std::string& reason, Time now)
{
    Decisions out;
    close(id, reason, out);
    grow(now, out);
    return out;
}

Decisions PoolState::closed(ConnectionId id, Time now)
{
    Decisions out;
    remove(id);
    grow(now, out);
    return out;
}

PoolState::Time PoolState::waiter_deadline(const Waiter& waiter) const
{
    const auto patience =
        all_down() ? std::min(limits_.checkout_timeout, limits_.connect_timeout) : limits_.checkout_timeout;
    return waiter.since + patience;
}

Error PoolState::timed_out() const
{
    std::string message = "no connection became free within " + std::to_string(limits_.checkout_timeout.count()) +
                          " ms: " + describe() + ", at most " + std::to_string(limits_.max);
    if (failing_)
        message += "; opening another failed: " + last_error_.message;
    return Error(Error::Kind::timeout, std::move(message), failing_ ? last_error_.sqlstate : "");
}

// All wait equally long, so the first in the queue is the first to time out.
void PoolState::expire_waiters(Time now, Decisions& out)
{
    while (!queue_.empty() && waiter_deadline(queue_.front()) <= now) {
        const bool unreachable = all_down();
        end(unreachable ? CheckoutClass::error : CheckoutClass::timeout);
        out.push_back(Refuse{queue_.front().id, unreachable ? last_error_ : timed_out()});
        queue_.pop_front();
    }
}

void PoolState::trim_idle(Time now, Decisions& out)
{
    // The first has been idle for longest.
    while (!idle_.empty() && staying() > wanted_min() &&
           now - connections_.at(idle_.front()).idle_since >= limits_.max_idle)
        close(idle_.front(), "idle", out);
    for (const ConnectionId id : std::vector<ConnectionId>(idle_))
        if (connections_.at(id).expires <= now)
            renew(id, now, out);
}

bool PoolState::wants_back(ConnectionId connection, Time now) const
{
    const Member& member = connections_.at(connection);
    return shutting_down_ || member.retired || member.expires <= now || staying() > limits_.max;
}

Decisions PoolState::tick(Time now)
{
    Decisions out;
    expire_waiters(now, out);
    trim_idle(now, out);
    grow(now, out);
    return out;
}

std::optional<PoolState::Time> PoolState::next_deadline() const
{
    std::optional<Time> next;
    const auto at = [&](Time time) { next = next ? std::min(*next, time) : time; };
    if (!queue_.empty())
        at(waiter_deadline(queue_.front()));
    if (failing_ && !shutting_down_ && opening() == 0 && (!queue_.empty() || staying() < wanted_min()))
        at(retry_at_);
    if (!idle_.empty() && staying() > wanted_min())
        at(connections_.at(idle_.front()).idle_since + limits_.max_idle);
    for (const ConnectionId id : idle_)
        at(connections_.at(id).expires);
    return next;
}

Decisions PoolState::reconfigure(PoolLimits limits, Time now)
{
    Decisions out;
    limits_ = limits;
    while (!idle_.empty() && staying() > limits_.max)
        close(idle_.front(), "limit", out);
    expire_waiters(now, out);
    grow(now, out);
    return out;
}

Decisions PoolState::renew_all(Time now)
{
    for (auto& [id, member] : connections_)
        member.expires = std::min(member.expires, now);
    retry_at_ = now;
    return tick(now);
}

Decisions PoolState::shut_down(Time)
{
    Decisions out;
    shutting_down_ = true;
    for (const Waiter& waiter : queue_) {
        end(CheckoutClass::error);
        out.push_back(Refuse{waiter.id, Error(Error::Kind::shutting_down, "the pool is shutting down")});
    }
    queue_.clear();
    while (!idle_.empty())
        close(idle_.back(), "shutdown", out);
    return out;
}

std::optional<ConnectionId> PoolState::next_idle() const
{
    if (idle_.empty())
        return std::nullopt;
    return idle_.back();
}

std::vector<ConnectionId> PoolState::idle_connections() const { return idle_; }

std::optional<PoolState::Time> PoolState::oldest_wait() const
{
    if (queue_.empty())
        return std::nullopt;
    return queue_.front().since;
}

std::string PoolState::describe() const
{
    std::string text = std::to_string(busy()) + " busy, " + std::to_string(idle()) + " idle, " +
                       std::to_string(waiting()) + " waiting";
    const auto add = [&](State state, const char* name) {
        if (count(state) > 0)
            text += ", " + std::to_string(count(state)) + " " + name;
    };
    add(State::opening, "opening");
    add(State::checking, "checking");
    add(State::closing, "closing");
    return text;
}

} // namespace howdah::pool
