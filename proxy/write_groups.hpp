// Autocommit writes of many clients in one transaction: one turn of the writers, one flush and one answer for all.
//
// While a write is under way, alone or in a group, those that come wait here and go together when it is over, or a
// moment later, when those who were in the group before are back (gathering.hpp). Members
// are known to be short, and nobody is told of success before the server has confirmed the commit. A group never makes
// others wait long for a lock: it gives way, and its members go the ordinary way, as whoever has waited here too long.
// What fails goes the ordinary way, too, and finds its error there; the others are sent again without it. One thread.
#pragma once

#include "pool/pool.hpp"
#include "proxy/gathering.hpp"
#include "proxy/group_rules.hpp"
#include "proxy/plan_cache.hpp"
#include "proxy/totals.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace howdah::proxy {

class Database;

class WriteGroups {
    class Group;

public:
    using Clock = GroupPace::Clock;
    // So long may a write wait here before it goes the ordinary way, where others wait for their turn or a connection.
    static constexpr std::chrono::milliseconds patience_before{200};
    // So long a group waits for a lock.
    static constexpr std::chrono::milliseconds lock_patience{20};

    WriteGroups(Database& database, boost::asio::any_io_executor executor, Totals& totals);
    ~WriteGroups();
    WriteGroups(const WriteGroups&) = delete;
    WriteGroups& operator=(const WriteGroups&) = delete;

    // Whether the server is to enforce foreign keys for a write; a group has writes of one kind.
    enum class Keys : std::uint8_t {
        either, // it meets none
        enforced,
        ignored,
    };

    // A write that waits for a group or is in one. Owned by whoever asks, and withdrawn when it goes before it is told
    // how it came out: once, by one of these, which may do anything.
    class Member {
    public:
        // Committed.
        virtual void on_group_answer(pool::BatchResult result) = 0;
        // It is not known whether it has been committed.
        virtual void on_group_lost(const pool::Error& error) = 0;
        // It has had no effect and is to go the ordinary way.
        virtual void on_group_left() = 0;
        // What its rows were sent to has received nothing: it is sent once more.
        virtual void on_group_again() = 0;
        // The io_context is being destroyed, nothing more will come: to destroy whoever waits, who may own this.
        virtual void on_context_gone() = 0;

    protected:
        ~Member() = default;

    private:
        friend class WriteGroups;
        enum class Where : std::uint8_t { nowhere, waiting, sent, leaving };
        Where where_ = Where::nowhere;
        const CachedPlan* plan_ = nullptr;
        Keys keys_ = Keys::either;
        pool::Batch* batch_ = nullptr;
        std::uint64_t catalog_ = 0; // for which the plan was made
        std::size_t bytes_ = 0;
        double micros_ = 0;
        Group* group_ = nullptr; // of one that is sent
        std::size_t place_ = 0;
    };

    // A write that goes on its own while this lives: others wait for it and go together then.
    class Alone {
    public:
        explicit Alone(WriteGroups& groups);
        Alone(const Alone&) = delete;
        Alone& operator=(const Alone&) = delete;
        ~Alone() { groups_->alone_is_over(*this); }
        // So long it took to succeed.
        void took(Clock::duration time) { groups_->pace_.alone_took(time); }

    private:
        friend class WriteGroups;
        WriteGroups* groups_;
        Clock::time_point until_;
    };

    // The batch begins with the plan's only command; its commands are moved away. All live until the member is told.
    void submit(Member& member, const CachedPlan& plan, Keys keys, pool::Batch& batch, Clock::time_point now);
    // There is no more interest in what becomes of it.
    void withdraw(Member& member);
    // Whoever still waits leaves soon.
    void give_up(Member& member);

    // Whether a write of this plan is short enough, or tried.
    bool takes(const CachedPlan& plan, Clock::time_point now) { return pace_.takes(plan.estimate, now); }
    // So much is under way that a write had better wait.
    bool is_busy(Clock::time_point now) const { return is_full() || gathering_.waits(waiting_.size(), now); }
    // And that for so long that nobody should.
    bool is_stuck(Clock::time_point now) const;

private:
    void begin_group();
    void alone_is_over(const Alone& alone);
    // Begins a group if there is anybody for one, unless it waits for more.
    void go_on(Clock::time_point now);
    void gather();
    bool is_full() const { return alone_.size() + groups_.size() >= pace_.most_at_once(); }
    // The next group's members.
    std::vector<Member*> take();
    void let_go();
    void let_leaving_go();
    void post_leaving();
    void watch();
    void context_gone();

    Database& database_;
    boost::asio::any_io_executor executor_;
    Totals& totals_;
    GroupPace pace_;
    std::deque<Member*> waiting_, leaving_;
    std::vector<Alone*> alone_;
    std::vector<std::shared_ptr<Group>> groups_; // under way
    Gathering gathering_;
    boost::asio::steady_timer watch_, gather_; // run while there are waiting ones, and while these wait for more
    bool watching_ = false, is_gathering_ = false;
};

} // namespace howdah::proxy
