// See settings.hpp.
#include "settings.hpp"

#include "wire_error.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace howdah::proxy::pgwire {

namespace {

enum class Rule {
    kept,      // any value; it changes nothing
    fixed,     // what it is cannot be changed
    only,      // may be set to the value it has, to nothing else
    encoding,  // UTF8, or SQL_ASCII, which promises nothing
    isolation, // the four levels; SQLite gives serializable to each
    path,      // search_path: a database is one schema
    iso_dates, // DateStyle: ISO, whatever the order
    timeout,   // milliseconds, with a unit
    identity,  // role, session_authorization: the user that logged in
    yes_or_no, // any boolean; it changes nothing
};

struct Known {
    std::string_view name;  // lower case
    std::string_view shown; // as PostgreSQL spells it
    std::string_view value;
    Rule rule = Rule::kept;
    bool reported = false;
};

constexpr std::array known{
    Known{"application_name", "application_name", "", Rule::kept, true},
    Known{"backslash_quote", "backslash_quote", "safe_encoding", Rule::kept},
    Known{"bytea_output", "bytea_output", "hex", Rule::only},
    Known{"check_function_bodies", "check_function_bodies", "on", Rule::yes_or_no},
    Known{"client_encoding", "client_encoding", "UTF8", Rule::encoding, true},
    Known{"client_min_messages", "client_min_messages", "notice", Rule::kept},
    Known{"datestyle", "DateStyle", "ISO, MDY", Rule::iso_dates, true},
    Known{"default_table_access_method", "default_table_access_method", "heap", Rule::kept},
    Known{"default_tablespace", "default_tablespace", "", Rule::kept},
    Known{"default_transaction_deferrable", "default_transaction_deferrable", "off", Rule::yes_or_no},
    Known{"default_transaction_isolation", "default_transaction_isolation", "serializable", Rule::isolation},
    Known{"default_transaction_read_only", "default_transaction_read_only", "off", Rule::yes_or_no, true},
    Known{"default_with_oids", "default_with_oids", "off", Rule::only},
    Known{"effective_cache_size", "effective_cache_size", "4GB", Rule::kept},
    Known{"escape_string_warning", "escape_string_warning", "on", Rule::yes_or_no},
    Known{"extra_float_digits", "extra_float_digits", "1", Rule::kept},
    Known{"from_collapse_limit", "from_collapse_limit", "8", Rule::kept},
    Known{"geqo", "geqo", "on", Rule::yes_or_no},
    Known{"idle_in_transaction_session_timeout", "idle_in_transaction_session_timeout", "0", Rule::kept},
    Known{"idle_session_timeout", "idle_session_timeout", "0", Rule::kept},
    Known{"in_hot_standby", "in_hot_standby", "off", Rule::fixed, true},
    Known{"integer_datetimes", "integer_datetimes", "on", Rule::fixed, true},
    Known{"intervalstyle", "IntervalStyle", "postgres", Rule::kept, true},
    Known{"is_superuser", "is_superuser", "off", Rule::fixed, true},
    Known{"jit", "jit", "off", Rule::yes_or_no},
    Known{"join_collapse_limit", "join_collapse_limit", "8", Rule::kept},
    Known{"lc_collate", "lc_collate", "C", Rule::fixed},
    Known{"lc_ctype", "lc_ctype", "C", Rule::fixed},
    Known{"lc_messages", "lc_messages", "C", Rule::kept},
    Known{"lc_monetary", "lc_monetary", "C", Rule::kept},
    Known{"lc_numeric", "lc_numeric", "C", Rule::kept},
    Known{"lc_time", "lc_time", "C", Rule::kept},
    Known{"lock_timeout", "lock_timeout", "0", Rule::kept},
    Known{"log_statement", "log_statement", "none", Rule::kept},
    Known{"maintenance_work_mem", "maintenance_work_mem", "64MB", Rule::kept},
    Known{"max_identifier_length", "max_identifier_length", "63", Rule::fixed},
    Known{"max_index_keys", "max_index_keys", "32", Rule::fixed},
    Known{"max_parallel_workers_per_gather", "max_parallel_workers_per_gather", "2", Rule::kept},
    Known{"plan_cache_mode", "plan_cache_mode", "auto", Rule::kept},
    Known{"quote_all_identifiers", "quote_all_identifiers", "off", Rule::yes_or_no},
    Known{"random_page_cost", "random_page_cost", "4", Rule::kept},
    Known{"role", "role", "none", Rule::identity},
    Known{"row_security", "row_security", "on", Rule::yes_or_no},
    Known{"search_path", "search_path", "\"$user\", public", Rule::path},
    Known{"seq_page_cost", "seq_page_cost", "1", Rule::kept},
    Known{"server_encoding", "server_encoding", "UTF8", Rule::fixed, true},
    Known{"server_version", "server_version", "", Rule::fixed, true},
    Known{"server_version_num", "server_version_num", "", Rule::fixed},
    Known{"session_authorization", "session_authorization", "", Rule::identity, true},
    Known{"session_replication_role", "session_replication_role", "origin", Rule::only},
    Known{"standard_conforming_strings", "standard_conforming_strings", "on", Rule::only, true},
    Known{"statement_timeout", "statement_timeout", "0", Rule::timeout},
    Known{"synchronize_seqscans", "synchronize_seqscans", "on", Rule::yes_or_no},
    Known{"synchronous_commit", "synchronous_commit", "on", Rule::kept},
    Known{"temp_buffers", "temp_buffers", "8MB", Rule::kept},
    Known{"timezone", "TimeZone", "UTC", Rule::kept, true},
    Known{"transaction_deferrable", "transaction_deferrable", "off", Rule::yes_or_no},
    Known{"transaction_isolation", "transaction_isolation", "serializable", Rule::isolation},
    Known{"transaction_read_only", "transaction_read_only", "off", Rule::yes_or_no},
    Known{"transaction_timeout", "transaction_timeout", "0", Rule::kept},
    Known{"transform_null_equals", "transform_null_equals", "off", Rule::only},
    Known{"wal_writer_delay", "wal_writer_delay", "200ms", Rule::kept},
    Known{"work_mem", "work_mem", "4MB", Rule::kept},
    Known{"xmloption", "xmloption", "content", Rule::kept},
};

constexpr std::string_view transaction_read_only = "transaction_read_only";

std::string lower(std::string_view s)
{
    std::string out(s);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

const Known* find(std::string_view name)
{
    const auto* k = std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.name == name; });
    return k == known.end() ? nullptr : k;
}

