// The life of the daemon: start, signals, reload, drain. Start reading at Server::run.
#include "proxy/serve.hpp"

#include "proxy/auth.hpp"
#include "proxy/config.hpp"
#include "proxy/databases.hpp"
#include "proxy/embedded.hpp"
#include "proxy/http/front_end.hpp"
#include "proxy/io.hpp"
#include "proxy/lines/front_end.hpp"
#include "proxy/listener.hpp"
#include "proxy/log.hpp"
#include "proxy/pgwire/front_end.hpp"
#include "proxy/server.hpp"
#include "proxy/systemd.hpp"
#include "proxy/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace howdah::proxy {

namespace asio = boost::asio;
using asio::awaitable;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);
constexpr const char* system_config = "/etc/howdah/howdah.toml";
constexpr auto tick_interval = 250ms;
constexpr auto status_interval = 10s;
// After the drain limit: how long closed clients may take to give their connections back.
constexpr auto last_moments = 2s;
constexpr std::size_t spare_server_connections = 20; // for catalogs, cancels and the owner's own psql

struct FrontEnd {
    const char* name;
    const std::vector<std::string> ListenConfig::*addresses;
    Serve serve;
};
constexpr FrontEnd front_ends[] = {
    {"pgwire", &ListenConfig::pgwire, pgwire::serve_pgwire},
    {"lines", &ListenConfig::lines, lines::serve_lines},
    {"http", &ListenConfig::http, http::serve_http},
};

// What a configuration names besides itself. All or nothing, so that a reload with a bad file changes nothing.
struct Loaded {
    std::shared_ptr<Config> config;
    std::shared_ptr<asio::ssl::context> tls;
    std::shared_ptr<Authenticator> auth;
};

// Throws after it has logged every error of the file.
Config read_config(const std::string& file)
{
    if (file.empty())
        return {};
    ConfigResult result = load_config(file);
    for (const auto& error : result.errors)
        log().error("{}", error.text());
    if (!result.errors.empty())
        throw std::runtime_error(file + ": " + std::to_string(result.errors.size()) + " error(s) in the configuration");
    return std::move(result.config);
}

Loaded load(Config config, const Embedded* embedded)
{
    Loaded loaded;
    loaded.config = std::make_shared<Config>(std::move(config));
    const std::string& file = loaded.config->file;
    if (embedded != nullptr)
        embedded->complete(*loaded.config);
    for (const auto& [name, database] : loaded.config->databases)
        if (database.postgres.empty())
            throw std::runtime_error(file + ": databases." + name + ".postgres is missing");
    if (loaded.config->databases.empty())
        throw std::runtime_error(file +
                                 ": no [databases.…] is configured, and without --embedded there is no server to use");
    std::string error;
    loaded.tls = make_tls_context(loaded.config->tls, error);
    if (!error.empty())
        throw std::runtime_error("tls: " + error);
    loaded.auth = Authenticator::load(loaded.config->auth, error);
    if (!loaded.auth)
        throw std::runtime_error("auth: " + error);
    return loaded;
}

void raise_descriptor_limit()
{
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

class Server {
public:
    explicit Server(ServeOptions options) : options_(std::move(options)), signals_(io_, SIGTERM, SIGINT, SIGHUP) {}
    ~Server() { io_.destroy_waiting(); } // clients that are still there refer to the rest
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void run();

private:
    void open_listeners(const Config& config);
    void adopt_passed_sockets(const Config& config);
    void list_endpoints();
    bool listens_on(const std::string& front_end, const std::string& address) const;

    awaitable<void> handle_signals();
    awaitable<void> watch_children(asio::signal_set& children);
    awaitable<void> tick();
    void reload();
    awaitable<void> drain();
    awaitable<void> wait_for_clients(Clock::time_point until);
    std::string status() const;

    ServeOptions options_;
    Io io_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO}; // sockets and timers are used by this thread alone
    asio::signal_set signals_;
    std::optional<asio::signal_set> children_;
    std::unique_ptr<Embedded> embedded_;
    std::unique_ptr<Databases> databases_;
    std::unique_ptr<ServerContext> context_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    std::vector<std::string> activated_; // front ends whose sockets systemd passed
    bool hurry_ = false;                 // a second SIGTERM
};

