// TOML into Config. Every complaint names file, line, column and key; a misspelt key is answered with the nearest one.
#include "proxy/config.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

namespace howdah::proxy {

namespace {

// The number of letters to add, drop, change or swap to make `a` into `b`.
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i)
        cost[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j)
        cost[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            cost[i][j] =
                std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    return cost[a.size()][b.size()];
}

std::string suggestion(std::string_view key, const std::set<std::string, std::less<>>& known)
{
    const std::string* best = nullptr;
    std::size_t distance = std::max<std::size_t>(2, key.size() / 3) + 1;
    for (const auto& candidate : known) {
        const auto d = edit_distance(key, candidate);
        if (d < distance) {
            distance = d;
            best = &candidate;
        }
    }
    return best != nullptr ? "; did you mean \"" + *best + "\"?" : "";
}

std::string quoted_list(std::initializer_list<std::string_view> words)
{
    std::string list;
    for (const auto word : words)
        list.append(list.empty() ? "" : ", ").append("\"").append(word).append("\"");
    return list;
}

// One [section] while it is read: knows which keys were asked for, so that the others can be called unknown.
class Section {
public:
    Section(const toml::table& table, std::string prefix, ConfigResult& result)
        : table_(table), prefix_(std::move(prefix)), result_(result)
    {
    }
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

    void complain(std::string_view key, std::string message) const
    {
        const toml::node* node = table_.get(key);
        complain_at(node != nullptr ? node->source() : table_.source(), key, std::move(message));
    }

    const toml::node* find(std::string_view key)
    {
        known_.emplace(key);
        return table_.get(key);
    }

    void read(std::string_view key, std::string& out)
    {
        if (const toml::node* node = find(key)) {
            if (const auto value = node->value_exact<std::string>())
                out = *value;
            else
                complain(key, "must be a string, in quotes");
        }
    }

    void read_choice(std::string_view key, std::string& out, std::initializer_list<std::string_view> choices)
    {
        const std::string before = out;
        read(key, out);
        if (std::find(choices.begin(), choices.end(), out) == choices.end()) {
            complain(key, "must be one of " + quoted_list(choices));
            out = before;
        }
    }

    void read(std::string_view key, bool& out)
    {
        if (const toml::node* node = find(key)) {
            if (const auto value = node->value_exact<bool>())
                out = *value;
            else
                complain(key, "must be true or false");
        }
    }

    void read(std::string_view key, std::size_t& out)
    {
        if (const toml::node* node = find(key)) {
            const auto value = node->value_exact<std::int64_t>();
            if (value && *value >= 0)
                out = static_cast<std::size_t>(*value);
            else
                complain(key, "must be a whole number, 0 or more");
        }
    }

    void read_size(std::string_view key, std::size_t& out)
    {
        if (const toml::node* node = find(key)) {
            if (const auto size = parse_size(scalar_text(*node)); size && *size > 0)
                out = *size;
            else
                complain(key, "must be a size such as \"64MiB\" or a number of bytes");
        }
    }

    template <typename Duration>
    void read(std::string_view key, Duration& out)
    {
        if (const toml::node* node = find(key)) {
            if (const auto duration = parse_duration(scalar_text(*node)))
                out = std::chrono::ceil<Duration>(*duration);
            else
                complain(key, "must be a duration such as \"30s\", \"500ms\" or \"5m\"; a bare number is seconds");
        }
    }

    void read_addresses(std::string_view key, std::vector<std::string>& out)
    {
        const toml::node* node = find(key);
        if (node == nullptr)
            return;
        std::vector<std::string> addresses;
        const auto add = [&](const toml::node& element) {
            const auto text = element.value_exact<std::string>();
            if (text && parse_address(*text))
                addresses.push_back(*text);
            else
                complain_at(element.source(), key,
                            "must be addresses such as \"127.0.0.1:7433\" or \"unix:/run/howdah/lines.sock\"");
        };
        if (const toml::array* array = node->as_array())
            for (const auto& element : *array)
                add(element);
        else
            add(*node);
        out = std::move(addresses);
    }

    void read_mode(std::string_view key, int& out)
    {
        std::string text;
        read(key, text);
        if (text.empty())
            return;
        int mode = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
        if (error != std::errc() || end != text.data() + text.size() || mode > 0777)
            complain(key, "must be permissions such as \"0660\"");
        else
            out = mode;
    }

