// What becomes of a value that is stored into a column: the column's affinity, then the column's PostgreSQL type.
//
// A value whose class is known is stored as it is, or does not fit: then the column is promoted (PromotionNeeded) or
// the statement fails with STRICT's error. A value whose class only the server knows goes through howdah.store_*, which
// raise SQLSTATE HW0PR where a promotion is needed (constraint_message.hpp).
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

// `expr` as a value of exactly columns[column].storage. `certain`: the value is stored whenever the statement runs, so
// that one that is refused is refused here.
Fragment store(const Expr& expr, const Table& table, int column, Lowering& lowering, bool certain);
// The same for a value that a query delivers.
Fragment store(const Fragment& value, const Table& table, int column, Lowering& lowering);

// A value for the rowid: int8, NULL where `expr` is NULL. "datatype mismatch" for anything that is no integer.
Fragment store_rowid(const Expr& expr, Lowering& lowering, bool certain);
Fragment store_rowid(const Fragment& value);

// What an omitted column gets: its DEFAULT, or NULL.
Fragment default_of(const Table& table, int column, Lowering& lowering);

// store()'s answer when the value is known.
Fragment store_value(const Value& value, const Table& table, int column, const Options& options, bool certain);

} // namespace howdah::dialect
