// A session's RowTransaction: begun by the short way (session_short.cpp), left for an ordinary transaction by all
// others.
#include "proxy/session_impl.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

constexpr int most_tries = 32; // each with a newer snapshot
// Whoever else is in the circle of a deadlock needs a moment to take what the victim has given up: were it to come back
// at once, it could be first again, and in the same circle.
constexpr std::chrono::milliseconds least_pause{20}, most_pause{500};

bool is_deadlock(const pool::ServerError& error) { return error.sqlstate == "40P01"; }
bool is_conflict(const pool::ServerError& error) { return error.sqlstate == "40001" || is_deadlock(error); }

} // namespace

RowTransaction::Answer Session::Impl::row_answer(const dialect::Step& step, const StepSink& sink,
                                                 const pool::CommandResult& result)
{
    RowTransaction::Answer answer{0, sink.rows(), sink.digest(), std::nullopt};
    if (step.role == dialect::Step::Role::write)
        answer.changes = count_of(result.tag);
    if (step.returns_rowid)
        answer.rowid = sink.hidden();
    return answer;
}

bool Session::Impl::may_stay_by_rows(const Planned& planned, const RunOptions& run_options) const
{
    using Kind = dialect::Compiled::Kind;
    const CachedPlan& plan = *planned.plan;
    if (plan.kind == Kind::query || plan.kind == Kind::write)
        return run_options.max_rows == 0 && rows.takes(planned);
    if (plan.kind != Kind::session)
        return plan.kind == Kind::local || plan.kind == Kind::empty;
    const auto* rollback = std::get_if<dialect::Rollback>(&plan.statement->node);
    return std::holds_alternative<dialect::Commit>(plan.statement->node) || (rollback && rollback->savepoint.empty());
}

asio::awaitable<bool> Session::Impl::give_way(int tries)
{
    const bool rolled_back = co_await roll_back();
    if (!rolled_back)
        co_return false;
    asio::steady_timer pause(shared.executor, std::min(least_pause * (1 << std::min(tries, 5)), most_pause));
    boost::system::error_code ignored;
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    co_return !cancelled;
}

asio::awaitable<bool> Session::Impl::leave_rows(bool after_deadlock)
{
    if (!rows.active())
        co_return true;
    ahead.reset(); // what has been sent is undone, too
    const std::vector<RowTransaction::Statement> statements = rows.take();
    ++shared.totals.row_transactions_left;
    bool same = false;
    for (int tries = 0; !same && tries < most_tries && lease; ++tries) {
        if (after_deadlock) {
            const bool may_repeat = co_await give_way(tries);
            if (!may_repeat)
                break;
        }
        Sending doing;
        pool::Batch& batch = doing.packet.batch;
        transaction.restarted();
        if (!after_deadlock) // otherwise that has been done
            doing.packet.add("ROLLBACK");
        for (std::string& sql : transaction.opening())
            doing.packet.add(std::move(sql));
        if (lock_timeout() != default_busy_timeout_ms)
            set_lock_timeout(doing.packet);
        const bool meets_keys =
            std::any_of(statements.begin(), statements.end(), [&](const RowTransaction::Statement& statement) {
                return key_tests(*statement.planned.plan) != dialect::KeyTests::none;
            });
        if (meets_keys)
            enforce_keys(doing.packet, true);
        const std::size_t steps_begin = batch.commands.size();
        NoRows nobody;
        for (const RowTransaction::Statement& statement : statements) {
            const dialect::Step& step = statement.planned.plan->steps.front();
            StepSink& sink =
                *doing.sinks.emplace_back(std::make_unique<StepSink>(*statement.planned.plan, step, nobody));
            sink.keep_digest();
            pool::Command& command = batch.commands.emplace_back(step_command(statement.planned, step));
            if (!statement.planned.plan->point->draws_rowid.empty()) {
                command.sql = RowTransaction::repeated_sql(statement);
                command.known_sql = {};
                command.token = 0;
            }
            command.prepare = !command.known_sql.empty();
            command.rows = &sink;
        }
        pool::Lease& on = *lease;
        const Attempt attempt = co_await send(on, batch, doing.result);
        if (attempt.world)
            break;
        if (attempt.server && is_conflict(*attempt.server) && !cancelled) {
            after_deadlock = is_deadlock(*attempt.server);
            continue;
        }
        if (attempt.server)
            break;
        transaction.opened();
        note_settings(doing.packet);
        same = true;
        for (std::size_t i = 0; i < statements.size(); ++i) {
            const dialect::Step& step = statements[i].planned.plan->steps.front();
            const StepSink& sink = *doing.sinks[i];
            const RowTransaction::Answer answer = row_answer(step, sink, doing.result.results[steps_begin + i]);
            same = same && !sink.failure() && answer == statements[i].answer;
        }
        if (!same)
            break;
        transaction.showed();
        for (const RowTransaction::Statement& statement : statements)
            note_keys(*statement.planned.plan);
    }
    if (!same && !transaction.autocommit())
        lost_transaction();
    co_return same;
}

Outcome Session::Impl::cannot_leave_rows()
{
    if (cancelled)
        return failed(client_error(pool::interrupted(), false));
    bool bug = false;
    return failed(
        client_error(conflict("what this transaction has read was changed before it could go on"), nullptr, bug));
}

} // namespace howdah::proxy
