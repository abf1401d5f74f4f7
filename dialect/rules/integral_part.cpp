// integral_part:  ceil(x), floor(x), trunc(x)  =>  the same      an INTEGER stays one
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
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

} // namespace

const Rule integral_part{"integral_part", lower};

} // namespace howdah::dialect::rules
