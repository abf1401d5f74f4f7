#include "pool/cancel.hpp"

#include "pool/channel.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <thread>

namespace howdah::pool {

namespace asio = boost::asio;

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// The connection that carries the request. Closed, and its deadline gone, with the last reference.
struct CancelConnection {
    explicit CancelConnection(const asio::any_io_executor& executor) : descriptor(executor), deadline(executor) {}

    asio::posix::stream_descriptor descriptor; // owns the socket
    asio::steady_timer deadline;
    bool expired = false;
    std::unique_ptr<SSL, decltype(&SSL_free)> tls{nullptr, SSL_free};
};

using Wait = asio::posix::stream_descriptor::wait_type;

asio::awaitable<bool> wait(CancelConnection& connection, Wait what)
{
    if (connection.expired)
        co_return false;
    const auto [error] = co_await connection.descriptor.async_wait(what, no_throw);
    co_return !error && !connection.expired;
}

bool open_socket(CancelConnection& connection, const CancelTarget& target)
{
    const int fd = ::socket(target.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    boost::system::error_code error;
    connection.descriptor.assign(fd, error);
    if (error) {
        ::close(fd);
        return false;
    }
    // The request must not wait for the acknowledgement of the handshake's last message.
    const int yes = 1;
    if (target.address.ss_family != AF_UNIX)
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const auto* const address = reinterpret_cast<const sockaddr*>(&target.address);
    return ::connect(fd, address, target.address_size) == 0 || errno == EINPROGRESS || errno == EAGAIN;
}

bool connected(CancelConnection& connection)
{
    int error = 0;
    socklen_t size = sizeof error;
    const int fd = connection.descriptor.native_handle();
    return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

asio::awaitable<bool> write_all(CancelConnection& connection, Channel& channel, std::string_view bytes)
{
    while (!bytes.empty()) {
        const Transfer moved = channel.write(bytes);
        bytes.remove_prefix(moved.bytes);
        if (moved.state == Transfer::State::some)
            continue;
        if (moved.state != Transfer::State::wait_read && moved.state != Transfer::State::wait_write)
            co_return false;
        const Wait what = moved.state == Transfer::State::wait_read ? Wait::wait_read : Wait::wait_write;
        const bool ready = co_await wait(connection, what);
        if (!ready)
            co_return false;
    }
    co_return true;
}

// Reads one byte; '\0' when the server has closed or the connection failed.
asio::awaitable<char> read_byte(CancelConnection& connection, Channel& channel)
{
    for (;;) {
        std::array<char, 1> byte{};
        const Transfer moved = channel.read(byte);
        if (moved.state == Transfer::State::some)
            co_return byte[0];
        if (moved.state != Transfer::State::wait_read && moved.state != Transfer::State::wait_write)
            co_return '\0';
        const Wait what = moved.state == Transfer::State::wait_read ? Wait::wait_read : Wait::wait_write;
        const bool ready = co_await wait(connection, what);
        if (!ready)
            co_return '\0';
    }
}

bool is_address(const std::string& host)
{
    const std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)> address(a2i_IPADDRESS(host.c_str()),
                                                                                        ASN1_OCTET_STRING_free);
    return address != nullptr;
}

// The certificate of the main connection, which was verified then, or one that passes the same verification now.
bool trusted(SSL* tls, const CancelTarget& target)
{
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(tls), X509_free);
    if (!shown)
        return false;
    if (target.certificate && X509_cmp(shown.get(), target.certificate.get()) == 0)
        return true;
    if (target.verify_chain && SSL_get_verify_result(tls) != X509_V_OK)
        return false;
    if (!target.verify_host)
        return true;
    if (is_address(target.host))
        return X509_check_ip_asc(shown.get(), target.host.c_str(), 0) == 1;
    return X509_check_host(shown.get(), target.host.data(), target.host.size(), 0, nullptr) == 1;
}

asio::awaitable<bool> start_tls(CancelConnection& connection, const CancelTarget& target)
{
    static constexpr std::string_view ssl_request{"\x00\x00\x00\x08\x04\xd2\x16\x2f", 8};
    Channel plain(connection.descriptor.native_handle(), nullptr);
    const bool asked = co_await write_all(connection, plain, ssl_request);
    if (!asked)
        co_return false;
    const char answer = co_await read_byte(connection, plain);
    if (answer != 'S')
        co_return false;
    connection.tls.reset(SSL_new(target.tls.get()));
    SSL* const tls = connection.tls.get();
    if (!tls || SSL_set_fd(tls, connection.descriptor.native_handle()) != 1)
        co_return false;
    // The handshake goes through whatever is shown; trusted() decides before anything is sent.
    SSL_set_verify(tls, SSL_VERIFY_NONE, nullptr);
    if (!target.host.empty() && target.host[0] != '/' && !is_address(target.host))
        SSL_set_tlsext_host_name(tls, target.host.c_str());
    for (;;) {
        const int rc = SSL_connect(tls);
        if (rc == 1)
            break;
        const int error = SSL_get_error(tls, rc);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
            co_return false;
        const Wait what = error == SSL_ERROR_WANT_READ ? Wait::wait_read : Wait::wait_write;
        const bool ready = co_await wait(connection, what);
        if (!ready)
            co_return false;
    }
    co_return trusted(tls, target);
}

void put32(std::string& out, std::uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(v >> shift));
}

