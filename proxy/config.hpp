// The configuration: conf/howdah.toml as plain values, every key with its default.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

struct DatabaseConfig {
    std::string postgres;             // libpq conninfo or URI
    std::string schema;               // PostgreSQL schema; empty: the client's name for the database
    bool create = false;              // create the schema on first use
    std::string writers = "single";   // single, concurrent
    std::string mismatch = "promote"; // promote, reject
    std::string row_order = "sqlite"; // sqlite, any
    bool foreign_keys = false;        // PRAGMA foreign_keys of a new session
    bool allow_postgres = true;       // /* howdah: postgres */ and pg_catalog
};

struct PoolConfig {
    std::size_t min = 2, max = 10;
    std::chrono::milliseconds connect_timeout{5000}, checkout_timeout{30000}, query_timeout{0};
    std::chrono::seconds max_lifetime{3600}, max_idle{600}, check_after_idle{30};
    std::size_t max_waiting = 10000, max_prepared = 500;
};

struct ListenConfig {
    std::vector<std::string> pgwire{"127.0.0.1:7432"};
    std::vector<std::string> lines{"127.0.0.1:7433", "unix:/run/howdah/lines.sock"};
    std::vector<std::string> http{"127.0.0.1:7434"};
    int unix_mode = 0660; // permissions of Unix sockets
};

// "127.0.0.1:7432", "[::1]:7432", "localhost:7432", "*:7432" (every interface), "unix:/run/howdah/lines.sock".
struct Address {
    std::string host, port; // or
    std::string unix_path;
};
std::optional<Address> parse_address(std::string_view text);

struct TlsConfig {
    std::string certificate, key; // PEM files for the PostgreSQL wire; empty: SSLRequest is answered with N
    bool required = false;
};

struct AuthConfig {
    std::string method = "trust";             // trust, scram-sha-256
    std::map<std::string, std::string> users; // name -> password, or a SCRAM-SHA-256$… verifier
    std::string users_file;                   // further users, one "name" "password-or-verifier" per line
};

struct LimitsConfig {
    std::size_t max_clients = 10000;
    std::size_t max_line_bytes = 64U << 20U;     // one line of the line protocol
    std::size_t max_message_bytes = 256U << 20U; // one message of the PostgreSQL wire after login
    std::chrono::milliseconds login_timeout{15000};
    std::chrono::seconds idle_timeout{0}; // 0: none
    std::chrono::seconds idle_in_transaction_timeout{0};
    std::chrono::seconds drain_timeout{30}; // SIGTERM: how long transactions may go on
    std::size_t plan_cache = 10000;         // plans per database
};

struct LogConfig {
    std::string level = "info";  // trace, debug, info, warn, error
    std::string format = "text"; // text, json
};

struct Config {
    ListenConfig listen;
    std::map<std::string, DatabaseConfig> databases; // "*": any other name
    PoolConfig pool;
    TlsConfig tls;
    AuthConfig auth;
    LimitsConfig limits;
    LogConfig log;
    std::string file; // where it was read from
};

struct ConfigError {
    std::string file, key, message; // message names the nearest valid key for a misspelt one
    int line = 0, column = 0;
    std::string text() const; // "howdah.toml:12:1: pool.mx: unknown key; did you mean \"max\"?"
};

// All errors of the file, not just the first; `config` is complete only when there is none.
struct ConfigResult {
    Config config;
    std::vector<ConfigError> errors;
};
ConfigResult load_config(const std::string& file);
ConfigResult parse_config(std::string_view text, const std::string& file);

// "30s", "500ms", "5m", "1h", "2d"; a bare number is seconds. "64MiB", "1kB", "4096".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::optional<std::size_t> parse_size(std::string_view text);

} // namespace howdah::proxy
