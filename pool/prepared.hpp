// Which statements a server connection has prepared, and under which name. Least recently used ones go first. Pure.
//
// PostgreSQL plans a prepared statement a few times and then keeps the plan until something about the table is recorded
// anew, which within a transaction never happens. A plan for a table of three rows reads the table, and goes on reading
// it when there are a million. So a statement that has been used often is prepared again (`uses_of_plan`).
#pragma once

#include "pool/batch.hpp"

#include <cstdint>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace howdah::pool {

class Prepared {
public:
    explicit Prepared(std::size_t limit) : limit_(limit) {}

    struct Use {
        std::string name;   // h1, h2, …; a name is never used twice on a connection
        bool fresh = false; // not prepared yet: Parse goes first
    };
    // A statement is prepared again after the first so many uses, then after so many times as many, and from the last
    // one on each time: what it costs is nothing beside them, and no plan is kept for longer.
    static constexpr std::uint32_t first_uses_of_plan = 32, growth_of_uses = 2, uses_of_plan = 1024;
    // Statements used from here on stay until the next batch begins, however many they are.
    void begin_batch() { ++batch_; }
    // Same text with other parameter types is another statement.
    Use use(std::string_view sql, std::span<const Param> params) { return use(0, sql, params); }
    // The same for a text that the caller knows by a number (0: it does not), which finds it quicker.
    Use use(std::uint64_t token, std::string_view sql, std::span<const Param> params);
    Use use(std::uint64_t token, std::string_view sql, std::span<const Oid> types);
    // The server confirmed Parse; one that is not confirmed when the batch ends is forgotten by end_batch().
    void confirm(std::string_view name);
    void end_batch();
    // The server no longer has it, or has it with a stale plan.
    void forget(std::string_view name);
    // The server refused its Parse.
    void drop(std::string_view name);
    // DISCARD ALL, DEALLOCATE ALL.
    void forget_all();
    // Names to Close before anything else is sent; they are out of the cache already.
    std::vector<std::string> take_closing();
    // A Close was not carried out.
    void close_later(std::string name) { closing_.push_back(std::move(name)); }
    std::size_t limit() const { return limit_; }

    std::size_t size() const { return by_key_.size(); }
    std::uint64_t hits = 0, misses = 0, evictions = 0; // to prepare again is a miss

private:
    struct Entry {
        std::string key, name;
        std::uint64_t batch = 0; // the last one that used it
        std::uint64_t token = 0; // the last that found it; 0: none
        std::uint32_t uses = 0, planned_for = first_uses_of_plan;
    };
    using Entries = std::list<Entry>; // most recently used first

    // By the token; by the key, which is known by the token from then on.
    bool find(std::uint64_t token);
    // The first entry is used once more.
    Use use_again();
    Use use_key(std::uint64_t token);
    std::string next_name() { return "h" + std::to_string(++names_); }
    void remove(Entries::iterator entry);
    void evict();
    Entries::iterator find_name(std::string_view name);

    std::size_t limit_;
    std::uint64_t batch_ = 0, names_ = 0;
    Entries entries_;
    std::unordered_map<std::string_view, Entries::iterator> by_key_; // keys are views into the entries
    std::unordered_map<std::uint64_t, Entries::iterator> by_token_;
    std::vector<std::string> unconfirmed_, closing_;
    std::string key_; // scratch
};

} // namespace howdah::pool
