// /metrics, /stats and the status page, from one made-up picture.
#include "proxy/http/stats_page.hpp"
#include "proxy/http/status_page.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace howdah::proxy::http;

namespace {

Picture picture()
{
    Picture p;
    p.version = "0.1.0";
    p.ready = true;
    p.totals.clients["lines"] = 3;
    p.totals.clients_total["lines"] = 9;
    p.totals.plan_hits = 90;
    p.totals.plan_misses = 10;
    p.totals.pins["transaction"] = 1;
    p.endpoints = {{"lines", "127.0.0.1:7433"}};
    howdah::pool::Snapshot pool;
    pool.server = "db\"1\\\n:5432/app as app";
    pool.checkouts = 22;
    pool.hit = 10;
    pool.handoff = 5;
    pool.miss = 4;
    pool.timeout = 1;
    pool.error = 1;
    pool.waiting = 1;
    pool.closed["idle"] = 2;
    pool.tls_version = "TLSv1.3";
    pool.tls_not_after = 1893456000;
    pool.last_error = "<refused>";
    pool.wait.counts[0] = 4;
    pool.wait.counts[3] = 1;
    pool.wait.counts[14] = 1;
    pool.wait.count = 6;
    pool.wait.sum = 7.5;
    p.pools.push_back(pool);
    return p;
}

std::vector<std::string> lines_of(const std::string& text)
{
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

} // namespace

TEST_CASE("every line of the metrics is HELP, TYPE or a sample of the family before it")
{
    const std::regex sample(
        R"re(([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? (\+Inf|-?[0-9.e+-]+))re");
    std::map<std::string, std::string> types;
    std::set<std::string> seen;
    std::string family;
    for (const auto& line : lines_of(metrics_text(picture()))) {
        std::smatch match;
        if (line.rfind("# HELP ", 0) == 0) {
            family = line.substr(7, line.find(' ', 7) - 7);
            CHECK(seen.insert(family).second);
        } else if (line.rfind("# TYPE ", 0) == 0) {
            CHECK(line.substr(7, family.size()) == family);
            types[family] = line.substr(8 + family.size());
        } else {
            INFO(line);
            REQUIRE(std::regex_match(line, match, sample));
            std::string name = match[1];
            if (types[family] == "histogram")
                CHECK((name == family + "_bucket" || name == family + "_sum" || name == family + "_count"));
            else
                CHECK(name == family);
        }
    }
    for (const auto& [name, type] : types) {
        INFO(name);
        CHECK((type == "counter") == (name.size() > 6 && name.substr(name.size() - 6) == "_total"));
    }
}

TEST_CASE("label values are escaped")
{
    CHECK(label_value("a\"b\\c\nd") == R"("a\"b\\c\nd")");
    CHECK(metrics_text(picture()).find(
              R"(howdah_pool_checkout_classes_total{server="db\"1\\\n:5432/app as app",class="hit"} 10)") !=
          std::string::npos);
}

TEST_CASE("the classes of checkouts add up to the checkouts")
{
    const auto text = metrics_text(picture());
    CHECK(text.find("howdah_pool_checkouts_total{server=\"db\\\"1\\\\\\n:5432/app as app\"} 21\n") !=
          std::string::npos);
}

TEST_CASE("histogram buckets are cumulative and end with +Inf")
{
    const auto text = metrics_text(picture());
    const std::string server = R"(server="db\"1\\\n:5432/app as app")";
    CHECK(text.find("howdah_pool_wait_seconds_bucket{" + server + ",le=\"0.0001\"} 4\n") != std::string::npos);
    CHECK(text.find("howdah_pool_wait_seconds_bucket{" + server + ",le=\"0.001\"} 5\n") != std::string::npos);
    CHECK(text.find("howdah_pool_wait_seconds_bucket{" + server + ",le=\"5\"} 5\n") != std::string::npos);
    CHECK(text.find("howdah_pool_wait_seconds_bucket{" + server + ",le=\"+Inf\"} 6\n") != std::string::npos);
    CHECK(text.find("howdah_pool_wait_seconds_sum{" + server + "} 7.5\n") != std::string::npos);
    CHECK(text.find("howdah_pool_wait_seconds_count{" + server + "} 6\n") != std::string::npos);
}

TEST_CASE("the stats are JSON with the same numbers")
{
    const auto stats = boost::json::parse(stats_json(picture())).as_object();
    CHECK(stats.at("ready") == true);
    CHECK(stats.at("plan_hits") == 90);
    CHECK(stats.at("clients").at("lines") == 3);
    CHECK(stats.at("clients").at("pgwire") == 0);
    const auto& pool = stats.at("pools").at(0);
    CHECK(pool.at("checkouts") == 21);
    CHECK(pool.at("hit") == 10);
    CHECK(pool.at("wait").at("buckets").at(3).at("count") == 1);
    CHECK(pool.at("server") == "db\"1\\\n:5432/app as app");
}

TEST_CASE("the status page shows endpoints and escapes what it shows")
{
    const auto page = status_html(picture());
    CHECK(page.find("127.0.0.1:7433") != std::string::npos);
    CHECK(page.find("&lt;refused&gt;") != std::string::npos);
    CHECK(page.find("<refused>") == std::string::npos);
    CHECK(page.find("90 (90.0 %)") != std::string::npos);
}
