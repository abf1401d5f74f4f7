// One attempt to run a plan's steps on a server connection: what goes into the packet, and what the session keeps until
// the answer has come.
#pragma once

#include "proxy/plan_cache.hpp"
#include "proxy/shared_flush.hpp"
#include "proxy/step_sink.hpp"
#include "proxy/transaction.hpp"
#include "proxy/write_groups.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace howdah::proxy {

// Statements that a batch needs around a plan's own, as commands. Plain SQL without parameters; prepared on the server.
pool::Command control(std::string sql);

// A plan's steps as commands, with what must stand before and after them in the same packet.
struct Packet {
    pool::Batch batch;
    std::size_t after_opening = 0;  // commands before this one open the transaction
    std::size_t after_settings = 0; // that the transaction keeps
    bool sets_lock_timeout = false, enforces_keys = false;
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

// A plan with what each of its slots has for the bound parameters.
struct Planned {
    Plan plan;
    std::vector<Value> slots;
};

// How an attempt has ended.
struct Attempt {
    std::optional<pool::ServerError> server; // the server refused
    std::optional<pool::Error> world;        // no connection, or it broke
    std::optional<dialect::Error> decoding;  // a row was not what the plan says: a mistake of the compiler
    std::optional<pool::ServerError> kept;   // OR FAIL: the statement failed, and what it did before stays
    bool at_lock = false;                    // the writer lock was what failed
    bool rows_sent = false;                  // the sink has rows of this attempt
    bool suspended = false;
    bool unfit = false; // in a RowTransaction it failed, or met no row of its own: leave_rows(), and once more
    std::uint64_t rows = 0;
    std::int64_t changes = 0;
    std::optional<std::int64_t> last_rowid;
    bool transaction_lost = false; // it could not be undone alone
    bool ok() const { return !server && !world && !decoding; }
};

// The number at the end of a command tag: "INSERT 0 3" is 3.
std::int64_t count_of(std::string_view tag);
// Moves the results of the commands from `begin` to `end`, as far as there are any.
std::vector<pool::CommandResult> take_results(pool::BatchResult& from, std::size_t begin, std::size_t end);
// A slot of the plan as it is sent. Throws dialect::Error for a value that PostgreSQL cannot hold.
pool::Param slot_param(const CachedPlan& plan, std::span<const Value> values, int slot);

// A plan's step, which must live until the command has been asked, with the values of its slots. Throws dialect::Error
// for a value that PostgreSQL cannot hold.
pool::Command step_command(const Planned& planned, const dialect::Step& step);
// What its parameters take, roughly.
std::size_t bytes_of(const pool::Batch& batch);

struct Sending {
    Planned planned;
    bool writes = false;          // not a query
    bool portal = false;          // a query whose rows are fetched in parts
    bool inside = false;          // a transaction of the client's
    bool own_transaction = false; // one for this statement
    bool by_rows = false;         // in a RowTransaction
    bool lock = false;            // takes the writer lock
    bool hands_on = false;        // commits with the flush left to SharedFlush
    bool behind = false;          // in the packet of another statement of the same transaction
    bool unguarded = false;       // behind, and undone with all of its packet
    bool grouped = false;         // in a group with others' writes, which has what is around the steps
    Packet packet;
    Transaction::Guard guard;
    std::vector<std::unique_ptr<StepSink>> sinks; // of the plan's steps
    FailureSink failure;
    std::optional<SharedFlush::Writer> writer;
    std::optional<WriteGroups::Alone> alone;
    std::optional<pool::Lease> own; // a connection for this statement alone
    pool::BatchResult result;
    pool::RunEstimate::Clock::time_point asked{};
};

} // namespace howdah::proxy
