// ATTACH and DETACH. A database with a name is another schema of this server; ':memory:' and '' make one that is the
// session's alone: its tables are TEMP tables of the session's server connection, with a prefix before their names, so
// that PostgreSQL itself forgets them with the connection. Neither belongs to a transaction, as in SQLite.
#include "dialect/lower_schema.hpp"
#include "dialect/parser.hpp"
#include "proxy/session_impl.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// SQLITE_LIMIT_ATTACHED.
constexpr std::size_t most_attached = 10;

bool is_named(const dialect::Placement& placement, std::string_view schema)
{
    return dialect::equal_names(placement.schema, schema);
}

// https://sqlite.org/uri.html: what a URI names, without its scheme, authority and query.
struct File {
    std::string name;
    bool is_private = false;
};

File file_of(std::string name)
{
    if (name.starts_with("file:")) {
        name.erase(0, 5);
        name.erase(std::min(name.find('#'), name.size()));
        const auto mark = std::min(name.find('?'), name.size());
        const std::string query = name.substr(mark);
        name.erase(mark);
        const bool in_memory = name == ":memory:" || query.find("mode=memory") != std::string::npos;
        if (in_memory && query.find("cache=shared") == std::string::npos)
            return {":memory:", true};
    }
    if (name.empty() || name == ":memory:")
        return {std::move(name), true};
    if (const auto slash = name.find_last_of("/\\"); slash != std::string::npos)
        name = name.substr(slash + 1);
    if (const auto dot = name.rfind('.'); dot != std::string::npos && dot > 0)
        name = name.substr(0, dot);
    return {std::move(name), false};
}

CatalogPtr with_database(const dialect::Catalog& catalog, const dialect::Placement& placement,
                         const std::vector<dialect::SchemaRow>& rows_of_it)
{
    std::vector<dialect::SchemaRow> rows = catalog.rows();
    for (dialect::SchemaRow row : rows_of_it) {
        row.schema = placement.schema;
        rows.push_back(std::move(row));
    }
    std::vector<dialect::Placement> placements = catalog.placements();
    placements.push_back(placement);
    return dialect::Catalog::make(std::move(rows), std::move(placements), catalog.version());
}

CatalogPtr without_database(const dialect::Catalog& catalog, std::string_view schema)
{
    std::vector<dialect::SchemaRow> rows = catalog.rows();
    std::vector<dialect::Placement> placements = catalog.placements();
    std::erase_if(rows, [&](const dialect::SchemaRow& row) { return dialect::equal_names(row.schema, schema); });
    std::erase_if(placements, [&](const dialect::Placement& p) { return is_named(p, schema); });
    return dialect::Catalog::make(std::move(rows), std::move(placements), catalog.version());
}

} // namespace

asio::awaitable<Outcome> Session::Impl::run_attach(const dialect::StatementNode& node,
                                                   std::span<const Value> parameters)
{
    const auto text_of = [&](const dialect::ExprPtr& expr) {
        // A bare word is a string here (https://sqlite.org/lang_attach.html).
        if (const auto* word = dialect::as<dialect::ColumnRef>(dialect::bare(*expr)))
            return word->column.text;
        const Value value = catalog()->mirror().evaluate(dialect::unparse(*expr), parameters, values);
        const Value text = dialect::apply_affinity(value, dialect::Affinity::text);
        const auto* string = std::get_if<std::string>(&text);
        return string == nullptr ? std::string() : *string;
    };
    std::string file, schema;
    std::optional<dialect::Error> failure;
    try {
        if (const auto* attach = std::get_if<dialect::Attach>(&node)) {
            file = text_of(attach->file);
            schema = text_of(attach->name);
        } else {
            schema = text_of(std::get<dialect::Detach>(node).name);
        }
    } catch (const dialect::Error& error) {
        failure = error;
    }
    if (failure)
        co_return failed(client_error(*failure, {}));
    if (std::holds_alternative<dialect::Attach>(node))
        co_return co_await attach(std::move(file), std::move(schema));
    co_return co_await detach(std::move(schema));
}

// ATTACH is no part of a transaction: every catalog that a ROLLBACK could bring back has the database too.
void Session::Impl::change_catalogs(const std::function<CatalogPtr(const dialect::Catalog&)>& change)
{
    const CatalogPtr committed = database->catalog();
    if (!own_catalog)
        base_catalog = committed;
    const auto change_one = [&](CatalogPtr& one) { one = change(one ? *one : *committed); };
    change_one(own_catalog);
    if (transaction.autocommit())
        return;
    change_one(transaction_catalog);
    std::for_each(mark_catalogs.begin(), mark_catalogs.end(), change_one);
}

