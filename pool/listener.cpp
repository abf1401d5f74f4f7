#include "pool/connection.hpp"
#include "pool/pool.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>

namespace howdah::pool {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds connect_timeout{5000}, first_pause{200}, longest_pause{5000};

std::string quoted(const std::string& identifier)
{
    std::string out = "\"";
    for (const char c : identifier)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

} // namespace

struct Listener::Impl : std::enable_shared_from_this<Listener::Impl> {
    explicit Impl(asio::any_io_executor executor_) : executor(std::move(executor_)), pause(executor) {}

    // Connects, listens, and begins again when the connection breaks, until stopped.
    asio::awaitable<void> run();
    asio::awaitable<bool> listen();

    asio::any_io_executor executor;
    std::string conninfo, channel;
    std::function<void(std::string_view)> on_notify;
    std::function<void()> on_reconnect;
    asio::steady_timer pause;
    std::shared_ptr<Connection> connection;
    bool running = false, stopped = false;
};

// True: it was connected for a while.
asio::awaitable<bool> Listener::Impl::listen()
{
    ConnectionOptions options{conninfo, connect_timeout, 0, "LISTEN " + quoted(channel)};
    Result<std::shared_ptr<Connection>> opened =
        co_await Connection::open(executor, std::move(options), std::make_shared<Traffic>());
    if (!opened || stopped)
        co_return false;
    connection = *opened;
    connection->on_notification([this](const wire::Notification& n) {
        if (!stopped && n.channel == channel)
            on_notify(n.payload);
    });
    on_reconnect();
    bool alive = true;
    while (alive && !stopped)
        alive = co_await connection->wait_for_notifications();
    connection->kill("closed");
    connection.reset();
    co_return true;
}

asio::awaitable<void> Listener::Impl::run()
{
    const auto self = shared_from_this();
    milliseconds wait = first_pause;
    while (!stopped) {
        bool worked = false;
        try {
            worked = co_await listen();
        } catch (const std::exception&) { // what is heard is handled by others
            connection.reset();
        }
        wait = worked ? first_pause : std::min(wait * 2, longest_pause);
        if (stopped)
            break;
        pause.expires_after(wait);
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

std::shared_ptr<Listener> Listener::make(asio::any_io_executor executor, std::string conninfo, std::string channel,
                                         std::function<void(std::string_view)> on_notify,
                                         std::function<void()> on_reconnect)
{
    auto impl = std::make_shared<Impl>(std::move(executor));
    impl->conninfo = std::move(conninfo);
    impl->channel = std::move(channel);
    impl->on_notify = std::move(on_notify);
    impl->on_reconnect = std::move(on_reconnect);
    return std::shared_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Listener::~Listener() { stop(); }

void Listener::start()
{
    if (impl_->running)
        return;
    impl_->running = true;
    asio::co_spawn(impl_->executor, impl_->run(), asio::detached);
}

void Listener::stop()
{
    impl_->stopped = true;
    impl_->pause.cancel();
    if (impl_->connection)
        impl_->connection->kill("closed");
}

} // namespace howdah::pool
