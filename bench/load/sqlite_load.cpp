#include "sqlite_load.hpp"

#include <sqlite3.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <iterator>
#include <stdexcept>

namespace howdah::bench {

namespace {

constexpr const char* text =
    "a line of about a hundred bytes, as a log or an event or a measurement with its unit would have it";

// What one process has done in a run; in memory that all share.
struct Share {
    std::uint64_t count = 0, errors = 0;
    std::uint64_t late = 0; // of `count`, those that ended after the run's time
    std::uint32_t latency_us[1 << 18]{};
};

void check(int code, sqlite3* db)
{
    if (code != SQLITE_OK && code != SQLITE_ROW && code != SQLITE_DONE)
        throw std::runtime_error(sqlite3_errmsg(db));
}

sqlite3* open(const std::string& file)
{
    sqlite3* db = nullptr;
    check(sqlite3_open(file.c_str(), &db), db);
    sqlite3_busy_timeout(db, 60000);
    check(sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", nullptr, nullptr, nullptr), db);
    return db;
}

// One process: for each moment that comes down the pipe, inserts until then and says so. Keeps its connection, as a
// program does: the last one that closes a WAL file writes all of it back.
void insert_when_told(const std::string& file, int client, Share& share, int orders, int done)
{
    sqlite3* db = open(file);
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(db, "INSERT INTO journal(client, sequence, v) VALUES (?, ?, ?)", -1, &statement, nullptr),
          db);
    sqlite3_bind_int(statement, 1, client);
    sqlite3_bind_text(statement, 3, text, -1, SQLITE_STATIC);
    std::int64_t sequence = 0;
    for (Clock::time_point end; ::read(orders, &end, sizeof end) == sizeof end;) {
        share.count = share.errors = share.late = 0;
        for (auto start = Clock::now(); start < end; start = Clock::now()) {
            sqlite3_bind_int64(statement, 2, ++sequence);
            if (sqlite3_step(statement) != SQLITE_DONE)
                ++share.errors;
            else if (share.count < std::size(share.latency_us)) {
                const auto now = Clock::now();
                share.latency_us[share.count++] = static_cast<std::uint32_t>(
                    std::chrono::duration_cast<std::chrono::microseconds>(now - start).count());
                share.late += now > end ? 1 : 0;
            }
            sqlite3_reset(statement);
        }
        if (::write(done, "", 1) != 1)
            break;
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

class Processes {
public:
    Processes(const std::string& file, int clients) : clients_(clients)
    {
        const std::size_t size = sizeof(Share) * static_cast<std::size_t>(clients);
        void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED || ::pipe(done_) != 0)
            throw std::runtime_error("no memory or no pipe to share");
        shares_ = static_cast<Share*>(memory);
        for (int i = 0; i < clients; ++i)
            start(file, i);
    }

    void run(double seconds)
    {
        const auto start = Clock::now();
        const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        for (const int order : orders_)
            if (::write(order, &end, sizeof end) != sizeof end)
                throw std::runtime_error("a process has ended");
        char byte = 0;
        for (int i = 0; i < clients_; ++i)
            if (::read(done_[0], &byte, 1) != 1)
                throw std::runtime_error("the processes have ended");
        Counts counts;
        for (int i = 0; i < clients_; ++i) {
            for (std::uint64_t k = 0; k < shares_[i].count; ++k)
                counts.latency.add(std::uint64_t{shares_[i].latency_us[k]} * 1000);
            counts.transactions += shares_[i].count - shares_[i].late;
            counts.errors += shares_[i].errors;
        }
        counts.queries = counts.transactions;
        // Whoever loses the lock many times in a row sleeps long after the others have gone: that time is not counted.
        print(counts, seconds, 0);
    }

private:
    void start(const std::string& file, int client)
    {
        int order[2];
        if (::pipe(order) != 0)
            throw std::runtime_error("no pipe");
        if (::fork() != 0) {
            ::close(order[0]);
            orders_.push_back(order[1]);
            return;
        }
        ::close(order[1]);
        for (const int other : orders_) // so that the parent's end is the only one, and its end is ours
            ::close(other);
        try {
            insert_when_told(file, client, shares_[client], order[0], done_[1]);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "howdah_bench_load: SQLite: %s\n", error.what());
        }
        ::_exit(0);
    }

    int clients_;
    Share* shares_ = nullptr;
    int done_[2]{};
    std::vector<int> orders_;
};

} // namespace

int serve_sqlite(const std::string& file, int clients)
{
    sqlite3* db = open(file);
    check(sqlite3_exec(
              db,
              "CREATE TABLE IF NOT EXISTS journal(id INTEGER PRIMARY KEY, client INTEGER, sequence INTEGER, v TEXT)",
              nullptr, nullptr, nullptr),
          db);
    sqlite3_close(db);
    Processes processes(file, clients);
    std::printf("{\"clients\":%d,\"connect_seconds\":0}\n", clients);
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);)
        if (line.rfind("run ", 0) == 0)
            processes.run(std::stod(line.substr(4)));
    return 0;
}

} // namespace howdah::bench
