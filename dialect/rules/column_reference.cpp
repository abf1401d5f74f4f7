// column:  t.a  =>  "t"."a"
//
// A double-quoted name that names nothing is a string, and an alias of the select list stands for its expression.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<ColumnRef>(expr);
    if (!n)
        return std::nullopt;
    if (n->alias_of)
        return lowering.any(*n->alias_of);
    if (n->as_string)
        return literal(n->column.text);
    if (!n->source)
        return std::nullopt;
    Fragment column = lowering.column(*n->source, n->index);
    column.collated = column.collated || n->source->kind == Source::Kind::table;
    return column;
}

} // namespace

const Rule column_reference{"column", lower};

} // namespace howdah::dialect::rules
