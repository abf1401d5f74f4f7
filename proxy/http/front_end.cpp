#include "proxy/http/front_end.hpp"

#include "proxy/databases.hpp"
#include "proxy/http/stats_page.hpp"
#include "proxy/http/status_page.hpp"
#include "proxy/tls.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <fstream>

namespace howdah::proxy::http {

namespace {

using boost::asio::awaitable;
using Clock = std::chrono::steady_clock;
constexpr auto tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

constexpr std::size_t max_head = 8U << 10U;
constexpr std::uint64_t max_connections =
    256; // apart from limits.max_clients, so that a full howdah can still be watched
constexpr auto request_timeout = std::chrono::seconds(10);

struct Response {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

const char* reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Content Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 503:
        return "Service Unavailable";
    default:
        return "HTTP Version Not Supported";
    }
}

Picture take_picture(const ServerContext& context)
{
    Picture picture;
    picture.version = HOWDAH_VERSION;
    picture.totals = context.databases.totals();
    picture.pools = context.databases.pools();
    picture.endpoints = context.endpoints;
    picture.draining = context.draining;
    picture.ready = !context.draining && context.databases.reachable();
    if (!picture.ready)
        picture.not_ready_because = context.draining ? "draining" : "PostgreSQL cannot be reached";
    picture.uptime_seconds = std::chrono::duration<double>(Clock::now() - picture.totals.started).count();
    picture.start_time_seconds =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count() -
        picture.uptime_seconds;
    if (context.tls)
        if (const auto expiry = certificate_expiry(*context.tls))
            picture.client_tls_not_after = std::chrono::system_clock::to_time_t(*expiry);

    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    picture.cpu_seconds = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                          1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    std::uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages; // memory of the kernel: never waits for a disk
    picture.resident_bytes = pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return picture;
}

Response respond(const std::string& path, const ServerContext& context)
{
    if (path == "/live")
        return {200, "text/plain; charset=utf-8", "live\n"};
    if (path == "/metrics")
        return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(take_picture(context))};
    if (path == "/stats")
        return {200, "application/json", stats_json(take_picture(context))};
    if (path == "/")
        return {200, "text/html; charset=utf-8", status_html(take_picture(context))};
    if (path == "/ready") {
        const bool ready = !context.draining && context.databases.reachable();
        if (ready)
            return {200, "text/plain; charset=utf-8", "ready\n"};
        return {503, "text/plain; charset=utf-8", context.draining ? "draining\n" : "PostgreSQL cannot be reached\n"};
    }
    return {404, "text/plain; charset=utf-8", "howdah has /, /metrics, /stats, /live and /ready\n"};
}

std::string to_text(const Response& response, const RequestHead& head)
{
    std::string text = "HTTP/1.1 " + std::to_string(response.status) + " " + reason(response.status) +
                       "\r\nContent-Type: " + response.type +
                       "\r\nContent-Length: " + std::to_string(response.body.size()) +
                       "\r\nCache-Control: no-store\r\n" + (response.status == 405 ? "Allow: GET, HEAD\r\n" : "") +
                       (head.keep_alive ? "" : "Connection: close\r\n") + "\r\n";
    return head.head_only ? text : text + response.body;
}

bool equal_ignoring_case(std::string_view a, std::string_view b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

std::string_view take_until(std::string_view& text, char end)
{
    const auto at = std::min(text.find(end), text.size());
    const auto part = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return part;
}

class Conversation {
public:
    Conversation(Socket socket, ServerContext& context)
        : context_(context),
          client_(context, "http", socket),
          socket_(std::move(socket)),
          deadline_(Clock::now() + request_timeout)
    {
        client_.on_tick = [this] {
            if (Clock::now() >= deadline_)
                close();
            return std::size_t{0};
        };
        client_.on_goodbye = [this](Goodbye how) {
            if (how == Goodbye::now)
                close();
        };
    }

    awaitable<void> run()
    {
        bool more = context_.databases.totals().clients["http"] <= max_connections;
        while (more)
            more = co_await serve_one();
    }

private:
    awaitable<bool> serve_one()
    {
        std::size_t end = 0;
        while ((end = in_.find("\r\n\r\n")) == std::string::npos) {
            if (in_.size() >= max_head) {
                const RequestHead too_large{431, false, false, ""};
                co_return co_await refuse(too_large);
            }
            char chunk[2048];
            const auto [error, bytes] = co_await socket_.async_read_some(boost::asio::buffer(chunk), tuple);
            if (error)
                co_return false;
            in_.append(chunk, bytes);
        }
        RequestHead head = parse_head(std::string_view(in_).substr(0, end));
        in_.erase(0, end + 4);
        if (head.bad != 0) {
            head.keep_alive = false;
            co_return co_await refuse(head);
        }
        head.keep_alive = head.keep_alive && !context_.draining;
        const Response response = respond(head.path, context_);
        co_return co_await send(response, head);
    }

    awaitable<bool> refuse(const RequestHead& head)
    {
        Response response;
        response.status = head.bad;
        response.body = std::string(reason(head.bad)) + "\n";
        co_return co_await send(response, head);
    }

    awaitable<bool> send(const Response& response, const RequestHead& head)
    {
        const std::string text = to_text(response, head);
        const auto [error, bytes] = co_await boost::asio::async_write(socket_, boost::asio::buffer(text), tuple);
        deadline_ = Clock::now() + request_timeout;
        if (!error && !head.keep_alive) {
            boost::system::error_code ignored;
            socket_.shutdown(Socket::shutdown_both, ignored);
        }
        co_return !error && head.keep_alive;
    }

    void close()
    {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

    ServerContext& context_;
    Client client_;
    Socket socket_;
    std::string in_;
    Clock::time_point deadline_;
};

} // namespace

RequestHead parse_head(std::string_view text)
{
    RequestHead head;
    std::string_view line = take_until(text, '\n');
    const std::string_view method = take_until(line, ' ');
    std::string_view target = take_until(line, ' ');
    const std::string_view version = trimmed(line);
    if (method.empty() || !target.starts_with('/'))
        head.bad = 400;
    else if (version != "HTTP/1.1" && version != "HTTP/1.0")
        head.bad = version.starts_with("HTTP/") ? 505 : 400;
    else if (method != "GET" && method != "HEAD")
        head.bad = 405;
    head.head_only = method == "HEAD";
    head.keep_alive = version == "HTTP/1.1";
    head.path = take_until(target, '?');
    while (!text.empty()) {
        std::string_view value = take_until(text, '\n');
        const std::string_view name = take_until(value, ':');
        if (equal_ignoring_case(name, "connection"))
            head.keep_alive = equal_ignoring_case(trimmed(value), "close")
                                  ? false
                                  : head.keep_alive || equal_ignoring_case(trimmed(value), "keep-alive");
        else if (head.bad == 0 && (equal_ignoring_case(name, "transfer-encoding") ||
                                   (equal_ignoring_case(name, "content-length") && trimmed(value) != "0")))
            head.bad = 413; // nobody here wants a body
    }
    return head;
}

awaitable<void> serve_http(Socket socket, ServerContext& context)
{
    Conversation conversation(std::move(socket), context);
    co_await conversation.run();
}

} // namespace howdah::proxy::http
