// See write_groups.hpp.
#include "proxy/write_groups.hpp"

#include "proxy/database.hpp"
#include "proxy/sending.hpp"
#include "proxy/write_group.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace howdah::proxy {

WriteGroups::WriteGroups(Database& database, asio::any_io_executor executor, Totals& totals)
    : database_(database), executor_(executor), totals_(totals), watch_(executor), gather_(executor)
{
}

WriteGroups::~WriteGroups() = default;

WriteGroups::Alone::Alone(WriteGroups& groups) : groups_(&groups)
{
    until_ = groups.pace_.until(Clock::now());
    groups.alone_.push_back(this);
}

void WriteGroups::submit(Member& member, const CachedPlan& plan, Keys keys, pool::Batch& batch, Clock::time_point now)
{
    member.where_ = Member::Where::waiting;
    member.plan_ = &plan;
    member.keys_ = keys;
    member.batch_ = &batch;
    member.catalog_ = database_.catalog()->id();
    member.bytes_ = bytes_of(batch);
    member.micros_ = plan.estimate.micros(now);
    waiting_.push_back(&member);
    gathering_.came(now);
    go_on(now);
    watch();
}

std::vector<WriteGroups::Member*> WriteGroups::take()
{
    std::vector<Member*> taken;
    std::size_t bytes = 0;
    double micros = 0;
    Keys keys = Keys::either;
    const auto now = Clock::now();
    const bool left = !database_.is_loaded();
    while (!waiting_.empty()) {
        Member* const member = waiting_.front();
        bytes += member->bytes_;
        micros += member->micros_;
        const bool agree = keys == Keys::either || member->keys_ == Keys::either || member->keys_ == keys;
        if (!agree || !pace_.has_room(taken.size(), bytes, micros, now))
            break;
        waiting_.pop_front();
        if (left || member->catalog_ != database_.catalog()->id()) {
            member->where_ = Member::Where::leaving;
            leaving_.push_back(member);
        } else {
            taken.push_back(member);
            keys = keys == Keys::either ? member->keys_ : keys;
        }
    }
    if (!leaving_.empty())
        post_leaving();
    return taken;
}

void WriteGroups::withdraw(Member& member)
{
    switch (std::exchange(member.where_, Member::Where::nowhere)) {
    case Member::Where::sent:
        return member.group_->withdraw(member.place_);
    case Member::Where::waiting:
        std::erase(waiting_, &member);
        return;
    case Member::Where::leaving:
        std::erase(leaving_, &member);
        return;
    case Member::Where::nowhere:
        return;
    }
}

void WriteGroups::give_up(Member& member)
{
    if (member.where_ != Member::Where::waiting)
        return;
    withdraw(member);
    member.where_ = Member::Where::leaving;
    leaving_.push_back(&member);
    post_leaving();
}

void WriteGroups::post_leaving()
{
    // Destroyed without having run, it is the last that knows of those who leave.
    struct Task {
        explicit Task(std::weak_ptr<Database> database_) : database(std::move(database_)) {}
        ~Task()
        {
            const auto alive = is_over ? nullptr : database.lock();
            if (alive)
                alive->groups().context_gone();
        }
        std::weak_ptr<Database> database;
        bool is_over = false;
    };
    asio::post(executor_, [task = std::make_shared<Task>(database_.weak_from_this())] {
        task->is_over = true;
        const auto alive = task->database.lock();
        if (!alive)
            return;
        alive->groups().let_leaving_go();
        alive->groups().go_on(Clock::now());
    });
}

void WriteGroups::let_leaving_go()
{
    const auto keep = database_.shared_from_this();
    while (!leaving_.empty()) {
        Member& member = *leaving_.front();
        leaving_.pop_front();
        member.where_ = Member::Where::nowhere;
        member.on_group_left();
    }
}

// Everybody who waits.
void WriteGroups::let_go()
{
    for (Member* const member : waiting_)
        member->where_ = Member::Where::leaving;
    leaving_.insert(leaving_.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    let_leaving_go();
}

void WriteGroups::begin_group()
{
    const auto group = std::make_shared<Group>(*this, database_.shared_from_this());
    groups_.push_back(group);
    group->begin(Clock::now());
}

void WriteGroups::alone_is_over(const Alone& alone)
{
    std::erase(alone_, &alone);
    pace_.alone_is_over();
    if (!waiting_.empty())
        post_leaving();
}

void WriteGroups::go_on(Clock::time_point now)
{
    if (waiting_.empty() || is_full())
        return;
    if (gathering_.waits(waiting_.size(), now))
        gather();
    else
        begin_group();
}

void WriteGroups::gather()
{
    if (is_gathering_)
        return;
    is_gathering_ = true;
    gather_.expires_at(gathering_.until());
    gather_.async_wait([weak = database_.weak_from_this()](const boost::system::error_code& error) {
        const auto alive = weak.lock();
        if (error || !alive)
            return;
        alive->groups().is_gathering_ = false;
        alive->groups().go_on(Clock::now());
    });
}

bool WriteGroups::is_stuck(Clock::time_point now) const
{
    return is_full() &&
           std::all_of(alone_.begin(), alone_.end(), [&](const Alone* alone) { return now > alone->until_; }) &&
           std::all_of(groups_.begin(), groups_.end(), [&](const auto& group) { return now > group->until(); });
}

void WriteGroups::watch()
{
    if (watching_ || waiting_.empty())
        return;
    watching_ = true;
    watch_.expires_after(GroupPace::patience / 2);
    watch_.async_wait([weak = database_.weak_from_this()](const boost::system::error_code& error) {
        const auto alive = weak.lock();
        if (error || !alive)
            return;
        WriteGroups& groups = alive->groups();
        groups.watching_ = false;
        if (groups.is_stuck(Clock::now())) {
            const auto under_way = groups.groups_;
            for (const auto& group : under_way)
                if (!group->is_asked())
                    group->abandon();
            groups.let_go();
        }
        groups.watch();
    });
}

void WriteGroups::context_gone()
{
    const auto keep = database_.weak_from_this().lock();
    while (!waiting_.empty() || !leaving_.empty()) {
        std::deque<Member*>& list = waiting_.empty() ? leaving_ : waiting_;
        Member& member = *list.front();
        list.pop_front();
        member.where_ = Member::Where::nowhere;
        member.on_context_gone();
    }
}

} // namespace howdah::proxy
