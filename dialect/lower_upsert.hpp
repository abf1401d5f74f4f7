// ON CONFLICT … DO … and REPLACE as parts of an INSERT.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/insert_policy.hpp"

#include <functional>
#include <optional>
#include <string>

namespace howdah::dialect {

class Lowering;

// While it lives, excluded.x of a DO UPDATE where the rowid is taken is what VALUES says, of whatever class: SQLite
// looks at the rowid before it converts the new row to its columns' affinities. CHECK, generated columns and another
// clause before this one have it converted by then.
class Unconverted {
public:
    Unconverted(const Insert& insert, const Table& table, const UpsertClause& clause, const Key& key,
                Lowering& lowering);
    ~Unconverted();
    Unconverted(const Unconverted&) = delete;
    Unconverted& operator=(const Unconverted&) = delete;

private:
    std::optional<Fragment> operator()(const Expr& e) const;
    const Expr* value_of(int column) const;

    const Insert& insert_;
    const Table& table_;
    Lowering& lowering_;
    const std::function<std::optional<Fragment>(const Expr&)> around_;
};

// " ON CONFLICT … DO …" of the policy's form; nothing for forms plain, replace and probe. `names` are the inserted
// columns, quoted: a rewrite takes all of them from the new row, and the rest of the table's columns are NULL.
std::string on_conflict(const Insert& insert, const Table& table, const InsertPolicy& policy, Lowering& lowering);

// The condition that a row `alias` of the table conflicts with the new row `other` on any of the rules' keys.
std::string conflicts(const Table& table, const std::vector<KeyRule>& rules, std::string_view alias,
                      std::string_view other, Lowering& lowering);

// `sql`, a DELETE that makes room for a new row, as a statement of PL/pgSQL: it fires triggers only under PRAGMA
// recursive_triggers, which REPLACE governs, whether `statement` says so or the constraint.
std::string replacing(const Table& table, const std::string& sql, ConflictAction statement, const Lowering& lowering);

// The clauses that the triggers of an INSERT must be told. The UPDATE of an upsert is under ABORT, whatever its INSERT
// says.
struct InsertClauses {
    ConflictAction all = ConflictAction::unspecified; // the whole statement's
    bool updates_apart = false;                       // where those of DO UPDATE must be told another, ABORT
};
// Whether a constraint of the table that the INSERT breaks ends the transaction.
bool may_roll_back(const Insert& insert, const Table& table);
InsertClauses clauses_to_tell(const Insert& insert, const Table& table, const Lowering& lowering);

} // namespace howdah::dialect
