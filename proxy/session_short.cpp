// The short way of a statement whose plan is known: sent at once, without a coroutine, and finished when its answer has
// come. A query outside of a transaction shares a connection with other clients' queries; other statements go to the
// session's own. Whatever is not plain success goes the ordinary way (session.cpp): from the start, if the client has
// seen nothing yet, or on from the answer.
#include "proxy/command_tag.hpp"
#include "proxy/session_impl.hpp"

#include <spdlog/spdlog.h>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// Until a SharedQuery or a HeldAnswer is over, the sink is emptied whenever it has run full.
template <typename Asked>
asio::awaitable<void> wait_for(Asked& asked, ReplySink& sink)
{
    while (!asked.is_over()) {
        if (!asked.take_event())
            co_await asked.wait();
        if (asked.is_over())
            break;
        const bool room = co_await sink.flush();
        if (!room)
            asked.cancel();
        asked.resume();
    }
    asked.take_event();
}

} // namespace

bool Session::Impl::start(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                          const RunOptions& run_options, Lookahead* lookahead)
{
    if (ahead && run_options.may_share && run_options.max_rows == 0 && start_ahead(sql, parameters, sink)) {
        ++shared.totals.statements;
        return true;
    }
    if (!database || !database->is_loaded() || own_catalog || changed_schema || answers_as_set() || pinned_by_temp ||
        !portals.empty() || run_options.max_rows > 0 || !run_options.may_share || sql.empty())
        return false;
    std::optional<Planned> found = find_known(sql, parameters);
    if (!found)
        return false;
    bool started = false;
    cancelled = parses_anew = false;
    try {
        if (found->plan->shares && !lease && transaction.autocommit())
            started = start_shared(*found, sink, lookahead);
        else if (found->plan->kind == dialect::Compiled::Kind::session)
            started = start_control(found->plan->statement->node);
        else
            started = start_held(*found, sink, run_options, lookahead);
    } catch (const dialect::Error&) {
        drop_sending(); // run() says what PostgreSQL cannot hold
    }
    if (started) {
        ++shared.totals.statements;
        ++shared.totals.plan_hits;
    }
    return started;
}

bool Session::Impl::arrived() const
{
    return way == Short::shared ? shared_query->is_over()
                                : way == Short::begin || way == Short::ahead || held.is_over();
}

asio::awaitable<void> Session::Impl::wait(ReplySink& sink)
{
    if (way == Short::shared)
        co_await wait_for(*shared_query, sink);
    else
        co_await wait_for(held, sink);
}

std::optional<Outcome> Session::Impl::finish(std::string_view sql, ReplySink& sink)
{
    switch (std::exchange(way, Short::none)) {
    case Short::shared:
        return finish_shared(sql, sink);
    case Short::begin:
        return outcome_with("BEGIN");
    case Short::commit:
        return finish_transaction(true, held.take());
    case Short::rollback:
        return finish_transaction(false, held.take());
    case Short::ahead:
        return finish_ahead(sink);
    case Short::held:
    case Short::none:
        break;
    }
    return finish_held(sink);
}

// --------------------------------------------------------------------------------------------- on a shared connection

bool Session::Impl::start_shared(Planned& found, ReplySink& sink, Lookahead* lookahead)
{
    if (!shared_query)
        shared_query = std::make_unique<SharedQuery>(database->shared_pool());
    shared_query->start(std::move(found.plan), found.slots, sink);
    way = Short::shared;
    if (lookahead && !shared_query->estimate->fails())
        share_ahead(*lookahead);
    return true;
}

