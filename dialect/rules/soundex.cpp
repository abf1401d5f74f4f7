// soundex:  soundex(x)  =>  howdah.soundex(x)
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"soundex"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.soundex", {to_text(lowering.value(*n->args[0])).text}), PgType::text,
                    StorageClass::text};
}

} // namespace

const Rule soundex{"soundex", lower};

} // namespace howdah::dialect::rules
