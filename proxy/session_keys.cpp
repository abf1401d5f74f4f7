// Foreign keys whose test waits for COMMIT: what COMMIT asks, and what a schema change or PRAGMA defer_foreign_keys
// makes of those that wait (dialect/runtime/76_keys.sql).
#include "dialect/foreign_keys.hpp"
#include "dialect/key_count.hpp"
#include "dialect/printer.hpp"
#include "proxy/session_impl.hpp"

#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// The first field of the last row; how many there were.
class TextSink final : public pool::RowSink {
public:
    void on_row(std::span<const pool::Field> row) override
    {
        text = std::string(row.front().value_or(std::string_view()));
        ++rows;
    }
    asio::awaitable<bool> flush() override { co_return true; }

    std::string text;
    std::uint64_t rows = 0;
};

// All of the pool's connections may be held by sessions that want another: none waits long.
constexpr std::chrono::milliseconds patience_for_second_connection{1000};

using dialect::quote_string;

bool is_pending(const pool::ServerError& error)
{
    return error.sqlstate == "55006" && error.message.find("pending trigger events") != std::string::npos;
}

} // namespace

void Session::Impl::put_key_tests(pool::Batch& batch) const
{
    batch.commands.push_back(control("SAVEPOINT howdah_commit"));
    batch.commands.push_back(
        control(transaction.has_counted_keys()
                    ? "SELECT howdah.test_keys(" + quote_string(dialect::orphans_sql(*catalog())) + ")"
                    : "SET CONSTRAINTS ALL IMMEDIATE"));
}

// Nobody else can add to those that there are, because the transaction has the rows to which they refer.
asio::awaitable<Attempt> Session::Impl::look_for_unseen()
{
    TextSink question, answers;
    pool::Batch asking, looking;
    pool::BatchResult asked, looked;
    put_key_tests(asking);
    asking.commands.push_back(control("SELECT current_setting('howdah.unseen', true)"));
    asking.commands.back().rows = &question;
    Attempt attempt = co_await send(*lease, asking, asked);
    if (!attempt.ok() || question.text.empty())
        co_return attempt;
    std::optional<pool::Lease> other = database->pool().try_checkout();
    if (!other) {
        auto leased = co_await wait_for_connection(patience_for_second_connection);
        if (leased.has_error()) {
            attempt.server = conflict("there was no second connection in time (pool.max) to look for rows that other "
                                      "transactions may have added; COMMIT again");
            co_return attempt;
        }
        other = std::move(*leased);
    }
    // Who waits for the table to change it may wait for this transaction, too.
    looking.commands.push_back(
        control("SELECT set_config('lock_timeout', '" + std::to_string(lock_timeout()) + "', true)"));
    looking.commands.push_back(control(question.text + " LIMIT 1"));
    looking.commands.back().rows = &answers;
    attempt = co_await send(*other, looking, looked);
    if (attempt.ok() && answers.rows > 0)
        attempt.server = conflict("another transaction has added rows that refer to deleted ones");
    co_return attempt;
}

bool Session::Impl::may_settle_keys(const pool::ServerError& error) const
{
    return !transaction.autocommit() && options.foreign_keys && lease && transaction.on_server() && !rows.active() &&
           !transaction.counts_keys() &&
           (is_pending(error) ||
            (error.sqlstate == "23503" && (defer_foreign_keys || !dialect::deferred_foreign_keys(*catalog()).empty())));
}

asio::awaitable<std::optional<ClientError>> Session::Impl::settle_keys(const pool::ServerError& met)
{
    TextSink unexplained;
    const auto ask = [&](std::string sql, bool keep) {
        pool::Batch batch;
        batch.commands.push_back(control("SAVEPOINT howdah_keys"));
        batch.commands.push_back(control(std::move(sql)));
        batch.commands.back().rows = &unexplained;
        if (!keep)
            batch.commands.push_back(control("ROLLBACK TO SAVEPOINT howdah_keys"));
        batch.commands.push_back(control("RELEASE SAVEPOINT howdah_keys"));
        return batch;
    };
    pool::BatchResult result;
    if (is_pending(met)) {
        const pool::Batch settling = ask(dialect::settle_keys_sql(*catalog()), true);
        const Attempt settled = co_await send(*lease, settling, result);
        if (settled.ok())
            co_return std::nullopt;
        if (settled.world || settled.server->sqlstate != "23503")
            co_return give_up(settled);
        pool::Batch undoing;
        undoing.commands.push_back(control("ROLLBACK TO SAVEPOINT howdah_keys"));
        undoing.commands.push_back(control("RELEASE SAVEPOINT howdah_keys"));
        const Attempt undone = co_await send(*lease, undoing, result);
        if (!undone.ok())
            co_return give_up(undone);
    }
    const pool::Batch counting =
        ask("SELECT howdah.unexplained_orphans(" + quote_string(dialect::orphans_sql(*catalog())) + ")", false);
    const Attempt counted = co_await send(*lease, counting, result);
    if (!counted.ok())
        co_return give_up(counted);
    transaction.count_keys(std::stoll(unexplained.text));
    co_return std::nullopt;
}

ClientError Session::Impl::give_up(const Attempt& attempt)
{
    bool bug = false;
    ClientError error =
        attempt.world ? client_error(*attempt.world, true) : client_error(*attempt.server, catalog().get(), bug);
    lost_transaction();
    return error;
}

asio::awaitable<std::optional<ClientError>> Session::Impl::change_deferral()
{
    const std::string deferred = dialect::deferred_foreign_keys(*catalog());
    if (defer_foreign_keys && deferred.empty()) // nothing waits
        co_return std::nullopt;
    if (!defer_foreign_keys && transaction.deferred_late()) {
        settings->pragma("defer_foreign_keys", "1");
        defer_foreign_keys = true;
        co_return make_error(1,
                             "howdah: PRAGMA defer_foreign_keys cannot be switched OFF in a transaction that had "
                             "broken a deferred foreign key before it was ON",
                             "0A000");
    }
    TextSink answer;
    pool::Batch batch;
    pool::BatchResult result;
    batch.commands.push_back(control(defer_foreign_keys
                                         ? "SELECT howdah.keys_are_broken(" + quote_string(deferred) + ", " +
                                               quote_string(dialect::orphans_sql(*catalog())) + ")"
                                         : "SELECT howdah.forget_keys(" + quote_string(deferred) + ")"));
    batch.commands.back().rows = &answer;
    const Attempt attempt = co_await send(*lease, batch, result);
    if (!attempt.ok())
        co_return give_up(attempt);
    if (defer_foreign_keys)
        transaction.deferred_late(answer.text == "true");
    else
        transaction.end_deferral();
    co_return std::nullopt;
}

} // namespace howdah::proxy
