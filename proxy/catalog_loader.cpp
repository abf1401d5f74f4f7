// See catalog_loader.hpp.
#include "proxy/catalog_loader.hpp"

#include "dialect/bookkeeping.hpp"
#include "dialect/error.hpp"
#include "dialect/printer.hpp"
#include "dialect/runtime.hpp"

#include <spdlog/spdlog.h>

#include <charconv>
#include <optional>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

using Row = std::vector<std::optional<std::string>>;

class Rows final : public pool::RowSink {
public:
    void on_row(std::span<const pool::Field> fields) override
    {
        Row& row = rows.emplace_back();
        for (const pool::Field& field : fields)
            row.push_back(field ? std::optional<std::string>(*field) : std::nullopt);
    }
    asio::awaitable<bool> flush() override { co_return true; }
    std::vector<Row> rows;
};

pool::Command text_command(std::string sql, Rows* rows = nullptr)
{
    pool::Command command;
    command.sql = std::move(sql);
    command.binary_results = false;
    command.rows = rows;
    return command;
}

// Several statements as one simple query.
pool::Batch script(std::string sql)
{
    pool::Batch batch;
    batch.commands.push_back(text_command(std::move(sql)));
    batch.commands.back().simple = true;
    return batch;
}

pool::Error server_error(std::string what, const pool::ServerError& error)
{
    what += ": " + error.message;
    if (!error.detail.empty())
        what += " (" + error.detail + ")";
    return pool::Error(pool::Error::Kind::connect, std::move(what), error.sqlstate);
}

// What load_schema_sql answers.
struct Loaded {
    bool installed = false; // the runtime is there, in this version
    bool known = false;     // the database is registered
    std::int64_t version = 0;
    std::vector<dialect::SchemaRow> rows;
};

std::int64_t number(const std::optional<std::string>& text)
{
    std::int64_t value = 0;
    if (text)
        std::from_chars(text->data(), text->data() + text->size(), value);
    return value;
}

Loaded read_loaded(const Rows& rows)
{
    Loaded loaded;
    loaded.installed = true;
    for (const Row& row : rows.rows) {
        loaded.known = true;
        loaded.version = number(row.at(0));
        if (!row.at(3))
            continue;
        dialect::SchemaRow object;
        object.type = *row[3];
        object.name = row.at(4).value_or("");
        object.tbl_name = row.at(5).value_or("");
        object.sql = row.at(6);
        object.storage = row.at(7).value_or("");
        loaded.rows.push_back(std::move(object));
    }
    return loaded;
}

asio::awaitable<pool::Result<Loaded>> read_schema(pool::Lease& lease, const std::string& pg_schema)
{
    Rows runtime, schema;
    pool::Batch batch;
    batch.commands.push_back(text_command(dialect::runtime_version_sql(), &runtime));
    batch.commands.push_back(text_command(dialect::load_schema_sql(pg_schema), &schema));
    auto answered = co_await lease.run(batch);
    if (answered.has_error())
        co_return answered.error();
    if (const auto& error = answered->error) {
        if (error->sqlstate == "42P01" || error->sqlstate == "3F000")
            co_return Loaded{};
        co_return server_error("reading howdah's tables failed", *error);
    }
    if (runtime.rows.empty() || runtime.rows.front().at(0) != dialect::runtime_version())
        co_return Loaded{};
    co_return read_loaded(schema);
}

// Installs under the advisory lock; who comes second finds the work done.
asio::awaitable<std::optional<pool::Error>> install(pool::Lease& lease)
{
    std::string all = "BEGIN; " + dialect::install_lock_sql() + ";\nSET LOCAL check_function_bodies = off;\n" +
                      dialect::install_bookkeeping_sql() + ";\nSET LOCAL search_path = howdah, pg_catalog;\n";
    for (const dialect::RuntimeFile& file : dialect::runtime_files())
        all.append(file.sql).append("\n;\n");
    all += dialect::set_runtime_version_sql(dialect::runtime_version()) + "; COMMIT";
    const pool::Batch batch = script(std::move(all));
    spdlog::info("installing the runtime, version {}", dialect::runtime_version());
    auto answered = co_await lease.run(batch);
    if (answered.has_error()) {
        const pool::Error error = answered.error();
        co_return error;
    }
    if (answered->error)
        co_return server_error("installing howdah's functions in the schema howdah failed; the role needs the right to "
                               "create a schema in this PostgreSQL database, once",
                               *answered->error);
    co_return std::nullopt;
}

