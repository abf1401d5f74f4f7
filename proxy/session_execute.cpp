// A session's statements on a server connection: what surrounds them in the packet, and what is made of the answer.
#include "dialect/bookkeeping.hpp"
#include "dialect/result_values.hpp"
#include "proxy/session_impl.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// The number at the end of a command tag: "INSERT 0 3" is 3.
std::int64_t count_of(std::string_view tag)
{
    const auto space = tag.rfind(' ');
    std::int64_t count = 0;
    if (space != std::string_view::npos)
        std::from_chars(tag.data() + space + 1, tag.data() + tag.size(), count);
    return count;
}

// Receives one step's rows: decodes each field to SQLite's value, hands the client's columns on and keeps the rest.
class StepSink final : public pool::RowSink {
public:
    StepSink(const CachedPlan& plan, const dialect::Step& step, ReplySink& reply)
        : plan_(plan),
          to_client_(step.role == dialect::Step::Role::rows || step.returns_rows),
          returns_rowid_(step.returns_rowid),
          count_is_value_(step.count_is_value),
          reply_(reply)
    {
        if (to_client_)
            types_.reserve(plan.columns.size() + 1);
        if (to_client_)
            for (const dialect::Output& column : plan.columns)
                types_.push_back(column.type);
        if (returns_rowid_ || count_is_value_)
            types_.push_back(dialect::PgType::int8);
        values_.resize(types_.size());
    }

    void on_row(std::span<const pool::Field> row) override
    try {
        if (failure_)
            return;
        const std::size_t known = std::min(row.size(), types_.size());
        for (std::size_t i = 0; i < known; ++i)
            values_[i] = dialect::decode_field(row[i], types_[i]);
        std::size_t client_columns = known;
        if ((returns_rowid_ || count_is_value_) && known > 0) {
            --client_columns;
            if (values_[client_columns].type == StorageClass::integer)
                hidden_ = values_[client_columns].integer;
        }
        if (!to_client_)
            return;
        announce();
        reply_.on_row(std::span(values_).first(client_columns));
        ++rows_;
    } catch (const dialect::Error& error) {
        failure_ = error; // what arrived is no value of the column's type
    }

    asio::awaitable<bool> flush() override { return reply_.flush(); }

    // Columns are announced with the first row, or at the end: an error before that leaves no header behind.
    void announce()
    {
        if (announced_ || !to_client_)
            return;
        announced_ = true;
        reply_.on_columns(plan_.output);
    }

    std::uint64_t rows() const { return rows_; }
    bool announced() const { return announced_; }
    const std::optional<dialect::Error>& failure() const { return failure_; }
    std::optional<std::int64_t> hidden() const { return hidden_; }

private:
    const CachedPlan& plan_;
    bool to_client_, returns_rowid_, count_is_value_;
    bool announced_ = false;
    ReplySink& reply_;
    std::vector<dialect::PgType> types_;
    std::vector<ValueView> values_;
    std::optional<dialect::Error> failure_;
    std::uint64_t rows_ = 0;
    std::optional<std::int64_t> hidden_;
};

// Receives the row of a step with role failure: the error that ended an OR FAIL statement.
class FailureSink final : public pool::RowSink {
public:
    void on_row(std::span<const pool::Field> row) override
    {
        pool::ServerError& e = error_.emplace();
        e.severity = "ERROR";
        std::string* const fields[] = {&e.sqlstate, &e.message, &e.detail,    &e.schema,
                                       &e.table,    &e.column,  &e.constraint};
        for (std::size_t i = 0; i < std::size(fields) && i < row.size(); ++i)
            *fields[i] = std::string(row[i].value_or(std::string_view()));
    }
    asio::awaitable<bool> flush() override { co_return true; }
    const std::optional<pool::ServerError>& error() const { return error_; }

private:
    std::optional<pool::ServerError> error_;
};

struct NoRows final : ReplySink {
    void on_columns(std::span<const Column>) override {}
    void on_row(std::span<const ValueView>) override {}
    void on_raw_columns(std::span<const RawColumn>) override {}
    void on_raw_row(std::span<const RawField>) override {}
    asio::awaitable<bool> flush() override { co_return true; }
};

