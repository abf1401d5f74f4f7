#include "proxy/log.hpp"

#include "proxy/config.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace howdah::proxy {

namespace {

void append_json(spdlog::memory_buf_t& out, std::string_view text)
{
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out.push_back('\\');
            out.push_back(c);
        } else if (static_cast<unsigned char>(c) < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out.push_back(c);
        }
    }
}

// "[lines#7 127.0.0.1:5123] text" => "client":"lines#7 127.0.0.1:5123","message":"text"
class JsonMessage : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override
    {
        std::string_view text(message.payload.data(), message.payload.size());
        const auto close = text.starts_with('[') ? text.find("] ") : std::string_view::npos;
        if (close != std::string_view::npos) {
            append(out, "\"client\":\"");
            append_json(out, text.substr(1, close - 1));
            append(out, "\",");
            text.remove_prefix(close + 2);
        }
        append(out, "\"message\":\"");
        append_json(out, text);
        append(out, "\"");
    }
    std::unique_ptr<spdlog::custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }

private:
    static void append(spdlog::memory_buf_t& out, std::string_view text)
    {
        out.append(text.data(), text.data() + text.size());
    }
};

std::unique_ptr<spdlog::formatter> formatter_for(const std::string& format)
{
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    if (format == "json") {
        formatter->add_flag<JsonMessage>('*');
        formatter->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%*})");
    } else {
        formatter->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    }
    return formatter;
}

struct Log {
    std::shared_ptr<spdlog::details::thread_pool> thread = std::make_shared<spdlog::details::thread_pool>(8192, 1);
    // When the queue is full the oldest line goes: a blocked standard error must not block clients.
    std::shared_ptr<spdlog::async_logger> logger =
        std::make_shared<spdlog::async_logger>("howdah", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(),
                                               thread, spdlog::async_overflow_policy::overrun_oldest);

    Log()
    {
        logger->set_formatter(formatter_for("text"));
        logger->flush_on(spdlog::level::trace);
        spdlog::set_default_logger(logger);
    }
};

std::unique_ptr<Log>& instance()
{
    static auto log = std::make_unique<Log>();
    return log;
}

} // namespace

spdlog::logger& log() { return *instance()->logger; }

void configure_log(const LogConfig& config)
{
    log().set_formatter(formatter_for(config.format));
    log().set_level(spdlog::level::from_str(config.level));
}

void shut_down_log()
{
    log().flush();
    instance()->thread.reset(); // the worker thread finishes its queue before it ends
}

bool LogLimit::pass()
{
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    tokens_ = last_ns_ == 0 ? 1 : std::min(1.0, tokens_ + static_cast<double>(now_ns - last_ns_) * 1e-9 * per_second_);
    last_ns_ = now_ns;
    if (tokens_ < 1) {
        ++held_;
        return false;
    }
    tokens_ -= 1;
    reported_ = held_;
    held_ = 0;
    return true;
}

} // namespace howdah::proxy
