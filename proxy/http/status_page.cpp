#include "proxy/http/status_page.hpp"

#include <cstdio>
#include <initializer_list>

namespace howdah::proxy::http {

namespace {

constexpr const char* head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><meta name="viewport" content="width=device-width">
<title>howdah</title><style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.25rem .8rem .25rem 0;border-bottom:1px solid #ddd;vertical-align:top}td.n{font-variant-numeric:tabular-nums}
.ok{color:#0a7a2f}.bad{color:#b00020}code{background:#f3f3f3;padding:.1rem .3rem}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}th,td{border-color:#333}code{background:#262626}}
</style></head><body>
)";

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '&':
            out += "&amp;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string duration_text(double seconds)
{
    const auto s = static_cast<long>(seconds);
    char text[64];
    if (s >= 86400)
        std::snprintf(text, sizeof text, "%ld d %ld h", s / 86400, s % 86400 / 3600);
    else if (s >= 3600)
        std::snprintf(text, sizeof text, "%ld h %ld min", s / 3600, s % 3600 / 60);
    else if (s >= 60)
        std::snprintf(text, sizeof text, "%ld min %ld s", s / 60, s % 60);
    else
        std::snprintf(text, sizeof text, "%ld s", s);
    return text;
}

std::string percent(std::uint64_t part, std::uint64_t whole)
{
    if (whole == 0)
        return "–";
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
    return text;
}

std::string milliseconds(const pool::Histogram& histogram)
{
    if (histogram.count == 0)
        return "–";
    char text[32];
    std::snprintf(text, sizeof text, "%.2f ms", 1000 * histogram.sum / static_cast<double>(histogram.count));
    return text;
}

std::string row(std::initializer_list<std::string> cells)
{
    std::string out = "<tr>";
    for (const auto& cell : cells)
        out.append("<td class=n>").append(cell).append("</td>");
    return out + "</tr>\n";
}

std::string header(std::initializer_list<const char*> cells)
{
    std::string out = "<table><tr>";
    for (const char* cell : cells)
        out.append("<th>").append(cell).append("</th>");
    return out + "</tr>\n";
}

std::string count(std::uint64_t number) { return std::to_string(number); }

std::uint64_t find(const std::map<std::string, std::uint64_t>& values, const std::string& key)
{
    const auto found = values.find(key);
    return found == values.end() ? 0 : found->second;
}

std::string endpoints_section(const Picture& picture)
{
    std::string out = "<h2>Endpoints</h2>\n" + header({"front end", "address", "clients now", "clients ever"});
    for (const auto& [front_end, address] : picture.endpoints)
        out += row({front_end, "<code>" + escaped(address) + "</code>", count(find(picture.totals.clients, front_end)),
                    count(find(picture.totals.clients_total, front_end))});
    return out + "</table>\n";
}

std::string statements_section(const Totals& totals)
{
    std::string out = "<h2>Statements</h2>\n" + header({"run", "errors", "refused", "answered locally",
                                                        "plan cache hits", "plan cache misses", "plans"});
    out += row({count(totals.statements), count(totals.errors), count(totals.refused), count(totals.local),
                count(totals.plan_hits) + " (" + percent(totals.plan_hits, totals.plan_hits + totals.plan_misses) + ")",
                count(totals.plan_misses), count(totals.plans)});
    out += "</table>\n";
    if (!totals.pins.empty()) {
        out += "<p>Pinned sessions:";
        for (const auto& [reason, sessions] : totals.pins)
            out += " " + escaped(reason) + " " + count(sessions);
        out += "</p>\n";
    }
    if (totals.writers_waiting > 0)
        out += "<p>Writers waiting for their turn: " + count(totals.writers_waiting) + "</p>\n";
    return out;
}

std::string pools_section(const std::vector<pool::Snapshot>& pools)
{
    std::string out = "<h2>Pools</h2>\n" + header({"server", "in use / idle / max", "waiting", "checkouts", "hits",
                                                   "handoffs", "misses", "failed", "wait", "run", "TLS"});
    for (const auto& p : pools) {
        const auto failed = p.timeout + p.error + p.abandoned;
        const auto checkouts = p.hit + p.handoff + p.miss + failed;
        out += row({escaped(p.server), count(p.in_use) + " / " + count(p.idle) + " / " + count(p.max), count(p.waiting),
                    count(checkouts), count(p.hit) + " (" + percent(p.hit, checkouts) + ")", count(p.handoff),
                    count(p.miss), count(failed), milliseconds(p.wait), milliseconds(p.run),
                    p.tls_version.empty() ? "none" : escaped(p.tls_version)});
        if (!p.last_error.empty())
            out += "<tr><td colspan=11 class=bad>" + escaped(p.last_error) + "</td></tr>\n";
    }
    if (pools.empty())
        out += "<tr><td colspan=11>no database has been used yet</td></tr>\n";
    return out + "</table>\n";
}

} // namespace

std::string status_html(const Picture& picture)
{
    std::string out = head;
    out += "<h1>howdah " + escaped(picture.version) + "</h1>\n<p>";
    if (picture.draining)
        out += "<b class=bad>draining</b>";
    else if (picture.ready)
        out += "<b class=ok>ready</b>";
    else
        out += "<b class=bad>not ready: " + escaped(picture.not_ready_because) + "</b>";
    out += ", up " + duration_text(picture.uptime_seconds) + "</p>\n";
    out += endpoints_section(picture) + statements_section(picture.totals) + pools_section(picture.pools);
    out += "<p><a href=/metrics>/metrics</a> · <a href=/stats>/stats</a> · <a href=/live>/live</a> · <a "
           "href=/ready>/ready</a></p></body></html>\n";
    return out;
}

} // namespace howdah::proxy::http
