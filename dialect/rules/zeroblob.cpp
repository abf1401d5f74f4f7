// zeroblob:  zeroblob(n)  =>  howdah.zeroblob(n)
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"zeroblob"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.zeroblob", {to_integer(lowering.value(*n->args[0])).text}), PgType::bytea,
                    StorageClass::blob};
}

} // namespace

const Rule zeroblob{"zeroblob", lower};

} // namespace howdah::dialect::rules
