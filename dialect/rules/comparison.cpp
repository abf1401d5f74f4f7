// comparison_operator:  a = b  =>  a = b   once both sides have SQLite's affinity, collation and one PostgreSQL type
//
// SQLite applies a column's affinity to the other operand, compares classes before values (a number is less than any
// text), compares INTEGER with REAL exactly, and texts byte by byte. PostgreSQL converts, raises, or asks the
// database's locale. What is constant is converted when it is bound, so that a column stays bare and its index usable.
#include "dialect/rules/comparison.hpp"

#include "dialect/parser.hpp"
#include "dialect/rules/date_of_column.hpp"
#include "dialect/rules/rules.hpp"

#include <cmath>

namespace howdah::dialect::rules {

namespace {

constexpr std::int64_t exact_in_real = 9007199254740992; // 2^53

bool is_number(PgType type) { return type == PgType::int8 || type == PgType::float8 || type == PgType::numeric; }

// An INTEGER constant to be compared with REALs: as REAL when that is exact.
Fragment as_real_if_exact(const Expr& expr, std::int64_t value, Lowering& lowering)
{
    if (is_fixed(expr) || lowering.in_trigger)
        return std::abs(value) <= exact_in_real ? literal(static_cast<double>(value)) : literal(value);
    const std::string x = unparse(expr);
    return computed_slot("CASE WHEN " + x + " BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST(" + x +
                             " AS REAL) ELSE " + x + " END",
                         lowering);
}

// A constant as it is compared with something of type `against`.
Fragment constant_operand(const Expr& expr, Affinity affinity, std::optional<PgType> against, Lowering& lowering)
{
    if (is_numeric(affinity))
        affinity = Affinity::numeric;
    const std::optional<Value> known = lowering.known_value(expr);
    if (!known || !against)
        return constant(expr, affinity, lowering);
    const Value value = apply_affinity(*known, affinity);
    const bool number = storage_class(value) == StorageClass::integer || storage_class(value) == StorageClass::real;
    if (number && *against == PgType::int8)
        return constant(expr, Affinity::integer, lowering); // 8.0 as 8
    if (const auto* i = std::get_if<std::int64_t>(&value);
        i && *against == PgType::float8 && storage_class(*known) == StorageClass::integer)
        return as_real_if_exact(expr, *i, lowering);
    return constant(expr, affinity, lowering);
}

std::string_view spelling(BinaryOp op)
{
    switch (op) {
    case BinaryOp::equal:
        return "=";
    case BinaryOp::not_equal:
        return "<>";
    case BinaryOp::less:
        return "<";
    case BinaryOp::less_equal:
        return "<=";
    case BinaryOp::greater:
        return ">";
    case BinaryOp::greater_equal:
        return ">=";
    case BinaryOp::is:
        return "IS NOT DISTINCT FROM";
    default:
        return "IS DISTINCT FROM";
    }
}

bool holds(BinaryOp op, int order)
{
    switch (op) {
    case BinaryOp::equal:
    case BinaryOp::is:
        return order == 0;
    case BinaryOp::not_equal:
    case BinaryOp::is_not:
        return order != 0;
    case BinaryOp::less:
        return order < 0;
    case BinaryOp::less_equal:
        return order <= 0;
    case BinaryOp::greater:
        return order > 0;
    default:
        return order >= 0;
    }
}

bool asks_for_order(BinaryOp op)
{
    return op == BinaryOp::less || op == BinaryOp::less_equal || op == BinaryOp::greater ||
           op == BinaryOp::greater_equal;
}

// Two classes that never meet.
Fragment compare_classes(BinaryOp op, const Fragment& lhs, const Fragment& rhs)
{
    const bool value = holds(op, class_rank(lhs.type) - class_rank(rhs.type));
    if (op != BinaryOp::is && op != BinaryOp::is_not)
        return known_unless_null(value, {&lhs, &rhs});
    if (!lhs.classes.nullable() || !rhs.classes.nullable())
        return truth_value(value);
    const std::string both_null = "(" + is_null(lhs) + " AND " + is_null(rhs) + ")";
    return {op == BinaryOp::is ? both_null : "(NOT " + both_null + ")", PgType::boolean, StorageClass::integer};
}

bool is_printed_constant(const Fragment& f) { return f.text.front() == '$' || f.text.front() == '\''; }

// An INTEGER against a REAL constant that is no INTEGER: a bound for the INTEGER, so that an index still serves.
std::optional<Fragment> compare_with_fraction(BinaryOp op, const Fragment& lhs, const Fragment& rhs)
{
    if (lhs.type != PgType::int8 || rhs.type != PgType::float8 || !asks_for_order(op) || !is_printed_constant(rhs))
        return std::nullopt;
    const bool below = op == BinaryOp::less || op == BinaryOp::less_equal;
    const std::string bound = call(below ? "howdah.r_floor" : "howdah.r_ceil", {rhs.text});
    const std::string possible = below ? rhs.text + " >= -9223372036854775808" : rhs.text + " < 9223372036854775808";
    return predicate_fragment("(" + lhs.text + (below ? " <= " : " >= ") + bound + " AND (" + possible + " OR " +
                                  is_null(lhs) + "))",
                              {&lhs, &rhs});
}

// `a IS 5` with 5 known not to be NULL: `=` may use an index, IS NOT DISTINCT FROM may not.
bool can_use_equality(const Fragment& lhs, const Fragment& rhs)
{
    return !lhs.classes.nullable() || !rhs.classes.nullable();
}

Fragment is_operand(BinaryOp op, const Fragment& lhs, const Fragment& rhs)
{
    const auto two_valued = [](std::string text) {
        return Fragment{std::move(text), PgType::boolean, StorageClass::integer};
    };
    if (only_null(lhs) || only_null(rhs)) {
        const Fragment& other = only_null(lhs) ? rhs : lhs;
        if (only_null(other))
            return truth_value(op == BinaryOp::is);
        return two_valued(op == BinaryOp::is ? is_null(other) : is_not_null(other));
    }
    if (op == BinaryOp::is && can_use_equality(lhs, rhs)) {
        const std::string equal = lhs.text + " = " + rhs.text;
        const Fragment& other = lhs.classes.nullable() ? lhs : rhs;
        if (!other.classes.nullable())
            return two_valued(parens(equal));
        return two_valued("(" + equal + " AND " + is_not_null(other) + ")");
    }
    return two_valued("(" + lhs.text + " " + std::string(spelling(op)) + " " + rhs.text + ")");
}

// An INTEGER against a constant REAL, which is then no INTEGER (constant_operand): never equal, and of a number that is
// printed the bound is, too.
std::optional<Fragment> compare_with_constant_fraction(BinaryOp op, const Fragment& lhs, const Fragment& rhs,
                                                       const Expr& constant, Lowering& lowering)
{
    if (lhs.type != PgType::int8 || rhs.type != PgType::float8 || !is_constant(constant, lowering))
        return std::nullopt;
    if (op == BinaryOp::equal || op == BinaryOp::not_equal)
        return known_unless_null(op == BinaryOp::not_equal, {&lhs, &rhs});
    const auto known = is_fixed(constant) ? lowering.known_value(constant) : std::nullopt;
    if (!asks_for_order(op) || !known)
        return std::nullopt;
    const Value number = apply_affinity(*known, Affinity::numeric);
    const auto* real = std::get_if<double>(&number);
    if (!real || std::abs(*real) >= 9.2e18)
        return std::nullopt;
    const bool below = op == BinaryOp::less || op == BinaryOp::less_equal;
    const auto bound = static_cast<std::int64_t>(below ? std::floor(*real) : std::ceil(*real));
    return predicate_fragment("(" + lhs.text + (below ? " <= " : " >= ") + literal(bound).text + ")", {&lhs});
}

// A column of one class against a value of any: howdah.i2v(c) would not be found by an index of c, nor by PostgreSQL's
// hash of its numbers. The value has a key in the column's type, or none; where it has none the answer is false, or
// NULL in a filter. A value that is a column itself may have an index of its own.
std::optional<Fragment> compare_by_key(BinaryOp op, const Fragment& column, const Fragment& any, bool filter)
{
    if (op != BinaryOp::equal || any.type != PgType::v || is_printed_constant(any) || !is_plain_column(column.text))
        return std::nullopt;
    const std::optional<Fragment> key = key_in(any, column.type);
    if (!key)
        return std::nullopt;
    const std::string found = "(" + column.text + " = " + key->text + " AND ";
    if (is_plain_column(any.text))
        return predicate_fragment(found + widen(column, PgType::v).text + " = " + any.text + ")", {&column, &any});
    if (filter)
        return predicate_fragment("(" + column.text + " = " + key->text + ")", {&column, &any});
    std::string decides = "(" + key->text + " IS NOT NULL OR " + is_null(any);
    if (column.classes.nullable())
        decides += " OR " + is_null(column);
    return predicate_fragment(found + decides + "))", {&column, &any});
}

std::optional<Fragment> lower_comparison(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || n->op < BinaryOp::equal || n->op > BinaryOp::greater_equal)
        return std::nullopt;
    const bool filter = lowering.is_filter(expr);
    const Fragment f = compare(n->op, *n->lhs, *n->rhs, lowering, filter);
    return filter ? with_copy_first(f, n->op, *n->lhs, *n->rhs, lowering) : f;
}

// is_operator:  a IS b  =>  a = b AND a IS NOT NULL | a IS NOT DISTINCT FROM b
//
// SQLite's IS compares any two values, and NULL is NULL. The form with = is used where one side cannot be NULL.
std::optional<Fragment> lower_is(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::is && n->op != BinaryOp::is_not))
        return std::nullopt;
    return compare(n->op, *n->lhs, *n->rhs, lowering);
}

} // namespace

