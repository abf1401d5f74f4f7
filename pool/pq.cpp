#include "pool/pq.hpp"

#include "pool/resolve.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <libpq-fe.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <optional>
#include <variant>
#include <vector>

namespace howdah::pool::pq {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void Finish::operator()(PGconn* connection) const
{
    PQfinish(connection); // sends Terminate; never waits, the connection is nonblocking
}

namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

using Options = std::map<std::string, std::string>;

std::vector<std::string> split(const std::string& list)
{
    std::vector<std::string> items;
    std::size_t begin = 0;
    for (;;) {
        const std::size_t comma = list.find(',', begin);
        items.push_back(list.substr(begin, comma - begin));
        if (comma == std::string::npos)
            return items;
        begin = comma + 1;
    }
}

// libpq quotes what it could not understand, which may be a piece of a password.
std::string without_quoted(std::string_view text)
{
    std::string out;
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') {
            quoted = !quoted;
            out += quoted ? "\"…" : "\"";
        } else if (!quoted) {
            out += c == '\n' ? ' ' : c;
        }
    }
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out;
}

// What the conninfo comes to with environment, service file and defaults, as libpq sees it. It is made to stop before
// it connects by an sslmode that does not exist.
Result<Options> read_options(const std::string& conninfo)
{
    static constexpr const char* no_such_mode = "howdah-reads-options";
    const std::array<const char*, 3> keywords{"dbname", "sslmode", nullptr};
    const std::array<const char*, 3> values{conninfo.c_str(), no_such_mode, nullptr};
    const Handle probe(PQconnectStartParams(keywords.data(), values.data(), 1));
    if (!probe)
        return Error(Error::Kind::connect, "out of memory");
    const std::string_view message = PQerrorMessage(probe.get());
    if (message.find(no_such_mode) == std::string_view::npos)
        return Error(Error::Kind::connect, "the connection string is not valid: " + without_quoted(message));
    Options options;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> list(PQconninfo(probe.get()), PQconninfoFree);
    for (const PQconninfoOption* o = list.get(); o && o->keyword; ++o)
        if (o->val && *o->val)
            options[o->keyword] = o->val;
    return options;
}

std::string value(const Options& options, const std::string& key, std::string otherwise = {})
{
    const auto found = options.find(key);
    return found == options.end() ? otherwise : found->second;
}

std::vector<Place> places(const Options& options)
{
    const std::vector<std::string> hosts = split(value(options, "host"));
    const std::vector<std::string> addresses = split(value(options, "hostaddr"));
    const std::vector<std::string> ports = split(value(options, "port"));
    std::vector<Place> result(std::max(hosts.size(), addresses.size()));
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (i < hosts.size())
            result[i].host = hosts[i];
        if (i < addresses.size())
            result[i].hostaddr = addresses[i];
        result[i].port = ports.size() == 1 ? ports[0] : i < ports.size() ? ports[i] : "";
        if (result[i].port.empty())
            result[i].port = "5432";
    }
    return result;
}

std::string describe(const Options& options)
{
    std::string out;
    for (const Place& place : places(options)) {
        const std::string& host = place.host.empty() ? place.hostaddr : place.host;
        out += (out.empty() ? "" : ",") + (host.empty() ? std::string("local") : host) + ":" + place.port;
    }
    return out + "/" + value(options, "dbname") + " as " + value(options, "user");
}

// What libpq is given beyond the conninfo; later keywords win.
class Parameters {
public:
    Parameters(const std::string& conninfo, const Options& options, const std::vector<Place>& places)
    {
        add("dbname", conninfo);
        add_default(options, "keepalives_idle", "30");
        add_default(options, "keepalives_interval", "10");
        add_default(options, "keepalives_count", "3");
        add_default(options, "tcp_user_timeout", "30000"); // data that is not acknowledged
        add_default(options, "fallback_application_name", "howdah");
        add("client_encoding", "UTF8");
        add("gssencmode", "disable"); // encrypted by libpq's buffers, which we do not use
        std::string hosts, addresses, ports;
        for (const Place& place : places) {
            hosts += place.host + ",";
            addresses += place.hostaddr + ",";
            ports += place.port + ",";
        }
        for (std::string* list : {&hosts, &addresses, &ports})
            list->pop_back();
        add("host", hosts);
        if (addresses.find_first_not_of(',') != std::string::npos)
            add("hostaddr", addresses);
        add("port", ports);
    }

    Handle start() const
    {
        std::vector<const char*> keywords, values;
        for (const auto& [keyword, value] : list_) {
            keywords.push_back(keyword);
            values.push_back(value.c_str());
        }
        keywords.push_back(nullptr);
        values.push_back(nullptr);
        return Handle(PQconnectStartParams(keywords.data(), values.data(), 1));
    }

private:
    void add(const char* keyword, std::string value) { list_.emplace_back(keyword, std::move(value)); }
    void add_default(const Options& options, const char* keyword, const char* value)
    {
        if (!options.contains(keyword))
            add(keyword, value);
    }

    std::vector<std::pair<const char*, std::string>> list_;
};

