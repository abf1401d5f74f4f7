// What a comparison does to its operands: datatype3.html sections 4.2 and 7.1 (sqlite3CompareAffinity,
// sqlite3BinaryCompareCollSeq).
#include "dialect/resolver.hpp"

#include <cmath>

namespace howdah::dialect {

namespace {

// COLLATE leaves an operand its affinity.
const Expr& operand(const Expr& e)
{
    const Expr* inside = &bare(e);
    while (const auto* collate = as<Collate>(*inside))
        inside = &bare(*collate->operand);
    return *inside;
}

bool is_derived(const Expr& e)
{
    if (const auto* subquery = as<Subquery>(operand(e)))
        return subquery->select && subquery->select->cores.size() > 1;
    const auto* ref = as<ColumnRef>(operand(e));
    return ref && ref->source &&
           (ref->source->kind == Source::Kind::subquery || ref->source->kind == Source::Kind::common_table);
}

// A column of a compound subquery has the affinity of its first arm, as a value it has that of its last, and values
// that other arms never converted to it.
bool may_hold_unconverted_text(const Expr& e) { return is_derived(e) && e.classes.has(StorageClass::text); }

bool may_hold_unconverted_number(const Expr& e)
{
    return is_derived(e) && (e.classes.has(StorageClass::integer) || e.classes.has(StorageClass::real));
}

// RETURNING takes all columns for the first one: what a column has is not what its affinity says.
bool has_another_affinity(const Expr& e)
{
    const auto* ref = as<ColumnRef>(operand(e));
    if (!ref || !ref->source || ref->alias_of || ref->as_string)
        return false;
    const Affinity own =
        ref->index < 0 ? Affinity::integer : ref->source->columns[static_cast<std::size_t>(ref->index)].affinity;
    return own != e.affinity;
}

Affinity to_apply(const Expr& e)
{
    return is_numeric(e.affinity) && !may_hold_unconverted_text(e) && !has_another_affinity(e) ? Affinity::none
                                                                                               : Affinity::numeric;
}

Affinity text_to_apply(const Expr& e)
{
    return may_hold_unconverted_number(e) || has_another_affinity(e) ? Affinity::text : Affinity::none;
}

} // namespace

bool is_subquery_arm(const Select& select, const SelectCore& core)
{
    return &core != &select.cores.front() && core.values.size() > 1;
}

Expr as_operand(const Select& select, std::size_t column)
{
    const SelectCore& last = select.cores.back();
    const bool subquery = is_subquery_arm(select, last);
    const Expr& value = last.values.empty() ? *last.outputs[column].expr
                        : subquery          ? *last.values.front()[column]
                                            : *last.values.back()[column];
    Expr e;
    e.node = Subquery{};
    e.affinity = value.affinity;
    e.collation = value.collation;
    e.has_collation = value.has_collation;
    e.collation_explicit = value.collation_explicit && !subquery;
    e.classes = select.result[column].classes;
    return e;
}

ComparisonRule comparison(const Expr& lhs, const Expr& rhs)
{
    ComparisonRule rule;
    const Affinity a = lhs.affinity;
    const Affinity b = rhs.affinity;
    if (is_numeric(a) || is_numeric(b)) {
        rule.lhs = to_apply(lhs);
        rule.rhs = to_apply(rhs);
    } else if (a == Affinity::text && b == Affinity::none) {
        rule.rhs = Affinity::text;
        rule.lhs = text_to_apply(lhs);
    } else if (a == Affinity::none && b == Affinity::text) {
        rule.lhs = Affinity::text;
        rule.rhs = text_to_apply(rhs);
    }

    if (lhs.collation_explicit || !rhs.collation_explicit)
        rule.collation = lhs.has_collation ? lhs.collation : rhs.collation;
    else
        rule.collation = rhs.collation;
    return rule;
}

ComparisonRule membership(const Expr& operand)
{
    ComparisonRule rule;
    if (is_numeric(operand.affinity)) {
        rule.lhs = to_apply(operand);
        rule.rhs = Affinity::numeric;
    } else if (operand.affinity == Affinity::text) {
        rule.lhs = text_to_apply(operand);
        rule.rhs = Affinity::text;
    }
    if (operand.has_collation)
        rule.collation = operand.collation;
    return rule;
}

namespace {

bool may_be_infinite(const Expr& e)
{
    if (const auto* call = as<Call>(bare(e)); call && equal_names(call->name.text, "julianday"))
        return false;
    return e.classes.has(StorageClass::real) || e.classes.has(StorageClass::text) || e.classes.has(StorageClass::blob);
}

// A number that is written out, neither 0 nor infinite.
bool is_plain_factor(const Expr& e)
{
    const auto* literal = as<Literal>(unsigned_operand(e));
    if (!literal)
        return false;
    if (const auto* i = std::get_if<std::int64_t>(&literal->value))
        return *i != 0;
    const auto* real = std::get_if<double>(&literal->value);
    return real && *real != 0 && std::isfinite(*real);
}

} // namespace

bool can_be_nan(const Binary& arithmetic)
{
    if (is_plain_factor(*arithmetic.lhs) || is_plain_factor(*arithmetic.rhs))
        return false;
    const bool lhs = may_be_infinite(*arithmetic.lhs);
    const bool rhs = may_be_infinite(*arithmetic.rhs);
    return arithmetic.op == BinaryOp::multiply ? lhs || rhs : lhs && rhs;
}

} // namespace howdah::dialect
