// The inside of a Session, shared by the files that implement it: session (plans and dispatch), session_execute
// (statements on the server), session_transaction (BEGIN … RELEASE), session_keys (foreign keys that wait for
// COMMIT), session_pragma, session_raw (PostgreSQL's own SQL).
#pragma once

#include "dialect/compile.hpp"
#include "dialect/shape.hpp"
#include "proxy/ahead.hpp"
#include "proxy/client_error.hpp"
#include "proxy/database.hpp"
#include "proxy/held_answer.hpp"
#include "proxy/row_transaction.hpp"
#include "proxy/sending.hpp"
#include "proxy/session.hpp"
#include "proxy/shared_query.hpp"
#include "proxy/transaction.hpp"


#include <functional>
#include <map>
#include <optional>

namespace howdah::proxy {

using CatalogPtr = std::shared_ptr<const dialect::Catalog>;

struct Session::Impl {
    Impl(Databases& databases_, std::string name_, std::string client_);
    ~Impl();

    Databases& databases;
    Databases::Impl& shared;
    std::string name;   // of the database, as the client gave it
    std::string client; // for logs
    std::shared_ptr<Database> database;

    // What SQLite keeps per connection.
    Transaction transaction;
    dialect::Options options;
    dialect::Mirror::SessionValues values;
    bool query_only = false;
    bool full_column_names = false, short_column_names = true, count_changes = false;
    bool defer_foreign_keys = false;
    bool told_recursive_triggers = false; // PRAGMA recursive_triggers was on once: every write says what it is now
    std::int64_t busy_timeout_ms = default_busy_timeout_ms;
    std::unique_ptr<dialect::Mirror> settings; // answers PRAGMAs that set and read back; made when first needed

    // The catalog this session sees when it differs from the database's: DDL not committed yet, TEMP objects.
    CatalogPtr own_catalog;
    CatalogPtr base_catalog;               // what own_catalog was made from
    CatalogPtr transaction_catalog;        // own_catalog when the transaction began (null: none)
    std::vector<CatalogPtr> mark_catalogs; // own_catalog when each open savepoint was made
    bool changed_schema = false;           // this transaction has run DDL
    bool parses_anew = false;              // what was prepared for the statement that runs proved stale

    // The connection held across statements, and why.
    std::optional<pool::Lease> lease;
    bool pinned_by_temp = false;
    int private_databases = 0;        // made by ATTACH so far
    const char* pin_reason = nullptr; // as counted in Totals::pins
    struct Portal {
        Plan plan;
        bool own_transaction = false; // opened outside a transaction: ends at Sync
        std::uint64_t rows = 0;
    };
    std::map<std::string, std::shared_ptr<Portal>, std::less<>> portals;

    // The right to have the writer lock: kept while the transaction has it.
    std::optional<WriterQueue::Turn> turn;

    // What cancel() reaches: the lease that runs now, or the wait for one, or for the writer's turn.
    pool::Lease* running = nullptr;
    WriterQueue::Place* queued = nullptr;
    std::weak_ptr<pool::Checkout> waiting;
    bool cancelled = false;
    bool busy = false;
    std::unique_ptr<SharedQuery> shared_query; // made when first needed; runs while !is_over()

    static constexpr std::int64_t default_busy_timeout_ms = 5000; // the pool's lock_timeout (databases.cpp)

    // -- session.cpp
    boost::asio::awaitable<std::optional<ClientError>> ready();
    const CatalogPtr& catalog() const { return own_catalog ? own_catalog : database->catalog(); }
    boost::asio::awaitable<Outcome> run(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                        const RunOptions& run_options);
    boost::asio::awaitable<Outcome> run_as_usual(std::string_view sql, std::span<const Value> parameters,
                                                 ReplySink& sink, const RunOptions& run_options);
    boost::asio::awaitable<Outcome> run_local(std::string_view sql, std::span<const Value> parameters,
                                              const dialect::Compiled& plan, ReplySink& sink);
    void note_vacuum(const dialect::Vacuum& vacuum);
    std::vector<Column> local_columns(std::string_view sql, std::span<const Value> parameters,
                                      const dialect::Compiled& plan);
    Outcome outcome() const; // counters and transaction state as they are now
    Outcome outcome_of(const CachedPlan& plan, const Attempt& attempt); // which has succeeded
    Outcome failed(ClientError error);
    void adopt_catalog(CatalogPtr next);
    void adopt_own_catalog(CatalogPtr next);

