// trim:  trim(x), ltrim(x, chars), rtrim(x, chars)  =>  btrim(x), ltrim(x, chars), rtrim(x, chars)
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"trim", "ltrim", "rtrim"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_text(lowering.value(*n->args[0]));
    const std::string name = function_name(*n) == "trim" ? "btrim" : std::string(function_name(*n));
    if (n->args.size() == 1)
        return Fragment{call(name, {x.text}), PgType::text, strict(StorageClass::text, {&x}), x.collated};
    const Fragment characters = to_text(lowering.value(*n->args[1]));
    return Fragment{call(name, {x.text, characters.text}), PgType::text, strict(StorageClass::text, {&x, &characters})};
}

} // namespace

const Rule trim{"trim", lower};

} // namespace howdah::dialect::rules
