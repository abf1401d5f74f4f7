// Expressions that belong to a table (CHECK, DEFAULT, GENERATED, index keys) as PostgreSQL text over its bare columns.
//
// There are no slots in a schema: constants are printed.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/printer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect {

// How arithmetic is printed. An index key must be what queries say, so that the planner finds the index: natively, and
// a row whose key overflows is refused. A CHECK or a generated value is exact (catalogue D2).
enum class Arithmetic : std::uint8_t { native, exact };

// A column as it is read: a generated column is what it is stored as.
Fragment table_column(const Table& table, int column);

// `qualifier` is the alias that columns are printed with; empty: none. A generated column is replaced by its expression
// when `inline_generated`, because PostgreSQL's generated columns may not refer to each other.
Fragment table_value(const Catalog& catalog, const Table& table, const Expr& expr, Arithmetic arithmetic,
                     bool inline_generated = false);
std::string table_condition(const Catalog& catalog, const Table& table, const Expr& expr, Arithmetic arithmetic);

// The value of an expression that is the same whenever it is computed, a literal above all; nullopt for others.
std::optional<Value> fixed_value(const Catalog& catalog, const Table& table, const Expr& expr);

// What a generated column computes, with the column's affinity applied.
Fragment generated_value(const Catalog& catalog, const Table& table, int column);

} // namespace howdah::dialect
