#include "pool/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace howdah::pool {

namespace asio = boost::asio;

namespace {

bool needs_resolving(const Place& place)
{
    if (!place.hostaddr.empty() || place.host.empty() || place.host[0] == '/' || place.host[0] == '@')
        return false;
    boost::system::error_code error;
    asio::ip::make_address(place.host, error);
    return error.failed();
}

// A lookup goes on in Asio's resolver thread after nobody waits for it any more: getaddrinfo cannot be stopped.
struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), wake(executor) {}
    asio::ip::tcp::resolver resolver;
    asio::steady_timer wake;
    bool done = false;
    boost::system::error_code error;
    std::vector<std::string> addresses;
};

} // namespace

asio::awaitable<Result<std::vector<Place>>> resolve(asio::any_io_executor executor, std::vector<Place> wanted,
                                                    std::chrono::steady_clock::time_point deadline)
{
    std::vector<Place> found;
    std::string reasons;
    for (Place& place : wanted) {
        if (!needs_resolving(place)) {
            found.push_back(std::move(place));
            continue;
        }
        auto lookup = std::make_shared<Lookup>(executor);
        lookup->wake.expires_at(deadline);
        lookup->resolver.async_resolve(place.host, "", [lookup](const boost::system::error_code& error, auto results) {
            lookup->error = error;
            for (const auto& entry : results)
                lookup->addresses.push_back(entry.endpoint().address().to_string());
            lookup->done = true;
            lookup->wake.cancel();
        });
        co_await lookup->wake.async_wait(asio::as_tuple(asio::use_awaitable));
        if (!lookup->done || lookup->error) {
            reasons += (reasons.empty() ? "" : "; ") + ("could not resolve host \"" + place.host + "\": ") +
                       (lookup->done ? lookup->error.message() : "no answer in time");
            continue;
        }
        for (std::string& address : lookup->addresses)
            found.push_back({place.host, std::move(address), place.port});
    }
    if (found.empty()) {
        Error error(Error::Kind::connect, reasons.empty() ? "no host to connect to" : reasons);
        error.transient = true;
        co_return error;
    }
    co_return found;
}

} // namespace howdah::pool
