// A server for a pool to connect to, on the test's own loop: it logs everyone in, and says what the test wants it to
// say.
#pragma once

#include "run.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace howdah::test {

using boost::asio::ip::tcp;
using namespace std::string_literals;

// A message as either side sends it.
inline std::string frame(char type, std::string_view body)
{
    const auto n = static_cast<std::uint32_t>(body.size() + 4);
    std::string out(1, type);
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(n >> shift));
    return out.append(body);
}

inline const std::string login = frame('R', "\0\0\0\0"s) +
                                 frame('S', "server_version\0"
                                            "15.0\0"s) +
                                 frame('S', "client_encoding\0UTF8\0"s) + frame('K', "\0\0\0\x01\0\0\0\x02"s) +
                                 frame('Z', "I");

class FakeServer {
public:
    explicit FakeServer(Loop& loop) : loop_(loop), acceptor_(loop.io, {asio::ip::address_v4::loopback(), 0})
    {
        asio::co_spawn(loop.io, accept(), asio::detached);
    }
    virtual ~FakeServer() = default;

    pool::Settings settings() const
    {
        pool::Settings s;
        s.conninfo =
            "host=127.0.0.1 sslmode=disable user=u dbname=d port=" + std::to_string(acceptor_.local_endpoint().port());
        s.min = 0;
        s.max = 2;
        return s;
    }
    std::string greeting = login;
    int accepted = 0;
    int cancels = 0;                 // requests
    std::weak_ptr<tcp::socket> last; // that has logged in

protected:
    // A message has come. False: the connection is closed.
    virtual asio::awaitable<bool> hear(tcp::socket& socket, char type, std::string body) = 0;
    Loop& loop_;

private:
    asio::awaitable<void> accept()
    {
        for (;;) {
            auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
            if (error)
                co_return;
            ++accepted;
            asio::co_spawn(loop_.io, serve(std::move(socket)), asio::detached);
        }
    }
    asio::awaitable<void> serve(tcp::socket accepted_socket)
    {
        auto socket = std::make_shared<tcp::socket>(std::move(accepted_socket));
        socket->set_option(tcp::no_delay(true));
        std::array<char, 4> head{};
        co_await asio::async_read(*socket, asio::buffer(head), asio::use_awaitable);
        std::string rest(length(head.data()) - 4, '\0');
        co_await asio::async_read(*socket, asio::buffer(rest), asio::use_awaitable);
        if (rest.starts_with("\x04\xd2\x16\x2e")) { // CancelRequest
            ++cancels;
            co_return;
        }
        last = socket;
        co_await asio::async_write(*socket, asio::buffer(greeting), asio::use_awaitable);
        for (bool goes_on = true; goes_on;) {
            std::array<char, 5> frame_head{};
            co_await asio::async_read(*socket, asio::buffer(frame_head), asio::use_awaitable);
            std::string body(length(frame_head.data() + 1) - 4, '\0');
            co_await asio::async_read(*socket, asio::buffer(body), asio::use_awaitable);
            if (frame_head[0] == 'X')
                co_return;
            auto heard = hear(*socket, frame_head[0], std::move(body));
            goes_on = co_await std::move(heard);
        }
    }
    static std::size_t length(const char* p)
    {
        std::size_t n = 0;
        for (int i = 0; i < 4; ++i)
            n = n << 8 | static_cast<unsigned char>(p[i]);
        return n;
    }

    tcp::acceptor acceptor_;
};

} // namespace howdah::test