    // The tables inside this one that the file gives under `key`; an empty one when there is none.
    const toml::table* table(std::string_view key)
    {
        const toml::node* node = find(key);
        if (node != nullptr && !node->is_table())
            complain(key, "must be a table: [" + prefix_ + std::string(key) + "]");
        return node != nullptr ? node->as_table() : nullptr;
    }

    void finish() const
    {
        for (const auto& [key, node] : table_)
            if (!known_.contains(key.str()))
                complain_at(key.source(), key.str(), "unknown key" + suggestion(key.str(), known_));
    }

private:
    static std::string scalar_text(const toml::node& node)
    {
        std::ostringstream text;
        text.imbue(std::locale::classic());
        if (const auto s = node.value_exact<std::string>())
            text << *s;
        else if (const auto i = node.value_exact<std::int64_t>())
            text << *i;
        else if (const auto d = node.value_exact<double>())
            text << *d;
        return text.str();
    }

    void complain_at(const toml::source_region& source, std::string_view key, std::string message) const
    {
        result_.errors.push_back({result_.config.file, prefix_ + std::string(key), std::move(message),
                                  static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)});
    }

    const toml::table& table_;
    std::string prefix_;
    ConfigResult& result_;
    std::set<std::string, std::less<>> known_;
};

void read_listen(Section& section, ListenConfig& listen)
{
    section.read_addresses("pgwire", listen.pgwire);
    section.read_addresses("lines", listen.lines);
    section.read_addresses("http", listen.http);
    section.read_mode("unix_mode", listen.unix_mode);
}

void read_database(Section& section, DatabaseConfig& database)
{
    section.read("postgres", database.postgres);
    section.read("schema", database.schema);
    section.read("create", database.create);
    section.read_choice("writers", database.writers, {"single", "concurrent"});
    section.read_choice("mismatch", database.mismatch, {"promote", "reject"});
    section.read_choice("row_order", database.row_order, {"sqlite", "any"});
    section.read("foreign_keys", database.foreign_keys);
    section.read("allow_postgres", database.allow_postgres);
}

void read_pool(Section& section, PoolConfig& pool)
{
    section.read("min", pool.min);
    section.read("max", pool.max);
    section.read("connect_timeout", pool.connect_timeout);
    section.read("checkout_timeout", pool.checkout_timeout);
    section.read("query_timeout", pool.query_timeout);
    section.read("max_lifetime", pool.max_lifetime);
    section.read("max_idle", pool.max_idle);
    section.read("check_after_idle", pool.check_after_idle);
    section.read("max_waiting", pool.max_waiting);
    section.read("max_prepared", pool.max_prepared);
    if (pool.max == 0)
        section.complain("max", "must be at least 1");
    else if (pool.min > pool.max)
        section.complain("min", "is more than pool.max");
}

void read_tls(Section& section, TlsConfig& tls)
{
    section.read("certificate", tls.certificate);
    section.read("key", tls.key);
    section.read("required", tls.required);
    if (tls.certificate.empty() != tls.key.empty())
        section.complain(tls.key.empty() ? "certificate" : "key", "certificate and key go together; one is missing");
    else if (tls.required && tls.certificate.empty())
        section.complain("required", "needs tls.certificate and tls.key");
}

void read_auth(Section& section, AuthConfig& auth)
{
    section.read_choice("method", auth.method, {"trust", "scram-sha-256"});
    section.read("users_file", auth.users_file);
    if (const toml::table* users = section.table("users"))
        for (const auto& [name, node] : *users) {
            if (const auto password = node.value_exact<std::string>())
                auth.users.emplace(name.str(), *password);
            else
                section.complain("users",
                                 "\"" + std::string(name.str()) + "\" must have a password or verifier in quotes");
        }
    if (auth.method == "scram-sha-256" && auth.users.empty() && auth.users_file.empty())
        section.complain("method", "needs users: an [auth.users] table or auth.users_file");
}

void read_limits(Section& section, LimitsConfig& limits)
{
    section.read("max_clients", limits.max_clients);
    section.read_size("max_line_bytes", limits.max_line_bytes);
    section.read_size("max_message_bytes", limits.max_message_bytes);
    section.read("login_timeout", limits.login_timeout);
    section.read("idle_timeout", limits.idle_timeout);
    section.read("idle_in_transaction_timeout", limits.idle_in_transaction_timeout);
    section.read("drain_timeout", limits.drain_timeout);
    section.read("plan_cache", limits.plan_cache);
}

void read_log(Section& section, LogConfig& log)
{
    section.read_choice("level", log.level, {"trace", "debug", "info", "warn", "error"});
    section.read_choice("format", log.format, {"text", "json"});
}

