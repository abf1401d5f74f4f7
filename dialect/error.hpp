// What is wrong with the client's SQL, as SQLite would say it. Thrown at any depth of dialect/, caught in compile().
#pragma once

#include "dialect/span.hpp"

#include <string>

namespace howdah::dialect {

// SQLite's result codes that the compiler itself can give (https://sqlite.org/rescode.html).
namespace code {
inline constexpr int error = 1;
inline constexpr int readonly = 8;
inline constexpr int toobig = 18;
inline constexpr int constraint = 19;
inline constexpr int mismatch = 20;
inline constexpr int misuse = 21;
inline constexpr int auth = 23;
inline constexpr int range = 25;
inline constexpr int missing_collseq = 257;
} // namespace code

struct Error {
    int code = code::error;
    std::string sqlstate = "42000";
    std::string message; // SQLite's own text
    Span span;           // where in the statement, when known
    // True for what SQLite accepts and howdah does not yet do exactly: the statement is refused, never approximated.
    bool refused = false;

    Error() = default;
    explicit Error(std::string message_, Span span_ = {}, int code_ = code::error, std::string sqlstate_ = "42000")
        : code(code_), sqlstate(std::move(sqlstate_)), message(std::move(message_)), span(span_)
    {
    }
};

// The error for a construct that has no exact lowering. `what` names the construct and says what to do instead, e.g.
// "RAISE(FAIL) in a nested trigger cannot be run exactly; use RAISE(ABORT)".
inline Error refusal(const std::string& what, Span span = {})
{
    Error e("howdah: " + what, span, code::error, "0A000");
    e.refused = true;
    return e;
}

} // namespace howdah::dialect