asio::awaitable<Outcome> Session::Impl::attach(std::string name_of_file, std::string schema)
{
    const auto& placements = catalog()->placements();
    const auto taken = [&](const dialect::Placement& p) { return is_named(p, schema); };
    const auto is_attached = [](const dialect::Placement& p) { return !is_named(p, "main") && !is_named(p, "temp"); };
    if (static_cast<std::size_t>(std::count_if(placements.begin(), placements.end(), is_attached)) >= most_attached)
        co_return failed(make_error(1, "too many attached databases - max " + std::to_string(most_attached)));
    if (dialect::equal_names(schema, "main") || dialect::equal_names(schema, "temp") ||
        std::any_of(placements.begin(), placements.end(), taken))
        co_return failed(make_error(1, "database " + schema + " is already in use"));

    const File file = file_of(std::move(name_of_file));
    std::vector<dialect::SchemaRow> rows;
    dialect::Placement placement{schema, "pg_temp"};
    if (file.is_private) {
        placement.prefix = "~" + std::to_string(++private_databases) + ".";
    } else {
        const auto other = shared.find(file.name);
        if (!other)
            co_return failed(make_error(14, "unable to open database: " + file.name));
        if (other->config().postgres != database->config().postgres)
            co_return failed(make_error(
                1, "howdah: database " + file.name + " is on another server and cannot be attached", "0A000"));
        if (auto error = co_await other->ensure_loaded())
            co_return failed(client_error(*error, false));
        rows = other->catalog()->rows();
        placement.pg_schema = other->pg_schema();
    }
    try {
        change_catalogs([&](const dialect::Catalog& one) { return with_database(one, placement, rows); });
    } catch (const dialect::Error& error) {
        co_return failed(client_error(error, {}));
    }
    co_return outcome_with("OK");
}

asio::awaitable<Outcome> Session::Impl::detach(std::string schema)
{
    const auto& placements = catalog()->placements();
    const auto found =
        std::find_if(placements.begin(), placements.end(), [&](const auto& p) { return is_named(p, schema); });
    // SQLite has no TEMP database until something is in it.
    const auto& objects = catalog()->rows();
    const bool has_temp =
        std::any_of(objects.begin(), objects.end(), [](const auto& row) { return row.schema == "temp"; });
    if (dialect::equal_names(schema, "main") || (dialect::equal_names(schema, "temp") && has_temp))
        co_return failed(make_error(1, "cannot detach database " + schema));
    if (dialect::equal_names(schema, "temp") || found == placements.end())
        co_return failed(make_error(1, "no such database: " + schema));
    // SQLite asks whether the transaction has read or written this one.
    if (transaction.on_server())
        co_return failed(make_error(1, "database " + schema + " is locked"));

    const bool is_private = found->pg_schema == "pg_temp";
    const CatalogPtr was = catalog();
    std::vector<std::string> dropped;
    std::optional<dialect::Error> failure;
    try {
        const CatalogPtr is = without_database(*was, schema);
        if (is_private)
            dropped = dialect::drop_database(*was, *is, options);
        change_catalogs([&](const dialect::Catalog& one) { return without_database(one, schema); });
    } catch (const dialect::Error& error) {
        failure = error;
    }
    if (failure)
        co_return failed(client_error(*failure, {}));
    if (!dropped.empty() && lease) {
        pool::Batch batch;
        batch.commands.push_back(control("BEGIN"));
        for (std::string& sql : dropped)
            batch.commands.push_back(control(std::move(sql)));
        batch.commands.push_back(control("COMMIT"));
        for (pool::Command& command : batch.commands)
            command.prepare = false;
        pool::BatchResult result;
        const Attempt attempt = co_await send(*lease, batch, result);
        if (!attempt.ok())
            lose_private_tables();
    }
    co_return outcome_with("OK");
}

// The connection that held TEMP objects is gone, and they with it.
void Session::Impl::lose_private_tables()
{
    if (lease)
        lease->mark_dirty();
    lease.reset();
    pinned_by_temp = false;
    if (!own_catalog)
        return;
    const CatalogPtr was = own_catalog;
    std::vector<dialect::SchemaRow> rows = was->rows();
    std::erase_if(rows, [&](const dialect::SchemaRow& row) { return was->pg_schema(row.schema) == "pg_temp"; });
    own_catalog = dialect::Catalog::make(std::move(rows), was->placements(), was->version());
}

} // namespace howdah::proxy
