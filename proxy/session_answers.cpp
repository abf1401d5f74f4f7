// PRAGMA full_column_names, short_column_names and count_changes: statements answer the same values under other names,
// and those that write answer a count. Few programs set them, so nothing is cached for those who do.
#include "dialect/parser.hpp"
#include "proxy/session_impl.hpp"

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// Gives the columns other names, where there are as many.
class NamingSink final : public ReplySink {
public:
    NamingSink(ReplySink& to, std::vector<std::string> names) : to_(to), names_(std::move(names)) {}

    void on_columns(std::span<const Column> columns) override
    {
        std::vector<Column> named(columns.begin(), columns.end());
        for (std::size_t i = 0; named.size() == names_.size() && i < named.size(); ++i)
            named[i].name = names_[i];
        to_.on_columns(named);
    }
    void on_row(std::span<const ValueView> row) override { to_.on_row(row); }
    void on_raw_columns(std::span<const RawColumn> columns) override { to_.on_raw_columns(columns); }
    void on_raw_row(std::span<const RawField> row) override { to_.on_raw_row(row); }
    asio::awaitable<bool> flush() override { return to_.flush(); }
    bool is_full() const override { return to_.is_full(); }
    bool rewind() override { return to_.rewind(); }

private:
    ReplySink& to_;
    std::vector<std::string> names_;
};

// The name under which SQLite answers how many rows this statement has changed; empty for those that do not tell.
std::string name_of_count(const dialect::Statement& statement, const dialect::Catalog& catalog)
{
    const auto told = [&](const dialect::QualifiedName& name, const auto& returning, std::string column) {
        const dialect::Table* table = catalog.find_table(name.schema.text, name.name.text);
        if (!returning.empty() || statement.explain != dialect::Statement::Explain::no)
            return std::string();
        if (!table || table->kind != dialect::Table::Kind::ordinary)
            throw dialect::refusal("count_changes of a view");
        return column;
    };
    if (const auto* insert = std::get_if<dialect::Insert>(&statement.node)) {
        for (const dialect::UpsertClause& upsert : insert->upserts)
            if (upsert.do_update)
                throw dialect::refusal("count_changes of an upsert");
        return told(insert->table, insert->returning, "rows inserted");
    }
    if (const auto* update = std::get_if<dialect::Update>(&statement.node))
        return told(update->table.table, update->returning, "rows updated");
    if (const auto* deletion = std::get_if<dialect::Delete>(&statement.node))
        return told(deletion->table.table, deletion->returning, "rows deleted");
    return {};
}

} // namespace

// SQLite's own answer under these settings. A copy of the mirror, because SQLite keeps names that it has made up.
dialect::Mirror::Answer Session::Impl::prepare_as_set(std::string_view sql) const
{
    const auto mirror = catalog()->mirror().clone();
    mirror->pragma("full_column_names", full_column_names ? "1" : "0");
    mirror->pragma("short_column_names", short_column_names ? "1" : "0");
    mirror->pragma("count_changes", count_changes ? "1" : "0");
    return mirror->prepare(sql, options.foreign_keys);
}

asio::awaitable<Outcome> Session::Impl::run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                            const RunOptions& run_options)
{
    if (!answers_as_set() || is_blank(sql) || !database || is_raw(sql))
        co_return co_await run_as_usual(sql, parameters, sink, run_options);
    if (auto error = co_await ready())
        co_return failed(std::move(*error));
    std::optional<dialect::Error> refused;
    std::string count;
    dialect::Mirror::Answer answer;
    try {
        answer = prepare_as_set(sql);
        refused = answer.error;
        const std::optional<dialect::Statement> statement = refused ? std::nullopt : dialect::parse(sql);
        if (statement && count_changes)
            count = name_of_count(*statement, *catalog());
    } catch (const dialect::Error& error) {
        refused = error;
    }
    if (refused)
        co_return failed(client_error(*refused, sql));
    NamingSink named(sink, std::move(answer.columns));
    Outcome o = co_await run_as_usual(sql, parameters, named, run_options);
    if (o.error || count.empty())
        co_return o;
    const Column column{count, std::nullopt, ColumnKind::integer};
    sink.on_columns(std::span(&column, 1));
    const Value changed = o.changes;
    const ValueView view = dialect::view(changed);
    sink.on_row(std::span(&view, 1));
    o.has_columns = true;
    o.rows = 1;
    co_return o;
}

// What describe() says of the columns.
void Session::Impl::describe_as_set(std::string_view sql, Description& description) const
{
    if (!answers_as_set())
        return;
    const dialect::Mirror::Answer answer = prepare_as_set(sql);
    if (description.columns.empty() && count_changes && answer.columns.size() == 1 && !answer.read_only)
        description.columns.push_back({answer.columns.front(), std::nullopt, ColumnKind::integer});
    for (std::size_t i = 0; description.columns.size() == answer.columns.size() && i < answer.columns.size(); ++i)
        description.columns[i].name = answer.columns[i];
    description.has_columns = !description.columns.empty();
}

} // namespace howdah::proxy
