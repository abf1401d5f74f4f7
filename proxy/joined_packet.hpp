// The packet of a group of writes (write_groups.hpp) in which INSERTs of one plan are one command, for the rows of all
// of them (dialect/insert_many.hpp). Pure.
#pragma once

#include "pool/batch.hpp"
#include "proxy/plan_cache.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace howdah::proxy {

class JoinedPacket {
public:
    // Of the commands of `batch`; those that are not joined are moved from there. `plans` has the plan of each that may
    // be, and null for the others. nullopt: there is nothing to join, and nothing has happened.
    static std::optional<JoinedPacket> make(pool::Batch& batch, std::span<const CachedPlan* const> plans);

    const pool::Batch& batch() const { return batch_; }
    // Of batch().
    bool is_joined(std::size_t command) const { return command < of_.size() && of_[command].size() > 1; }
    // Of the original commands, those that share one with others.
    std::size_t joined() const;
    // Gives the commands back to where they came from.
    void give_back(pool::Batch& batch);
    // Makes the answer what it would be had each command been sent by itself. False: a trigger or a rule that is not
    // howdah's has left out rows, and nobody knows whose.
    bool split(pool::BatchResult& result) const;

private:
    // Gives each row to the one of whose values it was made.
    struct Rows final : pool::RowSink {
        std::vector<pool::RowSink*> sinks;
        std::size_t seen = 0;
        void on_row(std::span<const pool::Field> row) override
        {
            if (seen < sinks.size() && sinks[seen])
                sinks[seen]->on_row(row);
            ++seen;
        }
        boost::asio::awaitable<bool> flush() override { co_return true; }
    };

    void join(std::size_t at, const CachedPlan& plan, const pool::Batch& batch);

    pool::Batch batch_;
    std::vector<std::vector<std::size_t>> of_; // the original commands that each stands for
    std::vector<std::unique_ptr<Rows>> rows_;  // of each; null where it is not joined
    std::size_t count_ = 0;                    // of the original commands
};

} // namespace howdah::proxy
