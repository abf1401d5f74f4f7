// What holds of the whole repository: who includes whom, what lies beside what, and that the README's files exist.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path root = HOWDAH_SOURCE_DIR;

std::string read(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// "proxy/lines/reply" of proxy/lines/reply.cpp and .hpp: what the tables below speak of.
std::string unit_of(const fs::path& file) { return fs::relative(file, root).replace_extension().string(); }

std::vector<fs::path> sources(const std::vector<std::string>& folders)
{
    std::vector<fs::path> files;
    for (const auto& folder : folders)
        for (const auto& entry : fs::recursive_directory_iterator(root / folder))
            if (entry.path().extension() == ".cpp" || entry.path().extension() == ".hpp")
                files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

struct Include {
    std::string from; // unit
    std::string what; // between quotes or angle brackets
    bool own = false; // in quotes
};

const std::vector<Include>& includes()
{
    static const std::vector<Include> all = [] {
        const std::regex line(R"re(^\s*#include\s+([<"])([^>"]+)[>"])re");
        std::vector<Include> found;
        for (const auto& file : sources({"dialect", "pool", "proxy"})) {
            std::istringstream text(read(file));
            std::smatch match;
            for (std::string row; std::getline(text, row);)
                if (std::regex_search(row, match, line))
                    found.push_back({unit_of(file), match[2], match[1] == "\""});
        }
        return found;
    }();
    return all;
}

bool starts_with(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes)
{
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) { return starts_with(text, prefix); });
}

bool is_standard(const Include& include)
{
    return !include.own && include.what.find_first_of("./") == std::string::npos;
}

// Fails for every include of `units` (prefixes) that `allowed` says no to.
template <typename Allowed>
void check_includes(const std::vector<std::string>& units, Allowed allowed)
{
    for (const auto& include : includes())
        if (starts_with_any(include.from, units) && !is_standard(include)) {
            INFO(include.from << " includes " << include.what);
            CHECK(allowed(include));
        }
}

const std::vector<std::string> pure_units{"pool/wire",
                                          "pool/prepared",
                                          "pool/replies",
                                          "pool/pool_state",
                                          "pool/stats",
                                          "pool/batch",
                                          "proxy/transaction",
                                          "proxy/totals",
                                          "proxy/json_text",
                                          "proxy/pgwire/messages",
                                          "proxy/pgwire/decode",
                                          "proxy/pgwire/encode",
                                          "proxy/pgwire/trace",
                                          "proxy/pgwire/scram",
                                          "proxy/pgwire/conversation",
                                          "proxy/lines/request",
                                          "proxy/lines/reply",
                                          "proxy/http/stats_page",
                                          "proxy/http/status_page"};

} // namespace

TEST_CASE("dialect/ includes itself, the standard library and result.hpp; SQLite's header in the mirror only")
{
    check_includes({"dialect/"}, [](const Include& i) {
        if (i.own)
            return starts_with(i.what, "dialect/");
        return i.what == "boost/system/result.hpp" || i.what == "boost/assert/source_location.hpp" ||
               (i.what == "sqlite3.h" && starts_with(i.from, "dialect/mirror"));
    });
}

TEST_CASE("pool/ never includes dialect/ or proxy/")
{
    check_includes({"pool/"}, [](const Include& i) { return !i.own || starts_with(i.what, "pool/"); });
}

TEST_CASE("libpq is spoken in pool/pq only")
{
    check_includes({"dialect/", "pool/", "proxy/"}, [](const Include& i) {
        return (i.what != "libpq-fe.h" && i.what != "libpq/libpq-fs.h") || starts_with(i.from, "pool/pq");
    });
}

TEST_CASE("SQLite's header is included in dialect/mirror only")
{
    check_includes({"dialect/", "pool/", "proxy/"},
                   [](const Include& i) { return i.what != "sqlite3.h" || starts_with(i.from, "dialect/mirror"); });
}

