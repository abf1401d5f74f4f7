// What becomes of a value that is stored into a column: the column's affinity, then the column's PostgreSQL type.
//
// A value whose class is known is stored as it is, or does not fit: then the column is promoted (PromotionNeeded). Any
// other goes through howdah.store_*: they raise SQLSTATE HW0PR where a promotion is needed (constraint_message.hpp), or
// STRICT's error. So does a known value that the column refuses, because SQLite, too, refuses it only when it comes to
// the row.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/printer.hpp"

namespace howdah::dialect {

class Lowering;

// Thrown by store(): the statement cannot be compiled before the promotion is carried out. lower_insert() and
// lower_update() turn it into Compiled::Kind::promote.
struct PromotionNeeded {
    Promotion promotion;
};

// Whether a value of class `c` can be kept in a PostgreSQL column of type `type`.
bool fits(StorageClass c, PgType type);

// `expr` as a value of exactly columns[column].storage.
Fragment store(const Expr& expr, const Table& table, int column, Lowering& lowering);
// The same for a value that a query delivers.
Fragment store(const Fragment& value, const Table& table, int column, Lowering& lowering);

// A value for the rowid: int8, NULL where `expr` is NULL. "datatype mismatch" for anything that is no integer.
Fragment store_rowid(const Expr& expr, const Table& table, Lowering& lowering);
Fragment store_rowid(const Fragment& value, const Table& table);

// What an omitted column gets: its DEFAULT, or NULL.
Fragment default_of(const Table& table, int column, Lowering& lowering);

} // namespace howdah::dialect
