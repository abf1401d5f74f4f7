#include "postgres.hpp"

#include "proxy/certificate.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace howdah::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

fs::path programs()
{
    if (const char* const given = std::getenv("HOWDAH_PG_BINDIR"))
        return given;
    fs::path newest;
    int version = 0;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none)) {
        const int v = std::atoi(entry.path().filename().c_str());
        if (v > version && fs::exists(entry.path() / "bin" / "initdb")) {
            version = v;
            newest = entry.path() / "bin";
        }
    }
    for (const char* const directory : {"/usr/local/bin", "/usr/bin", "/usr/pgsql/bin"})
        if (newest.empty() && fs::exists(fs::path(directory) / "initdb"))
            newest = directory;
    if (newest.empty())
        throw std::runtime_error("no PostgreSQL server programs: set HOWDAH_PG_BINDIR");
    return newest;
}

int free_port()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
        throw std::runtime_error("no free port");
    ::close(fd);
    return ntohs(address.sin_port);
}

bool accepts(int port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool connected = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return connected;
}

void write_file(const fs::path& path, const std::string& text, const std::optional<proxy::User>& owner)
{
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    if (owner && ::chown(path.c_str(), owner->uid, owner->gid) != 0)
        throw std::runtime_error("chown " + path.string());
}

std::string read_file(const fs::path& path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

} // namespace

Postgres& Postgres::instance()
{
    static Postgres server;
    return server;
}

Postgres::Postgres() : programs_(programs()), user_(proxy::user_in_place_of_root()), port_(free_port())
{
    std::string name = (fs::temp_directory_path() / "howdah-test-XXXXXX").string();
    if (!::mkdtemp(name.data()))
        throw std::runtime_error("mkdtemp");
    directory_ = name;
    if (user_ && ::chown(name.c_str(), user_->uid, user_->gid) != 0)
        throw std::runtime_error("chown " + name);
    make_cluster();
    start();
}

Postgres::~Postgres()
{
    stop();
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
}

int Postgres::run(std::vector<std::string> arguments, const std::string& log)
{
    arguments[0] = (programs_ / arguments[0]).string();
    proxy::ChildOptions options;
    options.user = user_;
    options.directory = directory_.string();
    options.output = (directory_ / log).string();
    return proxy::run_child(arguments, options);
}

void Postgres::make_cluster()
{
    const fs::path data = directory_ / "data";
    write_file(directory_ / "password", password_ + "\n", user_);
    if (run({"initdb", "-D", data.string(), "-U", "tester", "-A", "scram-sha-256", "--pwfile",
             (directory_ / "password").string(), "-E", "UTF8", "--locale=C.UTF-8", "--lc-messages=C", "--no-sync",
             "--no-instructions"},
            "initdb.log") != 0)
        throw std::runtime_error("initdb failed: " + read_file(directory_ / "initdb.log"));
    const proxy::ServerCertificate right = proxy::make_server_certificate(2);
    write_file(directory_ / "ca.pem", right.authority, user_);
    write_file(directory_ / "wrong_ca.pem", proxy::make_server_certificate(2).authority, user_);
    write_file(data / "server.crt", right.certificate, user_);
    write_file(data / "server.key", right.key, user_);
    std::ofstream(data / "postgresql.conf", std::ios::app)
        << "listen_addresses = '127.0.0.1'\nport = " << port_ << "\nunix_socket_directories = '" << directory_.string()
        << "'\nssl = on\nssl_min_protocol_version = 'TLSv1.2'\nmax_connections = 150\nfsync = off\n"
        << "synchronous_commit = off\nfull_page_writes = off\nshared_buffers = 16MB\nautovacuum = off\n";
    std::ofstream(data / "pg_hba.conf") << "hostnossl all plain 127.0.0.1/32 trust\n"
                                        << "hostssl all all 127.0.0.1/32 scram-sha-256\n";
}

void Postgres::start()
{
    proxy::ChildOptions options;
    options.user = user_;
    options.directory = directory_.string();
    options.output = (directory_ / "log").string();
    options.ends_with_howdah = true;
    server_ = proxy::start_child({(programs_ / "postgres").string(), "-D", (directory_ / "data").string()}, options);
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    // The socket listens before recovery is over; pg_isready knows the difference.
    while (!accepts(port_) ||
           run({"pg_isready", "-q", "-h", "127.0.0.1", "-p", std::to_string(port_)}, "ready.log") != 0) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("the server does not start: " + log());
        std::this_thread::sleep_for(10ms);
    }
}

void Postgres::stop()
{
    if (server_ == 0)
        return;
    ::kill(server_, SIGQUIT);
    while (::waitpid(server_, nullptr, 0) < 0 && errno == EINTR)
        continue;
    server_ = 0;
}

std::string Postgres::log() const { return read_file(directory_ / "log"); }

std::string Postgres::conninfo(const std::string& more) const
{
    std::string quoted;
    for (const char c : password_)
        quoted += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=tester dbname=postgres password='" + quoted +
           "' sslmode=verify-full sslrootcert=" + authority() + " " + more;
}

} // namespace howdah::test