std::optional<Fragment> key_in(const Fragment& any, PgType type)
{
    if (type == PgType::int8)
        return Fragment{call("howdah.key_i", {any.text}), type, integer.with_null()};
    if (type == PgType::text)
        return Fragment{call("howdah.key_t", {any.text}), type, text_or_null};
    return std::nullopt;
}

Fragment with_copy_first(const Fragment& f, BinaryOp op, const Expr& lhs, const Expr& rhs, Lowering& lowering)
{
    if (is_constant(lhs, lowering))
        return is_constant(rhs, lowering) ? f : with_copy_first(f, mirrored(op), rhs, lhs, lowering);
    const ComparisonRule rule = comparison(lhs, rhs);
    if (!is_constant(rhs, lowering) || rule.collation != Collation::binary || rule.lhs != Affinity::none)
        return f;
    const auto copy = date_copy(lhs, lowering);
    if (!copy)
        return f;
    const Fragment constant = constant_operand(rhs, rule.rhs, PgType::text, lowering);
    if (constant.type != PgType::text || constant.classes.nullable())
        return f;
    return predicate_fragment("(CASE WHEN " + copy->guard + " THEN " +
                                  compare(op, copy->value, constant, rule.collation).text + " ELSE true END AND " +
                                  f.text + ")",
                              {&f});
}

