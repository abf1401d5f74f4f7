// Values that are longer than an entry of PostgreSQL's indexes, which take 2.7 kB (catalogue HARD-IDX). SQLite's take
// any.
//
// A column has Column::long_keys from the first value on that an index of it refuses (SQLSTATE 54000), for good:
//   CREATE INDEX i ON t (a)            is a hash index of a: it finds what is equal, and no longer gives an order
//   CREATE INDEX i ON t (n, a)         ends before a
//   CREATE UNIQUE INDEX i ON t (a, n)  has howdah.long_key(a), a digest where a is long, and a hash index of a beside
//   it
// Comparisons stay what they are. Indexes of expressions are not changed, and still refuse what is too long.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"

#include <optional>
#include <string>

namespace howdah::dialect {

bool has_long_keys(const Table& table, const IndexColumn& column);
bool begins_with_long_key(const Table& table, const Index& index);
// The hash index beside a unique one; empty where none is needed.
std::string long_key_index_name(const Table& table, const Index& index);

struct ServerFailure; // constraint_message.hpp
// A value was too long for an index: carry the promotion out, compile again, run again. `after`: the catalog after the
// statement that failed, `now` without end if it changes no schema. `sql`: the statement.
std::optional<Promotion> long_key_needed(const Catalog& now, const Catalog& after, std::string_view sql,
                                         const ServerFailure& failure);

} // namespace howdah::dialect
