// A session's statements on a server connection: what surrounds them in the packet, and what is made of the answer.
#include "dialect/foreign_keys.hpp"
#include "dialect/key_count.hpp"
#include "dialect/printer.hpp"
#include "proxy/session_impl.hpp"

#include <spdlog/spdlog.h>

#include <cassert>

namespace asio = boost::asio;

namespace howdah::proxy {

Attempt Session::Impl::answer_of(pool::Result<pool::BatchResult> answered, pool::BatchResult& result)
{
    Attempt attempt;
    if (answered.has_error()) {
        attempt.world = answered.error();
        return attempt;
    }
    result = std::move(*answered);
    attempt.server = result.error;
    return attempt;
}

asio::awaitable<Attempt> Session::Impl::send(pool::Lease& on, const pool::Batch& batch, pool::BatchResult& result)
{
    transaction.wrote();
    running = &on;
    auto answered = co_await on.run(batch);
    running = nullptr;
    co_return answer_of(std::move(answered), result);
}

namespace {

std::string server_portal(std::string_view name_of)
{
    return name_of.empty() ? "howdah_portal" : "p_" + std::string(name_of);
}

} // namespace

void Session::Impl::intend(Sending& sending, Planned planned, const RunOptions& run_options) const
{
    const CachedPlan& plan = *planned.plan;
    sending.writes = plan.kind != dialect::Compiled::Kind::query;
    sending.portal = !sending.writes && run_options.max_rows > 0;
    sending.lock = sending.writes && needs_lock(plan);
    sending.inside = !transaction.autocommit();
    sending.own_transaction = !sending.inside && (sending.writes || sending.portal || plan.steps.size() > 1);
    if (sending.lock)
        sending.writer.emplace(database->flush());
    sending.planned = std::move(planned);
    sending.by_rows = rows.active() ||
                      (sending.inside && !transaction.on_server() && transaction.savepoints() == 0 && !sending.portal &&
                       !lease && !defer_foreign_keys && RowTransaction::may_begin(sending.planned));
}

void Session::Impl::assemble(Sending& sending, ReplySink& sink, const RunOptions& run_options)
{
    const CachedPlan& plan = *sending.planned.plan;
    const bool inside = sending.inside, writes = sending.writes;
    Packet& packet = sending.packet;
    sending.asked = pool::RunEstimate::Clock::now();
    sending.hands_on = sending.lock && sending.own_transaction && !plan.rehearsal && database->flush().worth_it();
    packet.batch.commands.reserve(plan.steps.size() + 3);
    packet.implicit = sending.own_transaction && plan.kind == dialect::Compiled::Kind::write && !plan.rehearsal;
    for (std::string& sql :
         transaction.opening(sending.by_rows ? Isolation::read_committed : Isolation::repeatable_read))
        packet.add(std::move(sql));
    if (sending.own_transaction && !packet.implicit)
        packet.add("BEGIN");
    packet.after_opening = packet.batch.commands.size();
    if (writes && !sending.behind && !sending.grouped &&
        (inside ? transaction.lock_timeout().value_or(default_busy_timeout_ms) != lock_timeout()
                : busy_timeout_ms != default_busy_timeout_ms))
        set_lock_timeout(packet);
    const bool meets_keys = key_tests(plan) != dialect::KeyTests::none && !plan.rehearsal;
    if (meets_keys && !sending.grouped && !(inside && transaction.enforces_keys()))
        enforce_keys(packet, options.writers == dialect::Writers::concurrent && inside && !sending.by_rows &&
                                 !transaction.has_keys_to_test()); // otherwise it has what there is to ask
    packet.after_settings = packet.batch.commands.size();
    if (inside && !sending.by_rows && !sending.unguarded) {
        packet.savepoint = true;
        sending.guard = transaction.guard(packet.batch.commands.empty());
        for (std::string& sql : sending.guard.make)
            packet.add(std::move(sql));
    }
    packet.after_savepoint = packet.batch.commands.size();
    if (sending.hands_on)
        packet.set("synchronous_commit", "off");
    packet.lock_begin = packet.batch.commands.size();
    if (sending.lock)
        for (const std::string& sql : database->writer_locks().of(*catalog(), packet.implicit))
            packet.add(sql);
    packet.lock_end = packet.batch.commands.size();
    if (meets_keys && defer_foreign_keys && inside) {
        packet.add("SET CONSTRAINTS ALL DEFERRED");
        packet.set("howdah.defer_fk", "on"); // for blocks that otherwise test keys at their end
    }
    if (plan.rehearsal && inside && transaction.enforces_keys())
        packet.set("howdah.fk", "off"); // behind the savepoint, with which it is undone
    // A transaction keeps what it was told; the pragma may change inside it.
    told_recursive_triggers = told_recursive_triggers || options.recursive_triggers;
    if (writes && told_recursive_triggers)
        packet.set("howdah.recursive_triggers", options.recursive_triggers ? "on" : "off");
    // The one of this name goes with its successor. In a transaction the server has it also when it has no more rows.
    if (sending.portal && (inside || portals.contains(run_options.portal))) {
        pool::Command& close = packet.batch.commands.emplace_back();
        close.portal = server_portal(run_options.portal);
        close.close_portal = true;
    }
    if (inside && meets_keys && !defer_foreign_keys && transaction.ended_deferral())
        if (const std::string deferred = dialect::deferred_foreign_keys(*catalog()); !deferred.empty())
            packet.add("SET CONSTRAINTS " + deferred + " DEFERRED");
    if (inside && plan.kind == dialect::Compiled::Kind::schema && transaction.counts_keys()) {
        packet.add("SELECT howdah.count_keys(" + std::to_string(*transaction.counts_keys()) + ")");
        packet.add(dialect::settle_keys_sql(*catalog()));
    }
    packet.steps_begin = packet.batch.commands.size();

    for (const dialect::Step& step : plan.steps) {
        pool::Command command = step_command(sending.planned, step);
        command.prepare = step.prepare && !changed_schema && !parses_anew; // a plan of before would be stale
        sending.sinks.push_back(std::make_unique<StepSink>(plan, step, sink));
        if (sending.by_rows)
            sending.sinks.back()->keep_digest();
        if (step.role == dialect::Step::Role::rows || step.returns_rows || step.returns_rowid || step.count_is_value)
            command.rows = sending.sinks.back().get();
        if (step.role == dialect::Step::Role::failure)
            command.rows = &sending.failure;
        if (sending.portal) {
            command.portal = server_portal(run_options.portal);
            command.max_rows = run_options.max_rows;
        }
        packet.batch.commands.push_back(std::move(command));
    }
    if (inside && writes && transaction.has_other_orphans())
        packet.add("SELECT howdah.cut_key_count(" +
                   dialect::quote_string(dialect::orphans_sql(plan.next ? *plan.next : *catalog())) + ")");
    if (packet.savepoint && plan.rehearsal)
        packet.add(sending.guard.undo);
    if (sending.own_transaction && !sending.portal && !packet.implicit)
        packet.add(plan.rehearsal ? "ROLLBACK" : "COMMIT");
}

void Session::Impl::set_lock_timeout(Packet& packet) const
{
    packet.set("lock_timeout", std::to_string(lock_timeout()));
    packet.sets_lock_timeout = true;
}

void Session::Impl::enforce_keys(Packet& packet, bool asks_for_unseen)
{
    packet.set("howdah.fk", "on");
    if (asks_for_unseen)
        packet.set("howdah.unseen", "");
    packet.enforces_keys = true;
}

void Session::Impl::note_settings(const Packet& packet)
{
    if (packet.sets_lock_timeout)
        transaction.told_lock_timeout(lock_timeout());
    if (packet.enforces_keys)
        transaction.told_to_enforce_keys();
}

bool Session::Impl::may_leave_unseen(const CachedPlan& plan) const
{
    return options.writers == dialect::Writers::concurrent && !transaction.autocommit() && !rows.active() &&
           !transaction.has_keys_to_test() && plan.met_keys.from_parents;
}

void Session::Impl::note_keys(const CachedPlan& plan)
{
    const dialect::KeyTests tests = key_tests(plan);
    if (tests == dialect::KeyTests::at_commit ||
        (tests != dialect::KeyTests::none &&
         ((defer_foreign_keys && !transaction.autocommit()) || may_leave_unseen(plan))))
        transaction.met_keys_to_test();
}

void Session::Impl::note(Sending& sending, Attempt& attempt)
{
    for (const auto& step_sink : sending.sinks) {
        attempt.rows += step_sink->rows();
        attempt.rows_sent = attempt.rows_sent || step_sink->announced();
        if (step_sink->failure())
            attempt.decoding = step_sink->failure();
    }
    if (attempt.world) {
        if (sending.inside)
            lost_transaction();
        else if (lease)
            lose_private_tables();
        return;
    }
    const Packet& packet = sending.packet;
    const std::size_t done = sending.result.results.size();
    if (sending.inside) {
        if (sending.own)
            lease = std::exchange(sending.own, std::nullopt);
        if (done >= packet.after_opening)
            transaction.opened();
        if (done >= packet.after_settings)
            note_settings(packet);
        if (!sending.guard.make.empty() && done >= packet.after_savepoint)
            transaction.guarded();
        if (packet.savepoint && !sending.writes && !sending.portal && attempt.ok())
            transaction.as_guarded();
        else
            transaction.wrote();
    }
    if (sending.by_rows) {
        if (!rows.active()) {
            rows.begin();
            ++shared.totals.row_transactions;
        }
        attempt.unfit =
            !attempt.ok() || !RowTransaction::holds(sending.planned, count_of(sending.result.results.back().tag));
    }
    attempt.at_lock = attempt.server && done >= packet.lock_begin && done < packet.lock_end;
    learn(sending, attempt);
}

asio::awaitable<void> Session::Impl::undo(Sending& sending, Attempt& attempt)
{
    assert(!sending.by_rows || attempt.ok()); // leave_rows() is the way
    const Packet& packet = sending.packet;
    if (!attempt.server || sending.result.transaction_status != 'E' || !lease)
        co_return; // a connection of one statement alone is cleaned when it goes back
    pool::Batch undoing;
    pool::BatchResult undone;
    // In a transaction the statement undoes itself and no more; without its savepoint that cannot be saved.
    const bool is_guarded =
        sending.inside && packet.savepoint && sending.result.results.size() >= packet.after_savepoint;
    undoing.commands.push_back(control(is_guarded ? sending.guard.undo : "ROLLBACK"));
    const Attempt recovery = co_await send(*lease, undoing, undone);
    attempt.transaction_lost = sending.inside && (!recovery.ok() || !is_guarded);
    if (attempt.transaction_lost)
        lost_transaction();
    else if (sending.inside)
        transaction.as_guarded();
    else if (!recovery.ok())
        lose_private_tables();
}

void Session::Impl::succeed(Sending& sending, Attempt& attempt)
{
    const CachedPlan& plan = *sending.planned.plan;
    transaction.showed();
    note_keys(plan);
    if (plan.touches_temp) {
        // TEMP objects live on this connection alone: it stays with the session, and is never lent to another.
        if (sending.own)
            lease = std::exchange(sending.own, std::nullopt);
        pinned_by_temp = true;
    }
    attempt.kept = sending.failure.error();
    if (sending.inside && sending.lock && !plan.rehearsal)
        transaction.took_writer_lock();
    for (std::size_t i = 0; i < sending.sinks.size(); ++i) {
        const dialect::Step& step = plan.steps[i];
        StepSink& step_sink = *sending.sinks[i];
        const pool::CommandResult& answer = sending.result.results[sending.packet.steps_begin + i];
        step_sink.announce();
        attempt.rows_sent = attempt.rows_sent || step_sink.announced();
        attempt.suspended = attempt.suspended || answer.suspended;
        if (step.role != dialect::Step::Role::write)
            continue;
        attempt.changes += step.count_is_value ? step_sink.hidden().value_or(0) : count_of(answer.tag);
        if (step.returns_rowid && !step.count_is_value && step_sink.hidden())
            attempt.last_rowid = step_sink.hidden();
    }
    if (sending.by_rows)
        rows.ran(sending.planned, row_answer(plan.steps.front(), *sending.sinks.front(),
                                             sending.result.results[sending.packet.steps_begin]));
}

asio::awaitable<void> Session::Impl::follow_up(Sending& sending, Attempt& attempt, const RunOptions& run_options)
{
    if (sending.hands_on) {
        sending.writer.reset();
        turn.reset(); // the commit has given the lock up
        const bool keep = lease.has_value();
        std::optional<pool::Lease>& committed_on = keep ? lease : sending.own;
        auto error = co_await database->flush().flush(committed_on, keep);
        attempt.world = std::move(error);
        if (attempt.world && ahead) // it has been committed with them
            ahead->all_lost(*attempt.world);
    }
    if (!sending.portal)
        co_return;
    if (attempt.suspended) {
        auto opened = std::make_shared<Portal>();
        opened->plan = sending.planned.plan;
        opened->own_transaction = sending.own_transaction;
        opened->rows = attempt.rows;
        portals[run_options.portal] = std::move(opened);
        if (sending.own && !sending.inside) // inside, the session holds it already
            lease = std::move(sending.own);
    } else if (sending.own_transaction) {
        pool::Batch end;
        end.commands.push_back(control("COMMIT"));
        pool::BatchResult ended;
        const Attempt committed = co_await send(sending.own ? *sending.own : *lease, end, ended);
        if (!committed.ok())
            attempt.world = committed.world;
    }
}

asio::awaitable<void> Session::Impl::conclude(Sending& sending, Attempt& attempt, const RunOptions& run_options)
{
    if (!attempt.world)
        co_await undo(sending, attempt);
    if (!attempt.ok())
        co_return;
    succeed(sending, attempt);
    co_await follow_up(sending, attempt, run_options);
}

asio::awaitable<Attempt> Session::Impl::execute(Planned planned, ReplySink& sink, const RunOptions& run_options)
{
    Sending doing;
    intend(doing, std::move(planned), run_options);
    Attempt attempt;
    struct TurnEnd {
        Impl& session;
        ~TurnEnd() { session.end_turn(); }
    } const turn_end{*this};
    if (doing.lock) {
        const bool may_try = co_await take_turn(attempt);
        if (!may_try)
            co_return attempt;
    }
    assemble(doing, sink, run_options);
    pool::Lease* use = nullptr;
    if (auto error = co_await acquire(doing.own, use)) {
        attempt.world = std::move(error);
        co_return attempt;
    }
    attempt = co_await send(*use, doing.packet.batch, doing.result);
    note(doing, attempt);
    if (!attempt.unfit)
        co_await conclude(doing, attempt, run_options);
    co_return attempt;
}

asio::awaitable<Outcome> Session::Impl::fetch(std::string_view name_of, std::int32_t max_rows, ReplySink& sink)
{
    const auto found = portals.find(name_of);
    if (found == portals.end() || !lease)
        co_return failed(make_error(21, "howdah: there is no open portal of this name", "34000"));
    const auto portal = found->second;
    pool::Batch batch;
    pool::Command& command = batch.commands.emplace_back();
    command.portal = server_portal(name_of);
    command.max_rows = max_rows;
    command.resume = true;
    StepSink rows(*portal->plan, portal->plan->steps.front(), sink);
    command.rows = &rows;
    pool::BatchResult result;
    const Attempt attempt = co_await send(*lease, batch, result);
    if (attempt.world) {
        lost_transaction();
        co_return failed(client_error(*attempt.world, true));
    }
    if (attempt.server) {
        bool bug = false;
        ClientError error = client_error(*attempt.server, catalog().get(), bug);
        co_await abandon_transaction();
        co_return failed(std::move(error));
    }
    Outcome o = outcome();
    o.has_columns = true;
    o.rows = rows.rows();
    o.suspended = !result.results.empty() && result.results.back().suspended;
    portal->rows += o.rows;
    o.tag = "SELECT " + std::to_string(portal->rows);
    if (!o.suspended)
        co_await close_portal(name_of);
    co_return o;
}

asio::awaitable<void> Session::Impl::close_portal(std::string_view name_of)
{
    const auto found = portals.find(name_of);
    if (found == portals.end())
        co_return;
    const auto portal = found->second;
    pool::Batch batch;
    pool::Command& command = batch.commands.emplace_back();
    command.portal = server_portal(name_of);
    command.close_portal = true;
    portals.erase(found);
    if (portal->own_transaction && portals.empty())
        batch.commands.push_back(control("COMMIT"));
    if (!lease)
        co_return;
    pool::BatchResult result;
    const Attempt attempt = co_await send(*lease, batch, result);
    if (attempt.world)
        lost_transaction();
    release_if_free();
}

asio::awaitable<void> Session::Impl::learn_last_rowid(std::string_view sql, std::span<const Value> parameters,
                                                      const dialect::Options& with)
try {
    auto compiled = dialect::compile({sql, *catalog(), parameters, with, values, true});
    if (compiled.has_error() || compiled->kind != dialect::Compiled::Kind::write)
        co_return;
    auto plan = std::make_shared<const CachedPlan>(std::move(*compiled));
    auto slots = slot_values(*plan, parameters);
    if (!slots)
        co_return;
    NoRows no_rows;
    const Planned planned{std::move(plan), std::move(*slots)};
    const RunOptions all_at_once;
    const Attempt attempt = co_await execute(planned, no_rows, all_at_once);
    if (attempt.ok() && attempt.last_rowid)
        values.last_insert_rowid = *attempt.last_rowid;
} catch (const dialect::Error&) {
}

asio::awaitable<std::optional<ClientError>> Session::Impl::promote(const dialect::Promotion& promotion)
{
    dialect::PromotionPlan steps;
    const CatalogPtr base = catalog();
    try {
        steps = dialect::plan_promotion(*base, promotion, options);
    } catch (const dialect::Error& error) {
        co_return client_error(error, {});
    }
    ++shared.totals.promotions;
    dialect::Compiled compiled;
    compiled.kind = dialect::Compiled::Kind::schema;
    compiled.steps = std::move(steps.steps);
    compiled.needs_writer_lock = true;
    compiled.next = steps.next;
    NoRows no_rows;
    const Planned planned{std::make_shared<const CachedPlan>(std::move(compiled)), {}};
    const RunOptions all_at_once; // a temporary of a co_await expression is destroyed twice (GCC bug 101367)
    const Attempt attempt = co_await execute(planned, no_rows, all_at_once);
    if (attempt.world)
        co_return client_error(*attempt.world, false);
    if (attempt.server) {
        if (may_settle_keys(*attempt.server)) {
            auto refused = co_await settle_keys(*attempt.server);
            co_return refused; // or the statement comes here once more
        }
        // Somebody else was first: the newest catalog decides whether there is still something to do.
        database->mark_stale();
        if (transaction.autocommit() && !attempt.at_lock)
            co_return std::nullopt;
        bool bug = false;
        co_return client_error(*attempt.server, base.get(), bug);
    }
    adopt_catalog(steps.next);
    spdlog::info("{}: {}.{}.{} {}", client, promotion.schema, promotion.table, promotion.column,
                 promotion.long_keys
                     ? "holds a value that is too long for an index: its indexes only find what is equal"
                     : "holds a value that its type does not: it has a wider one now");
    co_return std::nullopt;
}

} // namespace howdah::proxy
