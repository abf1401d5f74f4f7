// What an expression or a SELECT reads: asked before a statement is run as one set instead of row by row.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/visit_plan.hpp"

#include <functional>
#include <vector>

namespace howdah::dialect {

// Calls `visit` for every expression below and including `expr`, those of subqueries included, until it answers true.
// Answers whether it did.
using ExprVisitor = std::function<bool(const Expr&)>;
bool any_expr(const Expr& expr, const ExprVisitor& visit);

// Whether `table` is read, directly or through a view. Works on trees that are not resolved, too: then any table of
// that name counts.
bool reads(const Expr& expr, const Table& table, const Catalog& catalog);
bool reads(const Select& select, const Table& table, const Catalog& catalog);

// Whether a subquery that depends on the row around it reads one of these columns of `table`, or what follows from
// them, so that its value changes while rows are changed. Not so where the plan reads a copy: an index of SQLite's own,
// made once.
bool reads_while_changing(const Expr& expr, const Table& table, const std::vector<int>& columns, const VisitPlan& plan);
// Whether one that is computed once, at the first row, reads `table`.
bool reads_once(const Expr& expr, const Table& table, const Catalog& catalog);

bool has_subquery(const Expr& expr);

} // namespace howdah::dialect
