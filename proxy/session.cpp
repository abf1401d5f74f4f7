// One statement's way through a session: plan it, run it, and run it again where SQLite's rules ask for it.
#include "proxy/session.hpp"

#include "dialect/bookkeeping.hpp"
#include "dialect/constraint_message.hpp"
#include "dialect/long_keys.hpp"
#include "dialect/parser.hpp"
#include "dialect/script.hpp"
#include "proxy/command_tag.hpp"
#include "proxy/compile_options.hpp"
#include "proxy/session_impl.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

// Arithmetic that PostgreSQL refused because SQLite would have changed the storage class (catalogue D2).
bool wants_exact_arithmetic(const pool::ServerError& error)
{
    return error.sqlstate == "22003" || error.sqlstate == "22P02";
}

// A write that SQLite prepares: what is wrong with it (a constraint, an overflow) it finds out when it runs, which
// leaves changes() at 0.
bool is_prepared_write(const dialect::Catalog& catalog, std::string_view sql, bool foreign_keys)
try {
    const auto statement = dialect::parse(sql);
    const bool changes_rows = statement && (std::holds_alternative<dialect::Insert>(statement->node) ||
                                            std::holds_alternative<dialect::Update>(statement->node) ||
                                            std::holds_alternative<dialect::Delete>(statement->node));
    return changes_rows && !catalog.mirror().prepare(sql, foreign_keys).read_only;
} catch (const dialect::Error&) {
    return false;
}

// A plan that was made for a schema which is no longer there.
bool is_stale(const pool::ServerError& error)
{
    return error.sqlstate == "42P01" || error.sqlstate == "42703" || error.sqlstate == "42883" ||
           error.sqlstate == "42804" || error.sqlstate == "0A000" || error.sqlstate == "26000" ||
           error.sqlstate == "3F000" || error.sqlstate == dialect::stale_schema_sqlstate;
}

} // namespace

std::size_t first_statement(std::string_view script)
{
    // What goes to PostgreSQL untouched may quote with $$, which SQLite's rule does not know: it is not cut.
    const auto start = script.find_first_not_of(" \t\r\n;");
    if (start != std::string_view::npos && script.substr(start).starts_with("/* howdah: postgres */"))
        return script.size();
    return dialect::first_statement(script);
}

bool is_blank(std::string_view statement) { return dialect::is_blank(statement); }

Session::Impl::Impl(Databases& databases_, std::string name_, std::string client_)
    : databases(databases_), shared(databases_.impl()), name(std::move(name_)), client(std::move(client_))
{
}

Session::Impl::~Impl()
{
    if (lease && pinned_by_temp)
        lease->mark_dirty();
    if (pin_reason != nullptr)
        --shared.totals.pins[pin_reason];
    if (busy || !transaction.autocommit())
        --shared.busy;
}

asio::awaitable<std::optional<ClientError>> Session::Impl::ready()
{
    if (!database) {
        if (name.empty() || name.size() > 63 || name.find('\0') != std::string::npos)
            co_return make_error(14, "unable to open database file (a database name has 1 to 63 bytes)", "3D000");
        database = shared.find(name);
        if (!database)
            co_return make_error(14, "unable to open database file (no database \"" + name + "\" is configured)",
                                 "3D000");
        options = compile_options(database->config());
    }
    if (changed_schema)
        co_return std::nullopt; // this transaction's own catalog is what counts
    // Whoever holds a connection does not wait for another: all of them may be held by such. The catalog that the
    // transaction has begun with serves it.
    const bool may_load = !lease || !database->catalog() || database->can_load_at_once();
    if (may_load)
        if (auto error = co_await database->ensure_loaded())
            co_return client_error(*error, false);
    const bool all_private = own_catalog && own_catalog->pg_schema("main") == "pg_temp";
    if (own_catalog && !all_private && base_catalog != database->catalog()) {
        // TEMP objects stay; everything else is as the others have made it. TEMP triggers go with their tables.
        std::vector<dialect::SchemaRow> rows = database->catalog()->rows();
        std::vector<dialect::Placement> placements = database->catalog()->placements();
        for (const dialect::SchemaRow& row : own_catalog->rows())
            if (row.schema != "main")
                rows.push_back(row);
        for (const dialect::Placement& placement : own_catalog->placements())
            if (placement.schema != "main")
                placements.push_back(placement);
        std::set<std::string> present;
        for (const dialect::SchemaRow& row : rows)
            if (row.type == "table" || row.type == "view")
                present.insert(dialect::fold(row.name));
        std::erase_if(rows, [&](const dialect::SchemaRow& row) {
            return row.schema == "temp" && row.type == "trigger" && !present.contains(dialect::fold(row.tbl_name));
        });
        base_catalog = database->catalog();
        own_catalog = dialect::Catalog::make(std::move(rows), std::move(placements), base_catalog->version());
    }
    co_return std::nullopt;
}

