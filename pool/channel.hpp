// Bytes to and from the server without ever blocking: a socket, or TLS on it. Owns neither; both are libpq's.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;

namespace howdah::pool {

struct Transfer {
    enum class State {
        some,       // `bytes` were moved; there may be more
        wait_read,  // nothing until the socket is readable
        wait_write, // nothing until it is writable
        end,        // the other side has closed
        failed,     // `reason`
    };
    State state = State::failed;
    std::size_t bytes = 0;
    std::string reason;
};

class Channel {
public:
    Channel() = default;
    Channel(int socket, ssl_st* tls);

    Transfer read(std::span<char> into);
    Transfer write(std::string_view from);
    // A read that moved fewer bytes than there was room for has emptied the socket. Not so with TLS, where a record
    // ends wherever it likes.
    bool short_read_is_all() const { return tls_ == nullptr; }
    int socket() const { return socket_; }

private:
    Transfer tls_failure(int rc, Transfer::State otherwise);

    int socket_ = -1;
    ssl_st* tls_ = nullptr;
};

} // namespace howdah::pool
