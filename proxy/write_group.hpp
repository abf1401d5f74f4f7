// One group of write_groups.hpp, from its turn to its answer. Part of the inside.
#pragma once

#include "proxy/database.hpp"
#include "proxy/joined_packet.hpp"
#include "proxy/write_groups.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace howdah::proxy {

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

    void begin(Clock::time_point now);
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
    static boost::asio::awaitable<void> wait_for_turn(std::shared_ptr<Group> self);
    void connect()
    {
        lease_ = database_->pool().try_checkout();
        if (lease_)
            return send();
        checkout_.emplace(database_->pool(), *this);
    }
    void send();
    void open_packet(const std::vector<Member*>& members);
    bool ask();
    void join();
    bool split(pool::Result<pool::BatchResult>& answer);
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
    std::vector<Rows> rows_;             // of each command
    pool::Batch batch_;                  // what goes before, and the members' commands
    std::optional<JoinedPacket> joined_; // what is sent instead of it
    std::size_t before_ = 0;
    int tries_ = 0;
    bool asked_ = false, is_over_ = false;
    Clock::time_point began_{}, until_{};
};

} // namespace howdah::proxy
