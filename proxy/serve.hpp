// `howdah serve`: everything wired together, from the configuration to the last client's goodbye.
#pragma once

#include <string>

namespace howdah::proxy {

struct ServeOptions {
    std::string config;   // a file; empty: the defaults (with --embedded), or /etc/howdah/howdah.toml
    std::string embedded; // a directory for a private PostgreSQL; empty: none
};

// Returns the exit status: 0 after SIGTERM or SIGINT, 1 when it could not start.
int serve(const ServeOptions& options);

} // namespace howdah::proxy
