// See write_group.hpp.
#include "proxy/write_group.hpp"

#include "dialect/bookkeeping.hpp"
#include "proxy/database.hpp"
#include "proxy/sending.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// A group is sent so often: without those that have failed.
constexpr int most_tries = 3;

// What an error says of one statement, and not of the neighbours or of the moment.
bool is_of_the_statement(const pool::ServerError& error)
{
    const std::string& state = error.sqlstate;
    return (state.starts_with("22") || state.starts_with("23") || state.starts_with("HW") || state == "P0001") &&
           state != dialect::stale_schema_sqlstate;
}

std::size_t bytes_of(const pool::Batch& batch)
{
    std::size_t bytes = 0;
    for (const pool::Command& command : batch.commands) {
        bytes += 64;
        for (const pool::Param& param : command.params)
            bytes += 8 + (param.bytes ? param.bytes->size() : 0);
    }
    return bytes;
}

} // namespace

// ------------------------------------------------------------------------------------------------------------ a group

// Takes the writer's turn and a connection, and then the members who wait.
class WriteGroups::Group final : public pool::BatchOwner,
                                 public pool::Checkout::Owner,
                                 public std::enable_shared_from_this<Group> {
public:
    Group(WriteGroups& groups, std::shared_ptr<Database> database) : groups_(groups), database_(std::move(database)) {}
    ~Group()
    {
        if (asked_)
            lease_->withdraw();
    }

    void begin(Clock::time_point now)
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
    bool is_asked() const { return asked_; }
    Clock::time_point until() const { return until_; }
    void withdraw(std::size_t place)
    {
        places_[place].member = nullptr;
        drop_rows(place);
    }
    // Ends what has not taken its members yet.
    void abandon()
    {
        checkout_.reset();
        leave();
    }

    bool is_full() const override { return false; }
    void on_full() override {}
    void on_answer() override;
    void on_checkout() override
    {
        pool::Result<pool::Lease> lent = checkout_->take();
        checkout_.reset();
        if (!lent) {
            const auto self = shared_from_this();
            abandon();
            return groups_.let_go();
        }
        lease_ = std::move(*lent);
        send();
    }
    void on_context_gone() override;

private:
    // A member's commands begin there.
    struct Place {
        Member* member = nullptr;
        std::size_t begin = 0, count = 0;
    };
    // Where a command's rows go, if their owner is still there.
    struct Rows final : pool::RowSink {
        pool::RowSink* sink = nullptr;
        void on_row(std::span<const pool::Field> row) override
        {
            if (sink)
                sink->on_row(row);
        }
        boost::asio::awaitable<bool> flush() override { co_return true; }
    };

    bool is_single() const { return database_->config().writers != "concurrent"; }
    static asio::awaitable<void> wait_for_turn(std::shared_ptr<Group> self);
    void connect()
    {
        lease_ = database_->pool().try_checkout();
        if (lease_)
            return send();
        checkout_.emplace(database_->pool(), *this);
    }
    void send();
    void put_lock();
    bool ask();
    void on_committed(pool::BatchResult& result);
    void on_error(const pool::BatchResult& result);
    void send_without(std::size_t culprit);
    void tell_all_to_leave();
    Member* take_member(std::size_t place);
    void drop_rows(std::size_t place);
    std::vector<Place>::iterator place_of(std::size_t command);
    void leave();
    void end();

    WriteGroups& groups_;
    std::shared_ptr<Database> database_; // and with it groups_
    std::optional<SharedFlush::Writer> writer_;
    std::optional<WriterQueue::Turn> turn_;
    std::optional<pool::Checkout> checkout_;
    std::optional<pool::Lease> lease_;
    std::vector<Place> places_;
    std::vector<Rows> rows_; // of each command
    pool::Batch batch_;      // what goes before, and the members' commands
    std::size_t before_ = 0;
    int tries_ = 0;
    bool asked_ = false, is_over_ = false;
    Clock::time_point began_{}, until_{};
};

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
    batch_.commands.reserve(members.size() + 2);
    put_lock();
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
void WriteGroups::Group::put_lock()
{
    Packet packet;
    packet.implicit = true;
    packet.set("lock_timeout", std::to_string(lock_patience.count()));
    if (is_single())
        for (std::string& sql : writer_locks(*database_->catalog(), true))
            packet.add(std::move(sql));
    batch_ = std::move(packet.batch);
}