// CancelRequest ::= length:int32 80877102:int32 pid:int32 secret
std::string cancel_request(const CancelTarget& target)
{
    std::string bytes;
    put32(bytes, static_cast<std::uint32_t>(12 + target.secret.size()));
    put32(bytes, 80877102);
    put32(bytes, target.pid);
    bytes += target.secret;
    return bytes;
}

asio::awaitable<bool> ask_server(std::shared_ptr<CancelConnection> connection, const CancelTarget& target)
{
    if (!open_socket(*connection, target))
        co_return false;
    const bool writable = co_await wait(*connection, Wait::wait_write);
    if (!writable || !connected(*connection))
        co_return false;
    if (target.tls) {
        const bool encrypted = co_await start_tls(*connection, target);
        if (!encrypted)
            co_return false;
    }
    Channel channel(connection->descriptor.native_handle(), connection->tls.get());
    const std::string request = cancel_request(target);
    const bool sent = co_await write_all(*connection, channel, request);
    if (!sent)
        co_return false;
    co_await read_byte(*connection, channel);
    co_return true;
}

// PQcancel has no timeout of its own but TCP's: the thread outlives the wait where it must.
asio::awaitable<bool> on_a_thread(asio::any_io_executor executor, std::function<bool()> work,
                                  std::chrono::milliseconds timeout)
{
    struct State {
        asio::steady_timer wake;
        bool done = false, ok = false;
    };
    auto state = std::make_shared<State>(State{asio::steady_timer(executor, timeout)});
    std::thread([executor, state, work = std::move(work)]() mutable {
        const bool ok = work();
        // The timer belongs to the executor's thread, and goes there.
        asio::post(executor, [state = std::move(state), ok] {
            state->done = true;
            state->ok = ok;
            state->wake.cancel();
        });
    }).detach();
    if (!state->done)
        co_await state->wake.async_wait(no_throw);
    co_return state->done && state->ok;
}

} // namespace

asio::awaitable<bool> send_cancel(asio::any_io_executor executor, CancelTarget target,
                                  std::chrono::milliseconds timeout)
{
    if (target.secret.empty()) {
        if (!target.fallback)
            co_return false;
        const bool ok = co_await on_a_thread(executor, target.fallback, timeout);
        co_return ok;
    }
    auto connection = std::make_shared<CancelConnection>(executor);
    connection->deadline.expires_after(timeout);
    connection->deadline.async_wait([weak = std::weak_ptr(connection)](const boost::system::error_code& error) {
        const auto alive = weak.lock();
        if (!alive || error)
            return;
        alive->expired = true;
        alive->descriptor.cancel();
    });
    const bool ok = co_await ask_server(connection, target);
    co_return ok;
}

} // namespace howdah::pool
