// A lane's answers: whose each message is, and what becomes of statements that are skipped, cancelled or lost.
#include "pool/lane.hpp"

#include "pool/deadline.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace howdah::pool {

namespace {

// How often a statement that was first when things went wrong is sent again: it may be the cause. Those behind it are
// hardly.
constexpr int tries_of_first = 1, tries_of_followers = 3;

} // namespace

void Lane::read()
{
    const auto self = shared_from_this();
    wire::Decoder& decoder = connection_->decoder_;
    bool more = true;
    for (int reads = 0; more && reads < reads_in_a_row && !paused_ && !lost(); ++reads) {
        const std::span<char> room = decoder.room();
        const Transfer moved = connection_->channel_.read(room);
        switch (moved.state) {
        case Transfer::State::some:
            break;
        case Transfer::State::wait_read:
            more = false;
            continue;
        case Transfer::State::wait_write:
            watch(true);
            more = false;
            continue;
        case Transfer::State::end:
            connection_->lose(Error::Kind::lost, "the server closed the connection unexpectedly");
            continue;
        case Transfer::State::failed:
            connection_->lose(Error::Kind::lost, "the connection to the server broke: " + moved.reason);
            continue;
        }
        decoder.filled(moved.bytes);
        connection_->traffic_->bytes_received += moved.bytes;
        while (const auto message = decoder.next()) {
            if (!on(*message))
                break;
        }
        if (decoder.broken())
            connection_->lose(Error::Kind::protocol, "a message from the server has an impossible length");
        SharedStatement* const reader = first();
        if (reader && reader->is_full() && !lost()) {
            paused_ = true;
            displace_followers();
            events_.full = reader;
        }
        if (outstanding_.empty() || (connection_->channel_.short_read_is_all() && moved.bytes < room.size()))
            more = false;
    }
    decoder.shrink();
    if (ended_ > 0)
        settle_times(Clock::now());
    if (lost())
        return fail();
    if (!outstanding_.empty() && !paused_) {
        if (more)
            read_later();
        else
            watch(false);
    }
    if (!events_.empty() || outstanding_.empty())
        on_events_(*this);
}

// TLS may hold bytes that no socket announces.
void Lane::read_later()
{
    boost::asio::post(connection_->executor_, [weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self && !self->outstanding_.empty() && !self->paused_ && !self->lost())
            self->read();
    });
}

// The server works on one after the other, so what one read brings has shared the time since the read before.
void Lane::settle_times(Clock::time_point now)
{
    const double each = RunEstimate::micros_of(now - first_since_) / static_cast<double>(std::exchange(ended_, 0));
    for (RunEstimate* const estimate : finished_)
        estimate->add(each);
    finished_.clear();
    first_since_ = first_began_ = now;
}

bool Lane::on(const wire::Message& message)
{
    const auto unexpected = [&] {
        connection_->lose(Error::Kind::protocol,
                          std::string("unexpected message '") + message.type + "' from the server");
        return false;
    };
    if (message.type == 'N' || message.type == 'S')
        return true;
    if (message.type == 'A') {
        if (const auto n = wire::read_notification(message.body); n && connection_->replies_.on_notification)
            connection_->replies_.on_notification(*n);
        return true;
    }
    if (outstanding_.empty()) {
        if (message.type == 'E') {
            const wire::Report report = wire::read_report(message.body);
            connection_->lose(Error::Kind::lost, report.error.severity + ": " + report.error.message,
                              report.error.sqlstate);
            return false;
        }
        return unexpected();
    }
    Outstanding& first = outstanding_.front();
    switch (message.type) {
    case 'D':
        if (first.statement) {
            first.told = true;
            ++first.statement->rows;
            first.statement->bytes_ += message.body.size();
            first.statement->on_row({message.body.data() - 5, message.body.size() + 5});
        }
        return true;
    case '1':
        if (first.fresh.empty())
            return unexpected();
        connection_->replies_.prepared().confirm(first.fresh);
        first.fresh.clear();
        return true;
    case '2':
        return true;
    case 'C':
    case 'I':
        // The last one's connection is not free before the group has ended.
        if (!first.syncs)
            end_first();
        return true;
    case '3':
        if (first.closings == 0)
            return unexpected();
        --first.closings;
        return true;
    case 'Z':
        if (wire::read_status(message.body) != 'I' || !(skipping_ || first.syncs))
            return unexpected();
        on_sync();
        return true;
    case 'E': {
        wire::Report report = wire::read_report(message.body);
        if (report.fatal) {
            connection_->lose(Error::Kind::lost, report.error.severity + ": " + report.error.message,
                              report.error.sqlstate);
            return false;
        }
        Prepared& prepared = connection_->replies_.prepared();
        if (!first.fresh.empty())
            drop_unprepared(first, report.error);
        const bool gone = report.error.sqlstate == "26000";
        const bool changed = report.error.sqlstate == "0A000" && report.error.routine == "RevalidateCachedQuery";
        if (gone && first.unprepared)
            report.error = *first.unprepared;
        else
            first.stale = first.fresh.empty() && (gone || changed);
        if (first.stale)
            prepared.forget(first.name);
        first.fresh.clear();
        if (first.statement)
            first.statement->server_error = std::move(report.error);
        if (!first.syncs) {
            skipping_ = true;
            end_first();
        }
        return true;
    }
    default:
        return unexpected();
    }
}

