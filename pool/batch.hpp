// What is asked of a server connection in one packet, and what it answered. Plain values.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::pool {

using Oid = std::uint32_t;

// A column as RowDescription gives it.
struct FieldDescription {
    std::string name;
    Oid table_oid = 0;
    std::int16_t attribute = 0;
    Oid type = 0;
    std::int16_t type_size = 0;
    std::int32_t type_modifier = -1;
    std::int16_t format = 0; // 0 text, 1 binary
};

// A field of a DataRow: nullopt is NULL. Views are valid only during the call they are given to.
using Field = std::optional<std::string_view>;

// Receives a command's rows as they arrive. on_* are called between socket reads; flush() is awaited before each
// further read, so a sink that cannot take more keeps the server waiting and memory stays bounded. The last chunk of a
// batch is not followed by flush(): run() returns instead, and the sink's owner sends rows and completion together.
class RowSink {
public:
    virtual ~RowSink() = default;
    virtual void on_description(std::span<const FieldDescription>) {}
    virtual void on_row(std::span<const Field> row) = 0;
    // Waits until there is room again. False: the client is gone; the rest is cancelled and drained.
    virtual boost::asio::awaitable<bool> flush() = 0;
};

struct Param {
    std::optional<std::string> bytes; // nullopt: NULL
    Oid type = 0;                     // 0: the server infers it
    bool binary = true;
};

// One statement: Parse (unless prepared already), Bind, [Describe,] Execute.
struct Command {
    std::string sql;
    // Instead of `sql`: a text that stays where it is until the batch has been asked, and a number that no other text
    // with its parameters' types has in this process, which finds its prepared statement quicker (0: none).
    std::string_view known_sql;
    std::uint64_t token = 0;
    std::string_view text() const { return known_sql.empty() ? std::string_view(sql) : known_sql; }
    std::vector<Param> params;
    bool binary_results = true;               // for every column; or
    std::vector<std::int16_t> result_formats; // per column, when not empty
    bool prepare = false;                     // keep it as a named prepared statement on the connection (LRU)
    bool describe = false;                    // RowSink::on_description is called
    RowSink* rows = nullptr;                  // null: rows are read and dropped
    std::string portal;                       // named portal, for max_rows
    std::int32_t max_rows = 0;                // 0: all. With a portal, a later Command with `resume` fetches more
    bool resume = false;                      // Execute of `portal` alone
    bool close_portal = false;                // Close of `portal` alone
    bool describe_only = false; // Parse and Describe alone: on_description, and CommandResult::parameter_types
    bool simple = false;        // a simple query ('Q'), alone in its batch: text results, a result for each statement
};

struct Batch {
    std::vector<Command> commands;
};

// ErrorResponse or NoticeResponse.
struct ServerError {
    std::string severity, sqlstate, message, detail, hint, where, schema, table, column, datatype, constraint, position;
    std::string routine; // of the server's source, which no translation changes
};
// One that ends a statement, as the server would say it.
inline ServerError server_error(std::string sqlstate, std::string message)
{
    ServerError error;
    error.severity = "ERROR";
    error.sqlstate = std::move(sqlstate);
    error.message = std::move(message);
    return error;
}

struct CommandResult {
    std::string tag; // "INSERT 0 1"; empty when suspended
    std::uint64_t rows = 0;
    bool suspended = false;
    std::vector<Oid> parameter_types; // of a Command with describe_only
};

struct BatchResult {
    std::vector<CommandResult> results; // of the commands that succeeded
    // Of commands[results.size()]; the rest was skipped. When every command has a result: of the commit at the end.
    std::optional<ServerError> error;
    char transaction_status = 'I';
    bool sink_gone = false; // a RowSink answered false: the statement was cancelled
    // `error` is about a prepared statement that DDL made stale (0A000) or that is gone (26000). It has been forgotten:
    // the same batch, in a new transaction, prepares it again. An autocommit batch of which nothing ran is retried once
    // before this is reported.
    bool stale_plan = false;
};

// Derive from it to ask a batch without a coroutine (Lease::start). Owned by whoever asks; it must stay where it is
// until on_answer(), or be withdrawn (Lease::withdraw). Callbacks run on the pool's executor; on_answer() may do
// anything, also give the lease back.
class BatchOwner {
public:
    // The buffer behind the batch's sinks has no room: nothing more is read until Lease::resume().
    virtual bool is_full() const = 0;
    virtual void on_full() = 0;
    // It is over: Lease::take_answer().
    virtual void on_answer() = 0;
    // The io_context is being destroyed, nothing more will come: to destroy whoever waits, who may own this.
    virtual void on_context_gone() = 0;

protected:
    ~BatchOwner() = default;
};

} // namespace howdah::pool
