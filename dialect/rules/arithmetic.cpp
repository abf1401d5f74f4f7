// arithmetic:        a + b  =>  a + b                     over int8 or float8
// exact_arithmetic:  a + b  =>  howdah.n_add(a, b)        where a class is known only when it runs, and on the second
// try division_by_zero:  a / b  =>  a / NULLIF(b, 0)
//
// SQLite's integers become REAL where they overflow, its reals an infinity. PostgreSQL raises 22003 exactly there, and
// the statement is then compiled again with exact arithmetic (catalogue D2). SQLite answers NULL when the divisor is
// zero, PostgreSQL raises 22012; a number literal other than zero is left alone. What is NaN to PostgreSQL is NULL.
#include "dialect/resolver.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

// What an operator is called on tagged numbers and on reals.
struct Operator {
    std::string_view sign, on_numbers, on_reals;
};

std::optional<Operator> operator_of(BinaryOp op)
{
    switch (op) {
    case BinaryOp::add:
        return Operator{" + ", "howdah.n_add", "howdah.r_add"};
    case BinaryOp::subtract:
        return Operator{" - ", "howdah.n_sub", "howdah.r_sub"};
    case BinaryOp::multiply:
        return Operator{" * ", "howdah.n_mul", "howdah.r_mul"};
    case BinaryOp::divide:
        return Operator{" / ", "howdah.n_div", "howdah.r_div"};
    default:
        return std::nullopt;
    }
}

// Both as numbers: two int8, two float8, or something else that only tagged numbers carry.
struct Numbers {
    Fragment a, b;
    bool native() const { return a.type == b.type && a.type != PgType::numeric; }
};

Numbers numbers(const Binary& n, Lowering& lowering)
{
    Numbers out{to_number(lowering.any(*n.lhs)), to_number(lowering.any(*n.rhs))};
    auto& [a, b] = out;
    if (only_null(a))
        a = null_of(b.type);
    if (only_null(b))
        b = null_of(a.type);
    if (a.type == PgType::numeric || b.type == PgType::numeric) {
        a = widen(a, PgType::numeric);
        b = widen(b, PgType::numeric);
    } else if (a.type != b.type) {
        a = to_real(a);
        b = to_real(b);
    }
    return out;
}

bool never_zero(const Expr& divisor)
{
    if (const auto i = integer_literal(divisor))
        return *i != 0;
    const auto* literal = as<Literal>(bare(divisor));
    const auto* real = literal ? std::get_if<double>(&literal->value) : nullptr;
    return real && *real != 0;
}

std::string guarded(const Fragment& divisor, const Expr& expr, Lowering& lowering)
{
    if (never_zero(expr))
        return divisor.text;
    lowering.fired("division_by_zero");
    return "NULLIF(" + divisor.text + ", 0)";
}

std::optional<Fragment> lower_arithmetic(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    const auto op = n ? operator_of(n->op) : std::nullopt;
    if (!op)
        return std::nullopt;
    const Numbers operands = numbers(*n, lowering);
    const auto& [a, b] = operands;
    const bool divides = n->op == BinaryOp::divide;
    if (!operands.native() || lowering.options().exact_arithmetic) {
        lowering.fired("exact_arithmetic");
        if (a.type == PgType::float8)
            return Fragment{call(op->on_reals, {a.text, b.text}), a.type, Classes(StorageClass::real).with_null()};
        return Fragment{call(op->on_numbers, {widen(a, PgType::numeric).text, widen(b, PgType::numeric).text}),
                        PgType::numeric, number.with_null()};
    }
    const Classes one = a.type == PgType::int8 ? StorageClass::integer : StorageClass::real;
    const std::string right = divides ? guarded(b, *n->rhs, lowering) : b.text;
    const std::string text = "(" + a.text + std::string(op->sign) + right + ")";
    if (a.type == PgType::float8 && can_be_nan(*n))
        return Fragment{call("NULLIF", {text, "'NaN'"}), a.type, one.with_null()};
    return Fragment{text, a.type, divides ? one.with_null() : strict(one, {&a, &b})};
}

// modulo:  a % b  =>  a % NULLIF(b, 0)      of reals: over their integral parts, the result REAL
//
// SQLite takes the remainder of 64-bit integers whatever the operands are. Of a text it takes the integer prefix, but
// the class of the number that the text is.
std::optional<Fragment> lower_modulo(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || n->op != BinaryOp::modulo)
        return std::nullopt;
    const Fragment a = lowering.value(*n->lhs);
    const Fragment b = lowering.value(*n->rhs);
    if (only_null(a) || only_null(b))
        return null_of(PgType::int8);
    const auto is_plain = [](const Fragment& f) { return f.type == PgType::int8 || f.type == PgType::float8; };
    if (!is_plain(a) || !is_plain(b))
        return Fragment{call("howdah.v_mod", {widen(a, PgType::v).text, widen(b, PgType::v).text}), PgType::numeric,
                        number.with_null()};
    if (a.type == PgType::int8 && b.type == PgType::int8)
        return Fragment{"(" + a.text + " % " + guarded(b, *n->rhs, lowering) + ")", a.type, integer.with_null()};
    return Fragment{"((" + to_integer(a).text + " % NULLIF(" + to_integer(b).text + ", 0))::double precision)",
                    PgType::float8, Classes(StorageClass::real).with_null()};
}

// negation:  -x  =>  0 - x
//
// SQLite subtracts from zero: -0.0 is 0.0, the smallest INTEGER becomes REAL, '-3x' is a number.
std::optional<Fragment> lower_negation(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Unary>(expr);
    if (!n || n->op != UnaryOp::minus)
        return std::nullopt;
    const Fragment x = to_number(lowering.any(*n->operand));
    const bool exact = x.type == PgType::numeric || (x.type == PgType::int8 && lowering.options().exact_arithmetic);
    if (!exact)
        return Fragment{"(0 - " + x.text + ")", x.type, x.classes};
    return Fragment{call("howdah.n_neg", {widen(x, PgType::numeric).text}), PgType::numeric, strict(number, {&x})};
}

} // namespace

const Rule arithmetic{"arithmetic", lower_arithmetic};
const Rule modulo{"modulo", lower_modulo};
const Rule negation{"negation", lower_negation};

} // namespace howdah::dialect::rules
