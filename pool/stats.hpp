// What a pool counts. Plain values, copied out whole, so a scrape never sees half of an update.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace howdah::pool {

// Times in seconds; upper bounds of the buckets, the last one is +Inf.
struct Histogram {
    static constexpr std::array<double, 14> bounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                   0.025,  0.05,    0.1,    0.25,  0.5,    1,     5};
    std::array<std::uint64_t, bounds.size() + 1> counts{};
    std::uint64_t count = 0;
    double sum = 0;
    void add(double seconds);
};

struct Snapshot {
    std::string server; // host:port/database as user: no password
    // Checkout classes; they add up to `checkouts` at every moment, except for those still waiting.
    std::uint64_t checkouts = 0;
    std::uint64_t hit = 0;     // a connection was ready
    std::uint64_t handoff = 0; // waited, and got a returned one
    std::uint64_t miss = 0;    // one was opened for it
    std::uint64_t timeout = 0;
    std::uint64_t error = 0;
    std::uint64_t abandoned = 0; // the client left while waiting
    // Connections.
    std::uint64_t created = 0, connect_failures = 0;
    std::map<std::string, std::uint64_t> closed; // by reason: idle, lifetime, error, dirty, shutdown, check, reset
    std::size_t in_use = 0, idle = 0, opening = 0, waiting = 0, peak_in_use = 0, min = 0, max = 0;
    double oldest_wait_seconds = 0;
    std::uint64_t prepared_hits = 0, prepared_misses = 0, prepared_evictions = 0;
    std::uint64_t bytes_sent = 0, bytes_received = 0, queries = 0, cancels = 0, rollbacks = 0;
    // Queries that joined others on a connection, and those that were moved from one: their neighbour was slow, was
    // cancelled, or lost the connection.
    std::uint64_t shared = 0, displaced = 0;
    std::uint64_t grouped = 0;      // queries that joined others under one Sync
    std::string tls_version;        // of the newest connection: "TLSv1.3", or empty
    std::int64_t tls_not_after = 0; // the server certificate's expiry, seconds since 1970; 0 when unknown
    std::string last_error;         // of connecting, without secrets
    Histogram wait, run;
};

} // namespace howdah::pool