    // -- session_plan.cpp
    std::optional<std::vector<Value>> slot_values(const dialect::Compiled& plan, std::span<const Value> parameters);
    std::string key;      // scratch
    dialect::Shape shape; // of the statement that is looked for or runs
    std::map<std::string, std::vector<std::string>, std::less<>> parameter_names; // by a statement's text
    // What the cache has. Whoever uses it counts it in Totals::plan_hits.
    std::optional<Planned> find_plan(std::string_view sql, std::span<const Value> parameters,
                                     const dialect::Options& with);
    // The same of a statement as its client sent it, with or without its literals; not of one with too many values.
    std::optional<Planned> find_known(std::string_view sql, std::span<const Value> parameters);
    std::variant<Planned, dialect::Error> plan(std::string_view sql, std::span<const Value> parameters,
                                               const dialect::Options& with);
    // The statement in the form in which it has a plan, or gets one: without its literals, where that can be.
    struct Text {
        std::string_view sql;
        std::span<const Value> parameters;
    };
    Text text_to_plan(std::string_view sql, std::span<const Value> parameters, const dialect::Options& with);

    // -- session_answers.cpp
    bool answers_as_set() const { return full_column_names || !short_column_names || count_changes; }
    dialect::Mirror::Answer prepare_as_set(std::string_view sql) const;
    void describe_as_set(std::string_view sql, Description& description) const;

    // -- session_short.cpp
    // Sends a planned statement that needs no coroutine. False: nothing has happened, run() is the way.
    bool start(std::string_view sql, std::span<const Value> parameters, ReplySink& sink, const RunOptions& run_options,
               Lookahead* lookahead);
    bool arrived() const;
    boost::asio::awaitable<void> wait(ReplySink& sink);
    // nullopt: the statement is to be run the ordinary way, which goes on with `unfinished` if there is one.
    std::optional<Outcome> finish(std::string_view sql, ReplySink& sink);
    enum class Short { none, shared, held, ahead, begin, commit, rollback } way = Short::none;
    bool counts_as_busy = false; // what start() has sent, beside an open transaction
    bool start_shared(Planned& found, ReplySink& sink, Lookahead* lookahead);
    bool start_held(Planned& found, ReplySink& sink, const RunOptions& run_options, Lookahead* lookahead);
    bool drop_sending();
    bool start_control(const dialect::StatementNode& node);
    std::optional<Outcome> finish_shared(std::string_view sql, ReplySink& sink);
    std::optional<Outcome> finish_held(ReplySink& sink);
    void learn_times(const Sending& first) const;
    // `kept`: what it has returned before its turn.
    std::optional<Outcome> finish_sent(std::unique_ptr<Sending> sent, Attempt attempt, ReplySink& sink,
                                       std::unique_ptr<KeptRows> kept);
    Outcome finish_transaction(bool committed, pool::Result<pool::BatchResult> answer);
    // What start() sent on a connection of the session's own; `held` has its answer.
    std::unique_ptr<Sending> sending;
    HeldAnswer held;
    std::optional<SharedFlush::Writer> committing;
    // An attempt that needs more than plain success does.
    struct Unfinished {
        std::unique_ptr<KeptRows> rows; // which its sinks fill
        std::unique_ptr<Sending> sending;
        Attempt attempt;
    };
    std::unique_ptr<Unfinished> unfinished; // mostly there is none, and it is large

    // -- session_ahead.cpp
    std::unique_ptr<Ahead> ahead;  // never empty
    std::size_t without_ahead = 0; // so many writes are sent alone
    std::optional<Planned> find_ahead(const Foreseen& next);
    void share_ahead(Lookahead& lookahead);
    void send_ahead(Lookahead& lookahead);
    bool shares_commit(const CachedPlan& plan) const;
    bool may_be_followed(const Sending& before) const;
    void expect_success(const Sending& before);
    bool add_behind(SentAhead& statement, const Foreseen& next, const Sending& last,
                    const std::vector<const Planned*>& before, double& room);
    bool start_ahead(std::string_view sql, std::span<const Value> parameters, ReplySink& sink);
    void pop_ahead();
    std::optional<pool::Result<pool::BatchResult>> first_answer(Sending& first);
    std::string to_undo; // by run(), before anything else
    boost::asio::awaitable<std::optional<ClientError>> undo_packet();
    std::optional<Outcome> finish_ahead(ReplySink& sink);
    void drop_ahead();

