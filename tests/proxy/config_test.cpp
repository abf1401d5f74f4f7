// The configuration file: its defaults, its units and its complaints.
#include "proxy/config.hpp"

#include <catch2/catch.hpp>

using namespace howdah::proxy;
using namespace std::chrono_literals;

namespace {

std::string complaints(std::string_view text)
{
    std::string all;
    for (const auto& error : parse_config(text, "f.toml").errors)
        all += error.text() + "\n";
    return all;
}

} // namespace

TEST_CASE("conf/howdah.toml parses to the defaults")
{
    const auto [config, errors] = load_config(HOWDAH_SOURCE_DIR "/conf/howdah.toml");
    for (const auto& error : errors)
        FAIL_CHECK(error.text());
    const Config defaults;
    CHECK(config.listen.pgwire == defaults.listen.pgwire);
    CHECK(config.listen.lines == defaults.listen.lines);
    CHECK(config.listen.http == defaults.listen.http);
    CHECK(config.listen.unix_mode == defaults.listen.unix_mode);
    CHECK(config.pool.min == defaults.pool.min);
    CHECK(config.pool.max == defaults.pool.max);
    CHECK(config.pool.connect_timeout == defaults.pool.connect_timeout);
    CHECK(config.pool.checkout_timeout == defaults.pool.checkout_timeout);
    CHECK(config.pool.query_timeout == defaults.pool.query_timeout);
    CHECK(config.pool.max_lifetime == defaults.pool.max_lifetime);
    CHECK(config.pool.max_idle == defaults.pool.max_idle);
    CHECK(config.pool.check_after_idle == defaults.pool.check_after_idle);
    CHECK(config.pool.max_waiting == defaults.pool.max_waiting);
    CHECK(config.pool.max_prepared == defaults.pool.max_prepared);
    CHECK(config.tls.certificate == defaults.tls.certificate);
    CHECK(config.tls.key == defaults.tls.key);
    CHECK(config.tls.required == defaults.tls.required);
    CHECK(config.auth.method == defaults.auth.method);
    CHECK(config.auth.users == defaults.auth.users);
    CHECK(config.auth.users_file == defaults.auth.users_file);
    CHECK(config.limits.max_clients == defaults.limits.max_clients);
    CHECK(config.limits.max_line_bytes == defaults.limits.max_line_bytes);
    CHECK(config.limits.max_message_bytes == defaults.limits.max_message_bytes);
    CHECK(config.limits.login_timeout == defaults.limits.login_timeout);
    CHECK(config.limits.idle_timeout == defaults.limits.idle_timeout);
    CHECK(config.limits.idle_in_transaction_timeout == defaults.limits.idle_in_transaction_timeout);
    CHECK(config.limits.drain_timeout == defaults.limits.drain_timeout);
    CHECK(config.limits.plan_cache == defaults.limits.plan_cache);
    CHECK(config.log.level == defaults.log.level);
    CHECK(config.log.format == defaults.log.format);

    REQUIRE(config.databases.size() == 1);
    const DatabaseConfig& database = config.databases.at("*");
    const DatabaseConfig default_database;
    CHECK(database.schema == default_database.schema);
    CHECK(database.create == default_database.create);
    CHECK(database.writers == default_database.writers);
    CHECK(database.mismatch == default_database.mismatch);
    CHECK(database.row_order == default_database.row_order);
    CHECK(database.foreign_keys == default_database.foreign_keys);
    CHECK(database.allow_postgres == default_database.allow_postgres);
}

TEST_CASE("an empty file is the defaults")
{
    CHECK(parse_config("", "f.toml").errors.empty());
    CHECK(parse_config("", "f.toml").config.pool.max == 10);
}

TEST_CASE("a misspelt key is named with its line and the nearest valid key")
{
    CHECK(complaints("[pool]\nmin = 1\nmx = 5\n") == "f.toml:3:1: pool.mx: unknown key; did you mean \"max\"?\n");
    CHECK(complaints("[pol]\n") == "f.toml:1:2: pol: unknown key; did you mean \"pool\"?\n");
    CHECK(complaints("[databases.main]\npostgers = 'host=a'\n") ==
          "f.toml:2:1: databases.main.postgers: unknown key; did you mean \"postgres\"?\n");
    CHECK(complaints("[log]\nverbosity_of_everything = 1\n") ==
          "f.toml:2:1: log.verbosity_of_everything: unknown key\n");
}

