// hex:  hex(x)  =>  howdah.hex_b(blob(x))      of NULL an empty text
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"hex"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.hex_b", {to_blob(lowering.value(*n->args[0])).text}), PgType::text,
                    StorageClass::text};
}

} // namespace

const Rule hex{"hex", lower};

} // namespace howdah::dialect::rules
