#include "proxy/systemd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sstream>

namespace howdah::proxy::systemd {

namespace {

constexpr int first_passed_descriptor = 3; // SD_LISTEN_FDS_START

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

} // namespace

void notify(std::string_view state)
{
    const std::string path = variable("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (path.size() < 2 || path.size() >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (path[0] == '@')
        address.sun_path[0] = '\0'; // the abstract namespace
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
    close(fd);
}

void notify_reloading()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.tv_sec * 1000000LL + now.tv_nsec / 1000) +
           "\nSTATUS=reloading");
}

std::optional<std::chrono::microseconds> watchdog_interval()
{
    const std::string pid = variable("WATCHDOG_PID");
    const long long interval = std::atoll(variable("WATCHDOG_USEC").c_str());
    if (interval <= 0 || (!pid.empty() && std::atoll(pid.c_str()) != getpid()))
        return std::nullopt;
    return std::chrono::microseconds(interval);
}

std::vector<PassedSocket> take_sockets()
{
    std::vector<PassedSocket> sockets;
    if (std::atoll(variable("LISTEN_PID").c_str()) == getpid()) {
        std::istringstream names(variable("LISTEN_FDNAMES"));
        const int count = std::atoi(variable("LISTEN_FDS").c_str());
        for (int i = 0; i < count; ++i) {
            PassedSocket passed{first_passed_descriptor + i, ""};
            std::getline(names, passed.name, ':');
            fcntl(passed.descriptor, F_SETFD, FD_CLOEXEC);
            sockets.push_back(std::move(passed));
        }
    }
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
        unsetenv(name);
    return sockets;
}

} // namespace howdah::proxy::systemd
