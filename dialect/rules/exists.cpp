// exists:  EXISTS (SELECT …)  =>  EXISTS (SELECT …)
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Exists>(expr);
    if (!n)
        return std::nullopt;
    const std::string text = "EXISTS (" + lowering.select(*n->select) + ")";
    return Fragment{n->negated ? "(NOT " + text + ")" : parens(text), PgType::boolean, StorageClass::integer};
}

} // namespace

const Rule exists{"exists", lower};

} // namespace howdah::dialect::rules
