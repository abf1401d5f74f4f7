// One statement for the rows of many clients' INSERTs, each of which brings one row of values: the server plans, begins
// and ends one instead of many.
//
//   INSERT INTO t(a) VALUES (?)   ->   INSERT INTO t (rowid, a) SELECT …, p1 FROM unnest($1::bigint[]) … ORDER BY place
//
// It does what they would do one after the other, or it fails as a whole.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/insert_rows.hpp"

namespace howdah::dialect {

class Lowering;

// Whether what a row is, and that it goes in, depends on no row before it, but for its rowid and for conflicts that are
// errors. `rows` are those of the INSERT alone.
bool may_insert_many(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy,
                     const Options& options);

// The rows of many, in a step of their own: $n is the array of what they have for the INSERT's own $n.
InsertRows insert_many_rows(const Insert& insert, const Table& table, Lowering& lowering);

} // namespace howdah::dialect