void Server::run()
{
    raise_descriptor_limit();
    std::signal(SIGPIPE, SIG_IGN);
    Config config = read_config(options_.config);
    configure_log(config.log);
    if (!options_.embedded.empty()) {
        embedded_ = std::make_unique<Embedded>(io_.get_executor(), options_.embedded);
        embedded_->start(std::max<std::size_t>(100, config.pool.max + spare_server_connections));
    }
    const Loaded loaded = load(std::move(config), embedded_.get());
    databases_ = std::make_unique<Databases>(io_.get_executor(), loaded.config);
    context_.reset(new ServerContext{
        io_.get_executor(), loaded.config, *databases_, loaded.tls, loaded.auth, false, {}, {}, 1, {}});
    adopt_passed_sockets(*loaded.config);
    open_listeners(*loaded.config);
    databases_->start();
    for (const auto& listener : listeners_)
        listener->start();
    list_endpoints();
    for (const auto& [front_end, address] : context_->endpoints)
        log().info("{} on {}", front_end, address);
    asio::co_spawn(io_, handle_signals(), asio::detached);
    asio::co_spawn(io_, tick(), asio::detached);
    if (embedded_) {
        children_.emplace(io_, SIGCHLD);
        asio::co_spawn(io_, watch_children(*children_), asio::detached);
    }
    log().info("howdah {} is ready", HOWDAH_VERSION);
    systemd::notify("READY=1\n" + status());
    io_.run();
}

void Server::open_listeners(const Config& config)
{
    const bool default_lines = config.listen.lines == ListenConfig().lines;
    for (const auto& [name, addresses, serve] : front_ends) {
        if (std::find(activated_.begin(), activated_.end(), name) != activated_.end())
            continue;
        for (const auto& address : config.listen.*addresses) {
            if (listens_on(name, address))
                continue;
            try {
                for (auto& listener : Listener::open(*context_, name, address, config.listen.unix_mode, serve))
                    listeners_.push_back(std::move(listener));
            } catch (const std::exception& error) {
                // The default Unix socket is a convenience, which not every user may make.
                if (!default_lines || !address.starts_with("unix:"))
                    throw;
                log().warn("{}", error.what());
            }
        }
    }
}

// A socket belongs to the front end that its FileDescriptorName says, or else to the one that is configured for its
// address.
void Server::adopt_passed_sockets(const Config& config)
{
    for (const auto& passed : systemd::take_sockets()) {
        auto listener = Listener::adopt(*context_, passed.descriptor);
        const FrontEnd* owner = nullptr;
        for (const auto& front_end : front_ends) {
            const auto& addresses = config.listen.*front_end.addresses;
            if (passed.name == front_end.name ||
                std::find(addresses.begin(), addresses.end(), listener->address()) != addresses.end())
                owner = &front_end;
        }
        if (owner == nullptr) {
            log().warn("systemd passed a socket for {} (\"{}\"), which no front end wants", listener->address(),
                       passed.name);
            continue;
        }
        listener->serve_as(owner->name, owner->serve);
        listeners_.push_back(std::move(listener));
        activated_.emplace_back(owner->name);
    }
}

bool Server::listens_on(const std::string& front_end, const std::string& address) const
{
    return std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& listener) {
        return listener->front_end() == front_end && listener->configured() == address;
    });
}

void Server::list_endpoints()
{
    context_->endpoints.clear();
    for (const auto& listener : listeners_)
        context_->endpoints.emplace_back(listener->front_end(), listener->address());
}

awaitable<void> Server::handle_signals()
{
    bool draining = false;
    for (;;) {
        const auto [error, signal] = co_await signals_.async_wait(tuple);
        if (error)
            co_return;
        if (signal == SIGHUP) {
            if (!draining)
                reload();
        } else if (!std::exchange(draining, true)) {
            asio::co_spawn(io_, drain(), asio::detached);
        } else {
            hurry_ = true;
        }
    }
}

awaitable<void> Server::watch_children(asio::signal_set& children)
{
    for (;;) {
        const auto [error, signal] = co_await children.async_wait(tuple);
        if (error)
            co_return;
        embedded_->child_ended();
    }
}

