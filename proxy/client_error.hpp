// The only place where what went wrong becomes what a client reads, so that all front ends tell the same story.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/constraint_message.hpp"
#include "dialect/error.hpp"
#include "pool/batch.hpp"
#include "pool/error.hpp"
#include "proxy/exchange.hpp"

#include <string_view>

namespace howdah::proxy {

// The name of a result code, extended or primary: "SQLITE_CONSTRAINT_UNIQUE" (https://sqlite.org/rescode.html).
std::string_view result_code_name(int code);
// The SQLSTATE that says the same as a SQLite result code.
std::string_view sqlstate_of(int code);

ClientError client_error(const dialect::Error& error, std::string_view sql);
// `compiler_bug` is set when PostgreSQL refused what only a mistake of the compiler can have produced.
ClientError client_error(const pool::ServerError& error, const dialect::Catalog* catalog, bool& compiler_bug);
ClientError client_error(const pool::Error& error, bool in_transaction);
dialect::ServerFailure failure_of(const pool::ServerError& error);
ClientError make_error(int code, std::string message, std::string sqlstate = {});

} // namespace howdah::proxy
