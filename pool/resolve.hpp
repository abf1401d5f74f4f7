// Host names into addresses before libpq is asked, which would block on them.
#pragma once

#include "pool/error.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace howdah::pool {

// One place to try. Lists in a conninfo are taken apart, and names with several addresses become several places.
struct Place {
    std::string host, hostaddr, port;
};

// Replaces names by their addresses. A name that cannot be resolved drops out; only when none is left is it an error.
boost::asio::awaitable<Result<std::vector<Place>>> resolve(boost::asio::any_io_executor executor,
                                                           std::vector<Place> wanted,
                                                           std::chrono::steady_clock::time_point deadline);

} // namespace howdah::pool
