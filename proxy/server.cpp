#include "proxy/server.hpp"

#include "proxy/databases.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace howdah::proxy {

namespace {

constexpr std::string_view http = "http";
// The allocator keeps what lies between smaller pieces; it is asked to give back so much at once.
constexpr std::size_t trim_size = 16U << 20U;

// "127.0.0.1:5123", "[::1]:5123", "unix"; and whether it is this machine.
std::pair<std::string, bool> describe_peer(const Socket& socket)
{
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error)
        return {"gone", false};
    const int family = peer.protocol().family();
    if (family != AF_INET && family != AF_INET6)
        return {"unix", true};
    boost::asio::ip::tcp::endpoint tcp;
    std::memcpy(tcp.data(), peer.data(), std::min(peer.size(), tcp.capacity()));
    const auto address = tcp.address();
    const std::string host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return {host + ":" + std::to_string(tcp.port()), address.is_loopback()};
}

} // namespace

CancelKeys::Key CancelKeys::add(std::function<void()> cancel)
{
    Key key;
    do {
        key.process = next_;
        next_ = next_ == INT32_MAX ? 1 : next_ + 1;
    } while (entries_.contains(key.process));
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&key.secret), sizeof key.secret) != 1)
        throw std::runtime_error("the system's random source failed");
    entries_.emplace(key.process, Entry{key.secret, std::move(cancel)});
    return key;
}

void CancelKeys::remove(Key key) { entries_.erase(key.process); }

bool CancelKeys::cancel(Key key)
{
    const auto found = entries_.find(key.process);
    if (found == entries_.end() || CRYPTO_memcmp(&found->second.secret, &key.secret, sizeof key.secret) != 0)
        return false;
    found->second.cancel();
    return true;
}

std::size_t ServerContext::limited_clients() const
{
    std::size_t count = 0;
    for (const auto& [name, connected] : databases.totals().clients)
        count += name == http ? 0 : connected;
    return count;
}

// From the end: a client may end inside the call, and the last one takes its place.
template <typename Function>
void ServerContext::for_each_client(Function function)
{
    for (std::size_t i = clients.size(); i-- > 0;)
        if (i < clients.size())
            function(*clients[i]);
}

void ServerContext::say_goodbye(Goodbye how)
{
    for_each_client([how](Client& client) {
        if (client.on_goodbye)
            client.on_goodbye(how);
    });
}

void ServerContext::tick()
{
    if (given_back >= trim_size) {
        given_back = 0;
        malloc_trim(0);
    }
    for_each_client([this](Client& client) {
        if (client.on_tick)
            given_back += client.on_tick();
    });
}

Client::Client(ServerContext& context, std::string_view front_end, const Socket& socket)
    : context_(context), id_(context.next_client++), front_end_(front_end)
{
    std::tie(peer_, local_) = describe_peer(socket);
    name_ = front_end_ + "#" + std::to_string(id_) + " " + peer_;
    over_limit_ = front_end != http && context.limited_clients() >= context.config->limits.max_clients;
    Totals& totals = context.databases.totals();
    ++totals.clients[front_end_];
    ++totals.clients_total[front_end_];
    totals.clients_refused += over_limit_ ? 1 : 0;
    place_ = context.clients.size();
    context.clients.push_back(this);
}

Client::~Client()
{
    context_.clients[place_] = context_.clients.back();
    context_.clients[place_]->place_ = place_;
    context_.clients.pop_back();
    --context_.databases.totals().clients[front_end_];
}

} // namespace howdah::proxy