// There is no such statement, neither for those behind that have the same text.
void Lane::drop_unprepared(const Outstanding& first, const ServerError& why)
{
    connection_->replies_.prepared().drop(first.fresh);
    if (why.sqlstate == "57014")
        return;
    const auto shared = std::make_shared<const ServerError>(why);
    for (Outstanding& entry : outstanding_)
        if (entry.name == first.name)
            entry.unprepared = shared;
}

void Lane::on_sync()
{
    if (!std::exchange(skipping_, false))
        return end_first();
    for (bool last = false; !last;) {
        Outstanding& skipped = outstanding_.front();
        last = skipped.syncs;
        if (skipped.statement && skipped.statement->cancelled_) {
            // Its cancel came to nothing, because the server was not at it.
            const bool told = cancelling_ && !cancelling_->message.empty();
            skipped.statement->server_error =
                pool::server_error("57014", told ? cancelling_->message : "canceling statement due to user request");
            end(*skipped.statement);
        } else if (skipped.statement) {
            displace(skipped);
        }
        cancelling_.reset();
        ahead_ -= skipped.micros;
        outstanding_.pop_front();
    }
    if (outstanding_.empty())
        ahead_ = 0;
}

void Lane::end(SharedStatement& statement)
{
    statement.where_ = SharedStatement::Where::ended;
    statement.lane_ = nullptr;
    events_.ended.push_back(&statement);
}

void Lane::end_first()
{
    Outstanding& first = outstanding_.front();
    const auto cancelling = std::exchange(cancelling_, std::nullopt);
    ahead_ -= first.micros;
    ++ended_;
    if (SharedStatement* const statement = first.statement) {
        const bool cancelled = statement->server_error && statement->server_error->sqlstate == "57014";
        const bool innocent = first.stale || (cancelled && !statement->cancelled_); // meant for a neighbour
        if (!innocent || !again(first, tries_of_first)) {
            if (cancelled && cancelling && !cancelling->message.empty())
                statement->server_error->message = cancelling->message;
            if (statement->server_error)
                statement->estimate->failed();
            else
                finished_.push_back(statement->estimate);
            statement->estimate->answered(statement->bytes_);
            end(*statement);
        }
    }
    outstanding_.pop_front();
    if (outstanding_.empty())
        ahead_ = 0;
}

void Lane::fail()
{
    if (std::exchange(failed_, true))
        return;
    const auto self = shared_from_this();
    int most_tries = tries_of_first;
    for (Outstanding& entry : outstanding_) {
        const int tries = std::exchange(most_tries, tries_of_followers);
        SharedStatement* const statement = entry.statement;
        if (!statement || (connection_->loss().kind == Error::Kind::lost && again(entry, tries)))
            continue;
        statement->server_error.reset();
        statement->world_error = connection_->loss();
        end(*statement);
    }
    outstanding_.clear();
    ahead_ = 0;
    on_events_(*this);
}

bool Lane::again(Outstanding& entry, int most_tries)
{
    SharedStatement& statement = *entry.statement;
    if (entry.told || statement.cancelled_ || statement.tries_ >= most_tries)
        return false;
    ++statement.tries_;
    statement.server_error.reset();
    displace(entry);
    return true;
}

void Lane::displace(Outstanding& entry)
{
    SharedStatement* const statement = std::exchange(entry.statement, nullptr);
    statement->where_ = SharedStatement::Where::displaced;
    statement->lane_ = nullptr;
    statement->alone_ = true;
    events_.displaced.push_back(statement);
}

} // namespace howdah::pool