std::optional<Outcome> Session::Impl::finish_shared(std::string_view sql, ReplySink& sink)
{
    SharedQuery& query = *shared_query;
    const CachedPlan& plan = *query.plan();
    // What is behind it may have been run before it.
    if (query.was_moved() || query.server_error || query.decoding_error())
        drop_ahead();
    if (query.world_error)
        return failed(client_error(*query.world_error, false));
    if (query.server_error || query.decoding_error()) {
        const bool interrupted = query.server_error && query.server_error->sqlstate == "57014";
        if (!interrupted && (!query.announced() || sink.rewind()))
            return std::nullopt;
        if (query.decoding_error()) {
            ++shared.totals.compiler_bugs;
            spdlog::error("{}: {} for: {}", client, query.decoding_error()->message, sql);
            return failed(client_error(*query.decoding_error(), sql));
        }
        bool compiler_bug = false;
        return failed(client_error(*query.server_error, catalog().get(), compiler_bug));
    }
    query.announce();
    Outcome o = outcome();
    o.has_columns = true;
    o.rows = query.rows;
    o.tag = command_tag(plan, 0, query.rows);
    return o;
}

// ---------------------------------------------------------------------------------------- on the session's connection

bool Session::Impl::start_held(Planned& found, ReplySink& sink, const RunOptions& run_options, Lookahead* lookahead)
{
    using Kind = dialect::Compiled::Kind;
    const CachedPlan& plan = *found.plan;
    const bool write = plan.kind == Kind::write && !query_only;
    if ((plan.kind != Kind::query && !write) || !plan.is_plain())
        return false;
    if (rows.active() && !rows.takes(found))
        return false; // run() leaves it
    sending = std::make_unique<Sending>();
    intend(*sending, std::move(found), run_options);
    if (start_in_group(sink, run_options, lookahead))
        return true;
    if (sending->lock && !try_turn())
        return drop_sending();
    assemble(*sending, sink, run_options);
    if (lookahead)
        send_ahead(*lookahead);
    if (!lease)
        sending->own = database->pool().try_checkout();
    pool::Lease* const use = lease ? &*lease : sending->own ? &*sending->own : nullptr;
    if (use == nullptr)
        held.start_when_lent(database->pool(), sending->own, sending->packet.batch, &sink);
    else if (!held.start(*use, sending->packet.batch, &sink))
        return drop_sending();
    way = Short::held;
    return true;
}

bool Session::Impl::drop_sending()
{
    sending.reset();
    ahead.reset();
    end_turn();
    return false;
}

std::optional<Outcome> Session::Impl::finish_held(ReplySink& sink)
{
    std::unique_ptr<Sending> sent = std::move(sending);
    if (!held.was_asked()) {
        const std::optional<pool::Error> refusal = held.take_refusal();
        ahead.reset();
        end_turn();
        if (!refusal)
            return std::nullopt;
        return failed(client_error(*refusal, !transaction.autocommit()));
    }
    auto answer = first_answer(*sent);
    if (!answer) {
        end_turn();
        return std::nullopt;
    }
    const Attempt attempt = answer_of(std::move(*answer), sent->result);
    // Nothing of it has run: prepared anew, it is as if it had not been sent.
    if (sent->result.stale_plan && sent->result.results.empty() && !sent->inside && !lease) {
        end_turn();
        return std::nullopt;
    }
    if (attempt.ok() && !sent->grouped)
        learn_times(*sent);
    return finish_sent(std::move(sent), attempt, sink, nullptr);
}

// The server was at it since it was asked, and at those behind it.
void Session::Impl::learn_times(const Sending& first) const
{
    const std::size_t count = 1 + (ahead ? ahead->statements.size() : 0);
    const auto all = pool::RunEstimate::Clock::now() - first.asked;
    const double each = pool::RunEstimate::micros_of(all) / static_cast<double>(count);
    first.planned.plan->estimate.add(each);
    for (std::size_t i = 0; i + 1 < count; ++i)
        if (const auto& behind = ahead->statements[i].sending)
            behind->planned.plan->estimate.add(each);
}