// Of the planner or of an application: kept without a default.
bool is_free_name(std::string_view name)
{
    return name.starts_with("enable_") || name.find('.') != std::string_view::npos;
}

std::optional<bool> boolean(std::string_view value)
{
    const std::string v = lower(value);
    if (v == "on" || v == "true" || v == "yes" || v == "1" || v == "t" || v == "y")
        return true;
    if (v == "off" || v == "false" || v == "no" || v == "0" || v == "f" || v == "n")
        return false;
    return std::nullopt;
}

// "15.20 (howdah 0.1.0)" -> "150020"
std::string version_number(std::string_view version)
{
    int major = 0, minor = 0;
    const char* end = version.data() + version.size();
    const auto [point, failed] = std::from_chars(version.data(), end, major);
    if (failed == std::errc() && point != end && *point == '.')
        std::from_chars(point + 1, end, minor);
    return std::to_string(major * 10000 + minor);
}

std::optional<std::int64_t> milliseconds(std::string_view value)
{
    std::int64_t n = 0;
    const char* end = value.data() + value.size();
    const auto [after, failed] = std::from_chars(value.data(), end, n);
    if (failed != std::errc() || n < 0 || n > 0x7fff'ffff)
        return std::nullopt;
    std::string unit = lower(std::string_view(after, static_cast<std::size_t>(end - after)));
    unit.erase(0, std::min(unit.find_first_not_of(' '), unit.size()));
    const std::int64_t scale = unit.empty() || unit == "ms" ? 1
                               : unit == "s"                ? 1000
                               : unit == "min"              ? 60'000
                               : unit == "h"                ? 3'600'000
                               : unit == "d"                ? 86'400'000
                                                            : 0;
    return scale == 0 ? std::nullopt : std::optional(n * scale);
}

std::string letters_and_digits(std::string_view value)
{
    std::string out;
    for (const char c : lower(value))
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out += c;
    return out;
}

// "a, "B"" -> {"a", "B"}
std::vector<std::string> list_items(std::string_view value)
{
    std::vector<std::string> items;
    std::string item;
    bool in_quotes = false;
    for (const char c : value) {
        if (c == '"' || c == '\'')
            in_quotes = !in_quotes;
        else if (c == ',' && !in_quotes)
            items.push_back(std::exchange(item, {}));
        else if (c != ' ' || in_quotes)
            item += c;
    }
    items.push_back(item);
    return items;
}

ClientError invalid_value(std::string_view name, std::string_view value)
{
    return wire_error("22023",
                      "invalid value for parameter \"" + std::string(name) + "\": \"" + std::string(value) + "\"");
}

ClientError not_ours(std::string_view name, std::string_view value, std::string_view why)
{
    return wire_error("0A000", "howdah: " + std::string(name) + " cannot be set to \"" + std::string(value) +
                                   "\": " + std::string(why));
}

} // namespace

