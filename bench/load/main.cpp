// howdah_bench_load: many clients of a PostgreSQL wire, of the line protocol, or of a SQLite file, in one thread.
// Prints one JSON line when all are connected, then obeys lines on standard input: `run SECONDS` answers with one JSON
// line of counts and latencies in microseconds, the end of the input ends it.
#include "client.hpp"
#include "sqlite_load.hpp"

#include <CLI/CLI.hpp>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <iostream>

namespace howdah::bench {

namespace {

double cpu_seconds()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

class Crowd {
public:
    Crowd(const Plan& plan, const Target& target, int clients)
        : scratch_(256 * 1024), epoll_(::epoll_create1(EPOLL_CLOEXEC))
    {
        clients_.reserve(static_cast<std::size_t>(clients));
        for (int i = 0; i < clients; ++i) {
            Client& client = clients_.emplace_back(plan, target.wire, i);
            client.open(target, scratch_);
            watch(EPOLL_CTL_ADD, client, EPOLLIN);
        }
        writing_.resize(clients_.size());
    }
    ~Crowd() { ::close(epoll_); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // Every client is busy until the time is over, and then until its transaction has ended.
    void run(double seconds)
    {
        Counts counts;
        const double cpu = cpu_seconds();
        const auto start = Clock::now();
        const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        std::size_t busy = 0;
        for (Client& client : clients_) {
            client.begin(Clock::now());
            ++busy;
            note_writing(client);
        }
        std::array<epoll_event, 256> events{};
        while (busy > 0) {
            const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            for (int i = 0; i < n; ++i) {
                Client& client = clients_[events[static_cast<std::size_t>(i)].data.u64];
                if ((events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0)
                    client.on_writable();
                if ((events[static_cast<std::size_t>(i)].events & EPOLLIN) != 0 &&
                    client.on_readable(scratch_, counts)) {
                    const auto now = Clock::now();
                    if (now < end)
                        client.begin(now);
                    else
                        --busy;
                }
                note_writing(client);
            }
        }
        print(counts, since(start), cpu_seconds() - cpu);
    }

private:
    void watch(int operation, const Client& client, unsigned events)
    {
        epoll_event event{};
        event.events = events;
        event.data.u64 = static_cast<std::uint64_t>(&client - clients_.data());
        ::epoll_ctl(epoll_, operation, client.descriptor(), &event);
    }

    void note_writing(const Client& client)
    {
        const auto i = static_cast<std::size_t>(&client - clients_.data());
        if (writing_[i] == client.wants_to_write())
            return;
        writing_[i] = client.wants_to_write();
        watch(EPOLL_CTL_MOD, client, writing_[i] ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    std::vector<char> scratch_;
    int epoll_;
    std::vector<Client> clients_;
    std::vector<bool> writing_; // watched for EPOLLOUT too
};

int serve(const Plan& plan, const Target& target, int clients)
{
    const auto start = Clock::now();
    Crowd crowd(plan, target, clients);
    std::printf("{\"clients\":%d,\"connect_seconds\":%.6f}\n", clients, since(start));
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);)
        if (line.rfind("run ", 0) == 0)
            crowd.run(std::stod(line.substr(4)));
    return 0;
}

int program(int argc, char** argv)
{
    CLI::App app{"A load generator for PostgreSQL's wire and howdah's line protocol"};
    Target target;
    std::string workload = "select", mode = "prepared", wire = "postgres", sql, sqlite;
    int clients = 1, pipeline = 0;
    std::int64_t keys = 100000;
    bool tls = false;
    app.add_option("--host", target.host);
    app.add_option("--port", target.port);
    app.add_option("--user", target.user);
    app.add_option("--database", target.database);
    app.add_option("--setup", target.setup, "SQL that each client runs once");
    app.add_option("--clients", clients);
    app.add_option("--workload", workload, "select, rows1000, blob, tpcb, insert, sql");
    app.add_option("--sql", sql, "the statement of the workload sql; {0} is a key");
    app.add_option("--mode", mode)->check(CLI::IsMember({"simple", "extended", "prepared"}));
    app.add_option("--pipeline", pipeline, "send the workload's statements so many times without waiting for answers");
    app.add_option("--wire", wire)->check(CLI::IsMember({"postgres", "lines"}));
    app.add_option("--keys", keys, "rows of kv");
    app.add_flag("--tls", tls);
    app.add_option("--sqlite", sqlite, "insert into this SQLite file instead, one process for each client");
    CLI11_PARSE(app, argc, argv);

    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    if (!sqlite.empty())
        return serve_sqlite(sqlite, clients);
    if (tls) {
        target.tls = SSL_CTX_new(TLS_client_method());
        SSL_CTX_set_mode(target.tls, SSL_MODE_RELEASE_BUFFERS);
    }
    target.wire = wire == "lines" ? Wire::lines : Wire::postgres;
    const Mode how = mode == "simple" ? Mode::simple : mode == "extended" ? Mode::extended : Mode::prepared;
    Script script = make_script(workload, keys, sql);
    const std::vector<Step> once = script.steps;
    for (int i = 1; i < pipeline; ++i)
        script.steps.insert(script.steps.end(), once.begin(), once.end());
    const Plan plan(std::move(script), target.wire, how, pipeline > 0);
    return serve(plan, target, clients);
}

} // namespace

void print(const Counts& counts, double seconds, double cpu)
{
    std::string error;
    for (const char c : counts.first_error)
        error += c == '"' || c == '\\' ? '\'' : static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    const auto microseconds = [&](double q) { return static_cast<double>(counts.latency.quantile(q)) / 1000; };
    std::printf(
        "{\"transactions\":%llu,\"queries\":%llu,\"retries\":%llu,\"errors\":%llu,\"wrong\":%llu,\"seconds\":%.6f,"
        "\"cpu_seconds\":%.6f,"
        "\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"mean\":%.1f,\"first_error\":\"%s\"}\n",
        static_cast<unsigned long long>(counts.transactions), static_cast<unsigned long long>(counts.queries),
        static_cast<unsigned long long>(counts.retries), static_cast<unsigned long long>(counts.errors),
        static_cast<unsigned long long>(counts.wrong), seconds, cpu, microseconds(0.5), microseconds(0.9),
        microseconds(0.99), microseconds(0.999), static_cast<double>(counts.latency.max()) / 1000,
        counts.latency.mean() / 1000, error.c_str());
    std::fflush(stdout);
}

} // namespace howdah::bench

int main(int argc, char** argv)
{
    try {
        return howdah::bench::program(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "howdah_bench_load: %s\n", error.what());
        return 1;
    }
}
