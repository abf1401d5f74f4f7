// See write_group.hpp.
#include "proxy/write_group.hpp"

#include "proxy/sending.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace howdah::proxy {

void WriteGroups::Group::begin(Clock::time_point now)
{
    until_ = now + patience_before;
    if (is_single()) {
        writer_.emplace(database_->flush());
        turn_ = database_->writers().try_take();
        if (!turn_) {
            asio::co_spawn(groups_.executor_, wait_for_turn(shared_from_this()), asio::detached);
            return;
        }
    }
    connect();
}

asio::awaitable<void> WriteGroups::Group::wait_for_turn(std::shared_ptr<Group> self)
{
    // Where the io_context is destroyed meanwhile, nobody else knows of those who wait.
    struct Watch {
        std::shared_ptr<Group> group;
        bool is_over = false;
        ~Watch()
        {
            if (!is_over)
                group->on_context_gone();
        }
    } watch{self};
    WriterQueue::Place place(self->database_->writers());
    auto turn = co_await place.wait(std::chrono::duration_cast<std::chrono::milliseconds>(patience_before));
    watch.is_over = true;
    if (self->is_over_)
        co_return;
    if (!turn) {
        self->abandon();
        self->groups_.let_go();
        co_return;
    }
    self->turn_ = std::move(turn);
    self->connect();
}

void WriteGroups::Group::send()
{
    const auto self = shared_from_this();
    std::vector<Member*> members = groups_.take();
    if (members.empty())
        return end();
    batch_.commands.reserve(members.size() + 4);
    open_packet(members);
    before_ = batch_.commands.size();
    places_.reserve(members.size());
    for (Member* const member : members) {
        member->where_ = Member::Where::sent;
        member->group_ = this;
        std::vector<pool::Command>& commands = member->batch_->commands;
        places_.push_back({member, batch_.commands.size(), commands.size()});
        std::move(commands.begin(), commands.end(), std::back_inserter(batch_.commands));
        commands.clear();
    }
    rows_.resize(batch_.commands.size());
    for (std::size_t i = before_; i < rows_.size(); ++i)
        rows_[i].sink = batch_.commands[i].rows;
    if (ask())
        return;
    end();
    tell_all_to_leave();
}

// Within one packet, which is one transaction without BEGIN and COMMIT.
void WriteGroups::Group::open_packet(const std::vector<Member*>& members)
{
    const auto any = [&](auto is) { return std::any_of(members.begin(), members.end(), is); };
    Packet packet;
    packet.implicit = true;
    packet.set("lock_timeout", std::to_string(lock_patience.count()));
    if (any([](const Member* member) { return member->keys_ == Keys::enforced; }))
        packet.set("howdah.fk", "on");
    // Each statement is to be judged for itself, as at its own COMMIT.
    if (any([](const Member* member) {
            return member->keys_ == Keys::enforced && member->plan_->met_keys.tests == dialect::KeyTests::at_commit;
        }))
        packet.add("SET CONSTRAINTS ALL IMMEDIATE");
    if (is_single())
        for (const std::string& sql : database_->writer_locks().of(*database_->catalog(), true))
            packet.add(sql);
    batch_ = std::move(packet.batch);
}

bool WriteGroups::Group::ask()
{
    for (std::size_t i = 0; i < places_.size(); ++i)
        places_[i].member->place_ = i;
    for (std::size_t i = before_; i < rows_.size(); ++i)
        batch_.commands[i].rows = rows_[i].sink ? &rows_[i] : nullptr;
    if (tries_++ == 0)
        join();
    began_ = Clock::now();
    until_ = groups_.pace_.until(began_);
    asked_ = lease_->start(joined_ ? joined_->batch() : batch_, *this);
    return asked_;
}

void WriteGroups::Group::join()
{
    std::vector<const CachedPlan*> plans(batch_.commands.size());
    for (const Place& place : places_) {
        const CachedPlan& plan = *place.member->plan_;
        if (place.count == 1 && !plan.steps.front().many.empty() && (plan.apart == 0 || --plan.apart == 0))
            plans[place.begin] = &plan;
    }
    joined_ = JoinedPacket::make(batch_, plans);
}

WriteGroups::Member* WriteGroups::Group::take_member(std::size_t place)
{
    Member* const member = std::exchange(places_[place].member, nullptr);
    drop_rows(place);
    if (member)
        member->where_ = Member::Where::nowhere;
    return member;
}

void WriteGroups::Group::drop_rows(std::size_t place)
{
    const Place& of = places_[place];
    for (std::size_t i = of.begin; i < of.begin + of.count; ++i)
        rows_[i].sink = nullptr;
}

std::vector<WriteGroups::Group::Place>::iterator WriteGroups::Group::place_of(std::size_t command)
{
    return std::find_if(places_.begin(), places_.end(),
                        [&](const Place& place) { return command < place.begin + place.count; });
}

void WriteGroups::Group::leave()
{
    is_over_ = true;
    lease_.reset();
    turn_.reset();
    writer_.reset();
    std::erase(groups_.groups_, shared_from_this());
}

