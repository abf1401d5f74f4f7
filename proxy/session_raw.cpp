// Statements that go to PostgreSQL untouched: `/* howdah: postgres */ …`, and what drivers ask of its system catalogs.
#include "dialect/lexer.hpp"
#include "dialect/printer.hpp"
#include "proxy/session_impl.hpp"

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

constexpr std::string_view raw_savepoint = "howdah_raw";

class RawSink final : public pool::RowSink {
public:
    explicit RawSink(ReplySink& reply) : reply_(reply) {}
    void on_description(std::span<const pool::FieldDescription> fields) override
    {
        std::vector<RawColumn> columns;
        for (const auto& f : fields)
            columns.push_back({f.name, f.table_oid, f.attribute, f.type, f.type_size, f.type_modifier, f.format});
        has_columns_ = !columns.empty();
        if (has_columns_)
            reply_.on_raw_columns(columns);
    }
    void on_row(std::span<const pool::Field> row) override
    {
        reply_.on_raw_row(row);
        ++rows_;
    }
    asio::awaitable<bool> flush() override { return reply_.flush(); }
    bool has_columns() const { return has_columns_; }
    std::uint64_t rows() const { return rows_; }

private:
    ReplySink& reply_;
    bool has_columns_ = false;
    std::uint64_t rows_ = 0;
};

// Keeps a description and drops rows.
class DescriptionSink final : public pool::RowSink {
public:
    void on_description(std::span<const pool::FieldDescription> fields) override
    {
        fields_.assign(fields.begin(), fields.end());
    }
    void on_row(std::span<const pool::Field>) override {}
    asio::awaitable<bool> flush() override { co_return true; }
    const std::vector<pool::FieldDescription>& fields() const { return fields_; }

private:
    std::vector<pool::FieldDescription> fields_;
};

constexpr std::string_view escape_comment = "/* howdah: postgres */";

std::string_view trimmed(std::string_view sql)
{
    const auto start = sql.find_first_not_of(" \t\r\n");
    return start == std::string_view::npos ? std::string_view{} : sql.substr(start);
}

} // namespace

bool Session::Impl::is_raw(std::string_view sql) const
{
    if (trimmed(sql).starts_with(escape_comment))
        return true;
    // Cheap first look: nearly no statement of a SQLite program says pg_ or information_schema.
    const std::string folded = dialect::fold(sql);
    if (folded.find("pg_") == std::string::npos && folded.find("information_schema") == std::string::npos)
        return false;
    std::string previous;
    for (const dialect::Token& token : dialect::lex(sql)) {
        std::string text = dialect::fold(token.span.of(sql));
        if (text.size() > 2 && text.front() == '"')
            text = text.substr(1, text.size() - 2);
        if (text == "." && (previous == "pg_catalog" || previous == "information_schema"))
            return true;
        const bool names_relation = previous == "from" || previous == "join" || previous == ",";
        if (names_relation && text.starts_with("pg_") && !(database && catalog() && catalog()->find_table({}, text)))
            return true;
        previous = std::move(text);
    }
    return false;
}

asio::awaitable<Outcome> Session::Impl::run_raw(std::string_view sql, std::span<const Value> parameters,
                                                ReplySink& sink, const RunOptions& run_options)
{
    if (!database->config().allow_postgres)
        co_return failed(make_error(23, "howdah: the configuration does not let statements go to PostgreSQL untouched "
                                        "(databases.*.allow_postgres)"));
    // psql's \d and the like show what search_path shows: the database's own schema first.
    pool::Batch batch;
    transaction.showed(); // what it answers is not looked at
    for (std::string& statement : transaction.opening())
        batch.commands.push_back(control(std::move(statement)));
    const bool inside = !transaction.autocommit();
    const std::string savepoint(raw_savepoint);
    batch.commands.push_back(
        control("SET search_path TO " + dialect::quote_identifier(database->pg_schema()) + ", pg_catalog"));
    if (inside)
        batch.commands.push_back(control("SAVEPOINT " + savepoint));
    RawSink rows(sink);
    pool::Command command;
    command.sql = sql;
    command.describe = true;
    command.binary_results = false;
    command.result_formats = run_options.raw_result_formats;
    command.rows = &rows;
    for (const RawParameter& parameter : run_options.raw_parameters)
        command.params.push_back({parameter.bytes, parameter.type, parameter.binary});
    if (run_options.raw_parameters.empty())
        for (const Value& value : parameters)
            command.params.push_back(raw_text(value));
    command.simple = command.params.empty() && command.result_formats.empty();
    if (command.simple) {
        // A simple query stands alone: what is around it travels in packets of its own.
        std::optional<pool::Lease> own;
        pool::Lease* use = nullptr;
        if (auto error = co_await acquire(own, use))
            co_return failed(client_error(*error, inside));
        pool::BatchResult result;
        Attempt before = co_await send(*use, batch, result);
        if (before.ok() && inside) {
            if (own)
                lease = std::move(own);
            use = &*lease;
            transaction.opened();
        }
        if (before.ok()) {
            pool::Batch alone;
            alone.commands.push_back(std::move(command));
            before = co_await send(*use, alone, result);
        }
        co_return co_await finish_raw(std::move(before), result, *use, rows.rows(), rows.has_columns());
    }
    batch.commands.push_back(std::move(command));
    std::optional<pool::Lease> own;
    pool::Lease* use = nullptr;
    if (auto error = co_await acquire(own, use))
        co_return failed(client_error(*error, inside));
    pool::BatchResult result;
    Attempt attempt = co_await send(*use, batch, result);
    if (!attempt.world && inside) {
        if (own)
            lease = std::move(own);
        use = &*lease;
        transaction.opened();
    }
    co_return co_await finish_raw(std::move(attempt), result, *use, rows.rows(), rows.has_columns());
}

