// Names and expressions of ast.hpp, whose other half they come before.
#pragma once

#include "dialect/span.hpp"
#include "dialect/types.hpp"
#include "dialect/value.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace howdah::dialect {

struct Expr;
struct Select;
struct Source;       // scope.hpp: a thing in a FROM clause, with its columns
struct FunctionInfo; // functions.hpp
using ExprPtr = std::unique_ptr<Expr>;
using SelectPtr = std::unique_ptr<Select>;

// An identifier. `text` is without its quotes, `quote` is 0, '"', '\'', '`' or '['.
struct Name {
    std::string text;
    Span span;
    char quote = 0;
    bool empty() const { return text.empty(); }
};

// [schema.]name
struct QualifiedName {
    Name schema; // empty when absent
    Name name;
};

// ---------------------------------------------------------------------------------------------------- expressions

// NULL, 1, 1.0, 'x', x'00', TRUE, FALSE. A hexadecimal or oversized integer already has its value's class, and
// -9223372036854775808 is one literal. TRUE and FALSE are literals only where no column in scope has that name.
struct Literal {
    enum class Form : std::uint8_t { null, number, string, blob, boolean };
    Form form = Form::null;
    Value value;
    // resolved:
    bool is_rowid = false; // the rowid of a view or subquery: NULL, though IS NULL takes it for a value
};

// CURRENT_TIME, CURRENT_DATE, CURRENT_TIMESTAMP
struct CurrentTime {
    enum class Form : std::uint8_t { time, date, timestamp };
    Form form = Form::timestamp;
};

// ?, ?7, :a, @a, $a. `index` is SQLite's number for it, from 1; the same name has the same number.
struct Parameter {
    std::string text;
    int index = 0;
};

// [[schema.]table.]column; also a bare "string" until resolve() knows better.
struct ColumnRef {
    Name schema, table, column;
    // resolved:
    Source* source = nullptr; // null: a double-quoted string literal (as_string) or an alias (alias_of)
    int index = -1;           // into source->columns; -1 with a source: the rowid
    int depth = 0;            // 0: this SELECT's FROM; 1: the one around it; ...
    bool as_string = false;   // "x" that names nothing: the string 'x'
    Expr* alias_of = nullptr; // a result alias used in WHERE, GROUP BY, ...: stands for that expression
};

enum class UnaryOp : std::uint8_t { minus, plus, bit_not, logical_not, is_null, not_null };
inline bool is_null_test(UnaryOp op) { return op == UnaryOp::is_null || op == UnaryOp::not_null; }
struct Unary {
    UnaryOp op{};
    ExprPtr operand;
};

enum class BinaryOp : std::uint8_t {
    add, subtract, multiply, divide, modulo, concat, bit_and, bit_or, shift_left, shift_right,
    equal, not_equal, less, less_equal, greater, greater_equal, is, is_not, logical_and, logical_or,
    arrow,      // ->
    long_arrow, // ->>
};
struct Binary {
    BinaryOp op{};
    ExprPtr lhs, rhs;
};

struct Between {
    bool negated = false;
    ExprPtr operand, low, high;
};

// x IN (list), x IN (select), x IN table, x IN table_function(args)
struct In {
    bool negated = false;
    ExprPtr operand;
    std::vector<ExprPtr> list; // when select is null; may be empty
    SelectPtr select;          // `x IN t` is parsed as `x IN (SELECT * FROM t)`
    bool table_form = false;   // it was written as `x IN t`
};

enum class LikeOp : std::uint8_t { like, glob, regexp, match };
struct Like {
    LikeOp op{};
    bool negated = false;
    ExprPtr operand, pattern, escape; // escape may be null
    Name keyword;                     // as it was written: SQLite quotes it in "no such function: REGEXP"
};

struct Case {
    ExprPtr operand; // may be null
    struct When {
        ExprPtr condition, result;
    };
    std::vector<When> whens;
    ExprPtr otherwise; // may be null
};

struct Cast {
    ExprPtr operand;
    std::string type; // as written
};

struct Collate {
    ExprPtr operand;
    Name collation;
};

