// Statements that a client has sent behind the one that runs, sent with it: one round trip for many.
//
// Queries outside of a transaction go one behind the other on a shared connection. Writes travel in one packet on the
// session's own: those of a transaction, with its COMMIT; or those outside of one, which then are one transaction. The
// server skips what is behind an error, so nothing runs that SQLite would not have run. A query in a transaction is the
// last of its packet, because a client that cannot read an answer asks for no further one.
//
// Each is asked for again when its turn comes, and answered from what has arrived. Until then the session does not know
// of it: its state is always that of the statements that have been answered.
#include "proxy/session_impl.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace asio = boost::asio;

namespace howdah::proxy {

using Kind = dialect::Compiled::Kind;

std::optional<Planned> Session::Impl::find_ahead(const Foreseen& next)
{
    std::optional<Planned> found = find_known(next.sql, next.parameters);
    const bool fits =
        found && (found->plan->kind == Kind::session || (found->plan->is_plain() && !found->plan->asks_counters));
    return fits ? std::move(found) : std::nullopt;
}

// ------------------------------------------------------------------------------------------------------------ sending

void Session::Impl::share_ahead(Lookahead& lookahead)
{
    const auto now = pool::RunEstimate::Clock::now();
    const SharedQuery* before = shared_query.get();
    double micros = before->estimate->micros(now);
    const double most = Ahead::most_micros(micros);
    while (!ahead || ahead->statements.size() < Ahead::most) {
        const std::optional<Foreseen> next = lookahead.next();
        if (!next)
            return;
        auto found = find_ahead(*next);
        if (!found || !found->plan->shares)
            return;
        const pool::RunEstimate& estimate = found->plan->estimate;
        micros += estimate.micros(now);
        if (estimate.fails() || micros > most)
            return;
        if (!ahead)
            ahead = std::make_unique<Ahead>();
        SentAhead& statement = ahead->statements.emplace_back();
        statement.rows = std::make_unique<KeptRows>(KeptRows::WhenFull::pauses);
        statement.query = std::make_unique<SharedQuery>(database->shared_pool());
        bool sent = false;
        try {
            sent = statement.query->start_behind(*before, std::move(found->plan), found->slots, *statement.rows);
        } catch (const dialect::Error&) { // run() says what PostgreSQL cannot hold
        }
        if (!sent) {
            ahead->statements.pop_back();
            return;
        }
        statement.sql = next->sql;
        statement.parameters = next->parameters;
        before = statement.query.get();
    }
}

void Session::Impl::send_ahead(Lookahead& lookahead)
{
    if (without_ahead > 0) {
        --without_ahead;
        return;
    }
    std::optional<Foreseen> next = may_be_followed(*sending) ? lookahead.next() : std::nullopt;
    if (!next)
        return;
    const Transaction as_it_is = transaction;
    auto behind = std::make_unique<Ahead>();
    behind->commands_of_first = sending->packet.batch.commands.size();
    std::vector<const Planned*> planned{&sending->planned};
    const double of_first = sending->planned.plan->estimate.micros(sending->asked);
    double room = Ahead::most_micros(of_first) - of_first;
    for (const Sending* before = sending.get(); next;) {
        expect_success(*before);
        SentAhead& statement = behind->statements.emplace_back();
        const bool added = add_behind(statement, *next, *before, planned, room);
        if (!added || bytes_of(sending->packet.batch) > Ahead::most_bytes) {
            sending->packet.batch.commands.resize(sending->packet.batch.commands.size() - statement.commands);
            behind->statements.pop_back();
            break;
        }
        statement.sql = next->sql;
        statement.parameters = next->parameters;
        if (!statement.sending)
            break;
        before = statement.sending.get();
        planned.push_back(&before->planned);
        const bool goes_on = may_be_followed(*before) && behind->statements.size() < Ahead::most;
        next = goes_on ? lookahead.next() : std::nullopt;
    }
    transaction = as_it_is;
    if (!behind->statements.empty())
        ahead = std::move(behind);
}

// In a packet of autocommit writes each is to be judged for itself.
bool Session::Impl::shares_commit(const CachedPlan& plan) const
{
    return !plan.estimate.fails() && key_tests(plan) != dialect::KeyTests::at_commit;
}

// A short write whose answer is always the client's to have.
bool Session::Impl::may_be_followed(const Sending& before) const
{
    const CachedPlan& plan = *before.planned.plan;
    return plan.kind == Kind::write && !plan.steps.front().returns_rows &&
           (before.inside || (before.packet.implicit && shares_commit(plan)));
}

// `transaction` as it is when the statement, which has not been sent yet, has succeeded.
void Session::Impl::expect_success(const Sending& before)
{
    if (!before.inside)
        return;
    transaction.opened();
    note_settings(before.packet);
    note_keys(*before.planned.plan);
    if (!before.guard.make.empty())
        transaction.guarded();
    transaction.wrote();
    if (before.lock)
        transaction.took_writer_lock();
}

// False: it is not to be sent yet. Then what it has added to the packet is to be removed.
bool Session::Impl::add_behind(SentAhead& statement, const Foreseen& next, const Sending& last,
                               const std::vector<const Planned*>& before, double& room)
{
    const Sending& first = *sending;
    pool::Batch& batch = sending->packet.batch;
    auto found = find_ahead(next);
    if (!found)
        return false;
    const CachedPlan& plan = *found->plan;
    if (plan.kind == Kind::session) {
        // A RowTransaction commits only what has met its rows.
        const bool sent = first.inside && !first.by_rows &&
                          std::holds_alternative<dialect::Commit>(plan.statement->node) &&
                          !transaction.has_keys_to_test() &&
                          !(transaction.writer_locked() && database->flush().writers() > (first.lock ? 1U : 0U));
        if (!sent)
            return false;
        for (std::string& sql : transaction.commit().send) {
            batch.commands.push_back(control(std::move(sql)));
            ++statement.commands;
        }
        return true;
    }
    const bool write = plan.kind == Kind::write && !query_only;
    const bool fits =
        write || (plan.kind == Kind::query && first.inside && plan.estimate.bytes() <= KeptRows::most_bytes / 2);
    room -= plan.estimate.micros(first.asked);
    if (!fits || room < 0 || (!first.inside && !shares_commit(plan)))
        return false;
    if (first.by_rows && !rows.takes(*found, before))
        return false;
    statement.rows = std::make_unique<KeptRows>(KeptRows::WhenFull::drops);
    statement.sending = std::make_unique<Sending>();
    Sending& doing = *statement.sending;
    doing.behind = true;
    doing.grouped = first.grouped;
    doing.writes = write;
    doing.inside = first.inside;
    doing.own_transaction = first.own_transaction;
    doing.by_rows = first.by_rows;
    doing.lock = first.inside && write && needs_lock(plan);
    // What has taken the writer lock must not be undone for another's failure: others wait for it. And what is undone
    // goes back to the newest guard, which is to be that of the first.
    doing.unguarded =
        first.inside && !first.lock && !first.by_rows && !plan.estimate.fails() && (&last == &first || last.unguarded);
    doing.planned = std::move(*found);
    try {
        assemble(doing, *statement.rows, all_rows);
    } catch (const dialect::Error&) {
        return false; // run() says what PostgreSQL cannot hold
    }
    statement.commands = doing.packet.batch.commands.size();
    std::move(doing.packet.batch.commands.begin(), doing.packet.batch.commands.end(),
              std::back_inserter(batch.commands));
    doing.packet.batch.commands.clear();
    return true;
}

// ---------------------------------------------------------------------------------------------------------- answering

bool Session::Impl::start_ahead(std::string_view sql, std::span<const Value> parameters, ReplySink& sink)
{
    SentAhead& next = ahead->statements.front();
    if (next.sql != sql ||
        !std::equal(parameters.begin(), parameters.end(), next.parameters.begin(), next.parameters.end())) {
        drop_ahead();
        return false;
    }
    cancelled = false;
    ++shared.totals.plan_hits;
    ++shared.totals.sent_ahead;
    if (!next.query) {
        way = Short::ahead;
        return true;
    }
    way = Short::shared;
    shared_query = std::move(next.query);
    next.rows->tell(sink);
    shared_query->hand_to(sink);
    pop_ahead();
    return true;
}

void Session::Impl::pop_ahead()
{
    ahead->statements.pop_front();
    if (ahead->statements.empty())
        ahead.reset();
}

// The answer to the first of a packet; what is behind it waits for its turn. nullopt: it has to be run alone.
std::optional<pool::Result<pool::BatchResult>> Session::Impl::first_answer(Sending& first)
{
    pool::Result<pool::BatchResult> answer = held.take();
    if (!ahead || ahead->commands_of_first == 0)
        return answer;
    const bool failed = answer.has_value() && answer->error;
    const SentAhead* const culprit = failed ? ahead->at(answer->results.size()) : nullptr; // none: at their COMMIT
    const bool undone = failed && (!first.inside || (culprit && culprit->sending && culprit->sending->unguarded));
    if (!undone) {
        answer = share_out(std::move(answer), *ahead);
        if (ahead->statements.empty())
            ahead.reset();
        return answer;
    }
    // Nothing of them has happened, or will have when they are undone. Up to the one that failed, each is run by
    // itself.
    const auto dropped = std::move(ahead);
    without_ahead = dropped->statements.size();
    const bool interrupted = cancelled && answer->error->sqlstate == "57014";
    if (answer->results.size() < dropped->commands_of_first || interrupted)
        return answer;
    if (first.inside) {
        culprit->sending->planned.plan->estimate.failed();
        first.result = std::move(*answer);
        Attempt attempt;
        attempt.server = first.result.error;
        note(first, attempt);
        to_undo = first.guard.undo;
    }
    return std::nullopt;
}

// A statement that was sent ahead has failed, and those before it are undone with it.
asio::awaitable<std::optional<ClientError>> Session::Impl::undo_packet()
{
    pool::Batch undoing;
    pool::BatchResult undone;
    undoing.commands.push_back(control(std::exchange(to_undo, {})));
    const Attempt attempt = co_await send(*lease, undoing, undone);
    if (attempt.ok()) {
        transaction.as_guarded();
        co_return std::nullopt;
    }
    bool bug = false;
    ClientError error =
        attempt.world ? client_error(*attempt.world, true) : client_error(*attempt.server, catalog().get(), bug);
    lost_transaction();
    co_return error;
}

std::optional<Outcome> Session::Impl::finish_ahead(ReplySink& sink)
{
    SentAhead done = std::move(ahead->statements.front());
    pop_ahead();
    if (!done.sending)
        return finish_transaction(true, std::move(*done.answer));
    const Attempt attempt = answer_of(std::move(*done.answer), done.sending->result);
    return finish_sent(std::move(done.sending), attempt, sink, std::move(done.rows));
}

// What has been sent ahead is not asked for. Only queries on shared connections can be taken back; others have run, and
// what they did goes with their transaction.
void Session::Impl::drop_ahead()
{
    const auto dropped = std::move(ahead);
    const bool has_run = dropped && std::any_of(dropped->statements.begin(), dropped->statements.end(),
                                                [](const SentAhead& s) { return !s.query; });
    if (!has_run)
        return;
    spdlog::error("{}: a statement that was sent ahead was not asked for: {}", client, dropped->statements.front().sql);
    ++shared.totals.compiler_bugs;
    if (!transaction.autocommit())
        lost_transaction();
}

} // namespace howdah::proxy