    // -- session_group.cpp
    bool may_join_group(const Sending& sending, WriteGroups::Clock::time_point now) const;
    WriteGroups::Keys keys_of_group() const;
    // Where something is under way for which `sending` can wait. False: it goes on its own.
    bool start_in_group(ReplySink& sink, const RunOptions& run_options, Lookahead* lookahead);
    // What is known of a write from its run.
    static void learn(Sending& sending, const Attempt& attempt);

    // -- session_access.cpp
    // A connection: the held one, or one for this statement alone (kept in `own`).
    boost::asio::awaitable<std::optional<pool::Error>> acquire(std::optional<pool::Lease>& own, pool::Lease*& use);
    // One of the pool's, waited for; not longer than this, where there is a limit.
    boost::asio::awaitable<pool::Result<pool::Lease>>
    wait_for_connection(std::optional<std::chrono::milliseconds> longest);
    // The writer's turn, if it can be had without waiting or is not needed.
    bool try_turn();
    // Takes the writer's turn where there is one to wait for. False: SQLITE_BUSY, or interrupted (`attempt` says it).
    boost::asio::awaitable<bool> take_turn(Attempt& attempt);
    void end_turn();

    // -- session_execute.cpp
    boost::asio::awaitable<Attempt> execute(Planned planned, ReplySink& sink, const RunOptions& run_options);
    // The stages of execute(). What is sent, before what it needs is there; its packet; after the answer: what the
    // session knows from it, what an error leaves to be done, what a success means, and what comes after that.
    void intend(Sending& sending, Planned planned, const RunOptions& run_options) const;
    void assemble(Sending& sending, ReplySink& sink, const RunOptions& run_options);
    static Attempt answer_of(pool::Result<pool::BatchResult> answered, pool::BatchResult& result);
    void note(Sending& sending, Attempt& attempt);
    boost::asio::awaitable<void> undo(Sending& sending, Attempt& attempt);
    void succeed(Sending& sending, Attempt& attempt);
    boost::asio::awaitable<void> follow_up(Sending& sending, Attempt& attempt, const RunOptions& run_options);
    // What becomes of an attempt that has its answer.
    boost::asio::awaitable<void> conclude(Sending& sending, Attempt& attempt, const RunOptions& run_options);
    // Of a statement that writes: the lock is not had yet.
    bool needs_lock(const CachedPlan& plan) const
    {
        return plan.needs_writer_lock && options.writers == dialect::Writers::single && !transaction.writer_locked();
    }
    // When the foreign keys that the plan can meet are tested. DROP TABLE deletes its rows, too.
    dialect::KeyTests key_tests(const CachedPlan& plan) const
    {
        using Kind = dialect::Compiled::Kind;
        if (!options.foreign_keys || plan.kind == Kind::query)
            return dialect::KeyTests::none;
        return plan.kind == Kind::write ? plan.met_keys.tests : dialect::KeyTests::at_commit;
    }
    bool keys_wait_for_commit() const { return defer_foreign_keys && !transaction.autocommit(); }
    // What the server keeps for the transaction from a statement that has succeeded.
    void note_keys(const CachedPlan& plan);
    // Others may have committed rows that refer to what the plan deletes, and that the transaction's snapshot lacks.
    bool may_leave_unseen(const CachedPlan& plan) const;
    // Whether they have; to be asked when the keys have been tested, before COMMIT.
    boost::asio::awaitable<Attempt> look_for_unseen();

    // -- session_keys.cpp
    // Deferred foreign keys are tested before the COMMIT, so that a violation leaves the transaction open, as SQLite
    // does; PostgreSQL's own test at COMMIT would end it.
    void put_key_tests(pool::Batch& batch) const;
    // A schema change met tests that wait, or found a key broken that is tested at COMMIT. Once settle_keys() has made
    // room it may be tried again.
    bool may_settle_keys(const pool::ServerError& error) const;
    boost::asio::awaitable<std::optional<ClientError>> settle_keys(const pool::ServerError& met);
    // The transaction is lost.
    ClientError give_up(const Attempt& attempt);
    // PRAGMA defer_foreign_keys has another value in a transaction that has met keys.
    boost::asio::awaitable<std::optional<ClientError>> change_deferral();

