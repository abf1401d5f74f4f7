// Answers of the line protocol as bytes. Pure. docs/socket-protocol.md describes the format.
#pragma once

#include "proxy/exchange.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::proxy::lines {

// Each appends one line. `id` is JSON text, empty for none.
void append_hello(std::string& out, std::string_view id, std::string_view database);
void append_header(std::string& out, std::string_view id, std::span<const Column> columns);
void append_row(std::string& out, std::span<const ValueView> row);
void append_trailer(std::string& out, std::string_view id, const Outcome& outcome, bool more);
void append_error(std::string& out, std::string_view id, const ClientError& error, bool autocommit);

// The same for a statement that PostgreSQL answered untouched, in text format: numbers, booleans and bytea become
// SQLite's classes, everything else is TEXT.
void append_raw_header(std::string& out, std::string_view id, std::span<const RawColumn> columns);
void append_raw_row(std::string& out, std::span<const RawColumn> columns, std::span<const RawField> row);

// The error for a line that is not a request.
ClientError bad_request(std::string message);

} // namespace howdah::proxy::lines
