// type_of:  typeof(x)  =>  'integer' | CASE WHEN x IS NULL … | howdah.typeof(x)
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::string_view name_of(PgType type)
{
    switch (type) {
    case PgType::float8:
        return "real";
    case PgType::text:
        return "text";
    case PgType::bytea:
        return "blob";
    default:
        return "integer";
    }
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"typeof"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.any(*n->args[0]);
    const Fragment null = literal(std::string("null"));
    if (only_null(x))
        return null;
    if (x.type == PgType::v || x.type == PgType::numeric)
        return Fragment{call(x.type == PgType::v ? "howdah.typeof" : "howdah.typeof_n", {x.text}), PgType::text,
                        StorageClass::text};
    const Fragment name = literal(std::string(name_of(x.type)));
    if (!x.classes.nullable())
        return name;
    return Fragment{"(CASE WHEN " + x.text + " IS NULL THEN " + null.text + " ELSE " + name.text + " END)",
                    PgType::text, StorageClass::text};
}

} // namespace

const Rule type_of{"typeof", lower};

} // namespace howdah::dialect::rules