std::optional<Outcome> Session::Impl::finish_sent(std::unique_ptr<Sending> sent, Attempt attempt, ReplySink& sink,
                                                  std::unique_ptr<KeptRows> kept)
{
    note(*sent, attempt);
    if (attempt.world) {
        end_turn();
        return failed(client_error(*attempt.world, sent->inside));
    }
    if (!sent->writes)
        sent->planned.plan->estimate.answered(sent->sinks.front()->bytes());
    if (kept && attempt.ok() && kept->gave_up())
        return std::nullopt;
    if (!attempt.ok() || attempt.unfit || sent->hands_on) {
        if (kept)
            attempt.rows_sent = false;
        unfinished = std::make_unique<Unfinished>(Unfinished{std::move(kept), std::move(sent), std::move(attempt)});
        return std::nullopt;
    }
    succeed(*sent, attempt);
    end_turn();
    if (kept)
        kept->tell(sink);
    return outcome_of(*sent->planned.plan, attempt);
}

// BEGIN needs no server; COMMIT and ROLLBACK are one round trip where there is nothing to check and no flush to share.
bool Session::Impl::start_control(const dialect::StatementNode& node)
{
    if (const auto* begin = std::get_if<dialect::Begin>(&node)) {
        if (begin->mode != dialect::Begin::Mode::deferred || !transaction.autocommit())
            return false;
        transaction_catalog = own_catalog;
        transaction.begin();
        way = Short::begin;
        return true;
    }
    const auto* rollback = std::get_if<dialect::Rollback>(&node);
    const bool ends = std::holds_alternative<dialect::Commit>(node) || (rollback && rollback->savepoint.empty());
    if (!ends || !transaction.on_server() || transaction.has_keys_to_test() || !lease)
        return false;
    if (transaction.writer_locked() && !rollback) {
        committing.emplace(database->flush());
        if (database->flush().worth_it()) {
            committing.reset();
            return false;
        }
    }
    pool::Batch batch;
    for (std::string& sql : (rollback ? transaction.rollback() : transaction.commit()).send)
        batch.commands.push_back(control(std::move(sql)));
    if (!held.start(*lease, batch, nullptr)) {
        committing.reset();
        return false;
    }
    way = rollback ? Short::rollback : Short::commit;
    return true;
}

Outcome Session::Impl::finish_transaction(bool committed, pool::Result<pool::BatchResult> answer)
{
    committing.reset();
    pool::BatchResult result;
    const Attempt attempt = answer_of(std::move(answer), result);
    if (attempt.ok()) {
        end_transaction(committed);
        return outcome_with(committed ? "COMMIT" : "ROLLBACK");
    }
    bool bug = false;
    ClientError error =
        attempt.world ? client_error(*attempt.world, true) : client_error(*attempt.server, catalog().get(), bug);
    lost_transaction();
    return failed(std::move(error));
}

// -------------------------------------------------------------------------------------------------------- as a Session

// A session is busy while a statement runs and while a transaction is open.
bool Session::start(std::string_view sql, std::span<const Value> parameters, ReplySink& sink, const RunOptions& options,
                    Lookahead* lookahead)
{
    Impl& s = *impl_;
    s.counts_as_busy = s.transaction.autocommit();
    if (!s.start(sql, parameters, sink, options, lookahead))
        return false;
    s.busy = true;
    s.shared.busy += s.counts_as_busy ? 1 : 0;
    return true;
}

bool Session::arrived() const { return impl_->arrived(); }

bool Session::is_ahead() const { return impl_->ahead != nullptr; }

asio::awaitable<void> Session::wait(ReplySink& sink) { return impl_->wait(sink); }

std::optional<Outcome> Session::finish(std::string_view sql, ReplySink& sink)
{
    Impl& s = *impl_;
    s.busy = false;
    std::optional<Outcome> outcome = s.finish(sql, sink);
    if (!outcome && !s.unfinished && s.cancelled) // nothing has happened, and nothing is to
        outcome = s.failed(client_error(pool::interrupted(), !s.transaction.autocommit()));
    if (outcome) {
        s.release_if_free();
        s.shared.busy -= s.transaction.autocommit() ? 1 : 0;
    } else {
        s.shared.busy -= s.counts_as_busy ? 1 : 0;
        if (!s.unfinished) { // run() begins anew
            --s.shared.totals.statements;
            --s.shared.totals.plan_hits;
        }
    }
    return outcome;
}

} // namespace howdah::proxy
