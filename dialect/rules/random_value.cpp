// random:  random()  =>  howdah.random_int()      randomblob(n)  =>  howdah.randomblob(n)
//
// Computed for every row, unlike other values that depend on none.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
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

const Rule random_value{"random", lower};

} // namespace howdah::dialect::rules
