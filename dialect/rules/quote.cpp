// quote:  quote(x)  =>  howdah.quote(x)
//
// quote_literal() of PostgreSQL doubles backslashes, and it has no words for a REAL.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"quote"});
    if (!n)
        return std::nullopt;
    const Fragment x = widen(lowering.value(*n->args[0]), PgType::v);
    return Fragment{call("howdah.quote", {x.text}), PgType::text, StorageClass::text};
}

} // namespace

const Rule quote{"quote", lower};

} // namespace howdah::dialect::rules
