#include "proxy/embedded.hpp"

#include "proxy/certificate.hpp"
#include "proxy/config.hpp"
#include "proxy/log.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace howdah::proxy {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

constexpr int certificate_days = 3650;

[[noreturn]] void fail(const std::string& message) { throw std::runtime_error("--embedded: " + message); }

std::string read_text(const fs::path& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

// Written next to its place and renamed, so that a reader sees the old file or the new one.
void write_text(const fs::path& file, std::string_view text, mode_t mode, const std::optional<User>& owner = {})
{
    const fs::path fresh = file.string() + ".new";
    unlink(fresh.c_str());
    const int fd = open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0 || write(fd, text.data(), text.size()) != static_cast<ssize_t>(text.size()) || fsync(fd) != 0 ||
        (owner && fchown(fd, owner->uid, owner->gid) != 0) || close(fd) != 0 ||
        rename(fresh.c_str(), file.c_str()) != 0)
        fail("cannot write " + file.string() + ": " + std::strerror(errno));
}

void make_directory(const fs::path& path, mode_t mode, const std::optional<User>& owner = {})
{
    std::error_code error;
    fs::create_directories(path, error);
    if (error || chmod(path.c_str(), mode) != 0 || (owner && chown(path.c_str(), owner->uid, owner->gid) != 0))
        fail("cannot make " + path.string() + ": " + (error ? error.message() : std::strerror(errno)));
}

// The newest PostgreSQL's programs: $HOWDAH_PG_BINDIR, Debian's place, then PATH.
fs::path find_programs()
{
    if (const char* given = std::getenv("HOWDAH_PG_BINDIR")) {
        if (fs::exists(fs::path(given) / "initdb"))
            return given;
        fail(std::string("HOWDAH_PG_BINDIR=") + given + " has no initdb");
    }
    int newest = 0;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
        const int version = std::atoi(entry.path().filename().c_str());
        if (version > newest && fs::exists(entry.path() / "bin" / "initdb"))
            newest = version;
    }
    if (newest > 0)
        return fs::path("/usr/lib/postgresql") / std::to_string(newest) / "bin";
    std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
    for (std::string directory; std::getline(path, directory, ':');)
        if (fs::exists(fs::path(directory) / "initdb") && fs::exists(fs::path(directory) / "postgres"))
            return directory;
    fail("no PostgreSQL server programs found; install postgresql (Debian: apt-get install postgresql) or set "
         "HOWDAH_PG_BINDIR");
}

