// PRAGMA. What describes the schema is asked of the catalog's mirror; what sets and reads back a value is asked of a
// SQLite connection that the session keeps for it, so that every value reads back exactly as SQLite gives it. What
// means something to howdah is taken from there. https://sqlite.org/pragma.html
#include "dialect/bookkeeping.hpp"
#include "dialect/foreign_key_check.hpp"
#include "proxy/session_impl.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

bool is_one_of(std::string_view name, std::span<const std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Answered from the schema alone.
constexpr std::array<std::string_view, 13> of_the_schema{
    "table_info",  "table_xinfo",      "table_list",    "index_list",     "index_info",
    "index_xinfo", "foreign_key_list", "database_list", "collation_list", "function_list",
    "module_list", "compile_options",  "pragma_list"};
// Checks of stored data, which PostgreSQL keeps sound by itself: always "ok".
constexpr std::array<std::string_view, 2> checks{"integrity_check", "quick_check"};
// Kept per database on the server.
constexpr std::array<std::string_view, 2> persistent{"user_version", "application_id"};

// Settings that would change what statements answer: those are compiled for SQLite's defaults.
struct Fixed {
    std::string_view name;
    std::int64_t value;
};
constexpr std::array<Fixed, 1> fixed{{
    {"reverse_unordered_selects", 0},
}};

// The heap and the directories are those of the process, which many clients share: nobody has set a limit or a place.
struct Shared {
    std::string_view name;
    bool is_number;
};
constexpr std::array<Shared, 3> of_the_process{{
    {"hard_heap_limit", true},
    {"soft_heap_limit", true},
    {"temp_store_directory", false},
}};

using RowsOf = dialect::Mirror::PragmaAnswer;

RowsOf ask(const dialect::Mirror& mirror, std::string_view sql, const dialect::Mirror::SessionValues& values)
{
    RowsOf answer;
    const auto prepared = mirror.prepare(sql);
    if (prepared.error)
        throw *prepared.error;
    answer.columns = prepared.columns;
    mirror.query(sql, {}, values, [&](std::span<const ValueView> row) {
        auto& copy = answer.rows.emplace_back();
        for (const ValueView& value : row)
            copy.push_back(dialect::to_value(value));
    });
    return answer;
}

RowsOf untouched(const Shared& setting, const dialect::Pragma& pragma)
{
    if (pragma.has_value && pragma.value != (setting.is_number ? "0" : ""))
        throw dialect::refusal("PRAGMA " + std::string(setting.name) + " cannot be set: all clients share the process");
    if (setting.is_number)
        return {{std::string(setting.name)}, {{Value(std::int64_t{0})}}};
    return pragma.has_value ? RowsOf{} : RowsOf{{std::string(setting.name)}, {}};
}

// Where the mirror keeps an attached schema is its own affair.
void hide_files(RowsOf& database_list)
{
    for (auto& row : database_list.rows)
        row.back() = Value(std::string());
}

// SQLite counts from 0, the catalog from 1. It also counts the times that a column was widened.
RowsOf schema_version(const dialect::Catalog& catalog, const dialect::Pragma& pragma)
{
    if (pragma.has_value)
        throw dialect::refusal("PRAGMA schema_version cannot be set");
    return {{"schema_version"}, {{Value(catalog.version() - 1)}}};
}

void deliver(const RowsOf& answer, ReplySink& sink)
{
    std::vector<Column> columns;
    for (std::size_t c = 0; c < answer.columns.size(); ++c) {
        dialect::Classes classes;
        for (const auto& row : answer.rows)
            classes = classes | dialect::storage_class(row[c]);
        const bool integers = classes.only(StorageClass::integer) && !classes.without_null().empty();
        const bool texts = classes.only(StorageClass::text);
        columns.push_back({answer.columns[c], std::nullopt,
                           integers ? ColumnKind::integer
                           : texts  ? ColumnKind::text
                                    : ColumnKind::dynamic});
    }
    sink.on_columns(columns);
    std::vector<ValueView> views;
    for (const auto& row : answer.rows) {
        views.clear();
        for (const Value& value : row)
            views.push_back(dialect::view(value));
        sink.on_row(views);
    }
}

} // namespace

