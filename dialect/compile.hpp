// SQLite text in, PostgreSQL text out. compile.cpp fits on a screen; start reading there.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/key_tests.hpp"
#include "dialect/mirror.hpp"
#include "dialect/point_access.hpp"
#include "dialect/result.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

enum class Writers : std::uint8_t { single, concurrent };
enum class Mismatch : std::uint8_t { promote, reject };

// What a session's settings mean to the compiler. Part of a plan's key.
struct Options {
    bool case_sensitive_like = false;
    bool foreign_keys = false;
    bool recursive_triggers = false;
    bool legacy_alter_table = false;
    bool exact_arithmetic = false; // tier 2 (catalogue D2): the retry after PostgreSQL reported 22003
    // The retry of a write whose triggers broke a foreign key on the way: it is tested when the whole is done.
    bool keys_at_end = false;
    Writers writers = Writers::single;
    Mismatch mismatch = Mismatch::promote;
    // A query's rows come as PostgreSQL finds them where neither ORDER BY nor LIMIT decides; otherwise as SQLite would.
    bool any_row_order = false;
    bool operator==(const Options&) const = default;
};

// In Slot::elements: NULL.
constexpr int no_slot = -1;

// One $n of a plan: a value that the proxy computes when the statement is bound.
struct Slot {
    int parameter = 0;      // the client's parameter of this number, or
    std::string expression; // a row-independent expression in SQLite's text over ?1 … ?n, evaluated by the mirror, or
    Value literal;          // when neither is set, this value
    Affinity affinity = Affinity::none; // applied to the value before it is sent
    // The plan is valid only while the value, after `affinity`, has this class.
    StorageClass guard = StorageClass::null;
    PgType type = PgType::text; // what is sent, in binary
    // Not empty: the array of what these slots have, which are of `type`. The slot itself is NULL then.
    std::vector<int> elements;
    bool is_array() const { return !elements.empty(); }
};

// One PostgreSQL statement of a plan.
struct Step {
    enum class Role : std::uint8_t {
        internal, // its rows and its count mean nothing to the client
        rows,     // its rows are the client's
        // The number of its command tag (INSERT 0 n, UPDATE n, DELETE n, SELECT n) is changes(); its last column, when
        // `returns_rowid`, is the rowid of each new row, NULL for a row that was not inserted (an UPSERT's update).
        write,
        // OR FAIL: at most one row of seven texts (sqlstate, message, detail, schema, table, column, constraint). When
        // there is one, the statement failed with that error, and what it had done until then stays.
        failure,
    };
    std::string sql;
    std::vector<int> slots; // $1 is slots[0], an index into Compiled::slots
    // Does at once what `sql` would do for several clients, one after the other: $1 is the array of what they have for
    // slots[0], and so on. Returns their rows in their order. Empty where that cannot be (insert_many.hpp).
    std::string many;
    Role role = Role::internal;
    bool returns_rowid = false; // an extra last column, int8, that is not the client's: last_insert_rowid
    bool returns_rows = false;  // a write with RETURNING: the columns before the rowid are the client's
    bool prepare = true;        // worth a server-side prepared statement of its own
    // A write whose changes() is not the tag's count but the value of a single row's single int8 column.
    bool count_is_value = false;
};

struct Output {
    std::string name;
    std::optional<std::string> decltype_;
    PgType type = PgType::text;       // how the value arrives from PostgreSQL
    Classes classes = Classes::any(); // what it can be
};

// A column that must get a wider PostgreSQL type before the statement can run (catalogue D3).
struct Promotion {
    std::string schema, table, column; // SQLite's names
    PgType to = PgType::v;
    bool long_keys = false; // long_keys.hpp
};

struct Compiled {
    enum class Kind : std::uint8_t {
        empty,    // nothing but comments
        query,    // one step with role rows
        write,    // INSERT, UPDATE, DELETE, REPLACE
        schema,   // CREATE, ALTER, DROP: `next` is the catalog once the steps have run
        local,    // SQLite itself answers, from the mirror: no step
        session,  // BEGIN, COMMIT, SAVEPOINT, PRAGMA, ATTACH, …: the session does it
        promote,  // `promotion` must be carried out first, then the statement compiled again
        accepted, // VACUUM, ANALYZE, REINDEX: steps may be empty
    };
    Kind kind = Kind::empty;
    std::vector<Step> steps;
    std::vector<Slot> slots;
    std::vector<Output> columns;
    int parameter_count = 0;
    std::vector<std::string> parameter_names; // by number from 1
    std::shared_ptr<const Catalog> next;      // schema
    std::optional<Promotion> promotion;       // promote
    bool read_only = true;
    bool touches_temp = false; // the statement uses a TEMP object: the session must keep its connection
    bool needs_writer_lock = false;
    // OR ROLLBACK: a constraint's error ends the transaction; see ends_transaction(), constraint_message.hpp.
    bool rollback_on_constraint = false;
    bool conflict_named = false; // the statement has an OR clause, which overrides what constraints declare
    // An INSERT that fails may have moved last_insert_rowid() all the same, by the rows it put in before it failed.
    // What it is then, CompileRequest::rehearsal tells.
    bool moves_rowid_when_failing = false;
    bool counts = false; // a DDL statement that deletes rows, which changes() tells
    bool counts_when_deferring = false; // the same while PRAGMA defer_foreign_keys is ON
    // Its triggers, or the actions of foreign keys, may change rows that it does not count, and total_changes() does.
    bool changes_others = false;
    // They may do so in statements at whose end PostgreSQL tests foreign keys that SQLite tests at this one's end:
    // where that fails, Options::keys_at_end is to be tried.
    bool may_mend_keys = false;
    bool rehearsal = false; // to be run and rolled back, without foreign keys; only the rowids it tells matter
    // The table whose AUTOINCREMENT or rowid an INSERT uses; for last_insert_rowid of WITHOUT ROWID tables it is empty.
    std::string insert_table;
    MetKeys met_keys;                 // by a write, where foreign keys are enforced
    std::optional<PointAccess> point; // with concurrent writers
    bool chooses_rowids = false;      // an INSERT some of whose rows have no rowid given
    std::vector<std::string> rules;   // every rule that fired, in order
    // The parsed statement: the session reads BEGIN, PRAGMA, ATTACH, … from it. Shared, because plans are copied.
    std::shared_ptr<const Statement> statement;
};

struct CompileRequest {
    std::string_view sql; // one statement
    const Catalog& catalog;
    std::span<const Value> parameters; // bound values by number from 1; their classes choose the plan
    Options options;
    Mirror::SessionValues session;
    bool rehearsal = false; // an INSERT that failed, once more: it stops at the row that fails, and keeps the others
};

Result<Compiled> compile(const CompileRequest& request);

// For `howdah explain`: the statement after each stage.
struct Explanation {
    std::string tokens, tree, resolved;
    std::vector<std::string> rules;
    std::optional<Compiled> compiled;
    std::optional<Error> error;
};
Explanation explain(const CompileRequest& request);

// The steps that carry out a Promotion, and the catalog after it. Throws Error.
struct PromotionPlan {
    std::vector<Step> steps;
    std::shared_ptr<const Catalog> next;
};
PromotionPlan plan_promotion(const Catalog& catalog, const Promotion& promotion, const Options& options = {});

} // namespace howdah::dialect
