// PostgreSQL's run-time parameters as far as a client of SQLite's SQL can have them: what SET, SHOW and RESET are
// about.
//
// Most change nothing here and are kept so that a driver finds what it has set. What would change an answer (another
// encoding, another search path, …) is refused.
#pragma once

#include "proxy/exchange.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace howdah::proxy::pgwire {

class Settings {
public:
    Settings(std::string user, std::string database, std::string server_version);

    const std::string& user() const { return user_; }
    const std::string& database() const { return database_; }
    // "PostgreSQL 15.20 (howdah …)": drivers find the version after the first word.
    std::string version() const;

    // `value` nullopt: back to the default. `local`: until the transaction ends.
    std::optional<ClientError> set(std::string_view name, const std::optional<std::string>& value, bool local = false);
    // A setting of the startup packet: becomes the default that RESET goes back to.
    std::optional<ClientError> set_default(std::string_view name, const std::string& value);
    void reset_all();
    // Forgets what SET LOCAL has set; whether there was any.
    bool transaction_ended();

    // nullopt: there is no such parameter.
    std::optional<std::string> show(std::string_view name) const;
    std::vector<std::pair<std::string, std::string>> all() const;

    // Those that PostgreSQL tells every client (ParameterStatus): all of them at login, …
    std::vector<std::pair<std::string, std::string>> reported() const;
    // … and later the ones whose value has changed since the last call or since reported().
    std::vector<std::pair<std::string, std::string>> changed();

    std::chrono::milliseconds statement_timeout() const
    {
        if (!cached_)
            remember();
        return cached_->statement_timeout;
    }
    // Whether writes are refused now: as the transaction says, else as default_transaction_read_only says.
    bool read_only() const
    {
        if (!cached_)
            remember();
        return cached_->read_only;
    }

private:
    // What every statement asks for; forgotten with every change.
    struct Cached {
        std::chrono::milliseconds statement_timeout;
        bool read_only;
    };
    void remember() const;
    std::string value_of(const std::string& name) const;
    std::string default_of(const std::string& name) const;
    std::optional<ClientError> check(const std::string& name, std::string& value) const;

    using Values = std::map<std::string, std::string, std::less<>>;
    std::string user_, database_;
    // By lower-case name. The last that has a name wins; a name that none has has PostgreSQL's default.
    Values defaults_, session_, local_;
    mutable std::optional<Cached> cached_;
    Values told_; // reported parameters as the client knows them
};

} // namespace howdah::proxy::pgwire
