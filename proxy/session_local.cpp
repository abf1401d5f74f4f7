// A session's statements that SQLite itself answers, from the catalog's mirror.
#include "dialect/printer.hpp"
#include "proxy/session_impl.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// How long a local statement may hold the thread before others have their turn, and how long one row of it may take.
constexpr auto local_slice = std::chrono::milliseconds(2);
constexpr int local_row_limit_ms = 1000;

// The first rows of a local statement: what kinds its columns have is read off them.
class LocalRows {
public:
    // False when the statement has ended.
    bool fill(dialect::Mirror::Cursor& cursor)
    {
        constexpr std::size_t enough = 100;
        const auto end = std::chrono::steady_clock::now() + local_slice;
        while (rows_.size() < enough) {
            if (!cursor.step(local_row_limit_ms))
                return false;
            std::vector<Value>& row = rows_.emplace_back();
            for (const ValueView& value : cursor.row())
                row.push_back(dialect::to_value(value));
            if (std::chrono::steady_clock::now() > end)
                break;
        }
        return true;
    }

    std::vector<Column> columns(const dialect::Compiled& plan) const
    {
        dialect::Compiled seen;
        for (std::size_t c = 0; c < plan.columns.size(); ++c) {
            dialect::Classes classes;
            for (const auto& row : rows_)
                classes = classes | dialect::storage_class(row.at(c));
            seen.columns.push_back(
                {plan.columns[c].name, plan.columns[c].decltype_, dialect::pg_type_of(classes), classes});
        }
        return CachedPlan(std::move(seen)).output;
    }

    void give(ReplySink& sink) const
    {
        std::vector<ValueView> views;
        for (const auto& row : rows_) {
            views.clear();
            for (const Value& value : row)
                views.push_back(dialect::view(value));
            sink.on_row(views);
        }
    }

    std::size_t size() const { return rows_.size(); }

private:
    std::vector<std::vector<Value>> rows_;
};

} // namespace

// A statement that reads no stored row runs in the catalog's mirror, in slices, so that a long one neither holds other
// clients up nor gathers its result in memory.
asio::awaitable<Outcome> Session::Impl::run_local(std::string_view sql, std::span<const Value> parameters,
                                                  const dialect::Compiled& plan, ReplySink& sink)
{
    ++shared.totals.local;
    const CatalogPtr keep = catalog();
    Outcome o = outcome();
    std::optional<dialect::Error> error;
    std::unique_ptr<dialect::Mirror::Cursor> cursor;
    LocalRows first;
    bool more = true;
    try {
        cursor = std::make_unique<dialect::Mirror::Cursor>(keep->mirror(), sql, parameters, values);
        more = first.fill(*cursor);
    } catch (const dialect::Error& thrown) {
        error = thrown;
    }
    if (!error) {
        sink.on_columns(first.columns(plan));
        first.give(sink);
        o.rows = first.size();
    }
    while (!error && more) {
        co_await asio::post(shared.executor, asio::use_awaitable);
        if (cancelled)
            error = dialect::Error("interrupted", {}, 9, "57014");
        else if (!co_await sink.flush())
            break;
        const auto end = std::chrono::steady_clock::now() + local_slice;
        try {
            while (!error && more && std::chrono::steady_clock::now() < end) {
                more = cursor->step(local_row_limit_ms);
                if (more) {
                    sink.on_row(cursor->row());
                    ++o.rows;
                }
            }
        } catch (const dialect::Error& thrown) {
            error = thrown;
        }
    }
    if (error)
        co_return failed(client_error(*error, sql));
    o.has_columns = true;
    o.tag = "SELECT " + std::to_string(o.rows);
    co_return o;
}

// VACUUM copies a schema's views, triggers and virtual tables last, as rows of sqlite_schema: where there are some, the
// rowid of the last one, which is how many objects there are, becomes last_insert_rowid().
void Session::Impl::note_vacuum(const dialect::Vacuum& vacuum)
{
    const std::string schema = vacuum.schema.text.empty() ? "main" : vacuum.schema.text;
    try {
        const Value last = catalog()->mirror().evaluate(
            "(SELECT iif(max(type IN ('view', 'trigger') OR type = 'table' AND rootpage = 0), count(*), NULL) FROM " +
                dialect::quote_identifier(schema) + ".sqlite_schema)",
            {}, values);
        if (const auto* rowid = std::get_if<std::int64_t>(&last))
            values.last_insert_rowid = *rowid;
    } catch (const dialect::Error&) {
        // There is no such schema: the statement says so.
    }
}

std::vector<Column> Session::Impl::local_columns(std::string_view sql, std::span<const Value> parameters,
                                                 const dialect::Compiled& plan)
{
    LocalRows first;
    try {
        dialect::Mirror::Cursor cursor(catalog()->mirror(), sql, parameters, values);
        first.fill(cursor);
    } catch (const dialect::Error&) {
        // It will be told when the statement runs.
    }
    return first.columns(plan);
}

} // namespace howdah::proxy
