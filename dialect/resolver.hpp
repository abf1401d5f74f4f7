// Finds what each name means and what each expression can be: fills the "resolved" members of a tree.
//
// By the time resolve() runs, SQLite itself (the mirror) has accepted the statement, so names exist and are
// unambiguous; the resolver follows the same rules to the same answer. It throws refusal() for what it cannot follow.
// The statement, the catalog and the Sources it makes must live as long as each other.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/scope.hpp"

#include <span>

namespace howdah::dialect {

struct ResolveRequest {
    const Catalog& catalog;
    std::span<const Value> parameters; // their classes are the classes of Parameter nodes
    Options options;
    // Inside a trigger: the table whose NEW and OLD rows are visible.
    const Table* trigger_table = nullptr;
    bool has_new = false, has_old = false;
    // Schema that unqualified table names of a trigger or view body are looked up in first.
    std::string home_schema;
    // The text that the tree's spans refer to: an unaliased result column is named by its verbatim text.
    std::string_view sql;
    bool rows_have_affinity = false; // NEW and OLD as a foreign key compares them: with their columns' affinities
};

void resolve(Statement& statement, const ResolveRequest& request);
// For schema expressions: CHECK, DEFAULT, generated columns, index expressions. Columns are those of `table`;
// `pg_alias` is what printed columns are qualified with, empty for none. Returns the Source the expression points into.
std::unique_ptr<Source> resolve_table_expression(Expr& expr, const Table& table, std::string_view pg_alias,
                                                 const ResolveRequest& request);
// A trigger's WHEN and body.
struct TriggerScope {
    std::unique_ptr<Source> new_row, old_row;
};
TriggerScope resolve_trigger(CreateTrigger& trigger, const Table& table, const ResolveRequest& request);

// The collation and affinity of a comparison of two resolved operands (datatype3.html sections 4.2 and 7.1).
struct ComparisonRule {
    Affinity lhs = Affinity::none, rhs = Affinity::none; // what to apply to each operand; none: nothing
    Collation collation = Collation::binary;
};
// VALUES of several rows is read by the compound whose arm it is as SELECT * FROM (VALUES …), unless it is the first one:
// its columns are columns, and those have a collation.
bool is_subquery_arm(const Select& select, const SelectCore& core);
// A column of a SELECT as what is compared with it sees it: SQLite looks at the last arm of a compound. The classes are
// those of all arms.
Expr as_operand(const Select& select, std::size_t column);

ComparisonRule comparison(const Expr& lhs, const Expr& rhs);
// The same for x IN (list), where the affinity of x is applied to both sides and that of a member is not.
ComparisonRule membership(const Expr& operand);
// Whether arithmetic may meet Inf - Inf, Inf * 0 or Inf / Inf, which are NULL to SQLite.
bool can_be_nan(const Binary& arithmetic);

} // namespace howdah::dialect
