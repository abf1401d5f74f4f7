// cast:  CAST(x AS INTEGER)  =>  howdah.r2i(x), howdah.t2i(x), …
//
// SQLite's casts never fail: text gives its numeric prefix, a REAL is cut to its integral part and stops at the ends of
// 64 bits. The type's name decides by its letters; names that say nothing are NUMERIC.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Cast>(expr);
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.any(*n->operand);
    switch (affinity_of_type(n->type)) {
    case Affinity::none:
    case Affinity::blob:
        return to_blob(x);
    case Affinity::text:
        return to_text(x);
    case Affinity::integer:
        return to_integer(x);
    case Affinity::real:
        return to_real(x);
    case Affinity::numeric:
        break;
    }
    return to_numeric_cast(x);
}

} // namespace

const Rule cast_expression{"cast", lower};

} // namespace howdah::dialect::rules