enum class FrameUnit : std::uint8_t { rows, range, groups };
enum class BoundKind : std::uint8_t { unbounded_preceding, preceding, current_row, following, unbounded_following };
enum class Exclude : std::uint8_t { none, no_others, current_row, group, ties };
struct Frame {
    FrameUnit unit = FrameUnit::range;
    BoundKind start = BoundKind::unbounded_preceding, end = BoundKind::current_row;
    ExprPtr start_offset, end_offset;
    Exclude exclude = Exclude::none;
};

enum class Direction : std::uint8_t { unspecified, ascending, descending };
enum class Nulls : std::uint8_t { unspecified, first, last };
struct OrderingTerm {
    ExprPtr expr;
    Direction direction = Direction::unspecified;
    Nulls nulls = Nulls::unspecified;
    // resolved: 1-based result column this term names by number or alias, 0 when it is an expression of its own
    int result_column = 0;
    bool collates = false; // of a compound: COLLATE is written in the term itself
};

// OVER name | OVER (base PARTITION BY … ORDER BY … frame)
struct Window {
    Name reference; // OVER name
    Name base;      // OVER (base …)
    std::vector<ExprPtr> partition_by;
    std::vector<OrderingTerm> order_by;
    std::optional<Frame> frame;
};

// f(args), f(*), f(DISTINCT x) FILTER (WHERE …) OVER …
struct Call {
    Name name;
    bool distinct = false;
    bool star = false;
    std::vector<ExprPtr> args;
    ExprPtr filter;                 // may be null
    std::unique_ptr<Window> over;   // may be null
    // resolved:
    const FunctionInfo* function = nullptr;
    bool aggregate = false;         // used as an aggregate (max/min with one argument, count, …), OVER not counted
};

// [NOT] EXISTS (select)
struct Exists {
    bool negated = false;
    SelectPtr select;
};

// (select) as a value
struct Subquery {
    SelectPtr select;
};

// (a, b, …) with two or more members
struct RowValue {
    std::vector<ExprPtr> members;
};

// RAISE(IGNORE), RAISE(ABORT, 'message'): only inside a trigger
enum class ConflictAction : std::uint8_t { unspecified, rollback, abort, fail, ignore, replace };
struct Raise {
    ConflictAction action = ConflictAction::ignore;
    std::string message;
};

// (x): kept, because parentheses decide some of SQLite's rules (a parenthesised column is still a column; a
// parenthesised integer in ORDER BY is not a position).
struct Parenthesized {
    ExprPtr inner;
};

struct Expr {
    using Node = std::variant<Literal, CurrentTime, Parameter, ColumnRef, Unary, Binary, Between, In, Like, Case, Cast,
                              Collate, Call, Exists, Subquery, RowValue, Raise, Parenthesized>;
    Node node;
    Span span;
    int height = 1; // levels of nodes down to the deepest leaf, as SQLite counts them; at most 1000

    // resolved:
    Affinity affinity = Affinity::none;      // of a column, CAST, subquery; none for other expressions
    Collation collation = Collation::binary; // in force when this is a comparison's operand
    bool collation_explicit = false;         // by COLLATE, which beats a column's
    bool has_collation = false;              // a column or COLLATE gives one at all
    Classes classes = Classes::any();        // the storage classes the value can have; NULL included
    bool constant = false;                   // depends on no row: literals, parameters, deterministic functions of such
    bool has_aggregate = false;              // contains an aggregate of the SELECT it stands in
    bool has_window = false;                 // contains a window function of the SELECT it stands in
};

template <typename T>
T* as(Expr& e) { return std::get_if<T>(&e.node); }
template <typename T>
const T* as(const Expr& e) { return std::get_if<T>(&e.node); }
// The expression inside any number of parentheses.
inline const Expr& bare(const Expr& e)
{
    const Expr* p = &e;
    while (const auto* inner = as<Parenthesized>(*p))
        p = inner->inner.get();
    return *p;
}
inline Expr& bare(Expr& e) { return const_cast<Expr&>(bare(static_cast<const Expr&>(e))); }
// The same behind unary + and - too.
inline const Expr& unsigned_operand(const Expr& e)
{
    const Expr& inner = bare(e);
    const auto* sign = as<Unary>(inner);
    return sign && (sign->op == UnaryOp::minus || sign->op == UnaryOp::plus) ? unsigned_operand(*sign->operand) : inner;
}

} // namespace howdah::dialect
