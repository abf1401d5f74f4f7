// What a front end and a session say to each other: plain values and one sink. No front end knows more of the inside.
#pragma once

#include "dialect/value.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy {

using dialect::Blob;
using dialect::StorageClass;
using dialect::Value;
using dialect::ValueView;

// CAST(real AS TEXT): SQLite's own digits ("%!.15g"), "Inf", "-Inf".
std::string real_text(double real);

// What a column's values can be, as far as it is known before the first row.
enum class ColumnKind : std::uint8_t {
    integer,
    real,
    text,
    blob,
    number,  // INTEGER or REAL, value by value
    dynamic, // any storage class, value by value
};

struct Column {
    std::string name;                     // as SQLite names it
    std::optional<std::string> decltype_; // sqlite3_column_decltype
    ColumnKind kind = ColumnKind::dynamic;
};

// A column of a statement that went to PostgreSQL untouched.
struct RawColumn {
    std::string name;
    std::uint32_t table_oid = 0;
    std::int16_t attribute = 0;
    std::uint32_t type = 0;
    std::int16_t type_size = 0;
    std::int32_t type_modifier = -1;
    std::int16_t format = 0; // 0 text, 1 binary
};
using RawField = std::optional<std::string_view>;
// A parameter of such a statement, as the client sent it.
struct RawParameter {
    std::optional<std::string> bytes;
    std::uint32_t type = 0;
    bool binary = false;
};

// Where a statement's result goes. on_* are called as rows arrive and must not throw; flush() is awaited between
// chunks: it returns when the client has taken enough for the buffer to have room again, false when the client is gone.
class ReplySink {
public:
    virtual ~ReplySink() = default;
    virtual void on_columns(std::span<const Column> columns) = 0; // once, before any row, also when there is no row
    virtual void on_row(std::span<const ValueView> row) = 0;      // views are valid during the call
    virtual void on_raw_columns(std::span<const RawColumn> columns) = 0;
    virtual void on_raw_row(std::span<const RawField> row) = 0;
    virtual boost::asio::awaitable<bool> flush() = 0;
    // flush() would wait for the client.
    virtual bool is_full() const { return false; }
    // A sink that speaks PostgreSQL's protocol: the formats (none, one for all, or one a column) in which it takes a
    // result of these columns as DataRow messages of the server. Only int8, text and bytea columns are offered, whose
    // bytes are the same for both. nullopt: it wants values.
    virtual std::optional<std::span<const std::int16_t>> forward_formats(std::span<const Column>)
    {
        return std::nullopt;
    }
    virtual void on_forwarded_row(std::string_view /*message*/) {}
    // Forgets everything since on_columns, if none of it has left for the client yet; false when some has. The session
    // runs a statement again (exact arithmetic, a promoted column) only where this succeeds.
    virtual bool rewind() { return false; }
};

// An error as a client reads it; made in client_error.cpp only.
struct ClientError {
    int code = 1;                      // SQLite's extended result code
    std::string name = "SQLITE_ERROR"; // and its name
    std::string message;               // SQLite's own text
    std::string sqlstate = "XX000";
    std::string detail, hint; // for the PostgreSQL wire and the log
    int position = 0;         // 1-based character of the statement, 0 when unknown
    bool fatal = false;       // the connection ends
};

// How one statement ended.
struct Outcome {
    std::optional<ClientError> error;
    bool has_columns = false;
    bool suspended = false;   // max_rows reached; Session::fetch goes on
    std::uint64_t rows = 0;   // rows given to the sink by this call
    std::int64_t changes = 0; // changes(), total_changes(), last_insert_rowid() after the statement
    std::int64_t total_changes = 0;
    bool total_is_known = true; // false once triggers or foreign keys may have changed rows that nobody counted
    std::int64_t last_insert_rowid = 0;
    bool autocommit = true;
    std::string tag;       // PostgreSQL's command tag: "SELECT 2", "INSERT 0 1", "BEGIN", "CREATE TABLE", …
    bool is_empty = false; // there was no statement in the text
};

// What is known of a statement before it runs.
struct Description {
    std::optional<ClientError> error;
    int parameter_count = 0;
    std::vector<std::string> parameter_names; // by number from 1; "" for a nameless one
    bool has_columns = false;
    std::vector<Column> columns;
    // Of a statement that goes to PostgreSQL untouched: its own columns and parameter types.
    bool raw = false;
    std::vector<RawColumn> raw_columns;
    std::vector<std::uint32_t> raw_parameter_types;
};

} // namespace howdah::proxy