int class_rank(PgType type)
{
    switch (type) {
    case PgType::text:
        return 1;
    case PgType::bytea:
        return 2;
    default:
        return 0;
    }
}

BinaryOp mirrored(BinaryOp op)
{
    switch (op) {
    case BinaryOp::less:
        return BinaryOp::greater;
    case BinaryOp::less_equal:
        return BinaryOp::greater_equal;
    case BinaryOp::greater:
        return BinaryOp::less;
    case BinaryOp::greater_equal:
        return BinaryOp::less_equal;
    default:
        return op;
    }
}

Fragment before_comparison(const Fragment& f, Affinity affinity)
{
    if (is_numeric(affinity))
        return f.type == PgType::text || f.type == PgType::v ? with_affinity(f, Affinity::numeric) : to_value(f);
    return affinity == Affinity::text ? with_affinity(f, affinity) : to_value(f);
}

namespace {

// TEXT affinity makes no text of a number that has one already: what replace() has looked at and left as it was.
Affinity applied(Affinity affinity, const Expr& operand)
{
    return affinity == Affinity::text && call_of(bare(operand), {"replace"}) ? Affinity::none : affinity;
}

} // namespace

Operands comparison_operands(const Expr& lhs, const Expr& rhs, const ComparisonRule& given, Lowering& lowering)
{
    ComparisonRule rule = given;
    rule.lhs = applied(given.lhs, lhs);
    rule.rhs = applied(given.rhs, rhs);
    const bool left_constant = is_constant(lhs, lowering);
    const bool right_constant = is_constant(rhs, lowering);
    std::optional<Fragment> a;
    std::optional<Fragment> b;
    if (!left_constant)
        a = before_comparison(lowering.any(lhs), rule.lhs);
    if (!right_constant)
        b = before_comparison(lowering.any(rhs), rule.rhs);
    if (!a)
        a = constant_operand(lhs, rule.lhs, b ? std::optional(b->type) : std::nullopt, lowering);
    if (!b)
        b = constant_operand(rhs, rule.rhs, left_constant ? std::nullopt : std::optional(a->type), lowering);
    return {*a, *b};
}

