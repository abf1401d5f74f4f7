// What the proxy as a whole counts; the pools' own numbers are in pool::Snapshot. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace howdah::proxy {

struct Totals {
    std::uint64_t statements = 0, errors = 0, refused = 0;
    std::uint64_t plan_hits = 0, plan_misses = 0, plan_evictions = 0;
    std::uint64_t retries_exact = 0, retries_stale = 0, retries_conflict = 0, promotions = 0, compiler_bugs = 0;
    std::uint64_t row_transactions = 0, row_transactions_left = 0; // begun as such; and then made ordinary ones
    std::uint64_t write_groups = 0, grouped_writes = 0;            // autocommit writes that shared a transaction
    std::uint64_t joined_writes = 0;                               // and a statement
    std::size_t writers_waiting = 0;                               // sessions in a WriterQueue now
    std::uint64_t sent_ahead = 0;                                  // in the packet of the statement before
    std::uint64_t local = 0;                                       // answered without PostgreSQL
    std::map<std::string, std::uint64_t>
        pins; // sessions that hold a connection now, by reason: transaction, temp, portal
    std::map<std::string, std::uint64_t> clients; // connected now, by front end: pgwire, lines, http
    std::map<std::string, std::uint64_t> clients_total, auth_failures;
    std::uint64_t clients_refused = 0; // over limits.max_clients
    std::uint64_t crashes = 0;         // exceptions that ended a client: our own defects
    std::size_t plans = 0;             // in the caches now
    std::size_t plan_bytes = 0;        // of memory that they take, about
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

} // namespace howdah::proxy