// A plan's steps as commands, with what must stand before and after them in the same packet.
struct Packet {
    pool::Batch batch;
    std::size_t after_opening = 0;   // commands before this one open the transaction
    std::size_t after_savepoint = 0; // from this one on, the statement's savepoint exists
    std::size_t lock_begin = 0, lock_end = 0;
    std::size_t steps_begin = 0;
    bool savepoint = false;
    // One transaction without BEGIN and COMMIT: commands up to a Sync are one.
    bool implicit = false;

    void add(std::string sql) { batch.commands.push_back(control(std::move(sql))); }
    // For this transaction alone. SET LOCAL is for transactions that have begun by BEGIN.
    void set(const std::string& name, const std::string& value)
    {
        if (implicit)
            add("SELECT set_config('" + name + "', '" + value + "', true)");
        else
            add("SET LOCAL " + name + " = '" + value + "'");
    }
};

} // namespace

pool::Command control(std::string sql)
{
    pool::Command command;
    command.sql = std::move(sql);
    command.prepare = true;
    return command;
}

asio::awaitable<std::optional<pool::Error>> Session::Impl::acquire(std::optional<pool::Lease>& own, pool::Lease*& use)
{
    if (lease) {
        use = &*lease;
        co_return std::nullopt;
    }
    if (cancelled)
        co_return pool::Error(pool::Error::Kind::abandoned, "interrupted");
    own = database->pool().try_checkout();
    if (own) {
        use = &*own;
        co_return std::nullopt;
    }
    // The wait is cancelled by cancel(): as a coroutine of its own it has its own cancellation slot.
    waiting = std::make_shared<asio::cancellation_signal>();
    const auto keep = waiting;
    auto wait = database->pool().checkout();
    auto leased = co_await asio::co_spawn(shared.executor, std::move(wait),
                                          asio::bind_cancellation_slot(keep->slot(), asio::use_awaitable));
    waiting.reset();
    if (leased.has_error()) {
        const pool::Error error = leased.error();
        co_return error;
    }
    own = std::move(*leased);
    use = &*own;
    co_return std::nullopt;
}

asio::awaitable<bool> Session::Impl::take_turn(Attempt& attempt)
{
    if (lease || turn)
        co_return true;
    WriterQueue& queue = database->writers();
    turn = queue.try_take();
    if (turn)
        co_return true;
    const auto patience = std::chrono::milliseconds(std::clamp<std::int64_t>(busy_timeout_ms, 0, 86'400'000));
    if (patience.count() > 0 && !cancelled) {
        WriterQueue::Place place(queue);
        struct Waiting {
            Impl& session;
            explicit Waiting(Impl& s, WriterQueue::Place& place) : session(s)
            {
                session.queued = &place;
                ++session.shared.totals.writers_waiting;
            }
            ~Waiting()
            {
                session.queued = nullptr;
                --session.shared.totals.writers_waiting;
            }
        } const waiting_here(*this, place);
        turn = co_await place.wait(patience);
    }
    if (turn)
        co_return true;
    if (cancelled) {
        attempt.world = pool::Error(pool::Error::Kind::abandoned, "interrupted");
    } else {
        pool::ServerError& error = attempt.server.emplace(); // as the server says it who has waited there
        error.severity = "ERROR";
        error.sqlstate = "55P03";
        error.message = "canceling statement due to lock timeout";
        attempt.at_lock = true;
    }
    co_return false;
}

asio::awaitable<Session::Impl::Attempt> Session::Impl::send(pool::Lease& on, const pool::Batch& batch,
                                                            pool::BatchResult& result)
{
    Attempt attempt;
    running = &on;
    auto answered = co_await on.run(batch);
    running = nullptr;
    if (answered.has_error()) {
        attempt.world = answered.error();
        co_return attempt;
    }
    result = std::move(*answered);
    attempt.server = result.error;
    attempt.client_gone = result.sink_gone;
    co_return attempt;
}

