// See lane.hpp: asking, and getting out of the way. What answers mean is in lane_answers.cpp.
#include "pool/lane.hpp"

#include "pool/deadline.hpp"

#include <algorithm>
#include <utility>

namespace howdah::pool {

namespace {

constexpr std::size_t kept_output = 64 * 1024;
// A group's bounds: the first to be answered waits for the last, so what that costs is small beside what it saves; the
// answers are less than what the server sends without being asked to (8 KB).
constexpr std::size_t most_in_group = 8, most_bytes_of_group = 6 * 1024;
constexpr double most_micros_of_group = 300;

} // namespace

Lane::Lane(std::shared_ptr<Connection> connection, std::function<void(Lane&)> on_events)
    : connection_(std::move(connection)), on_events_(std::move(on_events))
{
}

Lane::~Lane() = default;

// ------------------------------------------------------------------------------------------------------------- asking

void Lane::put(SharedStatement& statement, double micros, Clock::time_point now)
{
    Prepared& prepared = connection_->replies_.prepared();
    if (outstanding_.empty()) {
        closed_ = false;
        first_since_ = first_began_ = now;
    }
    if (!joins_group(statement, micros))
        end_group();
    prepared.begin_batch();
    Outstanding entry{&statement, micros, {}, {}, 0};
    Prepared::Use use = prepared.use(statement.token, statement.sql, statement.types);
    // Those before it may fail, and then there would be no such prepared statement.
    if (use.fresh)
        end_group();
    for (const std::string& gone : prepared.take_closing()) {
        wire::put_close_statement(out_, gone);
        ++entry.closings;
    }
    if (use.fresh) {
        wire::put_parse(out_, use.name, statement.sql, statement.types);
        entry.fresh = use.name;
    }
    wire::put_shared(out_, use.name, statement.bind);
    entry.name = std::move(use.name);
    connection_->count(1);
    ahead_ += micros;
    ++group_.size;
    group_.micros += micros;
    group_.bytes += statement.estimate->bytes();
    outstanding_.push_back(std::move(entry));
    statement.where_ = SharedStatement::Where::lane;
    statement.lane_ = this;
    if (use.fresh || statement.alone_ || statement.estimate->fails())
        end_group();
}

bool Lane::joins_group(const SharedStatement& statement, double micros) const
{
    return !statement.alone_ && !statement.estimate->fails() && group_.size < most_in_group &&
           group_.micros + micros <= most_micros_of_group &&
           group_.bytes + statement.estimate->bytes() <= most_bytes_of_group;
}

void Lane::end_group()
{
    const std::size_t size = std::exchange(group_, {}).size;
    if (size == 0)
        return;
    connection_->traffic_->grouped += size - 1;
    wire::put_sync(out_);
    outstanding_.back().syncs = true;
}

void Lane::flush(Clock::time_point)
{
    if (lost())
        return fail();
    end_group();
    while (out_begin_ < out_.size()) {
        const Transfer moved = connection_->channel_.write(std::string_view(out_).substr(out_begin_));
        out_begin_ += moved.bytes;
        connection_->traffic_->bytes_sent += moved.bytes;
        if (moved.state == Transfer::State::some)
            continue;
        if (moved.state == Transfer::State::wait_write || moved.state == Transfer::State::wait_read) {
            if (moved.state == Transfer::State::wait_write)
                watch(true);
            break;
        }
        // The server may have said why; reading finds out.
        out_.clear();
        out_begin_ = 0;
        break;
    }
    if (out_begin_ == out_.size()) {
        out_.clear();
        out_begin_ = 0;
        if (out_.capacity() > kept_output)
            out_.shrink_to_fit();
    }
    watch(false);
}

void Lane::watch(bool for_write)
{
    bool& watching = for_write ? watching_write_ : watching_read_;
    if (watching || lost())
        return;
    watching = true;
    using Wait = boost::asio::posix::descriptor_base;
    connection_->descriptor_.async_wait(for_write ? Wait::wait_write : Wait::wait_read,
                                        [weak = weak_from_this(), for_write](const boost::system::error_code& error) {
                                            const auto self = weak.lock();
                                            if (!self)
                                                return;
                                            (for_write ? self->watching_write_ : self->watching_read_) = false;
                                            if (!error)
                                                self->on_ready(for_write);
                                        });
}

void Lane::on_ready(bool for_write)
{
    if (outstanding_.empty())
        return; // the connection is another's now, or idle
    // TLS may have to write before it can go on reading, and the other way round.
    if (for_write || out_begin_ < out_.size())
        flush(Clock::now());
    if (!paused_ && !outstanding_.empty())
        read();
}

// ----------------------------------------------------------------------------------------------------- out of the way

Lane::Outstanding* Lane::find(const SharedStatement& statement)
{
    for (Outstanding& entry : outstanding_)
        if (entry.statement == &statement)
            return &entry;
    return nullptr;
}

bool Lane::withdraw(SharedStatement& statement, bool stop)
{
    Outstanding* const entry = find(statement);
    const bool runs = entry == &outstanding_.front();
    if (runs && stop) {
        statement.cancelled_ = true;
        displace_followers();
        cancel_first(Clock::now());
        return false;
    }
    entry->statement = nullptr;
    statement.where_ = SharedStatement::Where::nowhere;
    statement.lane_ = nullptr;
    if (runs) {
        paused_ = false;
        displace_followers();
        cancel_first(Clock::now());
        read_later();
    }
    return true;
}

void Lane::displace_followers()
{
    closed_ = true;
    bool is_first = true;
    for (Outstanding& entry : outstanding_) {
        if (!std::exchange(is_first, false) && entry.statement)
            displace(entry);
    }
}

void Lane::displace_group()
{
    displace_followers();
    Outstanding& first = outstanding_.front();
    if (first.statement && !first.syncs && !first.told && !first.statement->cancelled_)
        displace(first);
}

std::vector<SharedStatement*> Lane::abandon()
{
    std::vector<SharedStatement*> statements;
    for (Outstanding& entry : outstanding_)
        if (SharedStatement* const statement = std::exchange(entry.statement, nullptr))
            statements.push_back(statement);
    return statements;
}

void Lane::cancel_first(Clock::time_point now)
{
    closed_ = true;
    if (outstanding_.empty() || lost())
        return;
    if (!cancelling_)
        cancelling_ = Cancelling{now, now, {}};
    connection_->send_cancel_request();
}

void Lane::time_out_first(std::string message, Clock::time_point now)
{
    if (outstanding_.empty() || cancelling_)
        return;
    if (SharedStatement* const statement = outstanding_.front().statement)
        statement->cancelled_ = true;
    cancel_first(now);
    if (cancelling_)
        cancelling_->message = std::move(message);
}

void Lane::stop_unwanted(Clock::time_point now)
{
    const bool wanted = std::any_of(outstanding_.begin(), outstanding_.end(),
                                    [](const Outstanding& entry) { return entry.statement != nullptr; });
    if (!wanted && !cancelling_)
        cancel_first(now);
}

void Lane::keep_cancelling(Clock::time_point now)
{
    if (!cancelling_ || outstanding_.empty())
        return;
    if (now - cancelling_->since > cancel_grace && !paused_) {
        connection_->lose(Error::Kind::timeout, (cancelling_->message.empty() ? "" : cancelling_->message + ", and ") +
                                                    "the server did not answer a cancel");
        return fail();
    }
    if (now - cancelling_->last >= cancel_again) {
        cancelling_->last = now;
        connection_->send_cancel_request();
    }
}

void Lane::resume()
{
    if (!paused_)
        return;
    paused_ = false;
    first_since_ = Clock::now();
    if (cancelling_)
        cancelling_->since = first_since_;
    read_later();
}

} // namespace howdah::pool
