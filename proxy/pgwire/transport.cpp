// See transport.hpp.
#include "transport.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace howdah::proxy::pgwire {

namespace asio = boost::asio;

namespace {
constexpr auto quietly = asio::as_tuple(asio::use_awaitable);
} // namespace

Transport::Transport(Socket socket) : socket_(std::move(socket))
{
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored); // a Unix socket refuses both, and needs neither
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

asio::awaitable<std::size_t> Transport::read_some(std::span<char> into)
{
    const asio::mutable_buffer buffer(into.data(), into.size());
    if (tls_) {
        const auto [failed, n] = co_await tls_->async_read_some(buffer, quietly);
        co_return failed ? 0 : n;
    }
    const auto [failed, n] = co_await socket_.async_read_some(buffer, quietly);
    co_return failed ? 0 : n;
}

Transport::Sent Transport::write_now(std::string_view bytes)
{
    if (tls_)
        return {};
    boost::system::error_code error;
    const std::size_t sent = socket_.write_some(asio::buffer(bytes), error);
    if (error == asio::error::would_block || error == asio::error::interrupted)
        return {};
    return {error ? 0 : sent, error.failed()};
}

asio::awaitable<bool> Transport::write(std::string_view bytes)
{
    if (tls_) {
        const auto [failed, n] = co_await asio::async_write(*tls_, asio::buffer(bytes), quietly);
        co_return !failed;
    }
    // Mostly the socket takes it all at once, and nobody has to wait.
    const Sent sent = write_now(bytes);
    if (sent.failed)
        co_return false;
    bytes.remove_prefix(sent.bytes);
    if (bytes.empty())
        co_return true;
    const auto [late, n] = co_await asio::async_write(socket_, asio::buffer(bytes), quietly);
    co_return !late;
}

asio::awaitable<bool> Transport::handshake(std::shared_ptr<asio::ssl::context> context, std::string_view received)
{
    context_ = std::move(context);
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *context_);
    if (received.empty()) {
        const auto [failed] = co_await tls_->async_handshake(asio::ssl::stream_base::server, quietly);
        co_return !failed;
    }
    const auto [failed, used] =
        co_await tls_->async_handshake(asio::ssl::stream_base::server, asio::buffer(received), quietly);
    co_return !failed && used == received.size();
}

std::string_view Transport::alpn() const
{
    const unsigned char* name = nullptr;
    unsigned length = 0;
    if (tls_)
        SSL_get0_alpn_selected(tls_->native_handle(), &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

void Transport::cancel()
{
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Transport::close()
{
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Transport::finish_sending()
{
    boost::system::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
}

} // namespace howdah::proxy::pgwire