Settings::Settings(std::string user, std::string database, std::string server_version)
    : user_(std::move(user)), database_(std::move(database))
{
    defaults_["server_version_num"] = version_number(server_version);
    defaults_["server_version"] = std::move(server_version);
    defaults_["session_authorization"] = user_;
}

std::string Settings::version() const
{
    return "PostgreSQL " + value_of("server_version") + ", SQLite's dialect on PostgreSQL";
}

std::string Settings::default_of(const std::string& name) const
{
    if (const auto found = defaults_.find(name); found != defaults_.end())
        return found->second;
    const Known* k = find(name);
    return k == nullptr ? std::string() : std::string(k->value);
}

std::string Settings::value_of(const std::string& name) const
{
    for (const Values* values : {&local_, &session_})
        if (const auto found = values->find(name); found != values->end())
            return found->second;
    return default_of(name);
}

// Whether `name` may be `value`, which is brought to the form that SHOW gives.
std::optional<ClientError> Settings::check(const std::string& name, std::string& value) const
{
    const Known* k = find(name);
    if (k == nullptr) {
        if (is_free_name(name))
            return std::nullopt;
        return wire_error("42704", "unrecognized configuration parameter \"" + name + "\"");
    }
    const std::string now = value_of(name);
    switch (k->rule) {
    case Rule::kept:
        return std::nullopt;
    case Rule::fixed:
        if (value == now)
            return std::nullopt;
        return wire_error("55P02", "parameter \"" + std::string(k->shown) + "\" cannot be changed");
    case Rule::only:
        if (lower(value) == now || (boolean(value) && boolean(value) == boolean(now))) {
            value = now;
            return std::nullopt;
        }
        return not_ours(k->shown, value, "only \"" + now + "\" has the meaning it has in SQLite");
    case Rule::encoding: {
        const std::string e = letters_and_digits(value);
        if (e != "utf8" && e != "unicode" && e != "sqlascii")
            return not_ours(k->shown, value, "SQLite's text is UTF-8");
        value = e == "sqlascii" ? "SQL_ASCII" : "UTF8";
        return std::nullopt;
    }
    case Rule::isolation: {
        const std::string level = letters_and_digits(value);
        if (level != "serializable" && level != "repeatableread" && level != "readcommitted" &&
            level != "readuncommitted")
            return invalid_value(k->shown, value);
        value = "serializable";
        return std::nullopt;
    }
    case Rule::path:
        for (const std::string& item : list_items(value))
            if (const std::string s = lower(item); s != "public" && s != "$user" && s != "main" && s != "temp" &&
                                                   s != "pg_catalog" && !s.empty() && s != lower(database_))
                return not_ours(k->shown, value,
                                "a database is one schema; name the database when connecting, or ATTACH it");
        return std::nullopt;
    case Rule::iso_dates: {
        const std::string style = lower(value);
        if (style.find("german") != std::string::npos || style.find("sql") != std::string::npos ||
            style.find("postgres") != std::string::npos)
            return not_ours(k->shown, value, "dates are SQLite's text, in ISO form");
        value = style.find("dmy") != std::string::npos   ? "ISO, DMY"
                : style.find("ymd") != std::string::npos ? "ISO, YMD"
                                                         : "ISO, MDY";
        return std::nullopt;
    }
    case Rule::timeout:
        return milliseconds(value) ? std::nullopt : std::optional(invalid_value(k->shown, value));
    case Rule::identity:
        if (lower(value) == "none" || lower(value) == "default" || value == user_) {
            value = now;
            return std::nullopt;
        }
        return not_ours(k->shown, value, "the user is the one that logged in");
    case Rule::yes_or_no:
        if (const auto b = boolean(value)) {
            value = *b ? "on" : "off";
            return std::nullopt;
        }
        return wire_error("22023", "parameter \"" + std::string(k->shown) + "\" requires a Boolean value");
    }
    return std::nullopt;
}

