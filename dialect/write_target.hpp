// What INSERT, UPDATE and DELETE do before anything else: see that the table can be written to, and tell the session
// what the write needs.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/lower.hpp"
#include "dialect/scope.hpp"
#include "dialect/store.hpp"

#include <variant>

namespace howdah::dialect {

// What a resolved INSERT, UPDATE or DELETE writes to; null for any other statement. `Node`: a variant of statements.
template <typename Node>
const Table* written_table(const Node& statement)
{
    if (const auto* insert = std::get_if<Insert>(&statement))
        return insert->target ? insert->target->table : nullptr;
    if (const auto* update = std::get_if<Update>(&statement))
        return update->table.source ? update->table.source->table : nullptr;
    const auto* deletion = std::get_if<Delete>(&statement);
    return deletion && deletion->table.source ? deletion->table.source->table : nullptr;
}

// Sets the flags of a write to `table`. Throws for what cannot be written to.
void begin_write(const Table& table, ConflictAction conflict, Lowering& lowering, Compiled& out);

// Throws a refusal() for DROP TABLE, ALTER TABLE, CREATE INDEX and CREATE TRIGGER of a table in which SQLite keeps a
// virtual table's data: there is none on the server that could change.
void refuse_shadow_table(const Statement& statement, const Catalog& catalog);

// Runs `lower`. A PromotionNeeded that it throws makes `out` one of kind promote.
template <typename Lower>
void with_promotions(Compiled& out, Lower lower)
try {
    lower();
} catch (const PromotionNeeded& needed) {
    out.kind = Compiled::Kind::promote;
    out.promotion = needed.promotion;
    out.steps.clear();
}

// What SQLite's own writes to the tables behind a virtual one leave as last_insert_rowid() after an UPDATE or DELETE,
// in terms of the changed row; empty when they leave it alone. fts5 and fts3 write
// the row again, fts4 its statistics, row 0, an R-Tree its root, node 1.
std::string rowid_left_behind(const Table& table, bool is_update);
// The UPDATE or DELETE as a step that tells it.
Step write_leaving_rowid(const std::string& sql, const std::string& rowid, Lowering& lowering);

} // namespace howdah::dialect