std::string random_password()
{
    unsigned char bytes[24];
    if (RAND_bytes(bytes, sizeof bytes) != 1)
        fail("the system's random source failed");
    std::string text;
    for (const unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

int free_port(int preferred)
{
    namespace ip = boost::asio::ip;
    boost::asio::io_context io;
    for (const int port : {preferred, 0}) {
        ip::tcp::acceptor acceptor(io);
        boost::system::error_code error;
        acceptor.open(ip::tcp::v4(), error);
        acceptor.set_option(ip::tcp::acceptor::reuse_address(true), error);
        acceptor.bind({ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}, error);
        if (!error)
            return acceptor.local_endpoint().port();
    }
    fail("no free port on 127.0.0.1");
}

// A conninfo value in quotes.
std::string conninfo_value(std::string_view text)
{
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + "'";
}

std::string quoted_identifier(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

// A line of data/postmaster.pid, from 1: the process, the directory, …; the eighth is "ready" or "starting".
std::string postmaster_line(const fs::path& data, int number)
{
    std::ifstream in(data / "postmaster.pid");
    std::string line;
    for (int i = 0; i < number; ++i)
        if (!std::getline(in, line))
            return {};
    return line;
}

// The role and the database of whoever runs howdah, so that a plain `psql -h DIR` finds them.
std::string owner_name()
{
    std::string name = current_user().name;
    return name.starts_with("pg_") ? "owner_" + name : name;
}

bool is_alive(pid_t pid) { return kill(pid, 0) == 0 || errno == EPERM; }

} // namespace

Embedded::Embedded(const boost::asio::any_io_executor& executor, const fs::path& directory)
    : executor_(executor),
      restart_timer_(executor),
      directory_(fs::absolute(directory).lexically_normal()),
      programs_(find_programs()),
      user_(user_in_place_of_root()),
      owner_(owner_name())
{
    if (directory_.filename().empty())
        directory_ = directory_.parent_path();
    prepare_directory();
    stop_left_over();
    if (!fs::exists(data() / "PG_VERSION"))
        make_cluster();
    password_ = read_text(directory_ / "password");
    if (password_.empty())
        fail((directory_ / "password").string() + " is missing or empty, and the server in " + data().string() +
             " needs it");
    if (certificate_expiry((data() / "server.crt").string()) < std::time(nullptr) + 30 * 86400)
        make_certificate();
}

Embedded::~Embedded()
{
    if (server_ > 0)
        kill(server_, SIGINT);
    if (lock_ >= 0)
        close(lock_);
}

void Embedded::prepare_directory()
{
    // As root the server runs as another user, who must be able to pass through; everything inside is closed to others.
    make_directory(directory_, user_ ? 0711 : 0700);
    lock_ = open((directory_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0 || flock(lock_, LOCK_EX | LOCK_NB) != 0)
        fail("another howdah uses " + directory_.string());
    home_ = directory_;
    if (user_ && !can_enter(*user_, directory_.string())) {
        home_ = "/var/lib/howdah/" + std::to_string(std::hash<std::string>()(directory_.string()));
        make_directory("/var/lib/howdah", 0711);
        make_directory(home_, 0711);
        log().info("the user {} cannot reach {}, so the server's files are in {}", user_->name, directory_.string(),
                   home_.string());
        std::error_code ignored;
        fs::create_directory_symlink(home_ / "data", directory_ / "data", ignored);
    }
    sockets_ = home_ / "run";
    if ((sockets_ / ".s.PGSQL.65535").string().size() >= sizeof(sockaddr_un::sun_path))
        sockets_ = "/tmp/howdah-" + std::to_string(std::hash<std::string>()(directory_.string()));
    make_directory(sockets_, 0700, user_);
}

void Embedded::make_cluster()
{
    log().info("making a PostgreSQL cluster in {}{}", data().string(), user_ ? " for the user " + user_->name : "");
    const fs::path fresh = home_ / "data.new";
    const fs::path output = directory_ / "initdb.log";
    fs::remove_all(fresh);
    fs::remove(output);
    make_directory(fresh, 0700, user_);
    const ChildOptions options{user_, fresh.string(), output.string(), false};
    const auto run = [&](std::vector<std::string> arguments, std::string_view input = {}) {
        arguments[0] = (programs_ / arguments[0]).string();
        if (run_child(arguments, options, input) != 0)
            fail(arguments[0] + " failed:\n" + read_text(output));
    };
    run({"initdb", "-D", fresh.string(), "-U", owner_, "-E", "UTF8", "--locale=C.UTF-8", "--lc-messages=C",
         "--auth=scram-sha-256", "--auth-local=trust", "--no-instructions"});

    const std::string password = random_password();
    const std::string database = quoted_identifier(owner_);
    // Single-user mode: one statement a line. The role owns its database and is no superuser.
    run({"postgres", "--single", "-D", fresh.string(), "-c", "log_min_messages=warning", "postgres"},
        "CREATE ROLE howdah_server LOGIN PASSWORD '" + password + "'\n" +
            (owner_ == "postgres" ? "ALTER DATABASE " : "CREATE DATABASE ") + database +
            (owner_ == "postgres" ? " OWNER TO" : " OWNER") + " howdah_server\n");
    if (const std::string said = read_text(output); said.find("ERROR:") != std::string::npos)
        fail("the new cluster could not be set up:\n" + said);

    write_text(fresh / "pg_hba.conf",
               "# howdah comes in by TLS and password; the owner of the directory by its Unix socket.\n"
               "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n",
               0600, user_);
    std::ofstream(fresh / "postgresql.conf", std::ios::app)
        << "\n# howdah's defaults; yours may follow.\njit = off\nmax_wal_size = 1GB\n"
           "log_line_prefix = '%m [%p] '\nssl_min_protocol_version = 'TLSv1.3'\n";
    write_text(directory_ / "password", password, 0600);
    fs::remove_all(data());
    fs::rename(fresh, data());
    fs::remove(output);
    make_certificate();
}

void Embedded::make_certificate()
{
    const ServerCertificate made = make_server_certificate(certificate_days);
    write_text(data() / "server.key", made.key, 0600, user_);
    write_text(data() / "server.crt", made.certificate, 0600, user_);
    write_text(directory_ / "ca.pem", made.authority, 0644);
}

// No other howdah has the lock, so a server that still runs here lost its own (a kill -9 that PDEATHSIG did not cover).
void Embedded::stop_left_over() const
{
    const pid_t pid = std::atoi(postmaster_line(data(), 1).c_str());
    std::error_code error;
    const auto program = pid > 1 ? fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", error) : fs::path();
    if (pid <= 1 || error || program.filename() != "postgres" ||
        fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", error) != data())
        return;
    log().warn("a PostgreSQL of an earlier run is still there (process {}); stopping it", pid);
    kill(pid, SIGINT);
    for (int i = 0; i < 1500 && is_alive(pid); ++i) {
        if (i == 1000)
            kill(pid, SIGQUIT);
        std::this_thread::sleep_for(10ms);
    }
    if (is_alive(pid))
        fail("the PostgreSQL with process " + std::to_string(pid) + " does not stop");
}

void Embedded::start(std::size_t max_connections)
{
    max_connections_ = max_connections;
    const int last_port = std::atoi(read_text(directory_ / "port").c_str());
    for (int attempt = 0;; ++attempt) {
        port_ = free_port(attempt == 0 && last_port > 0 ? last_port : 0);
        launch();
        try {
            wait_until_ready();
            break;
        } catch (const std::exception&) {
            // The port may have been taken between our look and the server's.
            if (attempt == 3 || log_tail().find("Address already in use") == std::string::npos)
                throw;
        }
    }
    write_text(directory_ / "port", std::to_string(port_) + "\n", 0644);
    link_socket();
    conninfo_ = "host=127.0.0.1 port=" + std::to_string(port_) + " dbname=" + conninfo_value(owner_) +
                " user=howdah_server password=" + password_ +
                " sslmode=verify-full sslrootcert=" + conninfo_value((directory_ / "ca.pem").string()) +
                " channel_binding=require gssencmode=disable";
    const bool linked = sockets_ == home_ / "run";
    log().info("private PostgreSQL {} on 127.0.0.1:{}; for its owner: psql -h {}",
               read_text(data() / "PG_VERSION").substr(0, 2), port_,
               linked ? directory_.string() : sockets_.string() + " -p " + std::to_string(port_));
}

void Embedded::launch()
{
    const auto setting = [](const std::string& name, const std::string& value) { return name + "=" + value; };
    const std::vector<std::string> settings{
        setting("listen_addresses", "127.0.0.1"),
        setting("port", std::to_string(port_)),
        setting("unix_socket_directories", sockets_.string()),
        setting("unix_socket_permissions", "0700"),
        setting("max_connections", std::to_string(max_connections_)),
        setting("ssl", "on"),
        setting("ssl_cert_file", "server.crt"),
        setting("ssl_key_file", "server.key"),
        setting("logging_collector", "off"),
    };
    std::vector<std::string> arguments{(programs_ / "postgres").string(), "-D", data().string()};
    for (const auto& one : settings) {
        arguments.emplace_back("-c");
        arguments.push_back(one);
    }
    started_ = std::chrono::steady_clock::now();
    server_ = start_child(arguments, {user_, data().string(), (directory_ / "postgres.log").string(), true});
}

void Embedded::wait_until_ready()
{
    const std::string pid = std::to_string(server_);
    for (int i = 0;; ++i) {
        int status = 0;
        if (waitpid(server_, &status, WNOHANG) == server_) {
            server_ = 0;
            fail("PostgreSQL did not start; " + (directory_ / "postgres.log").string() + " ends with:\n" + log_tail());
        }
        if (postmaster_line(data(), 1) == pid && postmaster_line(data(), 8).starts_with("ready"))
            return;
        if (i % 1000 == 999)
            log().info("waiting for PostgreSQL (recovery after a crash can take a while)");
        std::this_thread::sleep_for(10ms);
    }
}

void Embedded::link_socket() const
{
    const fs::path link = directory_ / ".s.PGSQL.5432";
    std::error_code ignored;
    fs::remove(link, ignored);
    fs::create_symlink(sockets_ / (".s.PGSQL." + std::to_string(port_)), link, ignored);
}

void Embedded::complete(Config& config) const
{
    if (!config.databases.contains("*"))
        config.databases["*"].create = true;
    for (auto& [name, database] : config.databases)
        if (database.postgres.empty()) {
            database.postgres = conninfo_;
            database.create = true;
        }
    if (config.listen.lines == ListenConfig().lines) {
        const std::string path = (directory_ / "lines.sock").string();
        config.listen.lines.back() = "unix:" + path;
        if (path.size() >= sizeof(sockaddr_un::sun_path))
            config.listen.lines.pop_back();
    }
}

void Embedded::child_ended()
{
    int status = 0;
    if (stopping_ || server_ <= 0 || waitpid(server_, &status, WNOHANG) != server_)
        return;
    server_ = 0;
    const bool quick = std::chrono::steady_clock::now() - started_ < 10s;
    quick_failures_ = quick ? quick_failures_ + 1 : 0;
    const auto delay = quick ? std::min(30s, 1s * (1 << std::min(quick_failures_, 5))) : 0s;
    log().error("the private PostgreSQL ended ({} {}); starting it again{}. Its log ends with: {}",
                WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                quick ? " in " + std::to_string(delay.count()) + " s" : "", log_tail());
    restart_timer_.expires_after(delay);
    restart_timer_.async_wait([this](boost::system::error_code error) {
        if (error || stopping_)
            return;
        try {
            launch(); // the pool's own retries notice when it is ready
        } catch (const std::exception& e) {
            log().error("{}", e.what());
        }
    });
}

boost::asio::awaitable<void> Embedded::stop()
{
    stopping_ = true;
    restart_timer_.cancel();
    if (server_ <= 0)
        co_return;
    kill(server_, SIGINT);
    boost::asio::steady_timer timer(executor_);
    for (int i = 0; waitpid(server_, nullptr, WNOHANG) == 0; ++i) {
        if (i == 1500) {
            log().warn("PostgreSQL has not stopped in 30 s; it will recover at the next start");
            kill(server_, SIGQUIT);
        }
        timer.expires_after(20ms);
        co_await timer.async_wait(boost::asio::use_awaitable);
    }
    server_ = 0;
}

std::string Embedded::log_tail() const
{
    const std::string text = read_text(directory_ / "postgres.log");
    std::size_t from = text.size();
    for (int lines = 0; from > 0 && lines < 6; ++lines)
        from = from < 2 ? 0 : text.rfind('\n', from - 2) + 1;
    return text.substr(from);
}

} // namespace howdah::proxy
