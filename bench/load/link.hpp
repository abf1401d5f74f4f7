// One connection: a TCP socket, with TLS on it where asked. Opened blocking, then used without waiting.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace howdah::bench {

class Link {
public:
    Link() = default;
    ~Link();
    Link(Link&& other) noexcept;
    Link& operator=(Link&&) = delete;

    // Throws std::runtime_error. With `tls`, SSLRequest and the handshake are done.
    void open(const std::string& host, int port, SSL_CTX* tls);
    void send_all(std::string_view bytes); // while blocking
    std::size_t receive(std::span<char> into);
    void stop_blocking();

    // Without waiting: how many bytes went, or 0. Throws when the connection is gone.
    std::size_t write_some(std::string_view bytes);
    std::size_t read_some(std::span<char> into);
    bool has_decrypted() const { return ssl_ != nullptr && SSL_pending(ssl_) > 0; }
    int descriptor() const { return fd_; }

private:
    std::size_t outcome(int n, const char* what) const;

    int fd_ = -1;
    SSL* ssl_ = nullptr;
};

} // namespace howdah::bench