bool WriteGroups::Group::ask()
{
    for (std::size_t i = 0; i < places_.size(); ++i)
        places_[i].member->place_ = i;
    for (std::size_t i = before_; i < rows_.size(); ++i)
        batch_.commands[i].rows = rows_[i].sink ? &rows_[i] : nullptr;
    ++tries_;
    began_ = Clock::now();
    until_ = began_ + std::max<Clock::duration>(patience, 4 * groups_.recent_);
    asked_ = lease_->start(batch_, *this);
    return asked_;
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
    groups_.go_on();
}

void WriteGroups::Group::on_answer()
{
    const auto self = shared_from_this();
    asked_ = false;
    pool::Result<pool::BatchResult> answer = lease_->take_answer();
    if (answer && answer->error)
        return on_error(*answer);
    if (answer)
        return on_committed(*answer);
    end();
    for (std::size_t i = 0; i < places_.size(); ++i)
        if (Member* const member = take_member(i))
            member->on_group_lost(answer.error());
}

void WriteGroups::Group::on_committed(pool::BatchResult& result)
{
    const Clock::duration took = Clock::now() - began_;
    groups_.recent_ += (took - groups_.recent_) / 8;
    groups_.count(places_.size());
    ++groups_.totals_.write_groups;
    groups_.totals_.grouped_writes += batch_.commands.size() - before_;
    const double each =
        std::chrono::duration<double, std::micro>(took).count() / static_cast<double>(batch_.commands.size() - before_);
    groups_.shortest_.add(std::chrono::duration<double, std::micro>(took).count());
    for (const Place& place : places_)
        if (place.member)
            place.member->plan_->estimate.add(each);
    end();
    for (std::size_t i = 0; i < places_.size(); ++i) {
        Member* const member = take_member(i);
        if (!member)
            continue;
        pool::BatchResult own;
        const auto first = result.results.begin() + static_cast<std::ptrdiff_t>(places_[i].begin);
        own.results.assign(std::make_move_iterator(first),
                           std::make_move_iterator(first + static_cast<std::ptrdiff_t>(places_[i].count)));
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
        if (is_its_own && tries_ < most_tries && !result.stale_plan)
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

// ---------------------------------------------------------------------------------------------------------- the groups

WriteGroups::WriteGroups(Database& database, asio::any_io_executor executor, Totals& totals)
    : database_(database), executor_(executor), totals_(totals), watch_(executor)
{
}

WriteGroups::~WriteGroups() = default;

WriteGroups::Alone::Alone(WriteGroups& groups) : groups_(&groups)
{
    until_ = Clock::now() + std::max<Clock::duration>(patience, 4 * groups.recent_);
    groups.alone_.push_back(this);
}

void WriteGroups::submit(Member& member, const CachedPlan& plan, pool::Batch& batch, Clock::time_point now)
{
    member.where_ = Member::Where::waiting;
    member.plan_ = &plan;
    member.batch_ = &batch;
    member.catalog_ = database_.catalog()->id();
    member.bytes_ = bytes_of(batch);
    member.micros_ = plan.estimate.micros(now);
    waiting_.push_back(&member);
    go_on();
    watch();
}

std::vector<WriteGroups::Member*> WriteGroups::take()
{
    std::vector<Member*> taken;
    std::size_t bytes = 0;
    double micros = 0;
    const double most = shortest_.micros(Clock::now()) + most_micros;
    const bool left = !database_.is_loaded();
    while (!waiting_.empty() && taken.size() < most_members) {
        Member* const member = waiting_.front();
        bytes += member->bytes_;
        micros += member->micros_;
        if (!taken.empty() && (bytes > most_bytes || (taken.size() > 1 && micros > most)))
            break;
        waiting_.pop_front();
        if (left || member->catalog_ != database_.catalog()->id()) {
            member->where_ = Member::Where::leaving;
            leaving_.push_back(member);
        } else {
            taken.push_back(member);
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
        alive->groups().go_on();
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
    count(1);
    if (!waiting_.empty())
        post_leaving();
}

void WriteGroups::go_on()
{
    if (!waiting_.empty() && !is_busy())
        begin_group();
}

bool WriteGroups::is_stuck(Clock::time_point now) const
{
    return is_busy() &&
           std::all_of(alone_.begin(), alone_.end(), [&](const Alone* alone) { return now > alone->until_; }) &&
           std::all_of(groups_.begin(), groups_.end(), [&](const auto& group) { return now > group->until(); });
}

void WriteGroups::watch()
{
    if (watching_ || waiting_.empty())
        return;
    watching_ = true;
    watch_.expires_after(patience / 2);
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