asio::awaitable<Outcome> Session::Impl::run_pragma(std::string_view sql, const dialect::Pragma& pragma, ReplySink& sink)
{
    const std::string pragma_name = dialect::fold(pragma.name.name.text);
    RowsOf answer;
    try {
        if (is_one_of(pragma_name, of_the_schema)) {
            answer = ask(catalog()->mirror(), sql, values);
            if (pragma_name == "database_list")
                hide_files(answer);
        } else if (is_one_of(pragma_name, checks)) {
            answer = {{pragma_name}, {{Value(std::string("ok"))}}};
        } else if (is_one_of(pragma_name, persistent)) {
            co_return co_await run_persistent_pragma(pragma_name, pragma, sink);
        } else if (pragma_name == "schema_version") {
            answer = schema_version(*catalog(), pragma);
        } else if (const auto setting = std::find_if(of_the_process.begin(), of_the_process.end(),
                                                     [&](const Shared& s) { return s.name == pragma_name; });
                   setting != of_the_process.end()) {
            answer = untouched(*setting, pragma);
        } else if (pragma_name == "foreign_key_check") {
            co_return co_await run_foreign_key_check(pragma, sink);
        } else {
            const bool deferred = defer_foreign_keys;
            answer = set_or_read(pragma_name, pragma);
            if (deferred != defer_foreign_keys && transaction.on_server() && transaction.has_keys_to_test() && lease)
                if (auto error = co_await change_deferral())
                    co_return failed(std::move(*error));
        }
    } catch (const dialect::Error& error) {
        co_return failed(client_error(error, sql));
    }
    Outcome o = outcome();
    o.has_columns = !answer.columns.empty();
    if (o.has_columns)
        deliver(answer, sink);
    o.rows = answer.rows.size();
    o.tag = o.has_columns ? "SELECT " + std::to_string(o.rows) : "PRAGMA";
    ++shared.totals.local;
    co_return o;
}

dialect::Mirror::PragmaAnswer Session::Impl::set_or_read(const std::string& pragma_name, const dialect::Pragma& pragma)
{
    if (!settings) {
        settings = std::make_unique<dialect::Mirror>();
        settings->pragma("busy_timeout", std::to_string(busy_timeout_ms));
        settings->pragma("foreign_keys", options.foreign_keys ? "1" : "0");
    }
    // https://sqlite.org/pragma.html#pragma_foreign_keys: no effect inside a transaction.
    if (pragma_name == "foreign_keys" && pragma.has_value && !transaction.autocommit())
        return {};
    auto answer = settings->pragma(pragma_name, pragma.has_value ? std::optional(pragma.value) : std::nullopt);
    const auto value_of = [&](std::string_view name_of, std::int64_t otherwise) {
        const auto read = settings->pragma(name_of, std::nullopt);
        const auto* value = read.rows.empty() ? nullptr : std::get_if<std::int64_t>(&read.rows.front().front());
        return value == nullptr ? otherwise : *value;
    };
    for (const auto& [name_of, value] : fixed) {
        if (pragma_name != name_of || value_of(name_of, value) == value)
            continue;
        settings->pragma(name_of, std::to_string(value));
        throw dialect::refusal("PRAGMA " + pragma_name + " is always " + std::to_string(value));
    }
    options.foreign_keys = value_of("foreign_keys", 0) != 0;
    options.recursive_triggers = value_of("recursive_triggers", 0) != 0;
    options.legacy_alter_table = value_of("legacy_alter_table", 0) != 0;
    defer_foreign_keys = value_of("defer_foreign_keys", 0) != 0;
    query_only = value_of("query_only", 0) != 0;
    full_column_names = value_of("full_column_names", 0) != 0;
    short_column_names = value_of("short_column_names", 1) != 0;
    count_changes = value_of("count_changes", 0) != 0;
    busy_timeout_ms = value_of("busy_timeout", default_busy_timeout_ms);
    // This one cannot be read back; what it changes is the answer of LIKE.
    if (pragma_name == "case_sensitive_like" && pragma.has_value) {
        const Value differs = settings->like_is_case_sensitive();
        options.case_sensitive_like = differs == Value(std::int64_t{1});
        values.case_sensitive_like = options.case_sensitive_like;
    }
    return answer;
}

// https://sqlite.org/pragma.html#pragma_defer_foreign_keys: it is off again after each COMMIT, that of a single
// statement too. A BEGIN after it finds it on.
void Session::Impl::end_deferral()
{
    if (!defer_foreign_keys)
        return;
    defer_foreign_keys = false;
    settings->pragma("defer_foreign_keys", "0");
}