asio::awaitable<std::optional<pool::Error>> create(pool::Lease& lease, const std::string& pg_schema, bool create_schema)
{
    const pool::Batch batch = script("BEGIN; " + dialect::install_lock_sql() + "; " +
                                     dialect::create_database_sql(pg_schema, create_schema) + "; COMMIT");
    auto answered = co_await lease.run(batch);
    if (answered.has_error()) {
        const pool::Error error = answered.error();
        co_return error;
    }
    if (answered->error)
        co_return server_error("creating the schema " + pg_schema + " failed", *answered->error);
    co_return std::nullopt;
}

asio::awaitable<pool::Result<bool>> schema_exists(pool::Lease& lease, const std::string& pg_schema)
{
    Rows rows;
    pool::Batch batch;
    batch.commands.push_back(text_command(
        "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = " + dialect::quote_string(pg_schema), &rows));
    auto answered = co_await lease.run(batch);
    if (answered.has_error())
        co_return answered.error();
    if (answered->error)
        co_return server_error("looking for the schema " + pg_schema + " failed", *answered->error);
    co_return !rows.rows.empty();
}

} // namespace

asio::awaitable<pool::Result<LoadedDatabase>> load_database(pool::Pool& pool, const DatabaseConfig& config,
                                                            const std::string& name,
                                                            std::shared_ptr<const dialect::Catalog> current)
{
    const std::string pg_schema = config.schema.empty() ? dialect::pg_schema_of(name) : config.schema;
    if (!dialect::is_usable_schema(pg_schema))
        co_return pool::Error(pool::Error::Kind::connect, "the schema name \"" + pg_schema + "\" is reserved", "3F000");
    auto leased = co_await pool.checkout();
    if (leased.has_error())
        co_return leased.error();
    pool::Lease lease = std::move(*leased);

    auto loaded = co_await read_schema(lease, pg_schema);
    if (loaded.has_error())
        co_return loaded.error();
    if (!loaded->installed) {
        if (auto error = co_await install(lease))
            co_return *error;
        loaded = co_await read_schema(lease, pg_schema);
        if (loaded.has_error())
            co_return loaded.error();
    }
    if (!loaded->known) {
        auto exists = co_await schema_exists(lease, pg_schema);
        if (exists.has_error())
            co_return exists.error();
        if (!*exists && !config.create)
            co_return pool::Error(pool::Error::Kind::connect,
                                  "PostgreSQL has no schema \"" + pg_schema +
                                      "\"; create it, or set create = true for this database",
                                  "3F000");
        if (auto error = co_await create(lease, pg_schema, !*exists))
            co_return *error;
        loaded = co_await read_schema(lease, pg_schema);
        if (loaded.has_error())
            co_return loaded.error();
        if (!loaded->known)
            co_return pool::Error(pool::Error::Kind::connect,
                                  "the database " + pg_schema + " vanished while it was opened");
    }

    LoadedDatabase database;
    database.pg_schema = pg_schema;
    if (current && current->version() == loaded->version) {
        database.catalog = std::move(current);
        co_return database;
    }
    try {
        database.catalog = dialect::Catalog::make(std::move(loaded->rows), {{"main", pg_schema}}, loaded->version);
    } catch (const dialect::Error& error) {
        co_return pool::Error(pool::Error::Kind::connect,
                              "howdah.schema of \"" + pg_schema + "\" cannot be read: " + error.message);
    }
    co_return database;
}

} // namespace howdah::proxy