asio::awaitable<Session::Impl::Attempt> Session::Impl::execute(const Planned& planned, ReplySink& sink,
                                                               const RunOptions& run_options)
{
    const CachedPlan& plan = *planned.plan;
    const bool writes = plan.kind != dialect::Compiled::Kind::query;
    const bool portal = plan.kind == dialect::Compiled::Kind::query && run_options.max_rows > 0;
    const bool lock =
        writes && plan.needs_writer_lock && options.writers == dialect::Writers::single && !transaction.writer_locked();
    const bool inside = !transaction.autocommit();
    const bool own_transaction = !inside && (writes || portal || plan.steps.size() > 1);
    std::optional<SharedFlush::Writer> writer;
    Attempt attempt;
    // A turn without the lock goes with this statement.
    struct TurnEnd {
        Impl& session;
        ~TurnEnd()
        {
            if (!session.transaction.writer_locked())
                session.turn.reset();
        }
    } const turn_end{*this};
    if (lock) {
        writer.emplace(database->flush());
        const bool may_try = co_await take_turn(attempt);
        if (!may_try)
            co_return attempt;
    }
    const bool hands_on = lock && own_transaction && !plan.rehearsal && database->flush().worth_it();

    Packet packet;
    packet.batch.commands.reserve(plan.steps.size() + 8);
    packet.implicit = own_transaction && plan.kind == dialect::Compiled::Kind::write && !plan.rehearsal;
    for (std::string& sql : transaction.opening())
        packet.add(std::move(sql));
    if (own_transaction && !packet.implicit)
        packet.add("BEGIN");
    packet.after_opening = packet.batch.commands.size();
    Transaction::Guard guard;
    if (inside && !portal) {
        packet.savepoint = true;
        guard = transaction.guard();
        for (std::string& sql : guard.make)
            packet.add(std::move(sql));
    }
    packet.after_savepoint = packet.batch.commands.size();
    if (writes && busy_timeout_ms != default_busy_timeout_ms)
        packet.set("lock_timeout", std::to_string(busy_timeout_ms > 0 ? busy_timeout_ms : 1));
    if (hands_on)
        packet.set("synchronous_commit", "off");
    packet.lock_begin = packet.batch.commands.size();
    if (lock)
        for (std::string& sql : writer_locks(packet.implicit))
            packet.add(std::move(sql));
    packet.lock_end = packet.batch.commands.size();
    if (writes && options.foreign_keys && !plan.rehearsal) {
        packet.set("howdah.fk", "on");
        if (defer_foreign_keys && inside)
            packet.add("SET CONSTRAINTS ALL DEFERRED");
    }
    // A transaction keeps what it was told; the pragma may change inside it.
    told_recursive_triggers = told_recursive_triggers || options.recursive_triggers;
    if (writes && told_recursive_triggers)
        packet.set("howdah.recursive_triggers", options.recursive_triggers ? "on" : "off");
    packet.steps_begin = packet.batch.commands.size();

    std::vector<std::unique_ptr<StepSink>> sinks;
    FailureSink failure;
    for (const dialect::Step& step : plan.steps) {
        pool::Command command;
        command.sql = step.sql;
        command.prepare = step.prepare && !changed_schema; // a plan of before would be stale
        for (const int slot : step.slots) {
            const dialect::Slot& s = plan.slots[static_cast<std::size_t>(slot)];
            dialect::EncodedParameter encoded =
                dialect::encode_parameter(planned.slots[static_cast<std::size_t>(slot)], s.type);
            command.params.push_back({std::move(encoded.bytes), encoded.oid, true});
        }
        sinks.push_back(std::make_unique<StepSink>(plan, step, sink));
        if (step.role == dialect::Step::Role::rows || step.returns_rows || step.returns_rowid || step.count_is_value)
            command.rows = sinks.back().get();
        if (step.role == dialect::Step::Role::failure)
            command.rows = &failure;
        if (portal) {
            command.portal = run_options.portal.empty() ? "howdah_portal" : "p_" + run_options.portal;
            command.max_rows = run_options.max_rows;
        }
        packet.batch.commands.push_back(std::move(command));
    }
    if (packet.savepoint && plan.rehearsal)
        packet.add(guard.undo);
    if (own_transaction && !portal && !packet.implicit)
        packet.add(plan.rehearsal ? "ROLLBACK" : "COMMIT");

    std::optional<pool::Lease> own;
    pool::Lease* use = nullptr;
    if (auto error = co_await acquire(own, use)) {
        attempt.world = std::move(error);
        co_return attempt;
    }
    pool::BatchResult result;
    attempt = co_await send(*use, packet.batch, result);
    for (const auto& step_sink : sinks) {
        attempt.rows += step_sink->rows();
        attempt.rows_sent = attempt.rows_sent || step_sink->announced();
        if (step_sink->failure())
            attempt.decoding = step_sink->failure();
    }
    if (attempt.world) {
        if (inside)
            lost_transaction();
        else if (lease)
            lose_private_tables();
        co_return attempt;
    }

    const std::size_t done = result.results.size();
    const auto keep_connection = [&] {
        if (own)
            lease = std::exchange(own, std::nullopt);
        use = &*lease;
    };
    if (inside) {
        keep_connection();
        if (done >= packet.after_opening)
            transaction.opened();
        if (packet.savepoint && done >= packet.after_savepoint)
            transaction.guarded();
    }
    attempt.at_lock = attempt.server && done >= packet.lock_begin && done < packet.lock_end;
    if (attempt.server && inside && result.transaction_status == 'E') {
        // The statement undoes itself and no more; without its savepoint the transaction cannot be saved.
        pool::Batch undo;
        const bool is_guarded = packet.savepoint && done >= packet.after_savepoint;
        undo.commands.push_back(control(is_guarded ? guard.undo : "ROLLBACK"));
        pool::BatchResult undone;
        const Attempt recovery = co_await send(*use, undo, undone);
        if (!recovery.ok() || !is_guarded)
            lost_transaction();
    }
    if (attempt.server && !inside && lease && result.transaction_status == 'E') {
        // A connection of one statement alone is cleaned when it goes back; this one stays.
        pool::Batch undo;
        undo.commands.push_back(control("ROLLBACK"));
        pool::BatchResult undone;
        const Attempt recovery = co_await send(*lease, undo, undone);
        if (!recovery.ok())
            lose_private_tables();
    }
    if (!attempt.ok())
        co_return attempt;
    transaction.showed();
    if (plan.touches_temp) {
        // TEMP objects live on this connection alone: it stays with the session, and is never lent to another.
        keep_connection();
        pinned_by_temp = true;
    }

    attempt.kept = failure.error();
    if (inside && lock && !plan.rehearsal)
        transaction.took_writer_lock();
    for (std::size_t i = 0; i < sinks.size(); ++i) {
        const dialect::Step& step = plan.steps[i];
        const pool::CommandResult& answer = result.results[packet.steps_begin + i];
        sinks[i]->announce();
        attempt.rows_sent = attempt.rows_sent || sinks[i]->announced();
        attempt.suspended = attempt.suspended || answer.suspended;
        if (step.role != dialect::Step::Role::write)
            continue;
        attempt.changes += step.count_is_value ? sinks[i]->hidden().value_or(0) : count_of(answer.tag);
        if (step.returns_rowid && !step.count_is_value && sinks[i]->hidden())
            attempt.last_rowid = sinks[i]->hidden();
    }
    if (hands_on) {
        writer.reset();
        turn.reset(); // the commit has given the lock up
        const bool keep = lease.has_value();
        std::optional<pool::Lease>& committed_on = keep ? lease : own;
        auto error = co_await database->flush().flush(committed_on, keep);
        attempt.world = std::move(error);
    }
    if (portal) {
        if (attempt.suspended) {
            auto opened = std::make_shared<Portal>();
            opened->plan = planned.plan;
            opened->own_transaction = own_transaction;
            opened->rows = attempt.rows;
            portals[run_options.portal] = std::move(opened);
            if (own && !inside) // inside, the session holds it already
                lease = std::move(own);
        } else if (own_transaction) {
            pool::Batch end;
            end.commands.push_back(control("COMMIT"));
            pool::BatchResult ended;
            const Attempt committed = co_await send(*use, end, ended);
            if (!committed.ok())
                attempt.world = committed.world;
        }
    }
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
    command.portal = name_of.empty() ? "howdah_portal" : "p_" + std::string(name_of);
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
    command.portal = name_of.empty() ? "howdah_portal" : "p_" + std::string(name_of);
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
        // Somebody else was first: the newest catalog decides whether there is still something to do.
        database->mark_stale();
        if (transaction.autocommit() && !attempt.at_lock)
            co_return std::nullopt;
        bool bug = false;
        co_return client_error(*attempt.server, base.get(), bug);
    }
    adopt_catalog(steps.next);
    co_return std::nullopt;
}

} // namespace howdah::proxy