Outcome Session::Impl::outcome() const
{
    Outcome o;
    o.changes = values.changes;
    o.total_changes = values.total_changes;
    o.total_is_known = !values.total_is_lost;
    o.last_insert_rowid = values.last_insert_rowid;
    o.autocommit = transaction.autocommit();
    return o;
}

Outcome Session::Impl::failed(ClientError error)
{
    ++shared.totals.errors;
    spdlog::debug("{}: {} {}", client, error.name, error.message);
    Outcome o = outcome();
    o.error = std::move(error);
    return o;
}

void Session::Impl::adopt_catalog(CatalogPtr next)
{
    if (!next)
        return;
    if (!transaction.autocommit()) {
        if (!own_catalog)
            base_catalog = database->catalog();
        own_catalog = std::move(next);
        changed_schema = true;
        return;
    }
    if (!own_catalog && !is_own(*next)) {
        database->publish(database->catalog(), std::move(next));
        return;
    }
    adopt_own_catalog(std::move(next));
}

// One with TEMP objects or attached databases. The change may be in any of these, where other clients see it next.
void Session::Impl::adopt_own_catalog(CatalogPtr next)
{
    base_catalog = nullptr; // ready() rebuilds it from what is committed and this session's TEMP objects
    own_catalog = std::move(next);
    database->mark_stale();
    for (const auto& [name_of, opened] : shared.open)
        for (const dialect::Placement& placement : own_catalog->placements())
            if (placement.pg_schema == opened->pg_schema())
                opened->mark_stale();
}

Outcome Session::Impl::outcome_of(const CachedPlan& plan, const Attempt& attempt)
{
    using Kind = dialect::Compiled::Kind;
    const bool counts = plan.counts || (plan.counts_when_deferring && defer_foreign_keys);
    if (transaction.autocommit())
        end_deferral();
    // A new virtual table writes rows of its own, and SQLite counts them.
    if (plan.kind == Kind::write || (plan.kind == Kind::schema && (counts || attempt.last_rowid))) {
        values.changes = attempt.changes;
        values.total_changes += attempt.changes;
        values.total_is_lost = values.total_is_lost || plan.changes_others;
        if (attempt.last_rowid)
            values.last_insert_rowid = *attempt.last_rowid;
    }
    if (attempt.kept) {
        bool compiler_bug = false;
        return failed(client_error(*attempt.kept, catalog().get(), compiler_bug));
    }
    Outcome o = outcome();
    o.has_columns = plan.kind == Kind::query || !plan.columns.empty();
    o.rows = attempt.rows;
    o.suspended = attempt.suspended;
    o.tag = command_tag(plan, attempt.changes, attempt.rows);
    return o;
}

