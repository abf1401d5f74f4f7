// See databases.hpp and database.hpp.
#include "proxy/databases.hpp"

#include "proxy/catalog_loader.hpp"
#include "proxy/database.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// Databases without a session are kept up to this number, because opening one again costs a round trip and a mirror.
constexpr std::size_t max_unused_databases = 256;

// Every statement of ours is qualified and ordered by itself; these settings keep a role's or a database's own defaults
// from changing what an answer looks like.
constexpr const char* on_connect =
    "SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET extra_float_digits = 1; "
    "SET bytea_output = 'hex'; SET intervalstyle = 'postgres'; SET datestyle = 'ISO'; SET timezone = 'UTC'; "
    "SET lock_timeout = 5000; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
    "SET default_transaction_isolation = 'read committed'; SET client_min_messages = 'warning'; SET "
    "max_parallel_workers_per_gather = 0; SET jit = off; "
    "SET plan_cache_mode = 'auto'";

pool::Settings pool_settings(const DatabaseConfig& database, const PoolConfig& pool)
{
    pool::Settings s;
    s.conninfo = database.postgres;
    s.min = pool.min;
    s.max = pool.max;
    s.connect_timeout = pool.connect_timeout;
    s.checkout_timeout = pool.checkout_timeout;
    s.query_timeout = pool.query_timeout;
    s.max_lifetime = pool.max_lifetime;
    s.max_idle = pool.max_idle;
    s.check_after_idle = pool.check_after_idle;
    s.max_waiting = pool.max_waiting;
    s.max_prepared = pool.max_prepared;
    s.on_connect = on_connect;
    return s;
}

// Of a pool's connections, those at which writers may stand in line for the lock: the others are for reads, which
// share them. Short writers need the line to be long, so that the server is never without the next one.
std::size_t writers_at_once(std::size_t connections)
{
    const std::size_t kept = std::max<std::size_t>(1, connections / 4);
    return connections > kept ? connections - kept : 1;
}

} // namespace

Database::Database(asio::any_io_executor executor, std::string name, DatabaseConfig config,
                   std::shared_ptr<pool::Pool> pool, std::size_t connections, std::size_t plan_capacity, Totals& totals)
    : name_(std::move(name)),
      config_(std::move(config)),
      pool_(std::move(pool)),
      plans_(plan_capacity),
      flush_(executor),
      writers_(executor, writers_at_once(connections)),
      groups_(*this, executor, totals),
      pg_schema_(config_.schema.empty() ? name_ : config_.schema),
      loaded_(executor)
{
}

asio::awaitable<std::optional<pool::Error>> Database::ensure_loaded()
{
    const auto self = shared_from_this();
    if (catalog_ && !stale_)
        co_return std::nullopt;
    if (loading_) {
        boost::system::error_code ignored;
        while (loading_)
            co_await loaded_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        if (catalog_)
            co_return std::nullopt;
        co_return load_error_;
    }
    loading_ = true;
    loaded_.expires_at(asio::steady_timer::time_point::max());
    struct Done {
        Database& database;
        ~Done()
        {
            database.loading_ = false;
            database.loaded_.cancel();
        }
    } const done{*this};
    auto error = co_await load();
    load_error_ = error;
    co_return error;
}

asio::awaitable<std::optional<pool::Error>> Database::load()
{
    stale_ = false;
    auto loaded = co_await load_database(*pool_, config_, name_, catalog_);
    if (loaded.has_error()) {
        stale_ = true;
        const pool::Error error = loaded.error();
        co_return error;
    }
    for (const std::string& warning : loaded->warnings)
        spdlog::warn("database {}: {}", name_, warning);
    catalog_ = loaded->catalog;
    pg_schema_ = loaded->pg_schema;
    co_return std::nullopt;
}

bool Database::can_load_at_once() const
{
    const pool::Snapshot pool = pool_->stats();
    return !loading_ && pool.waiting == 0 && (pool.idle > 0 || pool.in_use + pool.opening < pool.max);
}

void Database::heard_of(std::int64_t version)
{
    if (catalog_ && version > catalog_->version())
        stale_ = true;
}

void Database::publish(const std::shared_ptr<const dialect::Catalog>& base,
                       std::shared_ptr<const dialect::Catalog> next)
{
    if (catalog_ == base)
        catalog_ = std::move(next);
    else
        stale_ = true;
}

