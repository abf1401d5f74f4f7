// See catalog_loader.hpp.
#include "proxy/catalog_loader.hpp"

#include "dialect/adoption.hpp"
#include "dialect/bookkeeping.hpp"
#include "dialect/error.hpp"
#include "dialect/objects_version.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/runtime.hpp"
#include "dialect/schema_objects.hpp"
#include "proxy/compile_options.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

using Row = std::vector<std::optional<std::string>>;

// Keeps every row; what is read here is small.
class Rows final : public pool::RowSink {
public:
    void on_row(std::span<const pool::Field> fields) override
    {
        Row row;
        for (const auto& field : fields)
            row.push_back(field ? std::optional<std::string>(*field) : std::nullopt);
        rows.push_back(std::move(row));
    }
    asio::awaitable<bool> flush() override { co_return true; }

    std::vector<Row> rows;
};

pool::Error failure(std::string what, const pool::ServerError& error)
{
    what += ": " + error.message;
    if (!error.detail.empty())
        what += " (" + error.detail + ")";
    return pool::Error(pool::Error::Kind::connect, std::move(what), error.sqlstate);
}

bool is_true(const std::optional<std::string>& field) { return field && *field == "t"; }

std::int64_t number(const std::optional<std::string>& field)
{
    std::int64_t n = 0;
    if (field)
        std::from_chars(field->data(), field->data() + field->size(), n);
    return n;
}

// {a,"b c"}: a text array as PostgreSQL prints it.
std::vector<std::string> array_elements(const std::string& text)
{
    std::vector<std::string> out;
    bool quoted = false, open = false;
    std::string element;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        const char c = text[i];
        open = true;
        if (c == '\\' && i + 2 < text.size())
            element += text[++i];
        else if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            out.push_back(std::exchange(element, {}));
        else
            element += c;
    }
    if (open)
        out.push_back(std::move(element));
    return out;
}

// The version of what this program installs: the runtime's and its own tables'.
std::string installed_version()
{
    return std::string(dialect::runtime_version()) + "." + std::string(dialect::bookkeeping_version);
}

// What one look at the server found.
struct Reading {
    std::string runtime; // empty: none
    std::vector<Row> schema;
    std::string objects;               // objects_version()
    std::vector<Row> columns, indexes; // of tables that are not howdah's
};

// How long tables that others use are waited for before their triggers stay as they are.
constexpr std::chrono::milliseconds patience_for_tables{5000};

class Loader {
public:
    Loader(pool::Lease& lease, const DatabaseConfig& config, std::string pg_schema)
        : lease_(lease), config_(config), pg_schema_(std::move(pg_schema))
    {
    }

    // Concurrent writers need a sequence for each table, also for one that another program has made.
    asio::awaitable<void> make_sequences(const dialect::Catalog& catalog)
    {
        std::string sql = dialect::make_rowid_sequences_sql(catalog);
        if (sql.empty())
            co_return;
        pool::Batch batch;
        batch.commands.push_back(command(std::move(sql)));
        auto answered = co_await lease_.run(batch);
        if (answered.has_value() && answered->error)
            spdlog::warn("{}: making sequences for rowids failed: {}", pg_schema_, answered->error->message);
    }

    asio::awaitable<pool::Result<LoadedDatabase>> run(std::shared_ptr<const dialect::Catalog> current)
    {
        Reading reading;
        Problem problem = co_await read(reading);
        if (!problem && reading.runtime != installed_version()) {
            problem = co_await install();
            if (!problem)
                problem = co_await read(reading);
        }
        if (!problem && pg_schema_ == "pg_temp")
            co_return nothing();
        if (!problem && reading.schema.empty()) {
            problem = co_await create();
            if (!problem)
                problem = co_await read(reading);
        }
        if (!problem && reading.schema.empty())
            problem =
                pool::Error(pool::Error::Kind::connect, "the database " + pg_schema_ + " vanished while it was opened");
        if (problem)
            co_return *problem;
        if (current)
            co_return make(reading, std::move(current));
        auto loaded = make(reading, nullptr);
        const std::string version = dialect::objects_version(compile_options(config_));
        if (loaded.has_value() && reading.objects != version)
            co_return co_await remake_objects(std::move(*loaded), version);
        co_return loaded;
    }

private:
    using Problem = std::optional<pool::Error>;

    static pool::Command command(std::string sql, Rows* rows = nullptr)
    {
        pool::Command c;
        c.sql = std::move(sql);
        c.binary_results = false;
        c.rows = rows;
        return c;
    }

