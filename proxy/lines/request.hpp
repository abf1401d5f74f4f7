// One line of the line protocol becomes a request. Pure. docs/socket-protocol.md describes the format.
#pragma once

#include "dialect/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace howdah::proxy::lines {

// {"hello": {"database": "main", "user": "..", "password": ".."}}
struct Hello {
    std::optional<std::string> database, user, password;
};

struct Request {
    std::string id; // the client's id as JSON text; empty when none was given
    std::optional<Hello> hello;
    std::string sql;
    std::vector<dialect::Value> positional;
    std::vector<std::pair<std::string, dialect::Value>> named; // names as the client wrote them, with or without prefix
};

// A line that is not a request: the answer is an error, and the conversation goes on.
struct BadRequest {
    std::string id;
    std::string message;
};

std::variant<Request, BadRequest> parse_request(std::string_view line);

// Which value each parameter of a statement gets. `names` are the statement's own, by number from 1, with their prefix.
// A parameter called :a, @a or $a takes the value called exactly so, or else "a", or else the same name with another
// prefix; one called ?7 takes "?7" or "7". What has no value is NULL, as in SQLite.
std::vector<dialect::Value> named_values(const Request& request, const std::vector<std::string>& names);

} // namespace howdah::proxy::lines
