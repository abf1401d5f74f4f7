// Compiled statements by text, settings, catalog and the classes of the bound parameters (catalogue D8). Pure.
#pragma once

#include "dialect/compile.hpp"
#include "pool/shared_statement.hpp"
#include "proxy/exchange.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace howdah::proxy {

// A compiled statement with what its runs need each time. A query's or write's tree is not among that: it is many times
// as large as the text.
struct CachedPlan : dialect::Compiled {
    explicit CachedPlan(dialect::Compiled compiled);
    // One command is all of it, on any connection.
    bool is_plain() const { return steps.size() == 1 && !rehearsal && !touches_temp && !mends_keys; }

    std::string verb;                       // of the command tag (command_tag.hpp)
    std::size_t bytes = 0;                  // of memory, about
    std::uint64_t token = 0;                // a number of its own
    std::uint64_t many_token = 0;           // another, of Step::many
    std::vector<Column> output;             // as clients are told
    std::vector<pool::Oid> parameter_types; // of the only step
    bool shares = false;                    // a query that may run beside others on one connection
    bool asks_counters = false;             // changes(), last_insert_rowid(): its values depend on the statement before
    bool forwardable = false;               // its columns are int8, text and bytea: PostgreSQL's bytes are the client's
    mutable pool::RunEstimate estimate;     // learnt while it runs; one thread
    mutable bool mends_keys = false;        // it broke a foreign key on the way: Options::keys_at_end is its plan
    mutable int misfits = 0;                // so many transactions that it begins are no RowTransaction
    mutable int apart = 0;                  // so many of its next writes are not joined with others' (JoinedPacket)
};
using Plan = std::shared_ptr<const CachedPlan>;

// What a plan is valid for, apart from the guards of its slots.
void plan_key(std::string& key, std::string_view sql, const dialect::Options& options, std::uint64_t catalog_id,
              std::span<const dialect::Value> parameters);
std::string plan_key(std::string_view sql, const dialect::Options& options, std::uint64_t catalog_id,
                     std::span<const dialect::Value> parameters);

// Least recently used keys leave when `capacity` keys are held, or `most_bytes` of memory: an import's statements have
// megabytes each, and are not asked for again. One key has a few plans, told apart by their guards.
class PlanCache {
public:
    static constexpr std::size_t variants = 8;
    static constexpr std::size_t default_bytes = std::size_t{64} * 1024 * 1024;

    explicit PlanCache(std::size_t capacity, std::size_t most_bytes = default_bytes)
        : capacity_(capacity), most_bytes_(most_bytes)
    {
    }

    // The plans of a key, newest first; empty when there is none. Valid until the next call.
    const std::vector<Plan>& find(std::string_view key);
    // One that would take the place of too many others is not kept.
    void add(const std::string& key, Plan plan);
    void set_capacity(std::size_t capacity);
    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return bytes_; }
    std::uint64_t evictions() const { return evictions_; }

private:
    struct Entry {
        std::string key;
        std::vector<Plan> plans;
        std::size_t bytes() const;
    };
    void trim();

    std::size_t capacity_, most_bytes_;
    std::size_t bytes_ = 0; // of all entries
    std::uint64_t evictions_ = 0;
    std::list<Entry> entries_; // most recently used first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
    std::vector<Plan> none_;
};

} // namespace howdah::proxy
