// substr:  substr(x, 2, 3)  =>  substr(x, 2, 3)      substr(x, y, z)  =>  howdah.sub_t(x, y, z)
//
// A start or length that is zero or negative means something else in SQLite. A blob is cut by bytes.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

constexpr std::int64_t max_int4 = 2147483647;

// "2, 3" when start and length are literals that mean the same in PostgreSQL.
std::optional<std::string> native_range(const Call& n)
{
    const auto start = integer_literal(*n.args[1]);
    if (!start || *start < 1 || *start > max_int4)
        return std::nullopt;
    if (n.args.size() == 2)
        return std::to_string(*start);
    const auto size = integer_literal(*n.args[2]);
    if (!size || *size < 0 || *size > max_int4)
        return std::nullopt;
    return std::to_string(*start) + ", " + std::to_string(*size);
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"substr", "substring"});
    if (!n)
        return std::nullopt;
    Fragment x = lowering.value(*n->args[0]);
    if (x.type != PgType::bytea && x.type != PgType::v) {
        x = to_text(x);
        if (const auto range = native_range(*n))
            return Fragment{call("substr", {x.text, *range}), PgType::text, strict(StorageClass::text, {&x})};
    }
    std::vector<std::string> args{x.text};
    Classes classes = expr.classes;
    for (std::size_t i = 1; i < n->args.size(); ++i) {
        const Fragment f = to_integer(lowering.value(*n->args[i]));
        classes = f.classes.nullable() ? classes.with_null() : classes;
        args.push_back(f.text);
    }
    const std::string_view name = x.type == PgType::text    ? "howdah.sub_t"
                                  : x.type == PgType::bytea ? "howdah.sub_b"
                                                            : "howdah.sub_v";
    return Fragment{call(name, args), x.type, classes};
}

} // namespace

const Rule substr{"substr", lower};

} // namespace howdah::dialect::rules
