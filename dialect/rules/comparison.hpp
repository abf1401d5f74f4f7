// How two values are compared: shared by =, <, IN, BETWEEN, CASE, nullif(), max() and row values.
#pragma once

#include "dialect/lower.hpp"
#include "dialect/resolver.hpp"

namespace howdah::dialect::rules {

// The two operands of a comparison after SQLite's affinities, each a constant where it can be, so that a column stays
// bare and its index usable.
struct Operands {
    Fragment lhs, rhs;
};
Operands comparison_operands(const Expr& lhs, const Expr& rhs, const ComparisonRule& rule, Lowering& lowering);

// Affinity before a comparison: unlike on store a number stays as it is.
Fragment before_comparison(const Fragment& f, Affinity affinity);

// lhs op rhs: boolean. `op` is one of the six comparisons, or is, is_not. In a filter NULL may stand for false.
Fragment compare(BinaryOp op, const Fragment& lhs, const Fragment& rhs, Collation collation, bool filter = false);
// The whole: rule, operands, comparison. Row values are compared member by member.
Fragment compare(BinaryOp op, const Expr& lhs, const Expr& rhs, Lowering& lowering, bool filter = false);

// `f`, which is lhs op rhs in a filter, after what rules most rows out sooner: a function of a date copies a part of
// its text, or is NULL once all of it was looked at.
Fragment with_copy_first(const Fragment& f, BinaryOp op, const Expr& lhs, const Expr& rhs, Lowering& lowering);

// Both brought to one PostgreSQL type under which =, < and ORDER BY are SQLite's; nullopt when the classes of the two
// can never meet (a number and a text): see `class_rank`.
std::optional<Operands> comparable(const Fragment& lhs, const Fragment& rhs, Collation collation);
// What a value of any class is among the values of a column's type, so that = may use the column's index: NULL where it
// is none of them. nullopt: there is no such key.
std::optional<Fragment> key_in(const Fragment& any, PgType type);
// NULL is not ranked. Numbers 0, text 1, blob 2.
int class_rank(PgType type);

// (a, b) or a subquery of several columns.
bool is_row(const Expr& expr);
Fragment compare_rows(BinaryOp op, const Expr& lhs, const Expr& rhs, Lowering& lowering); // row_comparison.cpp

BinaryOp mirrored(BinaryOp op); // a op b == b mirrored(op) a

} // namespace howdah::dialect::rules