asio::awaitable<Outcome> Session::Impl::run_as_usual(std::string_view sql, std::span<const Value> parameters,
                                                     ReplySink& sink, const RunOptions& run_options)
{
    std::unique_ptr<Unfinished> begun = std::move(unfinished);
    if (!begun) {
        ++shared.totals.statements;
        if (!to_undo.empty()) {
            if (auto error = co_await undo_packet())
                co_return failed(std::move(*error));
        }
        cancelled = parses_anew = false;
        if (is_blank(sql)) {
            Outcome o = outcome();
            o.is_empty = true;
            co_return o;
        }
        if (auto error = co_await ready())
            co_return failed(std::move(*error));
        if (is_raw(sql)) {
            const bool left = co_await leave_rows();
            if (!left)
                co_return cannot_leave_rows();
            co_return co_await run_raw(sql, parameters, sink, run_options);
        }
    }

    dialect::Options with = options;
    const Text text = text_to_plan(sql, parameters, with);
    sql = text.sql;
    parameters = text.parameters;
    bool retried_stale = false;
    Plan mending; // that broke a foreign key on the way
    int tries = 0;
    for (int promotions = 0;;) {
        Planned planned;
        if (begun) {
            planned.plan = begun->sending->planned.plan;
        } else {
            auto planning = plan(sql, parameters, with);
            if (auto* error = std::get_if<dialect::Error>(&planning)) {
                if (!error->refused && is_prepared_write(*catalog(), sql, with.foreign_keys))
                    values.changes = 0;
                co_return failed(client_error(*error, sql));
            }
            planned = std::move(std::get<Planned>(planning));
        }
        const Plan keep = planned.plan;
        if (!begun && keep->mends_keys && !with.keys_at_end && !keys_wait_for_commit()) {
            with.keys_at_end = true;
            continue;
        }
        const CachedPlan& compiled = *keep;
        if (!begun && !may_stay_by_rows(planned, run_options)) {
            const bool left = co_await leave_rows();
            if (!left)
                co_return cannot_leave_rows();
        }
        if (compiled.kind == dialect::Compiled::Kind::promote) {
            if (++promotions > 64)
                co_return failed(
                    make_error(1, "howdah: a column cannot be widened far enough for this statement", "0A000"));
            if (auto error = co_await promote(*compiled.promotion))
                co_return failed(std::move(*error));
            if (auto error = co_await ready())
                co_return failed(std::move(*error));
            continue;
        }
        using Kind = dialect::Compiled::Kind;
        if (compiled.kind == Kind::empty) {
            Outcome o = outcome();
            o.is_empty = true;
            co_return o;
        }
        if (parameters.size() > static_cast<std::size_t>(compiled.parameter_count)) // as sqlite3_bind_… says
            co_return failed(make_error(25, "column index out of range"));
        if (compiled.kind == Kind::local)
            co_return co_await run_local(sql, parameters, compiled, sink);
        if (compiled.kind == Kind::session)
            co_return co_await run_session_statement(sql, parameters, compiled, sink);
        if (query_only && (compiled.kind == Kind::write || compiled.kind == Kind::schema))
            co_return failed(make_error(8, "attempt to write a readonly database"));

        const auto* vacuum =
            compiled.kind == Kind::accepted ? std::get_if<dialect::Vacuum>(&compiled.statement->node) : nullptr;
        if (vacuum) {
            if (!transaction.autocommit())
                co_return failed(make_error(1, "cannot VACUUM from within a transaction"));
            note_vacuum(*vacuum);
        }

        Attempt attempt;
        std::optional<dialect::Error> unsendable; // a parameter that PostgreSQL cannot hold
        try {
            if (begun) {
                attempt = std::move(begun->attempt);
                if (!attempt.unfit)
                    co_await conclude(*begun->sending, attempt, run_options);
                begun.reset();
                end_turn();
            } else if (!compiled.steps.empty()) {
                attempt = co_await execute(std::move(planned), sink, run_options);
            }
        } catch (const dialect::Error& error) {
            unsendable = error;
        }
        if (unsendable) {
            if (!unsendable->refused && compiled.kind == Kind::write)
                values.changes = 0;
            co_return failed(client_error(*unsendable, sql));
        }
        if (attempt.unfit) {
            const std::string state = attempt.server ? attempt.server->sqlstate : std::string();
            if (state == "57014") { // as SQLite does with a write that is interrupted
                lost_transaction();
                bool bug = false;
                co_return failed(client_error(*attempt.server, catalog().get(), bug));
            }
            const bool left = co_await leave_rows(state == "40P01");
            if (!left)
                co_return cannot_leave_rows();
            // Under REPEATABLE READ, and with its savepoint, the statement finds its own end.
            const bool may_repeat = !attempt.rows_sent || sink.rewind();
            if (may_repeat && state != "55P03")
                continue;
        }
        if (attempt.ok()) {
            if (mending)
                mending->mends_keys = true;
            if (compiled.kind == Kind::schema)
                adopt_catalog(compiled.next);
            co_return outcome_of(compiled, attempt);
        }
        if (attempt.world)
            co_return failed(client_error(*attempt.world, !transaction.autocommit()));

        if (attempt.decoding) {
            ++shared.totals.compiler_bugs;
            spdlog::error("{}: {} for: {}", client, attempt.decoding->message, sql);
            co_return failed(client_error(*attempt.decoding, sql));
        }

        const pool::ServerError& error = *attempt.server;
        const dialect::ServerFailure failure = failure_of(error);
        const bool again = !attempt.transaction_lost && (!attempt.rows_sent || sink.rewind());
        if (again && wants_exact_arithmetic(error) && !with.exact_arithmetic) {
            ++shared.totals.retries_exact;
            with.exact_arithmetic = true;
            continue;
        }
        if (again && error.sqlstate == "23503" && compiled.may_mend_keys && !with.keys_at_end &&
            !keys_wait_for_commit()) {
            with.keys_at_end = true;
            mending = keep;
            continue;
        }
        if (again && compiled.kind == Kind::schema && may_settle_keys(error) && ++promotions <= 64) {
            if (auto refused = co_await settle_keys(error))
                co_return failed(std::move(*refused));
            continue;
        }
        if (again && error.sqlstate == "HW0PR" && ++promotions <= 64) {
            if (const auto promotion = dialect::promotion_needed(*catalog(), failure)) {
                if (auto refused = co_await promote(*promotion))
                    co_return failed(std::move(*refused));
                if (auto refused = co_await ready())
                    co_return failed(std::move(*refused));
                continue;
            }
        }
        if (again && error.sqlstate == "54000" && ++promotions <= 64) {
            const dialect::Catalog& after = compiled.next ? *compiled.next : *catalog();
            if (const auto promotion = dialect::long_key_needed(*catalog(), after, sql, failure)) {
                if (auto refused = co_await promote(*promotion))
                    co_return failed(std::move(*refused));
                if (auto refused = co_await ready())
                    co_return failed(std::move(*refused));
                continue;
            }
        }
        if (again && is_stale(error) && !retried_stale && !changed_schema) {
            ++shared.totals.retries_stale;
            retried_stale = parses_anew = true; // another connection may have it as stale
            database->mark_stale();
            if (auto refused = co_await ready())
                co_return failed(std::move(*refused));
            continue;
        }
        if (again) {
            const bool unseen = co_await may_try_again(*keep, attempt, ++tries);
            if (unseen)
                continue;
        }
        transaction.showed();
        bool compiler_bug = false;
        // A new unique index that fails on present rows is known to the next catalog only.
        const dialect::Catalog* names = compiled.next ? compiled.next.get() : catalog().get();
        ClientError told = client_error(error, names, compiler_bug);
        if (compiler_bug) {
            ++shared.totals.compiler_bugs;
            spdlog::error("{}: PostgreSQL refused a compiled statement: {} {} [{}] for: {}", client, error.sqlstate,
                          error.message, error.detail, sql);
        }
        const bool is_refused = told.message.starts_with("howdah:"); // as if it had not been run
        // REPLACE deletes ahead of its INSERT, and foreign keys act then.
        const bool in_action = error.sqlstate != "23503" && error.where.find("howdah_fk_") != std::string::npos;
        if (compiled.moves_rowid_when_failing && !is_refused && !in_action &&
            (error.sqlstate.starts_with("23") || error.sqlstate.starts_with("22") || error.sqlstate.starts_with("HW")))
            co_await learn_last_rowid(sql, parameters, with);
        if (compiled.kind == Kind::write || compiled.counts) {
            values.changes = 0;
            values.total_is_lost = values.total_is_lost || compiled.changes_others; // what triggers did stays counted
        }
        if (!transaction.autocommit() && dialect::ends_transaction(*catalog(), compiled, failure))
            co_await abandon_transaction();
        co_return failed(std::move(told));
    }
}

