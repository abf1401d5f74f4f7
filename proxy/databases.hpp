// Everything that sessions share: the configured databases, their pools, catalogs and plans, and what is counted.
#pragma once

#include "pool/stats.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace howdah::proxy {

struct Config; // config.hpp

// Counters of the proxy as a whole; the pools' own are in pool::Snapshot.
struct Totals {
    std::uint64_t statements = 0, errors = 0, refused = 0;
    std::uint64_t plan_hits = 0, plan_misses = 0, plan_evictions = 0;
    std::uint64_t retries_exact = 0, retries_stale = 0, promotions = 0, compiler_bugs = 0;
    std::uint64_t local = 0; // answered without PostgreSQL
    std::map<std::string, std::uint64_t>
        pins; // sessions that hold a connection now, by reason: transaction, temp, portal
    std::map<std::string, std::uint64_t> clients; // connected now, by front end: pgwire, lines, http
    std::map<std::string, std::uint64_t> clients_total, auth_failures;
    std::size_t plans = 0; // in the caches now
    std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

class Databases {
  public:
    Databases(boost::asio::any_io_executor executor, std::shared_ptr<const Config> config);
    ~Databases();

    void start();
    // SIGHUP: limits, timeouts and new databases take effect; connections in use are kept.
    void reload(std::shared_ptr<const Config> config);
    // Refuses new statements outside of transactions and closes idle connections.
    void shut_down();
    // Sessions that are inside a transaction or run a statement.
    std::size_t busy_sessions() const;

    Totals& totals();
    std::vector<pool::Snapshot> pools() const;
    // At least one pool has a usable connection or can open one (for /ready).
    bool reachable() const;

    struct Impl;
    Impl& impl() { return *impl_; }

  private:
    std::unique_ptr<Impl> impl_;
};

} // namespace howdah::proxy
