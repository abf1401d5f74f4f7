// An in-memory SQLite that holds a schema and no rows: what SQLite itself says about a statement.
//
// It never touches a file: ATTACH, VACUUM INTO and pragmas with an effect are stopped by an authorizer; temporary data
// stays in memory. Statements that describe the schema run here; hostile ones end by time and by memory.
//
// Only mirror*.cpp include sqlite3.h. A mirror is used by one thread at a time.
#pragma once

#include "dialect/error.hpp"
#include "dialect/value.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace howdah::dialect {

struct SchemaRow;

class Mirror {
public:
    Mirror();
    ~Mirror();
    Mirror(const Mirror&) = delete;
    Mirror& operator=(const Mirror&) = delete;

    // What sqlite3_prepare_v2 says of the first statement of `sql`.
    struct Answer {
        std::optional<Error> error; // SQLite's message and code
        std::vector<std::string> columns;
        std::vector<std::optional<std::string>> decltypes;
        int parameter_count = 0;
        std::vector<std::string> parameter_names; // by number from 1; "" for a nameless one
        bool read_only = true;
        bool is_explain = false;
        std::size_t tail = 0; // where the next statement begins
    };
    // `foreign_keys`: as a connection with PRAGMA foreign_keys = ON would, which misses parents and their keys.
    Answer prepare(std::string_view sql, bool foreign_keys = false) const;
    // PRAGMA foreign_keys, for what is prepared or queried until the next prepare().
    void enforce_foreign_keys(bool on) const;

    // Runs statements that make, change or drop schema objects, or set a pragma. Throws Error.
    void execute(std::string_view sql);
    // The same, and what changes() and last_insert_rowid() are behind it: a virtual table writes rows of its own. Empty
    // where they stay as they were.
    struct Effects {
        std::optional<std::int64_t> changes, last_insert_rowid;
    };
    Effects execute_with_effects(std::string_view sql);
    // A copy with the same schema, TEMP included, and the same attached names.
    std::unique_ptr<Mirror> clone() const;
    // sqlite_schema of main, temp and each attached database, in rowid order; `storage` is empty.
    std::vector<SchemaRow> schema() const;
    void attach(std::string_view name);
    void detach(std::string_view name);
    // Replaces the schema of main, of TEMP or of an attached database by what these rows say; rows of other databases
    // are ignored. Throws Error when SQLite does not accept a row's text.
    void load(std::string_view database, const std::vector<SchemaRow>& rows);

    // Runs a statement that needs no stored row (a query of sqlite_schema, a PRAGMA that describes the schema, a SELECT
    // without a table) and gives each row to `row`. Bounded: after `limit_ms` it ends with SQLITE_INTERRUPT.
    // Functions of a session (changes(), total_changes(), last_insert_rowid()) answer from `session`.
    struct SessionValues {
        std::int64_t changes = 0, total_changes = 0, last_insert_rowid = 0;
        bool case_sensitive_like = false;
        bool total_is_lost = false; // rows were changed that nobody counted: total_changes() is refused
    };
    void query(std::string_view sql, std::span<const Value> parameters, const SessionValues& session,
               const std::function<void(std::span<const ValueView>)>& row, int limit_ms = 5000) const;

    // The same row by row, for results of any length: between two steps the caller may do something else, also with
    // this mirror. The mirror and `parameters` must outlive the cursor.
    class Cursor {
    public:
        Cursor(const Mirror& mirror, std::string_view sql, std::span<const Value> parameters,
               const SessionValues& session);
        ~Cursor();
        // True for a row, false at the end. Throws Error; SQLITE_INTERRUPT when this row takes longer than `limit_ms`.
        bool step(int limit_ms);
        // Valid until the next step().
        std::span<const ValueView> row() const { return row_; }

    private:
        struct State;
        std::unique_ptr<State> state_;
        std::vector<ValueView> row_;
    };

    // Sets or reads a PRAGMA of this mirror's own connection: for a mirror that serves one session's settings, not for
    // a catalog's. A pragma that reaches beyond the connection (the process' heap limits, directories) is not carried
    // out.
    struct PragmaAnswer {
        std::vector<std::string> columns;
        std::vector<std::vector<Value>> rows;
    };
    // What PRAGMA case_sensitive_like, which cannot be read, has set: 1 when 'a' LIKE 'A' is false.
    Value like_is_case_sensitive();
    PragmaAnswer pragma(std::string_view name, const std::optional<std::string>& value);

    // The value of a row-independent expression in SQLite's text, over ?1 … ?n. 'now' is the time of this call.
    Value evaluate(std::string_view expression, std::span<const Value> parameters, const SessionValues& session) const;

private:
    // Takes over the main schema of `other` as that of the attached database `name`.
    void adopt(std::string_view name, const Mirror& other);

    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// The SQLite library's version, e.g. "3.40.1".
std::string_view sqlite_library_version();

// The text SQLite gives a REAL when it needs one: '%!.15g', "Inf", "-Inf".
std::string real_text(double value);
// The INTEGER or REAL that SQLite sees in a text that looks like a number (white space around it is allowed), NULL in
// any other. "5.0" is REAL; affinity may turn it into an INTEGER afterwards.
Value numeric_text(std::string_view text);

} // namespace howdah::dialect