std::optional<ClientError> Settings::set(std::string_view name, const std::optional<std::string>& value, bool local)
{
    const std::string key = lower(name);
    std::string to = value.value_or("");
    if (!value) {
        if (find(key) == nullptr && !is_free_name(key))
            return wire_error("42704", "unrecognized configuration parameter \"" + key + "\"");
        to = default_of(key);
    } else if (auto error = check(key, to)) {
        return error;
    }
    cached_.reset();
    if (local) {
        local_[key] = to;
        return std::nullopt;
    }
    if (key == transaction_read_only) { // of this transaction, whatever was said
        local_[key] = to;
        return std::nullopt;
    }
    local_.erase(key);
    if (value)
        session_[key] = to;
    else
        session_.erase(key);
    return std::nullopt;
}

std::optional<ClientError> Settings::set_default(std::string_view name, const std::string& value)
{
    const std::string key = lower(name);
    std::string to = value;
    if (auto error = check(key, to))
        return error;
    cached_.reset();
    defaults_[key] = to;
    return std::nullopt;
}

void Settings::reset_all()
{
    cached_.reset();
    session_.clear();
    local_.clear();
}

bool Settings::transaction_ended()
{
    if (local_.empty())
        return false;
    cached_.reset();
    local_.clear();
    return true;
}

std::optional<std::string> Settings::show(std::string_view name) const
{
    const std::string key = lower(name);
    if (key == transaction_read_only)
        return read_only() ? "on" : "off";
    if (find(key) == nullptr && !defaults_.contains(key) && !session_.contains(key) && !local_.contains(key))
        return std::nullopt;
    return value_of(key);
}

std::vector<std::pair<std::string, std::string>> Settings::all() const
{
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Known& k : known)
        rows.emplace_back(k.shown, value_of(std::string(k.name)));
    return rows;
}

std::vector<std::pair<std::string, std::string>> Settings::reported() const
{
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Known& k : known)
        if (k.reported)
            rows.emplace_back(k.shown, value_of(std::string(k.name)));
    return rows;
}

std::vector<std::pair<std::string, std::string>> Settings::changed()
{
    std::vector<std::pair<std::string, std::string>> rows;
    for (const Known& k : known) {
        if (!k.reported)
            continue;
        const std::string key(k.name);
        const std::string now = value_of(key);
        const auto told = told_.find(key);
        if (now == (told == told_.end() ? default_of(key) : told->second))
            continue;
        told_[key] = now;
        rows.emplace_back(k.shown, now);
    }
    return rows;
}

void Settings::remember() const
{
    const auto transaction = local_.find(transaction_read_only);
    const std::string read_only =
        transaction != local_.end() ? transaction->second : value_of("default_transaction_read_only");
    cached_ = Cached{std::chrono::milliseconds(milliseconds(value_of("statement_timeout")).value_or(0)),
                     read_only == "on"};
}

} // namespace howdah::proxy::pgwire