Session::Session(Databases& databases, std::string database, std::string client)
    : impl_(std::make_unique<Impl>(databases, std::move(database), std::move(client)))
{
}

Session::~Session() = default;

asio::awaitable<std::optional<ClientError>> Session::open() { return impl_->ready(); }

asio::awaitable<Outcome> Session::run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                      RunOptions options, Lookahead* lookahead)
{
    Impl& s = *impl_;
    const bool started = start(sql, parameters, sink, options, lookahead);
    if (started) {
        if (!arrived())
            co_await s.wait(sink);
        std::optional<Outcome> finished = finish(sql, sink);
        if (finished)
            co_return std::move(*finished);
    }
    const bool counted = s.transaction.autocommit();
    s.busy = true;
    if (counted)
        ++s.shared.busy;
    Outcome outcome = co_await s.run(sql, parameters, sink, options);
    s.busy = false;
    s.release_if_free();
    if (s.transaction.autocommit())
        --s.shared.busy;
    co_return outcome;
}

asio::awaitable<Outcome> Session::run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink)
{
    RunOptions options;
    return run(sql, parameters, sink, std::move(options));
}

void Session::cancel()
{
    impl_->cancelled = true;
    if (!impl_->held.is_over())
        impl_->held.cancel();
    else if (impl_->running != nullptr)
        impl_->running->cancel();
    else if (impl_->shared_query && !impl_->shared_query->is_over())
        impl_->shared_query->cancel();
    else if (impl_->queued)
        impl_->queued->give_up();
    else if (const auto checkout = impl_->waiting.lock())
        checkout->give_up();
}

std::size_t Session::rest()
{
    Impl& impl = *impl_;
    if (impl.ahead || (impl.shared_query && !impl.shared_query->is_over()))
        return 0;
    const std::size_t bytes = impl.key.capacity() + impl.shape.text.capacity();
    impl.shared_query.reset();
    impl.key = {};
    impl.shape = {};
    return bytes;
}

bool Session::autocommit() const { return impl_->transaction.autocommit(); }

bool Session::goes_to_postgres(std::string_view sql) const { return impl_->is_raw(sql); }

} // namespace howdah::proxy
