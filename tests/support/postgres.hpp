// A private PostgreSQL for the live tests: TLS and SCRAM on a free port of 127.0.0.1, in a temporary directory. Started
// with the first use, stopped and removed when the program ends.
#pragma once

#include "proxy/child.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace howdah::test {

class Postgres {
public:
    static Postgres& instance();
    ~Postgres();
    Postgres(const Postgres&) = delete;
    Postgres& operator=(const Postgres&) = delete;

    // As the superuser `tester`, sslmode=verify-full with the right authority. Later options win.
    std::string conninfo(const std::string& more = {}) const;
    int port() const { return port_; }
    std::string authority() const { return (directory_ / "ca.pem").string(); }
    // Another authority, which has signed nothing here.
    std::string wrong_authority() const { return (directory_ / "wrong_ca.pem").string(); }
    const std::string& password() const { return password_; }

    // Immediately, as in a crash.
    void stop();
    // Returns when connections are accepted.
    void start();
    std::string log() const;

private:
    Postgres();
    void make_cluster();
    int run(std::vector<std::string> arguments, const std::string& log);

    std::filesystem::path directory_, programs_;
    std::optional<proxy::User> user_;
    std::string password_ = "se cret'\\\"";
    int port_ = 0;
    pid_t server_ = 0;
};

} // namespace howdah::test
