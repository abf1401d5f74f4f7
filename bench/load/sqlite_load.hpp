// The same inserts into a SQLite file itself: one process for each client, WAL, synchronous=FULL.
#pragma once

#include "client.hpp"

#include <string>

namespace howdah::bench {

// Makes the table, forks the clients, obeys `run SECONDS` as the other loads do.
int serve_sqlite(const std::string& file, int clients);

// One JSON line on standard output.
void print(const Counts& counts, double seconds, double cpu);

} // namespace howdah::bench