    // Several statements, which are one transaction, as one simple query. `what`: what failed, for the error.
    asio::awaitable<Problem> script(std::string sql, std::string what)
    {
        pool::Batch batch;
        batch.commands.push_back(command("BEGIN; " + std::move(sql) + "; COMMIT"));
        batch.commands.back().simple = true;
        auto answered = co_await lease_.run(batch);
        if (answered.has_error()) {
            const pool::Error error = answered.error();
            co_return error;
        }
        if (!answered->error)
            co_return std::nullopt;
        const pool::Error failed = failure(std::move(what), *answered->error);
        pool::Batch undo;
        undo.commands.push_back(command("ROLLBACK"));
        auto undone = co_await lease_.run(undo);
        co_return failed;
    }

    // One snapshot of all there is. A server without the runtime, or with tables of an older howdah, leaves `reading`
    // empty.
    asio::awaitable<Problem> read(Reading& reading)
    {
        Rows runtime, schema, columns, indexes;
        pool::Batch batch;
        batch.commands.push_back(command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
        batch.commands.push_back(command(dialect::runtime_version_sql(), &runtime));
        batch.commands.push_back(command(dialect::load_schema_sql(pg_schema_), &schema));
        batch.commands.push_back(command(dialect::foreign_columns_sql(pg_schema_), &columns));
        batch.commands.push_back(command(dialect::foreign_indexes_sql(pg_schema_), &indexes));
        batch.commands.push_back(command("COMMIT"));
        auto answered = co_await lease_.run(batch);
        if (answered.has_error()) {
            const pool::Error error = answered.error();
            co_return error;
        }
        reading = {};
        if (const auto& error = answered->error) {
            const pool::Error failed = failure("reading howdah's tables failed", *error);
            pool::Batch undo;
            undo.commands.push_back(command("ROLLBACK"));
            auto undone = co_await lease_.run(undo);
            const bool missing = failed.sqlstate == "42P01" || failed.sqlstate == "3F000" || failed.sqlstate == "42703";
            if (missing && undone.has_value())
                co_return std::nullopt;
            co_return failed;
        }
        reading.runtime = runtime.rows.empty() ? std::string() : runtime.rows.front().front().value_or("");
        reading.schema = std::move(schema.rows);
        if (!reading.schema.empty())
            reading.objects = reading.schema.front()[8].value_or("");
        reading.columns = std::move(columns.rows);
        reading.indexes = std::move(indexes.rows);
        co_return std::nullopt;
    }

    // Triggers and foreign keys as this program with this configuration makes them. Without success they stay as they
    // are, and the next start tries again.
    asio::awaitable<pool::Result<LoadedDatabase>> remake_objects(LoadedDatabase loaded, std::string version)
    {
        for (;;) {
            std::string sql;
            Problem problem;
            try {
                sql = remaking_script(*loaded.catalog, version);
            } catch (const dialect::Error& error) {
                problem = pool::Error(pool::Error::Kind::connect, error.message);
            }
            if (!problem)
                problem = co_await script(std::move(sql), "making them anew failed");
            if (!problem)
                co_return loaded;
            if (problem->sqlstate != dialect::stale_schema_sqlstate) {
                spdlog::warn("{}: triggers and foreign keys are those of another version or configuration: {}",
                             pg_schema_, problem->message);
                co_return loaded;
            }
            Reading reading;
            const Problem unread = co_await read(reading);
            if (unread)
                co_return *unread;
            auto again = make(reading, std::move(loaded.catalog));
            if (again.has_error() || reading.objects == version)
                co_return again;
            loaded = std::move(*again);
        }
    }

    std::string remaking_script(const dialect::Catalog& catalog, const std::string& version) const
    {
        std::vector<std::string> statements{"SET LOCAL lock_timeout = '" + std::to_string(patience_for_tables.count()) +
                                                "ms'",
                                            dialect::hold_schema_sql(pg_schema_, catalog.version())};
        for (std::string& sql : dialect::remake_schema_objects(catalog, compile_options(config_)))
            statements.push_back(std::move(sql));
        statements.push_back(dialect::set_objects_version_sql(pg_schema_, version));
        return dialect::join(statements, "; ");
    }

    // Under the advisory lock; who comes second does the same again, which changes nothing.
    asio::awaitable<Problem> install()
    {
        std::string all = dialect::install_lock_sql() + ";\nSET LOCAL check_function_bodies = off;\n" +
                          dialect::drop_runtime_sql() + ";\n" + dialect::install_bookkeeping_sql() +
                          ";\nSET LOCAL search_path = howdah, pg_catalog;\n";
        for (const dialect::RuntimeFile& file : dialect::runtime_files())
            all.append(file.sql).append("\n;\n");
        all += dialect::set_runtime_version_sql(installed_version());
        spdlog::info("installing the runtime, version {}", installed_version());
        return script(std::move(all),
                      "installing howdah's functions in the schema howdah failed; the role needs the right to "
                      "create a schema in this PostgreSQL database, once");
    }

    asio::awaitable<Problem> create()
    {
        Rows found;
        pool::Batch batch;
        batch.commands.push_back(command(
            "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = " + dialect::quote_string(pg_schema_), &found));
        auto answered = co_await lease_.run(batch);
        if (answered.has_error()) {
            const pool::Error error = answered.error();
            co_return error;
        }
        if (answered->error)
            co_return failure("looking for the schema " + pg_schema_ + " failed", *answered->error);
        if (found.rows.empty() && !config_.create)
            co_return pool::Error(pool::Error::Kind::connect,
                                  "PostgreSQL has no schema \"" + pg_schema_ +
                                      "\"; create it, or set create = true for this database",
                                  "3F000");
        co_return co_await script(dialect::install_lock_sql() + "; " +
                                      dialect::create_database_sql(pg_schema_, found.rows.empty()),
                                  "creating the schema " + pg_schema_ + " failed");
    }

    pool::Result<LoadedDatabase> make(const Reading& reading, std::shared_ptr<const dialect::Catalog> current) const
    {
        std::vector<dialect::SchemaRow> rows;
        for (const Row& r : reading.schema)
            if (r[3])
                rows.push_back({"main", *r[3], *r[4], *r[5], r[6], r[7].value_or("")});
        dialect::Adoption adoption = adopted(reading);
        std::move(adoption.rows.begin(), adoption.rows.end(), std::back_inserter(rows));

        const std::int64_t version = number(reading.schema.front()[0]);
        LoadedDatabase out{std::move(current), pg_schema_, std::move(adoption.warnings)};
        if (out.catalog && out.catalog->version() == version && out.catalog->pg_schema("main") == pg_schema_ &&
            same(out.catalog->rows(), rows))
            return out;
        try {
            out.catalog = dialect::Catalog::make(std::move(rows), {{"main", pg_schema_}}, version);
        } catch (const dialect::Error& error) {
            return pool::Error(pool::Error::Kind::connect,
                               "howdah.schema of database \"" + pg_schema_ + "\" is damaged: " + error.message);
        }
        return out;
    }

    // What a client sees who opens ":memory:": what it makes is its own alone.
    static LoadedDatabase nothing()
    {
        return {dialect::Catalog::make({}, {{"main", "pg_temp", "~0."}}, 1), "pg_temp", {}};
    }

    static dialect::Adoption adopted(const Reading& reading)
    {
        std::vector<dialect::ForeignColumn> columns;
        for (const Row& r : reading.columns)
            columns.push_back({*r[0], *r[1], *r[2], is_true(r[3]), r[4], is_true(r[5]), is_true(r[6])});
        std::vector<dialect::ForeignIndex> indexes;
        for (const Row& r : reading.indexes)
            indexes.push_back({*r[0], *r[1], is_true(r[2]), is_true(r[3]), is_true(r[4]),
                               r[5] ? array_elements(*r[5]) : std::vector<std::string>()});
        return dialect::adopt(columns, indexes);
    }

    static bool same(const std::vector<dialect::SchemaRow>& a, const std::vector<dialect::SchemaRow>& b)
    {
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
            return x.schema == y.schema && x.type == y.type && x.name == y.name && x.sql == y.sql;
        });
    }

    pool::Lease& lease_;
    const DatabaseConfig& config_;
    std::string pg_schema_;
};

} // namespace

asio::awaitable<pool::Result<LoadedDatabase>> load_database(pool::Pool& pool, const DatabaseConfig& config,
                                                            const std::string& name,
                                                            std::shared_ptr<const dialect::Catalog> current)
{
    std::string pg_schema = config.schema.empty() ? dialect::pg_schema_of(name) : config.schema;
    if (name == ":memory:" && config.schema.empty())
        pg_schema = "pg_temp";
    else if (!dialect::is_usable_schema(pg_schema))
        co_return pool::Error(pool::Error::Kind::connect, "the schema name \"" + pg_schema + "\" is reserved", "3F000");
    auto leased = co_await pool.checkout();
    if (leased.has_error())
        co_return leased.error();
    pool::Lease lease = std::move(*leased);
    Loader loader(lease, config, std::move(pg_schema));
    const dialect::Catalog* known = current.get();
    auto loaded = co_await loader.run(std::move(current));
    if (loaded.has_value() && config.writers == "concurrent" && loaded->catalog.get() != known &&
        loaded->pg_schema != "pg_temp")
        co_await loader.make_sequences(*loaded->catalog);
    co_return loaded;
}

} // namespace howdah::proxy