asio::awaitable<Outcome> Session::Impl::finish_raw(Attempt attempt, const pool::BatchResult& result, pool::Lease& on,
                                                   std::uint64_t rows, bool has_columns)
{
    const bool inside = !transaction.autocommit();
    if (attempt.world) {
        if (inside)
            lost_transaction();
        else if (lease)
            lose_private_tables();
        co_return failed(client_error(*attempt.world, inside));
    }
    pool::Batch after;
    const std::string savepoint(raw_savepoint);
    if (inside && on.transaction_status() == 'E')
        after.commands.push_back(control("ROLLBACK TO SAVEPOINT " + savepoint));
    if (inside)
        after.commands.push_back(control("RELEASE SAVEPOINT " + savepoint));
    if (!inside && on.transaction_status() != 'I')
        after.commands.push_back(control("ROLLBACK")); // a transaction of PostgreSQL's own is not kept for a client
    after.commands.push_back(control("RESET search_path"));
    pool::BatchResult reset;
    const Attempt cleaned = co_await send(on, after, reset);
    if (!cleaned.ok()) {
        on.mark_dirty();
        if (inside)
            lost_transaction();
    }
    if (attempt.server) {
        // PostgreSQL's own words: the statement was written for it.
        ClientError error = make_error(1, attempt.server->message, attempt.server->sqlstate);
        error.detail = attempt.server->detail;
        error.hint = attempt.server->hint;
        co_return failed(std::move(error));
    }
    Outcome o = outcome();
    o.has_columns = has_columns;
    o.rows = rows;
    o.tag = result.results.empty() ? "OK" : result.results.back().tag;
    co_return o;
}

pool::Param Session::Impl::raw_text(const Value& value)
{
    pool::Param param;
    param.binary = false;
    if (const auto* i = std::get_if<std::int64_t>(&value))
        param.bytes = std::to_string(*i);
    else if (const auto* r = std::get_if<double>(&value))
        param.bytes = std::to_string(*r);
    else if (const auto* t = std::get_if<std::string>(&value))
        param.bytes = *t;
    else if (const auto* b = std::get_if<Blob>(&value)) {
        param.bytes = b->bytes;
        param.binary = true;
    }
    return param;
}

asio::awaitable<Description> Session::Impl::describe_raw(std::string_view sql)
{
    Description d;
    d.raw = true;
    if (!database->config().allow_postgres) {
        d.error = make_error(23, "howdah: the configuration does not let statements go to PostgreSQL untouched");
        co_return d;
    }
    DescriptionSink sink;
    pool::Batch batch;
    batch.commands.push_back(
        control("SET search_path TO " + dialect::quote_identifier(database->pg_schema()) + ", pg_catalog"));
    pool::Command command;
    command.sql = sql;
    command.describe_only = true;
    command.rows = &sink;
    batch.commands.push_back(std::move(command));
    batch.commands.push_back(control("RESET search_path"));
    std::optional<pool::Lease> own;
    pool::Lease* use = nullptr;
    if (auto error = co_await acquire(own, use)) {
        d.error = client_error(*error, false);
        co_return d;
    }
    pool::BatchResult result;
    const Attempt attempt = co_await send(*use, batch, result);
    if (attempt.world) {
        d.error = client_error(*attempt.world, false);
        co_return d;
    }
    if (attempt.server) {
        use->mark_dirty();
        d.error = make_error(1, attempt.server->message, attempt.server->sqlstate);
        co_return d;
    }
    for (const auto& f : sink.fields())
        d.raw_columns.push_back({f.name, f.table_oid, f.attribute, f.type, f.type_size, f.type_modifier, f.format});
    d.has_columns = !d.raw_columns.empty();
    if (result.results.size() > 1)
        d.raw_parameter_types = result.results[1].parameter_types;
    d.parameter_count = static_cast<int>(d.raw_parameter_types.size());
    d.parameter_names.assign(d.raw_parameter_types.size(), "");
    co_return d;
}

} // namespace howdah::proxy