    // -- session_execute.cpp
    // What a transaction keeps, put at a packet's beginning; noted when the server has it.
    void set_lock_timeout(Packet& packet) const;
    static void enforce_keys(Packet& packet, bool asks_for_unseen);
    void note_settings(const Packet& packet);
    // The lock_timeout (ms) that means busy_timeout to PostgreSQL, for which 0 is no limit.
    std::int64_t lock_timeout() const { return busy_timeout_ms > 0 ? busy_timeout_ms : 1; }
    boost::asio::awaitable<Attempt> send(pool::Lease& on, const pool::Batch& batch, pool::BatchResult& result);
    // After an INSERT failed: last_insert_rowid() as SQLite has it then.
    boost::asio::awaitable<void> learn_last_rowid(std::string_view sql, std::span<const Value> parameters,
                                                  const dialect::Options& with);
    boost::asio::awaitable<std::optional<ClientError>> promote(const dialect::Promotion& promotion);
    // What a statement met only because others write at the same time: done away with, it may be tried once more.
    boost::asio::awaitable<bool> may_try_again(const CachedPlan& plan, const Attempt& attempt, int tries);
    // What is SQLITE_BUSY to the client, because of another transaction.
    static pool::ServerError conflict(std::string_view why);
    void lost_transaction();
    boost::asio::awaitable<Outcome> fetch(std::string_view portal, std::int32_t max_rows, ReplySink& sink);
    boost::asio::awaitable<void> close_portal(std::string_view portal);

    // -- session_rows.cpp
    RowTransaction rows;
    // Makes the RowTransaction, if there is one, a transaction under REPEATABLE READ that has told its client the same.
    // False: that cannot be, the transaction is gone, and SQLITE_BUSY is the answer.
    boost::asio::awaitable<bool> leave_rows(bool after_deadlock = false);
    // Rolls back and waits a little. False: there is no point in going on.
    boost::asio::awaitable<bool> give_way(int tries);
    static RowTransaction::Answer row_answer(const dialect::Step& step, const StepSink& sink,
                                             const pool::CommandResult& result);
    // It fits, does not touch the server, or ends the transaction.
    bool may_stay_by_rows(const Planned& planned, const RunOptions& run_options) const;
    Outcome cannot_leave_rows();

    // -- session_transaction.cpp
    boost::asio::awaitable<Outcome> run_session_statement(std::string_view sql, std::span<const Value> parameters,
                                                          const dialect::Compiled& plan, ReplySink& sink);
    boost::asio::awaitable<Outcome> run_begin(dialect::Begin::Mode mode);
    boost::asio::awaitable<Outcome> run_transaction_plan(Transaction::Plan plan, bool committing, std::string tag);
    // ROLLBACK on the held connection. False: it is not known what has become of the transaction.
    boost::asio::awaitable<bool> roll_back();
    boost::asio::awaitable<void> abandon_transaction();
    Outcome outcome_with(std::string tag) const;
    void end_deferral();
    void end_transaction(bool committed);
    void release_if_free();

    // What the session sees that others do not: TEMP objects, attached databases.
    static bool is_own(const dialect::Catalog& catalog);

    // -- session_attach.cpp
    boost::asio::awaitable<Outcome> run_attach(const dialect::StatementNode& node, std::span<const Value> parameters);
    boost::asio::awaitable<Outcome> attach(std::string name_of_file, std::string schema);
    boost::asio::awaitable<Outcome> detach(std::string schema);
    void change_catalogs(const std::function<CatalogPtr(const dialect::Catalog&)>& change);
    void lose_private_tables();

    // -- session_pragma.cpp
    boost::asio::awaitable<Outcome> run_pragma(std::string_view sql, const dialect::Pragma& pragma, ReplySink& sink);
    dialect::Mirror::PragmaAnswer set_or_read(const std::string& pragma_name, const dialect::Pragma& pragma);
    boost::asio::awaitable<Outcome> run_persistent_pragma(std::string name_of, const dialect::Pragma& pragma,
                                                          ReplySink& sink);
    boost::asio::awaitable<Outcome> run_foreign_key_check(const dialect::Pragma& pragma, ReplySink& sink);

    // -- session_raw.cpp
    bool is_raw(std::string_view sql) const;
    boost::asio::awaitable<Outcome> run_raw(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                            const RunOptions& run_options);
    boost::asio::awaitable<Outcome> finish_raw(Attempt attempt, const pool::BatchResult& result, pool::Lease& on,
                                               std::uint64_t rows, bool has_columns);
    static pool::Param raw_text(const Value& value);
    boost::asio::awaitable<Description> describe_raw(std::string_view sql);
};

// No portal, no limit. A named object, because GCC 12 destroys a braced temporary in a co_await expression twice (bug
// 107288 and its kin).
inline const RunOptions all_rows;

} // namespace howdah::proxy
