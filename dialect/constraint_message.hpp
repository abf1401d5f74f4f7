// What PostgreSQL's run-time errors are in SQLite's words (catalogue 19).
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect {

// The fields of an ErrorResponse that matter here; empty when absent. `schema` and `table` are PostgreSQL's names.
struct ServerFailure {
    std::string sqlstate, message, detail, schema, table, column, datatype, constraint;
    std::string context; // the functions that it was in, one a line
    std::string routine; // of the server's source
};

// The `datatype` of an error of a trigger's statement that says OR ROLLBACK, and of DO UPDATE, which is under ABORT.
inline constexpr std::string_view rollback_mark = "howdah rollback", abort_mark = "howdah abort";

// SQLite's extended result code and text. `sqlstate` stays PostgreSQL's. Anything that is not known is code 1 with
// PostgreSQL's message after "howdah: ".
Error constraint_message(const Catalog& catalog, const ServerFailure& failure);

// The table that the error speaks of; null when the catalog has none of that name.
const Table* find_table(const Catalog& catalog, const ServerFailure& failure);

// Whether the error ends the whole transaction, not the statement alone: OR ROLLBACK, a constraint declared
// ON CONFLICT ROLLBACK, RAISE(ROLLBACK).
bool ends_transaction(const Catalog& catalog, const Compiled& statement, const ServerFailure& failure);

// A value did not fit its column's PostgreSQL type (SQLSTATE HW0PR): carry the promotion out, compile again, run again.
std::optional<Promotion> promotion_needed(const Catalog& catalog, const ServerFailure& failure);

} // namespace howdah::dialect
