// `howdah shell`: a SQL prompt that speaks the line protocol.
#pragma once

#include <string>

namespace howdah::proxy {

struct ShellOptions {
    std::string address = "127.0.0.1:7433"; // or unix:/path
    std::string database = "main";
    std::string user, password; // password: also $HOWDAH_PASSWORD
};

// Reads statements from standard input until its end or .quit. Exit status: 1 when howdah could not be reached or,
// where the input is not a terminal, when a statement failed.
int run_shell(const ShellOptions& options);

} // namespace howdah::proxy
