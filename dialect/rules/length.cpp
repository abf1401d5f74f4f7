// length:  length(x)  =>  length(text(x))      of a blob its bytes
//
// A number is as long as its text: length(1.50) is 3.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

Fragment integer_fragment(std::string text, Classes classes)
{
    return {cast(text, PgType::int8), PgType::int8, classes};
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"length"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    if (x.type == PgType::v)
        return Fragment{call("howdah.length_v", {x.text}), PgType::int8, strict(integer, {&x})};
    return integer_fragment(call("length", {x.type == PgType::bytea ? x.text : to_text(x).text}),
                            strict(integer, {&x}));
}

} // namespace

const Rule length{"length", lower};

} // namespace howdah::dialect::rules
