// Everything that sessions share: the configured databases, their pools, catalogs and plans, and what is counted.
#pragma once

#include "pool/stats.hpp"
#include "proxy/totals.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace howdah::proxy {

struct Config; // config.hpp

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
