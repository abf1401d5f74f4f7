// One client's SQLite connection: its transaction, its settings, its counters. Front ends talk to this and nothing
// else.
#pragma once

#include "proxy/lookahead.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

class Databases;

// Cuts the first statement (with its semicolon) off `script`: SQLite's rule, which understands strings, comments and
// trigger bodies. Returns its length; the whole when there is no further statement. Only comments and spaces: is_blank.
std::size_t first_statement(std::string_view script);
bool is_blank(std::string_view statement);

struct RunOptions {
    std::string portal;        // named result that can be fetched in parts; empty: all at once
    std::int32_t max_rows = 0; // 0: all
    bool may_share = true;     // false: start() has not brought it to an end
    // For a statement that goes to PostgreSQL untouched.
    std::vector<RawParameter> raw_parameters;
    std::vector<std::int16_t> raw_result_formats;
};

// All members run on the client's strand, one at a time; cancel() may be called at any moment from the same thread.
class Session {
public:
    // `database` is the name the client gave. The database is opened (created, where the config says so) by the first
    // statement. `client` is how logs name the client, e.g. "pgwire 127.0.0.1:5123".
    Session(Databases& databases, std::string database, std::string client);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Opens the database now, so that a front end can refuse a client early. An error is final.
    boost::asio::awaitable<std::optional<ClientError>> open();

    // What a statement's parameters and columns are. `parameters` are samples: only their storage classes matter.
    boost::asio::awaitable<Description> describe(std::string_view sql, std::span<const Value> parameters);

    // The same of the parameters alone, which depends on no value; it asks SQLite and compiles nothing.
    boost::asio::awaitable<Description> describe_parameters(std::string_view sql);

    // Runs one statement. `parameters` by number from 1; missing ones are NULL, as in SQLite. What the client has sent
    // behind it already may be sent with it; it must then be asked for in that order.
    boost::asio::awaitable<Outcome> run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                        RunOptions options, Lookahead* lookahead = nullptr);
    boost::asio::awaitable<Outcome> run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink);
    // The short way of run(), for a front end that wants no coroutine for each statement: true when the statement was
    // sent beside others' at once. Then, while !arrived(), wait(); then finish(). nullopt from finish(): nothing was
    // told, run() is to be called. `sql`, `parameters` and `sink` must live until then.
    bool start(std::string_view sql, std::span<const Value> parameters, ReplySink& sink, const RunOptions& options,
               Lookahead* lookahead = nullptr);
    // The next statement has been sent already.
    bool is_ahead() const;
    bool arrived() const;
    boost::asio::awaitable<void> wait(ReplySink& sink);
    std::optional<Outcome> finish(std::string_view sql, ReplySink& sink);
    // More rows of a suspended portal.
    boost::asio::awaitable<Outcome> fetch(std::string_view portal, std::int32_t max_rows, ReplySink& sink);
    boost::asio::awaitable<void> close_portal(std::string_view portal);
    // The PostgreSQL wire's Sync: portals opened outside a transaction end.
    boost::asio::awaitable<void> sync();

    // Interrupts what runs now, on the server or in the queue. The statement ends with SQLITE_INTERRUPT.
    void cancel();
    // Rolls back and gives the connection back. The destructor does the same without waiting.
    boost::asio::awaitable<void> close();

    // The client says nothing for a while: gives back what its last statement has needed, in bytes at least so much.
    // Only while nothing runs.
    std::size_t rest();

    bool autocommit() const;
    // Statements with the comment `/* howdah: postgres */`, and questions about pg_catalog and information_schema.
    bool goes_to_postgres(std::string_view sql) const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace howdah::proxy
