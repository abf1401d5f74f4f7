#include "proxy/listener.hpp"

#include "proxy/databases.hpp"
#include "proxy/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace howdah::proxy {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::local::stream_protocol;

namespace {

constexpr auto tuple = asio::as_tuple(asio::use_awaitable);

[[noreturn]] void fail(const std::string& address, const std::string& reason)
{
    throw std::runtime_error("cannot listen on " + address + ": " + reason);
}

// A client that has vanished without a word is noticed after two minutes.
void set_tcp_options(Socket& socket)
{
    const int fd = socket.native_handle();
    const auto set = [fd](int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1); // fails on a Unix socket, which needs none of this
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

bool somebody_listens(const std::string& path)
{
    asio::io_context io;
    stream_protocol::socket socket(io);
    boost::system::error_code error;
    socket.connect(stream_protocol::endpoint(path), error);
    return !error || error == asio::error::would_block; // a full backlog is a listener too
}

} // namespace

Listener::Listener(ServerContext& context, std::string front_end, Serve serve)
    : context_(context), front_end_(std::move(front_end)), serve_(serve), acceptor_(context.executor)
{
}

Listener::~Listener() { close(); }

std::vector<std::shared_ptr<Listener>> Listener::open(ServerContext& context, std::string front_end,
                                                      const std::string& address, int unix_mode, Serve serve)
{
    std::vector<std::shared_ptr<Listener>> listeners;
    const auto add = [&](auto bind) {
        std::shared_ptr<Listener> listener(new Listener(context, front_end, serve));
        try {
            bind(*listener);
        } catch (const boost::system::system_error& error) {
            fail(address, error.code().message());
        }
        listener->configured_ = address;
        listener->address_ = listener->local_address();
        listeners.push_back(std::move(listener));
    };
    const auto parsed = parse_address(address);
    if (!parsed)
        fail(address, "not an address");
    if (!parsed->unix_path.empty()) {
        add([&](Listener& listener) { listener.bind_unix(parsed->unix_path, unix_mode); });
    } else if (parsed->host == "*") {
        const auto port = static_cast<std::uint16_t>(std::stoi(parsed->port));
        try {
            add([&](Listener& listener) { listener.bind_tcp(tcp::endpoint(tcp::v6(), port), true); });
        } catch (const std::exception&) { // a machine without IPv6
            add([&](Listener& listener) { listener.bind_tcp(tcp::endpoint(tcp::v4(), port), false); });
        }
    } else {
        asio::io_context io;
        tcp::resolver resolver(io);
        boost::system::error_code error;
        const auto found = resolver.resolve(parsed->host, parsed->port, tcp::resolver::passive, error);
        if (error)
            fail(address, error.message());
        for (const auto& entry : found)
            add([&](Listener& listener) { listener.bind_tcp(entry.endpoint(), false); });
    }
    return listeners;
}

std::shared_ptr<Listener> Listener::adopt(ServerContext& context, int descriptor)
{
    std::shared_ptr<Listener> listener(new Listener(context, "", nullptr));
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size);
    listener->acceptor_.assign(asio::generic::stream_protocol(name.ss_family, 0), descriptor);
    listener->address_ = listener->local_address();
    return listener;
}

void Listener::serve_as(std::string front_end, Serve serve)
{
    front_end_ = std::move(front_end);
    serve_ = serve;
}

void Listener::bind_tcp(const Endpoint& endpoint, bool both_families)
{
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    if (endpoint.protocol().family() == AF_INET6)
        acceptor_.set_option(asio::ip::v6_only(!both_families));
    acceptor_.bind(endpoint);
    acceptor_.listen();
}

void Listener::bind_unix(const std::string& path, int mode)
{
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    struct stat status {};
    if (lstat(path.c_str(), &status) == 0) {
        if (!S_ISSOCK(status.st_mode))
            fail("unix:" + path, "the file exists and is no socket");
        if (somebody_listens(path))
            fail("unix:" + path, "another process listens there");
        unlink(path.c_str());
    }
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        fail("unix:" + path, "the path is longer than a Unix socket's may be");
    const Endpoint endpoint{stream_protocol::endpoint(path)};
    acceptor_.open(endpoint.protocol());
    const mode_t mask = umask(0777); // nobody comes in before the permissions are right
    boost::system::error_code error;
    acceptor_.bind(endpoint, error);
    umask(mask);
    if (error)
        throw boost::system::system_error(error);
    unix_path_ = path;
    if (chmod(path.c_str(), static_cast<mode_t>(mode)) != 0)
        fail("unix:" + path, std::strerror(errno));
    acceptor_.listen();
}

void Listener::start()
{
    if (std::exchange(started_, true))
        return;
    asio::co_spawn(
        context_.executor, [self = shared_from_this()] { return self->accept_clients(); }, asio::detached);
}

void Listener::close()
{
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    if (!unix_path_.empty())
        unlink(unix_path_.c_str());
    unix_path_.clear();
}

// Out of descriptors or memory, accept() would fail again at once: it pauses, and those who are in are served.
asio::awaitable<void> Listener::accept_clients()
{
    asio::steady_timer pause(context_.executor);
    LogLimit limit;
    while (acceptor_.is_open()) {
        auto [error, socket] = co_await acceptor_.async_accept(tuple);
        if (!error) {
            set_tcp_options(socket);
            asio::co_spawn(
                context_.executor,
                [self = shared_from_this(), client = std::move(socket)]() mutable {
                    return self->serve_client(std::move(client));
                },
                asio::detached);
        } else if (error != asio::error::operation_aborted && error != asio::error::connection_aborted) {
            if (limit.pass())
                log().error("{}: accepting a client failed: {} ({} more like this)", address_, error.message(),
                            limit.skipped());
            pause.expires_after(std::chrono::milliseconds(100));
            co_await pause.async_wait(tuple);
        }
    }
}

asio::awaitable<void> Listener::serve_client(Socket socket)
{
    try {
        co_await serve_(std::move(socket), context_);
    } catch (const std::exception& error) {
        ++context_.databases.totals().crashes;
        log().error("a defect ended a client of {}: {}", address_, error.what());
    }
}

std::string Listener::local_address() const
{
    boost::system::error_code error;
    const Endpoint endpoint = acceptor_.local_endpoint(error);
    const int family = endpoint.protocol().family();
    if (family == AF_UNIX) {
        const auto* name = reinterpret_cast<const sockaddr_un*>(endpoint.data());
        return "unix:" + std::string(name->sun_path, strnlen(name->sun_path, sizeof name->sun_path));
    }
    if (error || (family != AF_INET && family != AF_INET6))
        return "unknown";
    tcp::endpoint at;
    std::memcpy(at.data(), endpoint.data(), std::min(endpoint.size(), at.capacity()));
    const std::string host = at.address().to_string();
    return (at.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(at.port());
}

} // namespace howdah::proxy
