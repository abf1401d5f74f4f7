// `serve --embedded DIR`: a private PostgreSQL in DIR, made on first use, supervised, and stopped with howdah.
//
//   DIR/data        the cluster                      DIR/ca.pem       the authority that signed its certificate
//   DIR/run         its Unix socket                  DIR/password     of the role howdah_server, for howdah alone
//   (0600) DIR/.s.PGSQL.5432  a link to it: `psql -h DIR`   DIR/postgres.log its log
//
// howdah itself talks to it over TLS and SCRAM on a free port of 127.0.0.1.
#pragma once

#include "proxy/child.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace howdah::proxy {

struct Config;

class Embedded {
public:
    // Makes the cluster if DIR has none. Throws std::runtime_error with what to do about it.
    Embedded(const boost::asio::any_io_executor& executor, const std::filesystem::path& directory);
    // A server that is still there gets SIGINT and is not waited for.
    ~Embedded();
    Embedded(const Embedded&) = delete;
    Embedded& operator=(const Embedded&) = delete;

    // Starts the server and returns when it accepts connections (the only call here that blocks). Throws.
    void start(std::size_t max_connections);
    // What the configuration leaves out: databases made on first use here, the line protocol's socket in DIR.
    void complete(Config& config) const;
    // SIGCHLD arrived: starts the server again if it was the one that ended.
    void child_ended();
    // Stops the server: sessions are ended, data is written.
    boost::asio::awaitable<void> stop();

    const std::string& conninfo() const { return conninfo_; } // has the password

private:
    void prepare_directory();
    void make_cluster();
    void make_certificate();
    void stop_left_over() const;
    void launch();
    void wait_until_ready();
    void link_socket() const;
    std::filesystem::path data() const { return home_ / "data"; }
    std::string log_tail() const;

    boost::asio::any_io_executor executor_;
    boost::asio::steady_timer restart_timer_;
    std::filesystem::path directory_;
    std::filesystem::path home_;    // directory_, or where the server's own user can reach
    std::filesystem::path sockets_; // home_/run, or a short path under /tmp
    std::filesystem::path programs_;
    std::optional<User> user_; // the server's, when howdah is root
    std::string owner_;        // role and database of whoever runs howdah
    std::string conninfo_;
    std::string password_;
    std::size_t max_connections_ = 100;
    int lock_ = -1;
    int port_ = 0;
    pid_t server_ = 0;
    bool stopping_ = false;
    int quick_failures_ = 0;
    std::chrono::steady_clock::time_point started_;
};

} // namespace howdah::proxy
