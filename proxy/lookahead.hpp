// What a client has sent behind the statement that runs: a front end reads ahead, so that a session can send several
// statements in one packet (session_ahead.cpp).
#pragma once

#include "proxy/exchange.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace howdah::proxy {

// A statement that the session will be asked for next, if the one before it succeeds; an error may skip it.
struct Foreseen {
    std::string_view sql; // valid until the next call of Lookahead::next
    std::vector<Value> parameters;
};

class Lookahead {
public:
    // One after the other. nullopt: what comes next is not known, or no plain statement.
    virtual std::optional<Foreseen> next() = 0;

protected:
    ~Lookahead() = default;
};

} // namespace howdah::proxy
