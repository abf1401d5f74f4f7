// What howdah counts, as Prometheus text (/metrics) and as JSON (/stats). Pure.
#pragma once

#include "pool/stats.hpp"
#include "proxy/totals.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace howdah::proxy::http {

// One picture of everything, taken between two events of the loop: no number in it is older than another.
struct Picture {
    std::string version;
    double uptime_seconds = 0;
    double start_time_seconds = 0; // since 1970
    double cpu_seconds = 0;
    std::uint64_t resident_bytes = 0;
    bool ready = false;
    bool draining = false;
    std::string not_ready_because;
    std::int64_t client_tls_not_after = 0; // expiry of the certificate shown to clients, seconds since 1970; 0: none
    Totals totals;
    std::vector<pool::Snapshot> pools;
    std::vector<std::pair<std::string, std::string>> endpoints; // front end, address
};

std::string metrics_text(const Picture& picture);
std::string stats_json(const Picture& picture);

// A label value in quotes: backslash, quote and newline escaped, as the exposition format has it.
std::string label_value(std::string_view text);

} // namespace howdah::proxy::http
