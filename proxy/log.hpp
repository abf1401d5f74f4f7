// The log: one line per event on standard error, as text or JSON, written by a thread of its own so that a full disk
// never holds a client up. Lines about a client carry its name ("lines#7 127.0.0.1:5123").
#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>

namespace howdah::proxy {

struct LogConfig;

// Until it is called, log() writes text at level info. May be called again (reload).
void configure_log(const LogConfig& config);
spdlog::logger& log();
// Writes what is queued; the last call before the process ends.
void shut_down_log();

// `log_client(name, spdlog::level::warn, "login failed for \"{}\"", user)`: the JSON format has the name as "client".
template <typename... Args>
void log_client(std::string_view client, spdlog::level::level_enum level, spdlog::format_string_t<Args...> text,
                Args&&... args)
{
    if (log().should_log(level))
        log().log(level, "[{}] {}", client, fmt::format(text, std::forward<Args>(args)...));
}

// Lets a line through at most `per_second` times a second, so that a storm of the same event cannot fill the log.
// `skipped()` is how many were held back since the last one that passed.
class LogLimit {
public:
    explicit LogLimit(double per_second = 1) : per_second_(per_second) {}
    bool pass();
    std::uint64_t skipped() const { return reported_; }

private:
    double per_second_;
    double tokens_ = 1;
    std::int64_t last_ns_ = 0;
    std::uint64_t held_ = 0, reported_ = 0;
};

} // namespace howdah::proxy
