// A prepared statement of the mirror's: owned, bound, stepped. Private to mirror*.cpp.
#pragma once

#include "dialect/error.hpp"
#include "dialect/value.hpp"

#include <sqlite3.h>

#include <span>
#include <string_view>
#include <utility>

namespace howdah::dialect {

// The error that `db` has just reported.
Error error_of(sqlite3* db);

// The first statement of `sql`; null when there is nothing but comments. Throws Error.
class Prepared {
public:
    Prepared(sqlite3* db, std::string_view sql);
    ~Prepared() { sqlite3_finalize(statement_); }
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    sqlite3_stmt* get() const { return statement_; }
    sqlite3_stmt* release() { return std::exchange(statement_, nullptr); }
    std::size_t tail() const { return tail_; }

private:
    sqlite3_stmt* statement_ = nullptr;
    std::size_t tail_ = 0;
};

// Makes a statement ready for its next run when this one ends.
class Reset {
public:
    explicit Reset(sqlite3_stmt* statement) : statement_(statement) {}
    ~Reset()
    {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Reset(const Reset&) = delete;
    Reset& operator=(const Reset&) = delete;

private:
    sqlite3_stmt* statement_;
};

// Binds as many of the values as the statement has parameters. The values must outlive the run.
void bind(sqlite3_stmt* statement, std::span<const Value> values);
// True for a row, false at the end. Throws Error.
bool step(sqlite3_stmt* statement);
ValueView column(sqlite3_stmt* statement, int index);

} // namespace howdah::dialect
