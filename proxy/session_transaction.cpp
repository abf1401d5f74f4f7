// BEGIN, COMMIT, ROLLBACK, SAVEPOINT, RELEASE: statements that the session itself carries out.
#include "proxy/session_impl.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace howdah::proxy {

asio::awaitable<Outcome> Session::Impl::run_session_statement(std::string_view sql, std::span<const Value> parameters,
                                                              const dialect::Compiled& plan, ReplySink& sink)
{
    const auto keep = plan.statement;
    const dialect::StatementNode& node = keep->node;
    if (const auto* begin = std::get_if<dialect::Begin>(&node))
        co_return co_await run_begin(begin->mode);
    if (std::holds_alternative<dialect::Commit>(node))
        co_return co_await run_transaction_plan(transaction.commit(), true, "COMMIT");
    if (const auto* rollback = std::get_if<dialect::Rollback>(&node)) {
        auto ending =
            rollback->savepoint.empty() ? transaction.rollback() : transaction.rollback_to(rollback->savepoint.text);
        co_return co_await run_transaction_plan(std::move(ending), false, "ROLLBACK");
    }
    if (const auto* release = std::get_if<dialect::Release>(&node)) {
        auto ending = transaction.release(release->name.text);
        const bool commits = ending.ends_transaction;
        co_return co_await run_transaction_plan(std::move(ending), commits, "RELEASE");
    }
    if (const auto* savepoint = std::get_if<dialect::Savepoint>(&node)) {
        if (transaction.autocommit())
            transaction_catalog = own_catalog;
        pool::Batch batch;
        for (std::string& statement : transaction.savepoint(savepoint->name.text))
            batch.commands.push_back(control(std::move(statement)));
        mark_catalogs.push_back(own_catalog);
        if (!batch.commands.empty()) {
            pool::BatchResult result;
            const Attempt attempt = co_await send(*lease, batch, result);
            if (attempt.world) {
                lost_transaction();
                co_return failed(client_error(*attempt.world, true));
            }
        }
        Outcome o = outcome();
        o.tag = "SAVEPOINT";
        co_return o;
    }
    if (const auto* pragma = std::get_if<dialect::Pragma>(&node))
        co_return co_await run_pragma(sql, *pragma, sink);
    if (std::holds_alternative<dialect::Attach>(node) || std::holds_alternative<dialect::Detach>(node))
        co_return co_await run_attach(node, parameters);
    co_return failed(make_error(1, "howdah: this statement is not supported", "0A000"));
}

asio::awaitable<Outcome> Session::Impl::run_begin(dialect::Begin::Mode mode)
{
    const CatalogPtr before = own_catalog;
    if (const auto error = transaction.begin())
        co_return failed(make_error(1, *error, "25001"));
    transaction_catalog = before;
    Outcome o = outcome();
    o.tag = "BEGIN";
    if (mode == dialect::Begin::Mode::deferred)
        co_return o;

    // IMMEDIATE and EXCLUSIVE take the writer's place now; the lock comes before any snapshot, so that one who had to
    // wait for it sees what the one before has written.
    const bool takes_lock = options.writers == dialect::Writers::single;
    if (takes_lock) {
        Attempt waiting_for_turn;
        const bool may_try = co_await take_turn(waiting_for_turn);
        if (!may_try) {
            transaction.ended();
            if (waiting_for_turn.world)
                co_return failed(client_error(*waiting_for_turn.world, false));
            bool bug = false;
            co_return failed(client_error(*waiting_for_turn.server, nullptr, bug));
        }
    }
    Packet packet;
    for (std::string& statement : transaction.opening())
        packet.add(std::move(statement));
    if (busy_timeout_ms != default_busy_timeout_ms)
        set_lock_timeout(packet);
    if (takes_lock)
        for (const std::string& statement : database->writer_locks().of(*catalog(), false))
            packet.add(statement);
    std::optional<pool::Lease> own;
    pool::Lease* use = nullptr;
    if (auto error = co_await acquire(own, use)) {
        transaction.ended();
        turn.reset();
        co_return failed(client_error(*error, false));
    }
    pool::BatchResult result;
    const Attempt attempt = co_await send(*use, packet.batch, result);
    if (attempt.world) {
        lost_transaction();
        co_return failed(client_error(*attempt.world, false));
    }
    if (own)
        lease = std::move(own);
    transaction.opened();
    if (attempt.server) {
        bool bug = false;
        ClientError error = client_error(*attempt.server, nullptr, bug);
        co_await abandon_transaction();
        co_return failed(std::move(error));
    }
    note_settings(packet);
    if (takes_lock)
        transaction.took_writer_lock();
    co_return outcome_with("BEGIN");
}

