#include "proxy/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace howdah::proxy {

namespace {

std::optional<User> find_user(const char* name)
{
    const passwd* entry = getpwnam(name);
    return entry != nullptr ? std::optional(User{entry->pw_uid, entry->pw_gid, entry->pw_name}) : std::nullopt;
}

// Becomes the user for good. PR_SET_PDEATHSIG must come afterwards: changing the user clears it.
bool become(const User& user) { return setgroups(0, nullptr) == 0 && setgid(user.gid) == 0 && setuid(user.uid) == 0; }

struct Pipe {
    int read_end = -1, write_end = -1;
    Pipe()
    {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0)
            throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
        read_end = ends[0];
        write_end = ends[1];
    }
    ~Pipe()
    {
        close_read();
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_read() { close_end(read_end); }
    void close_write() { close_end(write_end); }

private:
    static void close_end(int& end)
    {
        if (end >= 0)
            close(end);
        end = -1;
    }
};

// What went wrong between fork and exec, sent to the parent through a pipe that exec closes.
struct Failure {
    int error = 0;
    std::array<char, 60> where{};
};

// Only async-signal-safe calls: another thread may have held any lock at the moment of the fork.
[[noreturn]] void become_program(char* const* arguments, const ChildOptions& options, int input, int output, int report,
                                 pid_t parent)
{
    const auto fail = [report](const char* where) {
        Failure failure;
        failure.error = errno;
        std::strncpy(failure.where.data(), where, failure.where.size() - 1);
        [[maybe_unused]] const auto written = write(report, &failure, sizeof failure);
        _exit(127);
    };
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    setsid(); // Ctrl-C in howdah's terminal is howdah's to handle
    if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
        fail("dup2");
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    if (options.user && !become(*options.user))
        fail("changing the user");
    if (options.ends_with_howdah && (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent))
        fail("howdah is gone");
    if (chdir(options.directory.c_str()) != 0)
        fail("entering the directory");
    execv(arguments[0], arguments);
    fail("starting the program");
    _exit(127);
}

void write_all(int file, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = write(file, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return; // the child has ended; its exit status tells why
        text.remove_prefix(written > 0 ? static_cast<std::size_t>(written) : 0);
    }
}

} // namespace

User current_user()
{
    const passwd* entry = getpwuid(geteuid());
    return {geteuid(), getegid(), entry != nullptr ? entry->pw_name : "howdah"};
}

std::optional<User> user_in_place_of_root()
{
    if (geteuid() != 0)
        return std::nullopt;
    if (auto postgres = find_user("postgres"))
        return postgres;
    if (auto nobody = find_user("nobody"))
        return nobody;
    throw std::runtime_error("PostgreSQL does not run as root, and there is neither a user postgres nor nobody");
}

pid_t start_child(const std::vector<std::string>& arguments, const ChildOptions& options, std::string_view input)
{
    const int output = open(options.output.empty() ? "/dev/null" : options.output.c_str(),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (output < 0)
        throw std::runtime_error(options.output + ": " + std::strerror(errno));
    std::vector<char*> argv;
    for (const auto& argument : arguments)
        argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);

    Pipe in, report;
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0)
        become_program(argv.data(), options, in.read_end, output, report.write_end, parent);
    const int fork_error = errno;
    close(output);
    if (pid < 0)
        throw std::runtime_error(std::string("fork: ") + std::strerror(fork_error));
    in.close_read();
    report.close_write();
    write_all(in.write_end, input);
    in.close_write();

    Failure failure;
    ssize_t size = 0;
    do
        size = read(report.read_end, &failure, sizeof failure);
    while (size < 0 && errno == EINTR);
    if (size == sizeof failure) {
        waitpid(pid, nullptr, 0);
        throw std::runtime_error(arguments[0] + ": " + failure.where.data() + ": " + std::strerror(failure.error));
    }
    return pid;
}

int run_child(const std::vector<std::string>& arguments, const ChildOptions& options, std::string_view input)
{
    const pid_t pid = start_child(arguments, options, input);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool can_enter(const User& user, const std::string& directory)
{
    const pid_t pid = fork();
    if (pid == 0)
        _exit(become(user) && chdir(directory.c_str()) == 0 ? 0 : 1);
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return pid > 0 && status == 0;
}

} // namespace howdah::proxy