std::optional<Operands> comparable(const Fragment& lhs, const Fragment& rhs, Collation collation)
{
    const Fragment a = to_value(lhs);
    const Fragment b = to_value(rhs);
    if (only_null(a) || only_null(b)) {
        const PgType type = only_null(a) ? b.type : a.type;
        return Operands{widen(a, type), widen(b, type)};
    }
    if (a.type == PgType::text && b.type == PgType::text) {
        if (collation == Collation::binary)
            return Operands{a, b};
        return Operands{collation_key(a, collation), collation_key(b, collation)};
    }
    if (a.type == b.type && a.type != PgType::v)
        return Operands{a, b};
    if (is_number(a.type) && is_number(b.type))
        return Operands{widen(a, PgType::numeric), widen(b, PgType::numeric)};
    if (a.type == PgType::v || b.type == PgType::v)
        return Operands{collation_key(widen(a, PgType::v), collation), collation_key(widen(b, PgType::v), collation)};
    return std::nullopt;
}

Fragment compare(BinaryOp op, const Fragment& lhs, const Fragment& rhs, Collation collation, bool filter)
{
    const bool is_form = op == BinaryOp::is || op == BinaryOp::is_not;
    if (!is_form && (only_null(lhs) || only_null(rhs)))
        return unknown();
    if (const auto bounded = compare_with_fraction(op, lhs, rhs))
        return *bounded;
    if (const auto bounded = compare_with_fraction(mirrored(op), rhs, lhs))
        return *bounded;
    if (collation == Collation::binary)
        for (const auto& [column, any] : {std::pair(&lhs, &rhs), std::pair(&rhs, &lhs)})
            if (const auto found = compare_by_key(op, *column, *any, filter))
                return *found;
    std::optional<Operands> operands = comparable(lhs, rhs, collation);
    if (!operands)
        return compare_classes(op, to_value(lhs), to_value(rhs));
    auto& [a, b] = *operands;
    if (is_form)
        return is_operand(op, a, b);
    if (asks_for_order(op) && a.type == PgType::text && !a.collated && !b.collated)
        a = collation_key(a, Collation::binary);
    return predicate_fragment("(" + a.text + " " + std::string(spelling(op)) + " " + b.text + ")", {&a, &b});
}

Fragment compare(BinaryOp op, const Expr& lhs, const Expr& rhs, Lowering& lowering, bool filter)
{
    if (is_row(lhs) || is_row(rhs))
        return compare_rows(op, lhs, rhs, lowering);
    const ComparisonRule rule = comparison(lhs, rhs);
    const auto& [a, b] = comparison_operands(lhs, rhs, rule, lowering);
    if (is_constant(lhs, lowering) != is_constant(rhs, lowering)) {
        if (const auto bounded = compare_with_constant_fraction(op, a, b, rhs, lowering))
            return *bounded;
        if (const auto bounded = compare_with_constant_fraction(mirrored(op), b, a, lhs, lowering))
            return *bounded;
    }
    return compare(op, a, b, rule.collation, filter);
}

const Rule comparison_operator{"comparison", lower_comparison};
const Rule is_operator{"is", lower_is};

} // namespace howdah::dialect::rules
