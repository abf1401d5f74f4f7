// round:  round(x [, n])  =>  howdah.round_(x [, n])      half away from zero on the printed decimal, always REAL
// abs:    abs(x)  =>  abs(x); of a text the REAL; the smallest INTEGER is an error
// sign:   sign(x)  =>  sign(x); NULL of what is no number
// integral_part:  ceil(x), floor(x), trunc(x)  =>  the same; an INTEGER stays one
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

constexpr Classes number = Classes(StorageClass::integer) | Classes(StorageClass::real);

std::optional<Fragment> lower_round(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"round"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_real(lowering.value(*n->args[0]));
    if (n->args.size() == 1)
        return Fragment{call("howdah.round_", {x.text}), PgType::float8, strict(StorageClass::real, {&x})};
    const Fragment digits = to_integer(lowering.value(*n->args[1]));
    return Fragment{call("howdah.round_", {x.text, digits.text}), PgType::float8,
                    strict(StorageClass::real, {&x, &digits})};
}

std::optional<Fragment> lower_abs(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"abs"});
    if (!n)
        return std::nullopt;
    Fragment x = lowering.value(*n->args[0]);
    if (only_null(x))
        return null_of(PgType::int8);
    switch (x.type) {
    case PgType::int8:
        // abs() of PostgreSQL reports the overflow as 22003, whose second try says it in SQLite's words.
        return Fragment{call(lowering.options().exact_arithmetic ? "howdah.abs_i" : "abs", {x.text}), x.type,
                        x.classes};
    case PgType::numeric:
    case PgType::v:
        return Fragment{call("howdah.abs_v", {widen(x, PgType::v).text}), PgType::numeric, strict(number, {&x})};
    default:
        x = to_real(x);
        return Fragment{call("abs", {x.text}), x.type, x.classes};
    }
}

// The argument of a function of mathematics as a number; NULL for a blob and for a text that does not look like one.
Fragment mathematical(const Fragment& x)
{
    switch (x.type) {
    case PgType::text:
        return {call("howdah.t2math", {x.text}), PgType::numeric, number.with_null()};
    case PgType::v:
        return {call("howdah.v2math", {x.text}), PgType::numeric, number.with_null()};
    case PgType::bytea:
        return null_of(PgType::int8);
    default:
        return x;
    }
}

std::optional<Fragment> lower_sign(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"sign"});
    if (!n)
        return std::nullopt;
    const Fragment x = mathematical(lowering.value(*n->args[0]));
    return Fragment{cast(call("sign", {x.text}), PgType::int8), PgType::int8,
                    Classes(StorageClass::integer).with_null()};
}

std::optional<Fragment> lower_integral_part(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"ceil", "ceiling", "floor", "trunc"});
    if (!n)
        return std::nullopt;
    const std::string name = function_name(*n) == "ceiling" ? "ceil" : std::string(function_name(*n));
    const Fragment x = mathematical(lowering.value(*n->args[0]));
    if (x.type == PgType::int8)
        return x;
    if (x.type == PgType::float8)
        return Fragment{call(name, {x.text}), x.type, x.classes};
    return Fragment{call("howdah." + name + "_n", {x.text}), PgType::numeric, x.classes};
}

// mathematics:  sqrt(x)  =>  howdah.sqrt_(x)
//
// Outside a function's domain SQLite answers NULL and over the range an infinity, where PostgreSQL raises.
std::string_view server_function(std::string_view name)
{
    struct Pair {
        std::string_view name, on_server;
    };
    static constexpr Pair pairs[] = {
        {"acos", "howdah.acos_"},
        {"acosh", "howdah.acosh_"},
        {"asin", "howdah.asin_"},
        {"asinh", "asinh"},
        {"atan", "atan"},
        {"atan2", "atan2"},
        {"atanh", "howdah.atanh_"},
        {"cosh", "howdah.cosh_"},
        {"degrees", "howdah.degrees_"},
        {"exp", "howdah.exp_"},
        {"ln", "howdah.ln_"},
        {"log", "howdah.log10_"},
        {"log10", "howdah.log10_"},
        {"log2", "howdah.log2_"},
        {"mod", "howdah.fmod_"},
        {"pow", "howdah.pow_"},
        {"power", "howdah.pow_"},
        {"radians", "howdah.radians_"},
        {"sinh", "howdah.sinh_"},
        {"sqrt", "howdah.sqrt_"},
        {"tanh", "tanh"},
        {"sin", "sin"},
        {"cos", "cos"},
        {"tan", "tan"},
        {"pi", "pi"},
    };
    for (const Pair& pair : pairs) {
        if (pair.name == name)
            return pair.on_server;
    }
    return {};
}

std::optional<Fragment> lower_mathematics(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Call>(expr);
    if (!n || n->aggregate || n->over)
        return std::nullopt;
    const std::string_view name = function_name(*n);
    std::string_view on_server = server_function(name);
    if (on_server.empty())
        return std::nullopt;
    std::vector<std::string> args;
    for (const ExprPtr& arg : n->args) {
        const Fragment x = lowering.value(*arg);
        // Of log(b, x) SQLite tests b twice, so that any x has a number.
        const bool unchecked = name == "log" && !args.empty();
        args.push_back(to_real(unchecked ? x : mathematical(x)).text);
    }
    if (name == "sin" || name == "cos" || name == "tan")
        args.front() = call("howdah.finite", {args.front()});
    if (name == "log" && args.size() == 2)
        on_server = "howdah.log_";
    return Fragment{call(on_server, args), PgType::float8, expr.classes};
}

// random:  random()  =>  howdah.random_int()      randomblob(n)  =>  howdah.randomblob(n)
std::optional<Fragment> lower_random(const Expr& expr, Lowering& lowering)
{
    if (call_of(expr, {"random"}))
        return Fragment{"howdah.random_int()", PgType::int8, StorageClass::integer};
    const Call* n = call_of(expr, {"randomblob"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.randomblob", {to_integer(lowering.value(*n->args[0])).text}), PgType::bytea,
                    StorageClass::blob};
}

} // namespace

const Rule round{"round", lower_round};
const Rule abs{"abs", lower_abs};
const Rule sign{"sign", lower_sign};
const Rule integral_part{"integral_part", lower_integral_part};
const Rule mathematics{"mathematics", lower_mathematics};
const Rule random_value{"random", lower_random};

} // namespace howdah::dialect::rules
