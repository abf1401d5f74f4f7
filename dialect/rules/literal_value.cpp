// literal:  5, 1.5, 'x', x'00', NULL, TRUE  =>  '5'::bigint, '1.5'::double precision, 'x'::text, '\x00'::bytea, …
//
// PostgreSQL reads a bare 5 as int4 and 1.5 as numeric: a sum of two would overflow or have another class.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Literal>(expr);
    return n ? std::optional(lowering.constant(n->value)) : std::nullopt;
}

} // namespace

const Rule literal_value{"literal", lower};

} // namespace howdah::dialect::rules
