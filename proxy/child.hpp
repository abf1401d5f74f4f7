// Other programs: as which user they run, running one to its end, starting one that lives as long as howdah.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

struct User {
    uid_t uid = 0;
    gid_t gid = 0;
    std::string name;
};

// The user that runs howdah.
User current_user();
// The unprivileged user that takes the place of root, which PostgreSQL refuses to run as: postgres, else nobody.
// nullopt when howdah is not root.
std::optional<User> user_in_place_of_root();

struct ChildOptions {
    std::optional<User> user;      // null: howdah's own
    std::string directory = "/";   // where it runs; entered as `user`
    std::string output;            // file that standard output and error are appended to
    bool ends_with_howdah = false; // it gets SIGINT when howdah dies, however that happens
};

// Throws std::runtime_error when the program cannot be started: also when `user` cannot enter `directory`.
pid_t start_child(const std::vector<std::string>& arguments, const ChildOptions& options, std::string_view input = {});
// Runs a program to its end; its exit status, 128 + n for signal n.
int run_child(const std::vector<std::string>& arguments, const ChildOptions& options, std::string_view input = {});
// Whether `user` can enter the directory and every one above it.
bool can_enter(const User& user, const std::string& directory);

} // namespace howdah::proxy
