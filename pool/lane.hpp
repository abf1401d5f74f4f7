// A connection on which statements of many clients are outstanding at once, answered in the order in which they were
// sent. Part of the pool's inside; lanes.hpp decides what goes where.
//
// Short ones that are sent together share one Sync, a group: the server sends its answers at a Sync, and one send for
// many is most of what a short query costs it. When a member fails, the server skips the rest of the group; when one is
// slow, the answers before it are held back. Then those without an answer are sent again, from now on in no group.
#pragma once

#include "pool/connection.hpp"
#include "pool/shared_statement.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace howdah::pool {

class Lane : public std::enable_shared_from_this<Lane> {
public:
    using Clock = RunEstimate::Clock;

    // What has happened to statements since the last call; told to the owner in one go.
    struct Events {
        std::vector<SharedStatement*> ended;     // their answer is complete
        std::vector<SharedStatement*> displaced; // to be sent again on another connection
        SharedStatement* full = nullptr;
        bool empty() const { return ended.empty() && displaced.empty() && !full; }
    };
    // `on_events` is called when something has been read, or the connection was lost (lost()).
    Lane(std::shared_ptr<Connection> connection, std::function<void(Lane&)> on_events);
    ~Lane();

    // Appends the statement; flush() sends.
    void put(SharedStatement& statement, double micros, Clock::time_point now);
    void flush(Clock::time_point now);
    Events take_events() { return std::exchange(events_, {}); }

    // Forgets the statement; its answer is dropped when it comes. With `stop`, the server is asked to stop it, if it is
    // what runs now: then the statement still gets its end. True: it is forgotten.
    bool withdraw(SharedStatement& statement, bool stop);
    // Everything behind the first statement goes elsewhere, and nothing more is taken: the first is, or may be, slow.
    void displace_followers();
    // The same where it is not known who of the first group is slow: the first statement, too, goes elsewhere.
    void displace_group();
    // Whether the first statement is what the server is at, and not another of its group.
    bool first_is_known() const { return !outstanding_.empty() && outstanding_.front().syncs; }
    // The first statement's owner has room again.
    void resume();
    // Asks the server to stop the first statement, which then ends with this message.
    void time_out_first(std::string message, Clock::time_point now);
    // The same where nobody wants the first statement's answer any more, nor those of the others.
    void stop_unwanted(Clock::time_point now);
    // To be called now and then: a cancel that arrives before its statement has begun is lost, and is sent again; a
    // server that does not react at all is given up.
    void keep_cancelling(Clock::time_point now);
    // Takes the statements without a word: everything is being torn down.
    std::vector<SharedStatement*> abandon();

    bool is_empty() const { return outstanding_.empty(); }
    // Takes no more statements until it is empty.
    bool closed() const { return closed_ || connection_->lost(); }
    void close() { closed_ = true; }
    bool paused() const { return paused_; }
    bool lost() const { return connection_->lost(); }
    const Error& loss() const { return connection_->loss(); }
    std::size_t size() const { return outstanding_.size(); }
    // Estimated microseconds of what is outstanding.
    double ahead() const { return ahead_; }
    SharedStatement* first() const { return outstanding_.empty() ? nullptr : outstanding_.front().statement; }
    // Since when the server has been at the first statement, without its owner's pauses; and with them.
    Clock::time_point first_since() const { return first_since_; }
    Clock::time_point first_began() const { return first_began_; }
    const std::shared_ptr<Connection>& connection() const { return connection_; }

private:
    struct Outstanding {
        SharedStatement* statement; // null: nobody wants the answer
        double micros;
        std::string fresh;      // the name under which it is being prepared
        std::string name;       // of the prepared statement
        std::uint32_t closings; // Close messages that go before
        // Why there is no such prepared statement: the one before, which was to prepare it, got this.
        std::shared_ptr<const ServerError> unprepared = nullptr;
        bool told = false;  // the owner has been given rows
        bool stale = false; // the server no longer has what was prepared
        bool syncs = false; // the last of its group
    };

    bool joins_group(const SharedStatement& statement, double micros) const;
    void end_group();
    // The server has come to the end of a group, in which it skipped whatever was behind an error.
    void on_sync();
    void watch(bool for_write);
    void on_ready(bool for_write);
    void read();
    void read_later();
    // False: nothing more can be read.
    bool on(const wire::Message& message);
    void drop_unprepared(const Outstanding& first, const ServerError& why);
    void end_first();
    void end(SharedStatement& statement);
    void cancel_first(Clock::time_point now);
    void fail();
    void settle_times(Clock::time_point now);
    // Gives the statement up to be sent again, if it may be; it has not been told anything.
    bool again(Outstanding& entry, int most_tries);
    void displace(Outstanding& entry);
    Outstanding* find(const SharedStatement& statement);

    std::shared_ptr<Connection> connection_;
    std::function<void(Lane&)> on_events_;
    std::deque<Outstanding> outstanding_;
    std::string out_;
    std::size_t out_begin_ = 0;
    double ahead_ = 0;
    Clock::time_point first_since_{}, first_began_{};
    std::size_t ended_ = 0;              // statements that this read has ended
    std::vector<RunEstimate*> finished_; // of those among them that succeeded
    Events events_;
    struct Cancelling {
        Clock::time_point since, last;
        std::string message;
    };
    std::optional<Cancelling> cancelling_; // of the first
    // What is put but not sent yet, behind the last Sync.
    struct Group {
        std::size_t size = 0, bytes = 0;
        double micros = 0;
    } group_;
    bool skipping_ = false; // the server, until the group's end
    bool closed_ = false, paused_ = false, failed_ = false;
    bool watching_read_ = false, watching_write_ = false;
};

} // namespace howdah::pool
