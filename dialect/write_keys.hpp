// The uniqueness rules of a table, and what a statement does when a row breaks one of its constraints.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/printer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

class Lowering;

// The rowid, or a unique index.
struct Key {
    const Index* index = nullptr; // null: the rowid
    bool operator==(const Key&) const = default;
};

// In the order SQLite checks them: the rowid, then the newest index first, those with REPLACE last. `as_declared`: each
// goes by its own conflict clause, and a rowid that replaces is the very last.
std::vector<Key> keys_of(const Table& table, bool as_declared = false);

// What the statement does about a violation: what it says itself, else what the constraint declares, else ABORT.
ConflictAction conflict_of(const Table& table, const Key& key, ConflictAction statement);
ConflictAction not_null_conflict_of(const Column& column, ConflictAction statement);

// Whether changing these columns (-1 is the rowid) can make a row break the key.
bool key_uses(const Table& table, const Key& key, const std::vector<int>& columns);

// Two rows, given as aliases whose columns have the table's PostgreSQL names, have the same key: a condition.
std::string same_key(const Table& table, const Key& key, std::string_view row, std::string_view other,
                     Lowering& lowering);
// What those rows have in common: the key's values in the row `alias`.
std::vector<Fragment> key_values(const Table& table, const Key& key, std::string_view alias, Lowering& lowering);
// What ON CONFLICT must say to mean this key: ("a", lower("b" COLLATE "C")) WHERE ….
std::string conflict_target(const Table& table, const Key& key, const Catalog& catalog);

// What an index has of the row `alias`.
Fragment index_value(const Table& table, const IndexColumn& column, std::string_view alias, Lowering& lowering);
// A column of the row `alias`; -1 is the rowid.
Fragment row_column(const Table& table, int column, std::string_view alias);
// The same of a row that is yet to be stored, which has no generated columns: their expressions.
Fragment new_row_value(const Table& table, int column, std::string_view alias, Lowering& lowering);
// The columns that tell a row of the table from every other: the rowid (-1), or WITHOUT ROWID's primary key.
std::vector<int> row_identity(const Table& table);
// ORDER BY for the columns of identity_list(), as the table itself is sorted.
std::string identity_order(const Table& table);
// The quoted PostgreSQL name of a column; -1 is the rowid.
std::string column_text(const Table& table, int column);
// a."x" AS k1, a."y" AS k2; and the condition that finds that row again: a."x" = row.k1 AND …
std::string identity_list(const Table& table, std::string_view alias);
std::string identity_condition(const Table& table, std::string_view alias, std::string_view record);

// The condition of a CHECK constraint for the row `alias`.
std::string check_text(const Table& table, const Check& check, std::string_view alias, Lowering& lowering);

// PL/pgSQL for the row `row` of `table`: statements that raise its errors as PostgreSQL would.
std::string raise_violation(const Table& table, std::string_view condition, const std::string& what);
std::string raise_null(const Table& table, int column, std::string_view row);
std::string raise_checks(const Table& table, std::string_view row, Lowering& lowering);

// Whether `where` lets at most one row of the target through: it fixes all columns of a key. `known`: other tables of
// which one row is looked at.
bool at_most_one_row(const Expr* where, const Source& target, const Table& table,
                     const std::vector<const Source*>& known = {});

} // namespace howdah::dialect
