// json_arrow:  d -> '$.a'  =>  howdah.json_arrow(d, '$.a')      d ->> 'a'  =>  howdah.json_long_arrow(d, 'a')
//
// -> gives JSON, ->> a value of SQL with a class of its own; ->> of PostgreSQL gives texts only.
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::arrow && n->op != BinaryOp::long_arrow))
        return std::nullopt;
    const std::string json = text_of(*n->lhs, lowering).text;
    const std::string key = widen(lowering.value(*n->rhs), PgType::v).text;
    if (n->op == BinaryOp::arrow)
        return Fragment{call(path_function("json_arrow", *n->rhs, lowering), {json, key}), PgType::text, text_or_null};
    return Fragment{call(path_function("json_long_arrow", *n->rhs, lowering), {json, key}), PgType::v, Classes::any()};
}

} // namespace

const Rule json_arrow{"json_arrow", lower};

} // namespace howdah::dialect::rules
