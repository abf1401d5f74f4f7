// The world failed: network, server, deadline, full pool. Not the client's SQL (that is BatchResult::error).
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>

namespace howdah::pool {

struct Error {
    enum class Kind {
        connect,   // no connection could be opened; message has libpq's or the server's reason
        lost,      // the connection broke while it was used
        timeout,   // checkout_timeout, query_timeout
        full,      // max_waiting reached
        abandoned, // the asker went away while waiting
        shutting_down,
        protocol, // the server sent what protocol 3 does not allow
    };
    Kind kind = Kind::lost;
    std::string message;  // what happened, without secrets
    std::string sqlstate; // the server's, when it gave one (53300, 57P03, 28P01, …)
    bool transient =
        false; // connect only: trying again may help (server down, starting, full), unlike a wrong password

    Error() = default;
    explicit Error(Kind kind_, std::string message_, std::string sqlstate_ = {})
        : kind(kind_), message(std::move(message_)), sqlstate(std::move(sqlstate_))
    {
    }
};

// Whoever asked has asked to stop, and nothing has been done.
inline Error interrupted() { return Error(Error::Kind::abandoned, "interrupted"); }

template <typename T>
using Result = boost::system::result<T, Error>;

[[noreturn]] inline void throw_exception_from_error(const Error& e, const boost::source_location&)
{
    throw std::runtime_error(e.message);
}

} // namespace howdah::pool
