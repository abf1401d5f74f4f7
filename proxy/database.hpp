// One SQLite database as clients name it: where it lives, its newest catalog and its plans. Shared by its sessions.
#pragma once

#include "dialect/catalog.hpp"
#include "pool/pool.hpp"
#include "proxy/config.hpp"
#include "proxy/databases.hpp"
#include "proxy/plan_cache.hpp"
#include "proxy/shared_flush.hpp"
#include "proxy/write_groups.hpp"
#include "proxy/writer_locks.hpp"
#include "proxy/writer_queue.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace howdah::proxy {

class Database : public std::enable_shared_from_this<Database> {
public:
    Database(boost::asio::any_io_executor executor, std::string name, DatabaseConfig config,
             std::shared_ptr<pool::Pool> pool, std::size_t connections, std::size_t plan_capacity, Totals& totals);

    const std::string& name() const { return name_; }
    const DatabaseConfig& config() const { return config_; }
    pool::Pool& pool() { return *pool_; }
    PlanCache& plans() { return plans_; }
    SharedFlush& flush() { return flush_; }
    WriterQueue& writers() { return writers_; }
    WriterLocks& writer_locks() { return writer_locks_; }
    WriteGroups& groups() { return groups_; }
    const std::string& pg_schema() const { return pg_schema_; }

    // The newest catalog known; null before the first load.
    const std::shared_ptr<const dialect::Catalog>& catalog() const { return catalog_; }
    // Loads the catalog when there is none, or when another proxy has changed it. Concurrent callers share one load.
    boost::asio::awaitable<std::optional<pool::Error>> ensure_loaded();
    // There is a catalog, and no reason to doubt it: ensure_loaded() would do nothing.
    bool is_loaded() const { return catalog_ && !stale_; }
    // Nobody else loads it, and there is a connection for that, or room for one.
    bool can_load_at_once() const;
    const std::shared_ptr<pool::Pool>& shared_pool() const { return pool_; }
    // The catalog may be out of date: the next ensure_loaded() asks the server.
    void mark_stale() { stale_ = true; }
    // A notification: `version` is the newest on the server.
    void heard_of(std::int64_t version);
    // A session has committed a change made on top of `base`.
    void publish(const std::shared_ptr<const dialect::Catalog>& base, std::shared_ptr<const dialect::Catalog> next);

private:
    boost::asio::awaitable<std::optional<pool::Error>> load();

    std::string name_;
    DatabaseConfig config_;
    std::shared_ptr<pool::Pool> pool_;
    PlanCache plans_;
    SharedFlush flush_;
    WriterQueue writers_;
    WriterLocks writer_locks_;
    WriteGroups groups_;
    std::string pg_schema_;
    std::shared_ptr<const dialect::Catalog> catalog_;
    bool stale_ = false;
    bool loading_ = false;
    boost::asio::steady_timer loaded_; // cancelled when a load ends: wakes those who wait for it
    std::optional<pool::Error> load_error_;
};

// The part of Databases that sessions use.
struct Databases::Impl {
    Impl(boost::asio::any_io_executor executor_, std::shared_ptr<const Config> config_)
        : executor(std::move(executor_)), config(std::move(config_))
    {
    }

    boost::asio::any_io_executor executor;
    std::shared_ptr<const Config> config;
    Totals totals;
    std::map<std::string, std::shared_ptr<pool::Pool>> pools;         // by conninfo
    std::map<std::string, std::shared_ptr<pool::Listener>> listeners; // by conninfo
    std::map<std::string, std::shared_ptr<Database>> open;            // by the client's name
    bool shutting_down = false;
    std::size_t busy = 0;

    // Null when the config has no such database.
    std::shared_ptr<Database> find(const std::string& name);
    std::shared_ptr<pool::Pool> pool_of(const DatabaseConfig& database);
    void notified(const std::string& conninfo, std::string_view payload);
    void forget_unused();
};

} // namespace howdah::proxy
