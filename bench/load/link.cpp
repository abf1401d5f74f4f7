#include "link.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace howdah::bench {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::runtime_error(std::string(what) + ": " + (errno != 0 ? std::strerror(errno) : "closed"));
}

} // namespace

Link::~Link()
{
    SSL_free(ssl_);
    if (fd_ >= 0)
        ::close(fd_);
}

Link::Link(Link&& other) noexcept : fd_(std::exchange(other.fd_, -1)), ssl_(std::exchange(other.ssl_, nullptr)) {}

void Link::open(const std::string& host, int port, SSL_CTX* tls)
{
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1)
        throw std::runtime_error("not an IPv4 address: " + host);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        fail("connect");
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls == nullptr)
        return;
    send_all({"\0\0\0\x08\x04\xd2\x16\x2f", 8});
    char answer = 0;
    if (::recv(fd_, &answer, 1, 0) != 1 || answer != 'S')
        throw std::runtime_error("no TLS there");
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1)
        throw std::runtime_error("the TLS handshake failed");
}

void Link::send_all(std::string_view bytes)
{
    while (!bytes.empty())
        bytes.remove_prefix(write_some(bytes));
}

std::size_t Link::receive(std::span<char> into)
{
    const std::size_t n = read_some(into);
    if (n == 0)
        throw std::runtime_error("closed");
    return n;
}

void Link::stop_blocking()
{
    ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
    if (ssl_ != nullptr)
        SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

std::size_t Link::outcome(int n, const char* what) const
{
    const int error = SSL_get_error(ssl_, n);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return 0;
    fail(what);
}

std::size_t Link::write_some(std::string_view bytes)
{
    errno = 0;
    if (ssl_ != nullptr) {
        const int n = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        return n > 0 ? static_cast<std::size_t>(n) : outcome(n, "write");
    }
    const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        fail("write");
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

std::size_t Link::read_some(std::span<char> into)
{
    errno = 0;
    if (ssl_ != nullptr) {
        const int n = SSL_read(ssl_, into.data(), static_cast<int>(into.size()));
        return n > 0 ? static_cast<std::size_t>(n) : outcome(n, "read");
    }
    const auto n = ::recv(fd_, into.data(), into.size(), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        fail("read");
    return n > 0 ? static_cast<std::size_t>(n) : 0;
}

} // namespace howdah::bench