// libpq tells nobody the secret that cancels a query, except its trace. Kept in memory and wiped: it may hold a
// password.
class Trace {
public:
    Trace() : file_(open_memstream(&text_, &size_)) {}
    ~Trace()
    {
        if (file_)
            std::fclose(file_);
        if (text_)
            OPENSSL_cleanse(text_, size_);
        std::free(text_);
    }
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    void start(PGconn* connection)
    {
        if (file_)
            PQtrace(connection, file_);
    }
    // "B <tab> 12 <tab> BackendKeyData <tab> pid key". Empty when this libpq writes something else.
    std::string secret(PGconn* connection)
    {
        PQuntrace(connection);
        if (!file_ || std::fflush(file_) != 0 || !text_)
            return {};
        const std::string_view trace(text_, size_);
        const std::size_t at = trace.rfind("\tBackendKeyData\t");
        int pid = 0, key = 0;
        if (at == std::string_view::npos || std::sscanf(text_ + at, " BackendKeyData %d %d", &pid, &key) != 2 ||
            pid != PQbackendPID(connection) || trace.substr(0, at).rfind("B\t12") != at - 4)
            return {};
        const auto bits = static_cast<std::uint32_t>(key);
        return {static_cast<char>(bits >> 24), static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
                static_cast<char>(bits)};
    }

private:
    char* text_ = nullptr;
    std::size_t size_ = 0;
    std::FILE* file_;
};

bool is_sqlstate(std::string_view s)
{
    return s.size() == 5 &&
           std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

// Down, starting, stopping or full; as opposed to a wrong password, a wrong certificate, or no such database.
bool is_transient(const Error& error)
{
    if (!error.sqlstate.empty()) {
        const std::string_view s = error.sqlstate;
        return s.starts_with("57P") || s.starts_with("53") || s.starts_with("08");
    }
    for (const char* const final : {"certificate", "SSL", "password", "authentication", "channel binding", "invalid"})
        if (error.message.find(final) != std::string::npos)
            return false;
    return true;
}

// libpq's report, one line for each host that was tried. With PQERRORS_VERBOSE a server's part reads
// "FATAL:  28P01: password authentication failed …" and has a line LOCATION, which is of no use here.
Error connect_error(PGconn* connection)
{
    Error error(Error::Kind::connect, "");
    std::string_view rest = PQerrorMessage(connection);
    while (!rest.empty()) {
        const std::size_t end = rest.find('\n');
        std::string line(rest.substr(0, end));
        line.erase(0, line.find_first_not_of(" \t"));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (line.empty() || line.starts_with("LOCATION:"))
            continue;
        for (const std::string_view severity : {"FATAL:  ", "ERROR:  "}) {
            const std::size_t at = line.find(severity);
            if (at == std::string::npos)
                continue;
            const std::string state = line.substr(at + severity.size(), 5);
            if (is_sqlstate(state)) {
                error.sqlstate = state;
                line.erase(at + severity.size(), 7);
            }
        }
        error.message += (error.message.empty() ? "" : "; ") + line;
    }
    if (error.message.empty())
        error.message = "libpq gave no reason";
    error.transient = is_transient(error);
    return error;
}

// Lends libpq's descriptor to Asio for one wait; libpq may close it right after.
class Watch {
public:
    Watch(const asio::any_io_executor& executor, int fd) : descriptor_(executor)
    {
        boost::system::error_code ignored;
        descriptor_.assign(fd, ignored);
    }
    ~Watch()
    {
        if (descriptor_.is_open())
            descriptor_.release();
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    asio::posix::stream_descriptor& descriptor() { return descriptor_; }

private:
    asio::posix::stream_descriptor descriptor_;
};

// False: the deadline came first.
asio::awaitable<bool> wait(asio::any_io_executor executor, int fd, bool read, Clock::time_point deadline)
{
    using namespace asio::experimental::awaitable_operators;
    Watch watch(executor, fd);
    asio::steady_timer timer(executor, deadline);
    const auto what = read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
    auto ready = watch.descriptor().async_wait(what, no_throw);
    auto expired = timer.async_wait(no_throw);
    const auto first = co_await (std::move(ready) || std::move(expired));
    co_return first.index() == 0;
}

struct Attempt {
    Handle handle;
    std::string secret;
    std::optional<Error> error;
    bool timed_out = false;
};

// One PQconnectStart over all the places, watched until it succeeds, fails, or stays at one place for too long.
asio::awaitable<Attempt> attempt(asio::any_io_executor executor, const Parameters& parameters, milliseconds share,
                                 Clock::time_point deadline)
{
    Attempt result;
    result.handle = parameters.start();
    PGconn* const connection = result.handle.get();
    if (!connection || PQstatus(connection) == CONNECTION_BAD) {
        result.error = connection ? connect_error(connection) : Error(Error::Kind::connect, "out of memory");
        co_return result;
    }
    PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);
    Trace trace;
    trace.start(connection);
    std::string place;
    Clock::time_point place_deadline = deadline;
    PostgresPollingStatusType step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK) {
        if (step == PGRES_POLLING_FAILED) {
            result.error = connect_error(connection);
            break;
        }
        const char* const address = PQhostaddr(connection);
        const std::string now_at =
            std::string(PQhost(connection)) + '\0' + (address ? address : "") + '\0' + PQport(connection);
        if (now_at != place) {
            place = now_at;
            place_deadline = std::min(deadline, Clock::now() + share);
        }
        const bool ready = co_await wait(executor, PQsocket(connection), step == PGRES_POLLING_READING, place_deadline);
        if (!ready) {
            result.timed_out = true;
            break;
        }
        step = PQconnectPoll(connection);
    }
    result.secret = trace.secret(connection);
    PQsetnonblocking(connection, 1);
    co_return result;
}