// The heartbeat: clients look at their deadlines, systemd hears that the loop is alive.
awaitable<void> Server::tick()
{
    asio::steady_timer timer(io_);
    const auto watchdog = systemd::watchdog_interval();
    auto next_watchdog = Clock::now();
    auto next_status = Clock::now() + status_interval;
    for (;;) {
        timer.expires_after(watchdog ? std::min<Clock::duration>(tick_interval, *watchdog / 3)
                                     : Clock::duration(tick_interval));
        co_await timer.async_wait(tuple);
        context_->tick();
        if (watchdog && Clock::now() >= next_watchdog) {
            systemd::notify("WATCHDOG=1");
            next_watchdog = Clock::now() + *watchdog / 3;
        }
        if (Clock::now() >= next_status) {
            systemd::notify(status());
            next_status = Clock::now() + status_interval;
        }
    }
}

std::string Server::status() const
{
    Totals& totals = databases_->totals();
    std::size_t in_use = 0, idle = 0;
    for (const auto& pool : databases_->pools()) {
        in_use += pool.in_use;
        idle += pool.idle;
    }
    return "STATUS=" + std::to_string(context_->limited_clients()) + " clients, " + std::to_string(in_use) +
           " connections in use, " + std::to_string(idle) + " idle, " + std::to_string(totals.statements) +
           " statements" + (context_->draining ? ", draining" : "");
}

void Server::reload()
{
    systemd::notify_reloading();
    try {
        const Loaded loaded = load(read_config(options_.config), embedded_.get());
        open_listeners(*loaded.config); // may throw: nothing has changed yet but further addresses
        std::erase_if(listeners_, [&](const std::shared_ptr<Listener>& listener) {
            const auto* front_end = std::find_if(std::begin(front_ends), std::end(front_ends),
                                                 [&](const FrontEnd& f) { return listener->front_end() == f.name; });
            const auto& wanted = (*loaded.config).listen.*(front_end->addresses);
            const bool gone = !listener->configured().empty() &&
                              std::find(wanted.begin(), wanted.end(), listener->configured()) == wanted.end();
            if (gone)
                listener->close();
            return gone;
        });
        configure_log(loaded.config->log);
        context_->config = loaded.config;
        context_->tls = loaded.tls;
        context_->auth = loaded.auth;
        databases_->reload(loaded.config);
        log().info("configuration reloaded{}", options_.config.empty() ? "" : " from " + options_.config);
    } catch (const std::exception& error) {
        log().error("reload failed, the old configuration stays: {}", error.what());
    }
    for (const auto& listener : listeners_)
        listener->start();
    list_endpoints();
    systemd::notify("READY=1\n" + status());
}

// SIGTERM: /ready says no, nobody new comes in, transactions end, then everything does. HTTP answers to the last
// moment.
awaitable<void> Server::drain()
{
    context_->draining = true;
    systemd::notify("STOPPING=1\n" + status());
    const auto limit = context_->config->limits.drain_timeout;
    log().info("draining: {} clients, {} of them busy, at most {} s", context_->limited_clients(),
               databases_->busy_sessions(), limit.count());
    std::erase_if(listeners_, [](const std::shared_ptr<Listener>& listener) {
        if (listener->front_end() == "http")
            return false;
        listener->close();
        return true;
    });
    list_endpoints();
    databases_->shut_down();
    context_->say_goodbye(Goodbye::when_idle);
    co_await wait_for_clients(Clock::now() + limit);
    if (context_->limited_clients() > 0) {
        log().warn("closing {} clients that are still busy", context_->limited_clients());
        hurry_ = false;
        context_->say_goodbye(Goodbye::now);
        co_await wait_for_clients(Clock::now() + last_moments);
    }
    if (embedded_)
        co_await embedded_->stop();
    log().info("howdah ends");
    io_.stop();
}

awaitable<void> Server::wait_for_clients(Clock::time_point until)
{
    asio::steady_timer timer(io_);
    while (context_->limited_clients() > 0 && Clock::now() < until && !hurry_) {
        timer.expires_after(20ms);
        co_await timer.async_wait(tuple);
    }
}

} // namespace

int serve(const ServeOptions& given)
{
    configure_log(LogConfig());
    ServeOptions options = given;
    if (options.config.empty() && options.embedded.empty())
        options.config = system_config;
    int status = 0;
    try {
        Server server(options);
        server.run();
    } catch (const std::exception& error) {
        log().error("{}", error.what());
        status = 1;
    }
    shut_down_log();
    return status;
}

} // namespace howdah::proxy