// What SQLite makes of a PRAGMA's value: the number that the text begins with, decimal or 0x47504B47; 0 where it does
// not fit 32 bits.
static std::int32_t as_int32(std::string_view text)
{
    const bool hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if (hexadecimal)
        text.remove_prefix(2);
    else if (text.starts_with('+'))
        text.remove_prefix(1);
    if (hexadecimal && text.starts_with('-'))
        return 0;
    std::int32_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    return failed == std::errc() ? value : 0;
}

// PRAGMA user_version and application_id: 32-bit integers that belong to the database file, here to howdah.database.
asio::awaitable<Outcome> Session::Impl::run_persistent_pragma(std::string name_of, const dialect::Pragma& pragma,
                                                              ReplySink& sink)
{
    const std::string schema = pragma.name.schema.empty() ? "main" : pragma.name.schema.text;
    const std::string pg_schema = catalog()->pg_schema(schema);
    const std::string_view place = catalog()->pg_prefix(schema);
    const bool is_private = pg_schema == "pg_temp";
    dialect::Compiled compiled;
    compiled.kind = pragma.has_value ? dialect::Compiled::Kind::write : dialect::Compiled::Kind::query;
    compiled.touches_temp = is_private;
    dialect::Step step;
    if (pragma.has_value) {
        const std::int64_t value = as_int32(pragma.value);
        step.sql = is_private ? dialect::set_private_value_statement(place, name_of, value)
                              : dialect::set_database_value_statement(pg_schema, name_of, value);
        compiled.needs_writer_lock = !is_private;
    } else {
        step.sql = is_private ? dialect::get_private_value_statement(place, name_of)
                              : dialect::get_database_value_statement(pg_schema, name_of);
        step.role = dialect::Step::Role::rows;
        compiled.columns.push_back({name_of, std::nullopt, dialect::PgType::int8, StorageClass::integer});
    }
    compiled.steps.push_back(std::move(step));
    const Planned planned{std::make_shared<const CachedPlan>(std::move(compiled)), {}};
    const RunOptions all_at_once; // a temporary of a co_await expression is destroyed twice (GCC bug 101367)
    const Attempt attempt = co_await execute(planned, sink, all_at_once);
    if (attempt.world)
        co_return failed(client_error(*attempt.world, !transaction.autocommit()));
    if (attempt.server) {
        bool bug = false;
        co_return failed(client_error(*attempt.server, catalog().get(), bug));
    }
    Outcome o = outcome();
    o.has_columns = !pragma.has_value;
    o.rows = attempt.rows;
    o.tag = o.has_columns ? "SELECT " + std::to_string(o.rows) : "PRAGMA";
    co_return o;
}

// PRAGMA foreign_key_check[(table)]: the rows whose parent is missing. Without foreign keys there is nothing to ask.
asio::awaitable<Outcome> Session::Impl::run_foreign_key_check(const dialect::Pragma& pragma, ReplySink& sink)
{
    dialect::Compiled compiled;
    compiled.kind = dialect::Compiled::Kind::query;
    for (const char* name_of : {"table", "rowid", "parent", "fkid"})
        compiled.columns.push_back({name_of, std::nullopt,
                                    std::string_view(name_of) == "rowid" || std::string_view(name_of) == "fkid"
                                        ? dialect::PgType::int8
                                        : dialect::PgType::text,
                                    dialect::Classes::any()});
    try {
        if (auto query = dialect::foreign_key_check_query(*catalog(),
                                                          pragma.name.schema.empty() ? "main" : pragma.name.schema.text,
                                                          pragma.has_value ? pragma.value : std::string())) {
            dialect::Step step;
            step.sql = std::move(*query);
            step.role = dialect::Step::Role::rows;
            compiled.steps.push_back(std::move(step));
        }
    } catch (const dialect::Error& error) {
        co_return failed(client_error(error, {}));
    }
    Outcome o = outcome();
    o.has_columns = true;
    if (compiled.steps.empty()) {
        const CachedPlan nothing(std::move(compiled));
        sink.on_columns(nothing.output);
    } else {
        const Planned planned{std::make_shared<const CachedPlan>(std::move(compiled)), {}};
        const RunOptions all_at_once; // a temporary of a co_await expression is destroyed twice (GCC bug 101367)
        const Attempt attempt = co_await execute(planned, sink, all_at_once);
        if (attempt.world)
            co_return failed(client_error(*attempt.world, !transaction.autocommit()));
        if (attempt.server) {
            bool bug = false;
            co_return failed(client_error(*attempt.server, catalog().get(), bug));
        }
        o.rows = attempt.rows;
    }
    o.tag = "SELECT " + std::to_string(o.rows);
    co_return o;
}

} // namespace howdah::proxy
