// mathematics:  sqrt(x)  =>  howdah.sqrt_(x)
//
// Outside a function's domain SQLite answers NULL and over the range an infinity, where PostgreSQL raises.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

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

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
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

} // namespace

const Rule mathematics{"mathematics", lower};

} // namespace howdah::dialect::rules
