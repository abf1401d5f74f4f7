// ascii_case:  upper(x), lower(x)  =>  upper(x COLLATE "C"), lower(x COLLATE "C")
//
// SQLite changes ASCII letters only; PostgreSQL those of the locale.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"upper", "lower"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_text(lowering.value(*n->args[0]));
    return Fragment{std::string(function_name(*n)) + "(" + x.text + " COLLATE \"C\")", PgType::text,
                    strict(StorageClass::text, {&x}), true};
}

} // namespace

const Rule ascii_case{"ascii_case", lower};

} // namespace howdah::dialect::rules