asio::awaitable<Outcome> Session::Impl::run_transaction_plan(Transaction::Plan plan, bool committing, std::string tag)
{
    if (!plan.error.empty())
        co_return failed(make_error(1, plan.error, plan.error.starts_with("no such savepoint") ? "3B001" : "25P01"));
    if (!plan.send.empty()) {
        const bool checks = committing && transaction.has_keys_to_test();
        const bool looks =
            checks && options.writers == dialect::Writers::concurrent && !rows.active() && !changed_schema;
        Attempt attempt;
        if (looks)
            attempt = co_await look_for_unseen();
        pool::Batch batch;
        if (checks && !looks)
            put_key_tests(batch);
        std::optional<SharedFlush::Writer> writer;
        if (committing && transaction.writer_locked())
            writer.emplace(database->flush());
        const bool hands_on = writer && database->flush().worth_it();
        if (hands_on)
            batch.commands.push_back(control("SET LOCAL synchronous_commit = 'off'"));
        for (const std::string& statement : plan.send)
            batch.commands.push_back(control(statement));
        pool::BatchResult result;
        if (attempt.ok())
            attempt = co_await send(*lease, batch, result);
        if (attempt.world) {
            lost_transaction();
            co_return failed(client_error(*attempt.world, true));
        }
        // A row that a key looks for and that is not there cannot be locked: an ordinary transaction looks again.
        if (attempt.server && checks && rows.active() && attempt.server->sqlstate == "23503") {
            const bool left = co_await leave_rows();
            if (!left)
                co_return cannot_leave_rows();
            co_return co_await run_transaction_plan(std::move(plan), committing, std::move(tag));
        }
        if (attempt.server) {
            bool bug = false;
            ClientError error = client_error(*attempt.server, catalog().get(), bug);
            pool::Batch undo;
            undo.commands.push_back(control("ROLLBACK TO SAVEPOINT howdah_commit"));
            undo.commands.push_back(control("RELEASE SAVEPOINT howdah_commit"));
            pool::BatchResult undone;
            const bool open = checks && (result.transaction_status == 'E' || looks);
            if (!open || !(co_await send(*lease, undo, undone)).ok())
                lost_transaction();
            co_return failed(std::move(error));
        }
        if (hands_on) {
            writer.reset();
            turn.reset();
            const bool keep = pinned_by_temp;
            auto error = co_await database->flush().flush(lease, keep);
            if (error) {
                end_transaction(true);
                co_return failed(client_error(*error, true));
            }
        }
    }
    if (plan.ends_transaction) {
        end_transaction(committing);
    } else {
        const bool rolled_back = tag == "ROLLBACK";
        if (rolled_back && plan.keep > 0 && changed_schema)
            own_catalog = mark_catalogs[plan.keep - 1];
        mark_catalogs.resize(plan.keep);
        transaction.done(plan);
        if (!transaction.writer_locked())
            turn.reset();
    }
    co_return outcome_with(std::move(tag));
}

Outcome Session::Impl::outcome_with(std::string tag) const
{
    Outcome o = outcome();
    o.tag = std::move(tag);
    return o;
}

// The transaction is over on the server: what the session kept for it goes with it.
void Session::Impl::end_transaction(bool committed)
{
    transaction.ended();
    rows.end();
    turn.reset();
    mark_catalogs.clear();
    end_deferral();
    for (auto it = portals.begin(); it != portals.end();)
        it = portals.erase(it);
    if (changed_schema) {
        changed_schema = false;
        const CatalogPtr next = committed ? own_catalog : transaction_catalog;
        const CatalogPtr base = base_catalog;
        own_catalog = nullptr;
        if (committed && next) {
            if (is_own(*next)) {
                adopt_own_catalog(next);
            } else {
                database->publish(base, next);
            }
        } else {
            own_catalog = transaction_catalog;
        }
    }
    transaction_catalog = nullptr;
    release_if_free();
}

void Session::Impl::lost_transaction()
{
    const bool had_private_tables = pinned_by_temp;
    lease.reset();
    pinned_by_temp = false;
    end_transaction(false);
    if (had_private_tables)
        lose_private_tables();
}

bool Session::Impl::is_own(const dialect::Catalog& catalog)
{
    return catalog.pg_schema("main") == "pg_temp" || catalog.placements().size() > 1 ||
           std::any_of(catalog.rows().begin(), catalog.rows().end(),
                       [](const dialect::SchemaRow& row) { return row.schema != "main"; });
}

asio::awaitable<bool> Session::Impl::roll_back()
{
    pool::Batch batch;
    batch.commands.push_back(control("ROLLBACK"));
    pool::BatchResult result;
    const Attempt attempt = co_await send(*lease, batch, result);
    co_return attempt.ok();
}

asio::awaitable<void> Session::Impl::abandon_transaction()
{
    if (transaction.on_server() && lease) {
        const bool rolled_back = co_await roll_back();
        if (!rolled_back)
            lease.reset();
    }
    end_transaction(false);
}

// A connection is held for a transaction, for TEMP objects and for open portals, and for nothing else.
void Session::Impl::release_if_free()
{
    if (lease && transaction.autocommit() && !pinned_by_temp && portals.empty())
        lease.reset();
    const char* reason = !lease                      ? nullptr
                         : !transaction.autocommit() ? "transaction"
                         : pinned_by_temp            ? "temp"
                                                     : "portal";
    if (pin_reason == reason)
        return;
    if (pin_reason != nullptr)
        --shared.totals.pins[pin_reason];
    if (reason != nullptr)
        ++shared.totals.pins[reason];
    pin_reason = reason;
}

asio::awaitable<Outcome> Session::fetch(std::string_view portal, std::int32_t max_rows, ReplySink& sink)
{
    return impl_->fetch(portal, max_rows, sink);
}

asio::awaitable<void> Session::close_portal(std::string_view portal) { return impl_->close_portal(portal); }

asio::awaitable<void> Session::sync()
{
    Impl& s = *impl_;
    if (!s.transaction.autocommit())
        co_return;
    while (!s.portals.empty()) {
        const std::string name = s.portals.begin()->first;
        co_await s.close_portal(name);
    }
    s.release_if_free();
}

asio::awaitable<void> Session::close()
{
    Impl& s = *impl_;
    const bool counted = !s.transaction.autocommit();
    s.ahead.reset();
    s.portals.clear();
    co_await s.abandon_transaction();
    if (counted)
        --s.shared.busy;
    if (s.pinned_by_temp && s.lease)
        s.lease->mark_dirty();
    s.pinned_by_temp = false;
    s.release_if_free();
}

} // namespace howdah::proxy