std::shared_ptr<pool::Pool> Databases::Impl::pool_of(const DatabaseConfig& database)
{
    auto& pool = pools[database.postgres];
    if (!pool) {
        pool = pool::Pool::make(executor, pool_settings(database, config->pool));
        pool->start();
        auto listener = pool::Listener::make(
            executor, database.postgres, "howdah_schema",
            [this, conninfo = database.postgres](std::string_view payload) { notified(conninfo, payload); },
            [this, conninfo = database.postgres] {
                for (auto& [name, opened] : open)
                    if (opened->config().postgres == conninfo)
                        opened->mark_stale();
            });
        listener->start();
        listeners[database.postgres] = std::move(listener);
    }
    return pool;
}

std::shared_ptr<Database> Databases::Impl::find(const std::string& name)
{
    if (const auto found = open.find(name); found != open.end())
        return found->second;
    auto configured = config->databases.find(name);
    if (configured == config->databases.end())
        configured = config->databases.find("*");
    if (configured == config->databases.end())
        return nullptr;
    forget_unused();
    auto database = std::make_shared<Database>(executor, name, configured->second, pool_of(configured->second),
                                               config->pool.max, config->limits.plan_cache, totals);
    open.emplace(name, database);
    return database;
}

// The payload is "<database> <version>", as the DDL that changed it has sent.
void Databases::Impl::notified(const std::string& conninfo, std::string_view payload)
{
    const auto space = payload.rfind(' ');
    if (space == std::string_view::npos)
        return;
    std::int64_t version = 0;
    const auto digits = payload.substr(space + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), version).ec != std::errc{})
        return;
    for (auto& [name, database] : open)
        if (database->config().postgres == conninfo &&
            (database->pg_schema() == payload.substr(0, space) || name == payload.substr(0, space)))
            database->heard_of(version);
}

void Databases::Impl::forget_unused()
{
    for (auto it = open.begin(); open.size() > max_unused_databases && it != open.end();)
        it = it->second.use_count() == 1 ? open.erase(it) : std::next(it);
}

Databases::Databases(asio::any_io_executor executor, std::shared_ptr<const Config> config)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(config)))
{
}

Databases::~Databases() = default;

void Databases::start()
{
    for (const auto& [name, database] : impl_->config->databases)
        impl_->pool_of(database);
}

void Databases::reload(std::shared_ptr<const Config> config)
{
    impl_->config = std::move(config);
    for (const auto& [name, database] : impl_->config->databases) {
        const auto existing = impl_->pools.find(database.postgres);
        if (existing != impl_->pools.end())
            existing->second->reconfigure(pool_settings(database, impl_->config->pool));
    }
    for (auto it = impl_->open.begin(); it != impl_->open.end();) {
        // A database whose settings changed is opened anew by its next session; running ones keep what they have.
        const auto& databases = impl_->config->databases;
        auto configured = databases.find(it->first);
        if (configured == databases.end())
            configured = databases.find("*");
        const bool same = configured != databases.end() &&
                          configured->second.postgres == it->second->config().postgres &&
                          configured->second.schema == it->second->config().schema &&
                          configured->second.writers == it->second->config().writers &&
                          configured->second.mismatch == it->second->config().mismatch;
        if (same)
            it->second->plans().set_capacity(impl_->config->limits.plan_cache);
        it = same ? std::next(it) : impl_->open.erase(it);
    }
    start();
}

void Databases::shut_down()
{
    impl_->shutting_down = true;
    for (auto& [conninfo, listener] : impl_->listeners)
        listener->stop();
    for (auto& [conninfo, pool] : impl_->pools)
        pool->shut_down();
}

std::size_t Databases::busy_sessions() const { return impl_->busy; }

Totals& Databases::totals()
{
    auto& totals = impl_->totals;
    totals.plans = 0;
    totals.plan_bytes = 0;
    totals.plan_evictions = 0;
    for (const auto& [name, database] : impl_->open) {
        totals.plans += database->plans().size();
        totals.plan_bytes += database->plans().bytes();
        totals.plan_evictions += database->plans().evictions();
    }
    return totals;
}

std::vector<pool::Snapshot> Databases::pools() const
{
    std::vector<pool::Snapshot> snapshots;
    for (const auto& [conninfo, pool] : impl_->pools)
        snapshots.push_back(pool->stats());
    return snapshots;
}

bool Databases::reachable() const
{
    for (const auto& [conninfo, pool] : impl_->pools) {
        const pool::Snapshot stats = pool->stats();
        if (stats.idle + stats.in_use > 0 || stats.last_error.empty())
            return true;
    }
    return impl_->pools.empty();
}

} // namespace howdah::proxy