TEST_CASE("pure files know neither sockets nor clocks nor servers")
{
    check_includes(pure_units, [](const Include& i) {
        if (i.own)
            return !starts_with_any(
                i.what, {"pool/pq", "pool/pool.hpp", "pool/connection", "proxy/server.hpp", "proxy/log.hpp"});
        // session.hpp is allowed for the functions that cut scripts; batch.hpp names awaitable<bool> in an interface.
        return starts_with_any(i.what, {"boost/json/", "boost/system/"}) ||
               (i.what == "boost/asio/awaitable.hpp" && i.from == "pool/batch") ||
               (starts_with(i.what, "openssl/") && i.from == "proxy/pgwire/scram");
    });
}

TEST_CASE("a front end includes its own folder and never another's, nor the insides of dialect/ and pool/")
{
    for (const std::string own : {"proxy/pgwire/", "proxy/lines/", "proxy/http/"})
        check_includes({own}, [&](const Include& i) {
            if (!i.own || starts_with(i.what, own))
                return true;
            if (starts_with_any(i.what, {"proxy/pgwire/", "proxy/lines/", "proxy/http/"}))
                return false;
            return !starts_with_any(i.what, {"dialect/", "pool/"}) || i.what == "dialect/value.hpp" ||
                   i.what == "pool/stats.hpp";
        });
}

TEST_CASE("every header says #pragma once and opens with what it is")
{
    for (const auto& file : sources({"dialect", "pool", "proxy"}))
        if (file.extension() == ".hpp") {
            INFO(file);
            const std::string text = read(file);
            CHECK(starts_with(text, "// "));
            CHECK(text.find("#pragma once") != std::string::npos);
        }
}

TEST_CASE("each rule has a test of its name, and each test of a rule its rule")
{
    const fs::path rules = root / "dialect" / "rules";
    const fs::path tests = root / "tests" / "dialect" / "rules";
    if (!fs::exists(rules))
        return;
    std::set<std::string> rule_names, test_names;
    for (const auto& entry : fs::directory_iterator(rules))
        if (entry.path().extension() == ".cpp" && read(entry.path()).find("const Rule ") != std::string::npos)
            rule_names.insert(entry.path().stem().string());
    if (fs::exists(tests))
        for (const auto& entry : fs::directory_iterator(tests))
            test_names.insert(entry.path().stem().string());
    for (const auto& name : rule_names) {
        INFO("rule " << name);
        CHECK(test_names.count(name) == 1);
    }
    for (const auto& name : test_names) {
        INFO("test " << name);
        CHECK(rule_names.count(name) == 1);
    }
}

TEST_CASE("the files that the README and the pages of docs/ name exist")
{
    std::vector<fs::path> pages{root / "README.md"};
    for (const auto& entry : fs::directory_iterator(root / "docs"))
        if (entry.path().extension() == ".md")
            pages.push_back(entry.path());
    const std::regex name(
        R"re(`((?:dialect|pool|proxy|scripts|conf|systemd|docs|tests|bench|\.ci)/[A-Za-z0-9_./-]*)`)re");
    for (const auto& page : pages) {
        const std::string text = read(page);
        for (std::sregex_iterator match(text.begin(), text.end(), name), end; match != end; ++match) {
            const std::string path = (*match)[1];
            INFO(page.filename() << " names " << path);
            CHECK(
                (fs::exists(root / path) || fs::exists(root / (path + ".cpp")) || fs::exists(root / (path + ".hpp"))));
        }
    }
}

TEST_CASE("no line of the sources is longer than 160 characters")
{
    for (const auto& file : sources({"dialect", "pool", "proxy"})) {
        std::istringstream text(read(file));
        int number = 0;
        for (std::string row; std::getline(text, row);) {
            ++number;
            if (row.size() >
                160 + static_cast<std::size_t>(std::count_if(row.begin(), row.end(), [](char c) { return c < 0; })))
                FAIL_CHECK(unit_of(file) << ":" << number);
        }
    }
}
