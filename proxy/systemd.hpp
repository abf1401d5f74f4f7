// What systemd and howdah say to each other, without libsystemd: sd_notify(3) messages and sd_listen_fds(3) sockets.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy::systemd {

// Sends "READY=1", "STATUS=…", … Nothing happens when no one listens ($NOTIFY_SOCKET).
void notify(std::string_view state);
// "RELOADING=1" with the time that systemd asks for; READY=1 must follow.
void notify_reloading();

// How often WATCHDOG=1 must be sent at least; nullopt when systemd does not ask for it.
std::optional<std::chrono::microseconds> watchdog_interval();

struct PassedSocket {
    int descriptor = -1;
    std::string name; // FileDescriptorName= of the socket unit
};
// The sockets passed to this process; taken once.
std::vector<PassedSocket> take_sockets();

} // namespace howdah::proxy::systemd