std::int64_t not_after(SSL* tls)
{
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(tls), X509_free);
    std::tm time{};
    if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &time) != 1)
        return 0;
    return static_cast<std::int64_t>(::timegm(&time));
}

CancelTarget cancel_target(PGconn* connection, SSL* tls, std::string secret)
{
    CancelTarget target;
    target.address_size = sizeof target.address;
    if (::getpeername(PQsocket(connection), reinterpret_cast<sockaddr*>(&target.address), &target.address_size) == 0)
        target.secret = std::move(secret);
    target.pid = static_cast<std::uint32_t>(PQbackendPID(connection));
    target.host = PQhost(connection);
    if (tls) {
        SSL_CTX* const context = SSL_get_SSL_CTX(tls);
        SSL_CTX_up_ref(context);
        target.tls.reset(context, SSL_CTX_free);
        target.certificate.reset(SSL_get1_peer_certificate(tls), X509_free);
        target.verify_chain = SSL_get_verify_mode(tls) != SSL_VERIFY_NONE;
        const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> list(PQconninfo(connection), PQconninfoFree);
        for (const PQconninfoOption* o = list.get(); o && o->keyword; ++o)
            if (std::string_view(o->keyword) == "sslmode" && o->val)
                target.verify_host = std::string_view(o->val) == "verify-full";
    }
    const std::shared_ptr<PGcancel> cancel(PQgetCancel(connection), PQfreeCancel);
    target.fallback = [cancel] {
        std::array<char, 256> reason{};
        return cancel && PQcancel(cancel.get(), reason.data(), reason.size()) == 1;
    };
    return target;
}

Opened opened(Attempt attempt, const Options& options)
{
    Opened result;
    PGconn* const connection = attempt.handle.get();
    result.socket = PQsocket(connection);
    result.tls = static_cast<SSL*>(PQsslStruct(connection, "OpenSSL"));
    if (result.tls) {
        result.tls_version = SSL_get_version(result.tls);
        result.tls_not_after = not_after(result.tls);
    }
    result.server_version = PQserverVersion(connection);
    result.server = std::string(PQhost(connection)) + ":" + PQport(connection) + "/" + value(options, "dbname") +
                    " as " + value(options, "user");
    result.cancel = cancel_target(connection, result.tls, std::move(attempt.secret));
    result.handle = std::move(attempt.handle);
    return result;
}

// The place that libpq is at did not answer: leave it out.
void drop_place(PGconn* connection, std::vector<Place>& places)
{
    const char* const address = PQhostaddr(connection);
    const std::string host = PQhost(connection), port = PQport(connection);
    const auto at = std::find_if(places.begin(), places.end(), [&](const Place& p) {
        return p.port == port && (p.host.empty() || p.host == host || p.hostaddr == host) &&
               (p.hostaddr.empty() || !address || p.hostaddr == address);
    });
    places.erase(at == places.end() ? places.begin() : at);
}

} // namespace

asio::awaitable<Result<Opened>> connect(asio::any_io_executor executor, std::string conninfo, milliseconds timeout)
{
    const auto deadline = Clock::now() + timeout;
    const Result<Options> options = read_options(conninfo);
    if (!options)
        co_return options.error();
    if (value(*options, "gssencmode") == "require")
        co_return Error(Error::Kind::connect, "gssencmode=require is not supported; use TLS");
    Result<std::vector<Place>> resolved = co_await resolve(executor, places(*options), deadline);
    if (!resolved)
        co_return resolved.error();
    std::vector<Place> left = std::move(*resolved);
    const milliseconds share = timeout / static_cast<long>(left.size());
    std::string silent;
    while (!left.empty() && Clock::now() < deadline) {
        const Parameters parameters(conninfo, *options, left);
        Attempt tried = co_await attempt(executor, parameters, share, deadline);
        if (tried.error) {
            if (!silent.empty())
                tried.error->message += "; " + silent;
            co_return std::move(*tried.error);
        }
        if (!tried.timed_out)
            co_return opened(std::move(tried), *options);
        PGconn* const connection = tried.handle.get();
        silent += (silent.empty() ? "" : "; ") + ("server at \"" + std::string(PQhost(connection)) + "\", port ") +
                  PQport(connection) + " did not answer in time";
        drop_place(connection, left);
    }
    Error error(Error::Kind::connect, silent.empty() ? "no answer in time" : silent);
    error.transient = true;
    co_return error;
}

std::string describe(const std::string& conninfo)
{
    const Result<Options> options = read_options(conninfo);
    return options ? describe(*options) : std::string();
}

} // namespace howdah::pool::pq
