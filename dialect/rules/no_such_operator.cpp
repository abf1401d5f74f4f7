// no_such_operator:  a REGEXP b, a MATCH b  =>  SQLite's own error
//
// Both call functions that plain SQLite does not have; MATCH means something only to a full-text table.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering&)
{
    const auto* n = as<Like>(expr);
    if (n && n->op == LikeOp::regexp)
        throw Error("no such function: " + n->keyword.text, expr.span);
    if (n && n->op == LikeOp::match)
        throw Error("unable to use function " + n->keyword.text + " in the requested context", expr.span);
    return std::nullopt;
}

} // namespace

const Rule no_such_operator{"no_such_operator", lower};

} // namespace howdah::dialect::rules