// The next group goes before these members are told: the server need not wait for that.
void WriteGroups::Group::end()
{
    leave();
    groups_.go_on(Clock::now());
}

void WriteGroups::Group::on_answer()
{
    const auto self = shared_from_this();
    asked_ = false;
    pool::Result<pool::BatchResult> answer = lease_->take_answer();
    if (joined_ && !split(answer))
        return send_without(places_.size());
    if (answer && answer->error)
        return on_error(*answer);
    if (answer)
        return on_committed(*answer);
    end();
    for (std::size_t i = 0; i < places_.size(); ++i)
        if (Member* const member = take_member(i))
            member->on_group_lost(answer.error());
}

// False: which of those that were joined has failed will be known when they are sent one by one.
bool WriteGroups::Group::split(pool::Result<pool::BatchResult>& answer)
{
    JoinedPacket joined = *std::exchange(joined_, std::nullopt);
    joined.give_back(batch_);
    if (!answer)
        return true;
    const bool failed = answer->error && joined.is_joined(answer->results.size());
    if (failed && is_of_the_statement(*answer->error) && !answer->stale_plan) {
        for (const Place& place : places_)
            if (place.member)
                place.member->plan_->apart = apart_after_failure;
        return false;
    }
    if (!answer->error)
        groups_.totals_.joined_writes += joined.joined();
    if (!joined.split(*answer))
        answer = pool::Error(pool::Error::Kind::protocol, "a trigger or a rule that is not howdah's has left out rows");
    return true;
}

void WriteGroups::Group::on_committed(pool::BatchResult& result)
{
    const Clock::duration took = Clock::now() - began_;
    const std::size_t writes = batch_.commands.size() - before_;
    groups_.pace_.group_took(places_.size(), took);
    groups_.gathering_.told(places_.size(), groups_.waiting_.size(), took, began_ + took);
    ++groups_.totals_.write_groups;
    groups_.totals_.grouped_writes += writes;
    const double each = pool::RunEstimate::micros_of(took) / static_cast<double>(writes);
    for (const Place& place : places_)
        if (place.member)
            place.member->plan_->estimate.add(each);
    end();
    for (std::size_t i = 0; i < places_.size(); ++i) {
        Member* const member = take_member(i);
        if (!member)
            continue;
        pool::BatchResult own;
        own.results = take_results(result, places_[i].begin, places_[i].begin + places_[i].count);
        member->on_group_answer(std::move(own));
    }
}

// The server has rolled everything back.
void WriteGroups::Group::on_error(const pool::BatchResult& result)
{
    const std::size_t at = result.results.size();
    if (at >= before_ && at < batch_.commands.size()) {
        const auto culprit = place_of(at);
        const bool is_its_own = is_of_the_statement(*result.error);
        // Who has met a lock may meet it again: it goes on its own for a while.
        if (culprit->member && is_its_own)
            culprit->member->plan_->estimate.failed();
        else if (culprit->member)
            culprit->member->plan_->estimate.was_long(began_, Clock::now());
        if (is_its_own && tries_ < most_tries_of_group && !result.stale_plan)
            return send_without(static_cast<std::size_t>(culprit - places_.begin()));
    }
    end();
    tell_all_to_leave();
}

void WriteGroups::Group::tell_all_to_leave()
{
    for (std::size_t i = 0; i < places_.size(); ++i)
        if (Member* const member = take_member(i))
            member->on_group_left();
}

// Those who have gone are not sent again, and who has several commands goes the ordinary way.
void WriteGroups::Group::send_without(std::size_t culprit)
{
    std::vector<Place> places;
    std::vector<Rows> rows(before_);
    std::vector<pool::Command> commands;
    std::move(batch_.commands.begin(), batch_.commands.begin() + static_cast<std::ptrdiff_t>(before_),
              std::back_inserter(commands));
    std::vector<Member*> leaving;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const Place& place = places_[i];
        Member* const member = place.member;
        if (!member)
            continue;
        if (i == culprit || place.count > 1) {
            leaving.push_back(take_member(i));
            continue;
        }
        member->on_group_again();
        places.push_back({member, commands.size(), 1});
        rows.push_back(rows_[place.begin]);
        commands.push_back(std::move(batch_.commands[place.begin]));
    }
    places_ = std::move(places);
    rows_ = std::move(rows);
    batch_.commands = std::move(commands);
    const bool sent = !places_.empty() && ask();
    if (!sent) {
        end();
        for (std::size_t i = 0; i < places_.size(); ++i)
            if (Member* const member = take_member(i))
                leaving.push_back(member);
    }
    for (Member* const member : leaving) {
        member->where_ = Member::Where::leaving;
        groups_.leaving_.push_back(member);
    }
    groups_.let_leaving_go();
}

void WriteGroups::Group::on_context_gone()
{
    const auto self = shared_from_this();
    asked_ = false;
    is_over_ = true;
    std::erase(groups_.groups_, self);
    for (std::size_t i = 0; i < places_.size(); ++i)
        if (Member* const member = take_member(i))
            member->on_context_gone();
    if (groups_.groups_.empty() && groups_.alone_.empty())
        groups_.context_gone();
}

} // namespace howdah::proxy