TEST_CASE("every error of a file is reported, in the order of its lines")
{
    CHECK(complaints("[log]\nlevel = 'loud'\n[pool]\nmin = -1\nmax = 'many'\nconnect_timeout = '5 parsecs'\n") ==
          "f.toml:2:9: log.level: must be one of \"trace\", \"debug\", \"info\", \"warn\", \"error\"\n"
          "f.toml:4:7: pool.min: must be a whole number, 0 or more\n"
          "f.toml:5:7: pool.max: must be a whole number, 0 or more\n"
          "f.toml:6:19: pool.connect_timeout: must be a duration such as \"30s\", \"500ms\" or \"5m\"; a bare number "
          "is seconds\n");
}

TEST_CASE("a file that is not TOML is an error with its place")
{
    const auto text = complaints("[pool]\nmin = = 3\n");
    CHECK(text.rfind("f.toml:2:", 0) == 0);
}

TEST_CASE("keys that contradict each other are errors")
{
    CHECK(complaints("[pool]\nmin = 11\n") == "f.toml:2:7: pool.min: is more than pool.max\n");
    CHECK(complaints("[tls]\ncertificate = 'c.pem'\n") ==
          "f.toml:2:15: tls.certificate: certificate and key go together; one is missing\n");
    CHECK(complaints("[tls]\nrequired = true\n") == "f.toml:2:12: tls.required: needs tls.certificate and tls.key\n");
    CHECK(complaints("[auth]\nmethod = 'scram-sha-256'\n") ==
          "f.toml:2:10: auth.method: needs users: an [auth.users] table or auth.users_file\n");
}

TEST_CASE("a password never appears in a complaint")
{
    const auto text = complaints("[auth.users]\nalice = 'hunter2'\n[databases.main]\npostgres = "
                                 "'password=hunter2'\nposgres = 'password=hunter2'\n");
    CHECK(text.find("posgres") != std::string::npos);
    CHECK(text.find("hunter2") == std::string::npos);
}

TEST_CASE("durations and sizes have units")
{
    CHECK(parse_duration("30s") == 30000ms);
    CHECK(parse_duration("500ms") == 500ms);
    CHECK(parse_duration("1.5h") == 5400000ms);
    CHECK(parse_duration("5 m") == 300000ms);
    CHECK(parse_duration("7") == 7000ms);
    CHECK(!parse_duration("-1s"));
    CHECK(!parse_duration("s"));
    CHECK(!parse_duration("1e300d"));
    CHECK(parse_size("64MiB") == 67108864U);
    CHECK(parse_size("1kB") == 1000U);
    CHECK(parse_size("4096") == 4096U);
    CHECK(!parse_size("4 elephants"));
    const auto config =
        parse_config("[limits]\nlogin_timeout = 2\nmax_line_bytes = '1MiB'\nidle_timeout = '1500ms'\n", "f").config;
    CHECK(config.limits.login_timeout == 2s);
    CHECK(config.limits.max_line_bytes == 1048576U);
    CHECK(config.limits.idle_timeout == 2s);
}

TEST_CASE("addresses are hosts with ports or Unix paths")
{
    CHECK(parse_address("127.0.0.1:7432")->host == "127.0.0.1");
    CHECK(parse_address("[::1]:7432")->host == "::1");
    CHECK(parse_address("*:0")->port == "0");
    CHECK(parse_address("unix:/run/x.sock")->unix_path == "/run/x.sock");
    CHECK(!parse_address("::1:7432"));
    CHECK(!parse_address("localhost"));
    CHECK(!parse_address("localhost:70000"));
    CHECK(!parse_address("unix:relative.sock"));
    CHECK(complaints("[listen]\nlines = ['nowhere']\n").find("f.toml:2:10: listen.lines: must be addresses") == 0);
}
