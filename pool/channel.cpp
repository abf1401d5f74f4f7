#include "pool/channel.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

namespace howdah::pool {

namespace {

Transfer failed(int error) { return {Transfer::State::failed, 0, std::generic_category().message(error)}; }

} // namespace

Channel::Channel(int socket, ssl_st* tls) : socket_(socket), tls_(tls)
{
    if (tls_) {
        // One read(2) for a record instead of one for its header and one for the rest.
        SSL_set_read_ahead(tls_, 1);
        SSL_set_mode(tls_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    }
}

Transfer Channel::tls_failure(int rc, Transfer::State otherwise)
{
    const int saved = errno;
    switch (SSL_get_error(tls_, rc)) {
    case SSL_ERROR_WANT_READ:
        return {Transfer::State::wait_read, 0, {}};
    case SSL_ERROR_WANT_WRITE:
        return {Transfer::State::wait_write, 0, {}};
    case SSL_ERROR_ZERO_RETURN:
        return {Transfer::State::end, 0, {}};
    case SSL_ERROR_SYSCALL:
        return saved ? failed(saved) : Transfer{otherwise, 0, "TLS connection closed"};
    default:
        break;
    }
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    // A server that dies sends no close_notify.
    if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return {otherwise, 0, "TLS connection closed"};
    const char* const reason = ERR_reason_error_string(code);
    return {Transfer::State::failed, 0, std::string("TLS error: ") + (reason ? reason : "unknown")};
}

Transfer Channel::read(std::span<char> into)
{
    if (tls_) {
        ERR_clear_error();
        errno = 0;
        const int n = SSL_read(tls_, into.data(), static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX)));
        if (n > 0)
            return {Transfer::State::some, static_cast<std::size_t>(n), {}};
        return tls_failure(n, Transfer::State::end);
    }
    for (;;) {
        const ssize_t n = ::recv(socket_, into.data(), into.size(), MSG_DONTWAIT);
        if (n > 0)
            return {Transfer::State::some, static_cast<std::size_t>(n), {}};
        if (n == 0)
            return {Transfer::State::end, 0, {}};
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return {Transfer::State::wait_read, 0, {}};
        if (errno != EINTR)
            return failed(errno);
    }
}

Transfer Channel::write(std::string_view from)
{
    if (tls_) {
        ERR_clear_error();
        errno = 0;
        const int n = SSL_write(tls_, from.data(), static_cast<int>(std::min<std::size_t>(from.size(), INT_MAX)));
        if (n > 0)
            return {Transfer::State::some, static_cast<std::size_t>(n), {}};
        return tls_failure(n, Transfer::State::failed);
    }
    for (;;) {
        const ssize_t n = ::send(socket_, from.data(), from.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            return {Transfer::State::some, static_cast<std::size_t>(n), {}};
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return {Transfer::State::wait_write, 0, {}};
        if (errno != EINTR)
            return failed(errno);
    }
}

} // namespace howdah::pool