void read_databases(const toml::table& databases, ConfigResult& result)
{
    for (const auto& [name, node] : databases) {
        const std::string key(name.str());
        if (const toml::table* table = node.as_table()) {
            Section section(*table, "databases." + (key == "*" ? "\"*\"" : key) + ".", result);
            read_database(section, result.config.databases[key]);
            section.finish();
        } else {
            result.errors.push_back({result.config.file, "databases." + key, "must be a table: [databases." + key + "]",
                                     static_cast<int>(node.source().begin.line),
                                     static_cast<int>(node.source().begin.column)});
        }
    }
}

template <typename Part>
void read_part(Section& root, std::string_view key, Part& part, void (*read)(Section&, Part&), ConfigResult& result)
{
    if (const toml::table* table = root.table(key)) {
        Section section(*table, std::string(key) + ".", result);
        read(section, part);
        section.finish();
    }
}

void read_config(const toml::table& file, ConfigResult& result)
{
    Config& config = result.config;
    Section root(file, "", result);
    read_part(root, "listen", config.listen, read_listen, result);
    read_part(root, "pool", config.pool, read_pool, result);
    read_part(root, "tls", config.tls, read_tls, result);
    read_part(root, "auth", config.auth, read_auth, result);
    read_part(root, "limits", config.limits, read_limits, result);
    read_part(root, "log", config.log, read_log, result);
    if (const toml::table* databases = root.table("databases"))
        read_databases(*databases, result);
    root.finish();
}

// A number and the unit behind it: "1.5h" is {1.5, "h"}.
std::optional<std::pair<double, std::string_view>> number_and_unit(std::string_view text)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || !std::isfinite(number) || number < 0)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    while (text.starts_with(' '))
        text.remove_prefix(1);
    return std::pair{number, text};
}

std::optional<double> scale(std::string_view text, std::initializer_list<std::pair<std::string_view, double>> units,
                            double most)
{
    const auto parts = number_and_unit(text);
    if (!parts)
        return std::nullopt;
    for (const auto& [unit, factor] : units)
        if (unit == parts->second && parts->first * factor <= most)
            return parts->first * factor;
    return std::nullopt;
}

} // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text)
{
    constexpr double ten_years_ms = 10 * 366 * 86400e3;
    const auto ms =
        scale(text, {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}, {"d", 86400e3}},
              ten_years_ms);
    return ms ? std::optional(std::chrono::milliseconds(std::llround(*ms))) : std::nullopt;
}

std::optional<std::size_t> parse_size(std::string_view text)
{
    constexpr double kib = 1024;
    const auto bytes = scale(text,
                             {{"", 1},
                              {"B", 1},
                              {"kB", 1e3},
                              {"MB", 1e6},
                              {"GB", 1e9},
                              {"KiB", kib},
                              {"MiB", kib * kib},
                              {"GiB", kib * kib * kib}},
                             1e15);
    return bytes ? std::optional(static_cast<std::size_t>(*bytes)) : std::nullopt;
}

std::optional<Address> parse_address(std::string_view text)
{
    if (text.starts_with("unix:"))
        return text.size() > 6 && text[5] == '/' ? std::optional(Address{"", "", std::string(text.substr(5))})
                                                 : std::nullopt;
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return std::nullopt;
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (host.empty() || error != std::errc() || end != port.data() + port.size())
        return std::nullopt;
    return Address{std::string(host), std::string(port), ""};
}

std::string ConfigError::text() const
{
    std::string place = file;
    if (line > 0)
        place += ":" + std::to_string(line) + ":" + std::to_string(column);
    return place + ": " + (key.empty() ? "" : key + ": ") + message;
}

ConfigResult parse_config(std::string_view text, const std::string& file)
{
    ConfigResult result;
    result.config.file = file;
    try {
        read_config(toml::parse(text, file), result);
    } catch (const toml::parse_error& error) {
        const auto& begin = error.source().begin;
        result.errors.push_back(
            {file, "", std::string(error.description()), static_cast<int>(begin.line), static_cast<int>(begin.column)});
    }
    std::stable_sort(result.errors.begin(), result.errors.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return result;
}

ConfigResult load_config(const std::string& file)
{
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    if (!in || !(text << in.rdbuf())) {
        ConfigResult result;
        result.config.file = file;
        result.errors.push_back({file, "", "cannot be read: " + std::generic_category().message(errno), 0, 0});
        return result;
    }
    return parse_config(text.str(), file);
}

} // namespace howdah::proxy
