#include "sqlite_load.hpp"

#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <stdexcept>

namespace howdah::bench {

namespace {

constexpr const char* text =
    "a line of about a hundred bytes, as a log or an event or a measurement with its unit would have it";

// What one process has done in a run; in memory that all share.
struct Share {
    std::uint64_t count = 0, errors = 0;
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

void insert_until(const std::string& file, Clock::time_point end, int client, Share& share)
{
    sqlite3* db = open(file);
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(db, "INSERT INTO journal(client, sequence, v) VALUES (?, ?, ?)", -1, &statement, nullptr),
          db);
    sqlite3_bind_int(statement, 1, client);
    sqlite3_bind_text(statement, 3, text, -1, SQLITE_STATIC);
    for (std::int64_t sequence = 1; Clock::now() < end; ++sequence) {
        const auto start = Clock::now();
        sqlite3_bind_int64(statement, 2, sequence);
        if (sqlite3_step(statement) != SQLITE_DONE)
            ++share.errors;
        else if (share.count < std::size(share.latency_us))
            share.latency_us[share.count++] = static_cast<std::uint32_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

void run(const std::string& file, int clients, double seconds, Share* shares)
{
    const auto start = Clock::now();
    const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (int i = 0; i < clients; ++i) {
        shares[i].count = shares[i].errors = 0;
        if (::fork() == 0) {
            try {
                insert_until(file, end, i, shares[i]);
            } catch (const std::exception&) {
                ++shares[i].errors;
            }
            ::_exit(0);
        }
    }
    while (::wait(nullptr) > 0)
        continue;
    Counts counts;
    for (int i = 0; i < clients; ++i) {
        for (std::uint64_t k = 0; k < shares[i].count; ++k)
            counts.latency.add(std::uint64_t{shares[i].latency_us[k]} * 1000);
        counts.transactions += shares[i].count;
        counts.errors += shares[i].errors;
    }
    counts.queries = counts.transactions;
    print(counts, std::chrono::duration<double>(Clock::now() - start).count(), 0);
}

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
    void* memory = ::mmap(nullptr, sizeof(Share) * static_cast<std::size_t>(clients), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::runtime_error("no memory to share");
    std::printf("{\"clients\":%d,\"connect_seconds\":0}\n", clients);
    std::fflush(stdout);
    for (std::string line; std::getline(std::cin, line);)
        if (line.rfind("run ", 0) == 0)
            run(file, clients, std::stod(line.substr(4)), static_cast<Share*>(memory));
    return 0;
}

} // namespace howdah::bench
