// Every rule by name, for the lists of lower_expr.cpp, and what rules share.
#pragma once

#include "dialect/lower.hpp"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect::rules {

// Values and names
extern const Rule literal_value, current_time, bound_parameter, column_reference, transparent;
// Predicates
extern const Rule comparison_operator, is_operator, is_true, null_test, between, in_list, in_select, logical_operator,
    like_operator, glob_operator, full_text_match, no_such_operator, row_comparison, exists;
// Operators
extern const Rule arithmetic, modulo, negation, shift, bit_operation, concat, cast_expression, case_expression,
    json_arrow, scalar_subquery, raise;
// Functions
extern const Rule coalesce, nullif, iif, scalar_extreme, hint, length, substr, ascii_case, trim, replace, instr, hex,
    quote, type_of, unicode, soundex, zeroblob, round, abs, sign, integral_part, mathematics, random_value, format,
    date_of_column, date_function, like_function, glob_function;
extern const Rule full_text_function;
extern const Rule json_function, json_extract, json_constructor, json_edit;
// Aggregates and windows
extern const Rule count, sum, average, extreme, group_concat, json_group, window_function;

// ---------------------------------------------------------------------------------------------------------- helpers

inline constexpr Classes integer = StorageClass::integer;
inline constexpr Classes number = Classes(StorageClass::integer) | Classes(StorageClass::real);
inline constexpr Classes text_or_null = Classes(StorageClass::text).with_null();

// A value that depends on no row: constant() can stand for it.
bool is_constant(const Expr& expr, const Lowering& lowering);
// The same whenever it is computed: no parameter, no 'now', no changes().
bool is_fixed(const Expr& expr);
// The value of a constant after `affinity`: printed when it is fixed, else $n.
Fragment constant(const Expr& expr, Affinity affinity, Lowering& lowering);
// Computed anew for every row, such as random(): it must not be printed twice.
bool is_volatile(const Expr& expr);
// An expression of SQLite's over constants, computed when the statement is bound.
Fragment computed_slot(const std::string& sqlite_text, Lowering& lowering);

// The classes of a predicate: 0, 1, and NULL when an operand can be NULL.
Classes predicate(std::initializer_list<const Fragment*> operands);
Fragment predicate_fragment(std::string text, std::initializer_list<const Fragment*> operands);
// NULL::boolean
Fragment unknown();
Fragment truth_value(bool value);
// `value` unless one of the operands is NULL.
Fragment known_unless_null(bool value, std::initializer_list<const Fragment*> operands);

std::string is_null(const Fragment& f);
std::string is_not_null(const Fragment& f); // of a composite, IS NOT NULL means something else (catalogue trap 22)
Fragment with_classes(Fragment f, Classes classes);
// `nullable` when one of the arguments is.
Classes strict(Classes classes, std::initializer_list<const Fragment*> operands);
bool only_null(const Fragment& f);

// NULL for a blob and for a text that does not look like a number: what a function of mathematics sees.
Fragment mathematical(const Fragment& x);

// The name of the called built-in function; empty when `expr` is no call of one.
std::string_view function_name(const Call& call);
// The call when `expr` is one of a function in `names`, no window function and no aggregate.
const Call* call_of(const Expr& expr, std::initializer_list<std::string_view> names);
const Call* aggregate_of(const Expr& expr, std::initializer_list<std::string_view> names);
std::vector<Fragment> values(const std::vector<ExprPtr>& args, Lowering& lowering);
// All widened to the narrowest type that carries every one of them.
PgType common_type(const std::vector<Fragment>& fragments);
bool all_collated(const std::vector<Fragment>& fragments);
Fragment text_of(const Expr& expr, Lowering& lowering);
// An int4 of PostgreSQL as an INTEGER.
Fragment integer_fragment(std::string text, Classes classes);
Classes union_of(const std::vector<Fragment>& fragments);
// The INTEGER or the text that is written there, also with a sign.
std::optional<std::int64_t> integer_literal(const Expr& expr);
std::optional<std::string> text_literal(const Expr& expr);

// DISTINCT, FILTER and OVER around an aggregate's arguments: "name(DISTINCT args ORDER BY order) FILTER (…) OVER (…)".
struct AggregateText {
    std::string name;
    std::string args;
    bool distinct = false;
    std::string order; // ORDER BY list, may be empty; never printed for a window
};
std::string aggregate_text(const Call& call, const AggregateText& aggregate, Lowering& lowering);
// The key under which DISTINCT compares.
Fragment distinct_key(const Expr& expr, const Fragment& f);
// PostgreSQL's sum raises where the running sum overflows; the second try lets it be an infinity.
std::string real_sum(const Lowering& lowering);
std::string real_average(const Lowering& lowering);
// string_agg of the pieces, or its distinct form: `piece` is the text of each value x.
std::string joined(const Call& n, const Fragment& x, const std::string& piece, const std::string& separator,
                   Lowering& lowering);

} // namespace howdah::dialect::rules
