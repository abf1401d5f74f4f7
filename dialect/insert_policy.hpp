// What an INSERT does about rows that conflict with rows that are there, and in which form PostgreSQL does the same.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/insert_rows.hpp"
#include "dialect/lower_returning.hpp"
#include "dialect/write_keys.hpp"

#include <vector>

namespace howdah::dialect {

class Lowering;

// One key of the table, and what a row that breaks it meets.
struct KeyRule {
    Key key;
    ConflictAction action = ConflictAction::abort;
    const UpsertClause* upsert = nullptr; // this clause, instead of `action`
};

struct InsertPolicy {
    enum class Form : std::uint8_t {
        plain,   // INSERT: the first conflict is an error
        nothing, // ON CONFLICT DO NOTHING
        upsert,  // ON CONFLICT (the key of rules.front()) DO …
        rewrite, // REPLACE where one key alone can conflict and nobody can tell an update from a delete and an insert
        replace, // REPLACE of one row: WITH d AS (DELETE …) INSERT …
        probe,   // row by row, key by key
    };
    Form form = Form::plain;
    std::vector<KeyRule> rules; // in the order SQLite checks them; keys that cannot conflict are left out
};

// `foreign_keys`: they may be enforced when it runs, which for a trigger's statement is always so.
InsertPolicy insert_policy(const Insert& insert, const Table& table, const InsertRows& rows, const Catalog& catalog,
                           bool foreign_keys);

// Whether the largest rowid is the one that the statement has inserted last, as nothing else inserts, deletes or
// renumbers rows while it runs.
bool alone_chooses_rowids(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy,
                          const Lowering& lowering);

// The events are those of the rows that DO UPDATE changes and REPLACE takes, too.
ReturningView insert_returning_view(const Insert& insert, const Table& table, const InsertPolicy& policy,
                                    const Lowering& lowering);

// For OR IGNORE: the condition, over the alias "n", that a row breaks no NOT NULL and no CHECK; empty: nothing to
// break.
std::string ignore_filter(const Table& table, const InsertRows& rows, ConflictAction statement, Lowering& lowering,
                          const std::string& row = "n");
bool wants_filter(const Table& table, ConflictAction statement);

// Whether a constraint of the statement that is broken keeps the rows before: all of them under OR FAIL.
bool may_fail(const Table& table, const std::vector<KeyRule>& rules, ConflictAction statement);

// For a statement some of whose constraints are ON CONFLICT FAIL: the condition, over a row loop's howdah_table, ….
// that the error which was caught is of such a one; all of the table's are when the statement itself is OR FAIL.
std::string fail_condition(const Table& table, const std::vector<KeyRule>& rules, ConflictAction statement);

// A NULL for a NOT NULL column whose conflict action is REPLACE becomes the column's default.
bool replaces_null(const Column& column, ConflictAction statement);

} // namespace howdah::dialect
