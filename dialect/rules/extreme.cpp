// extreme:  max(x)  =>  max(x), howdah.max(x)      under NOCASE: (array_agg(x ORDER BY key(x) DESC))[1]
//
// PostgreSQL has no max() of bytea or of howdah.v. Of values that are equal as keys SQLite keeps the first, over a frame
// whose start moves the last.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

// The value of the row whose key is the extreme one; of equal keys the first row's.
Fragment extreme_by_key(const Call& n, const Fragment& x, Collation collation, bool max, Lowering& lowering)
{
    if (n.over)
        throw refusal("max() and min() of a NOCASE or RTRIM text cannot be a window function", n.name.span);
    std::string order = collation_key(x, collation).text + (max ? " DESC NULLS LAST" : " NULLS LAST");
    if (!lowering.row_order.empty())
        order += ", " + lowering.row_order;
    return {"((" + aggregate_text(n, {"array_agg", x.text, false, order}, lowering) + ")[1])", x.type,
            x.classes.with_null()};
}

// SQLite takes the extreme from an index of the frame's values then.
bool keeps_the_last(const Call& n, const Lowering& lowering)
{
    const Frame* frame = n.over ? lowering.frame(n) : nullptr;
    return frame && frame->start != BoundKind::unbounded_preceding && frame->exclude == Exclude::none;
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"max", "min"});
    if (!n || n->args.size() != 1)
        return std::nullopt;
    const Expr& arg = *n->args[0];
    const std::string name(function_name(*n));
    const Fragment x = lowering.value(arg);
    const bool texts = x.type == PgType::text || x.type == PgType::v;
    if (texts && arg.has_collation && arg.collation != Collation::binary)
        return extreme_by_key(*n, x, arg.collation, name == "max", lowering);
    // A number of a column is INTEGER whenever it is integral, so that equal ones are alike.
    const bool alike = x.type == PgType::numeric && is_numeric(arg.affinity) && as<ColumnRef>(bare(arg));
    const bool native = x.type == PgType::int8 || x.type == PgType::float8 || x.type == PgType::text || alike;
    // Of equal ones that are not alike the first row's counts.
    const bool mixed = !native && x.classes.has(StorageClass::integer) && x.classes.has(StorageClass::real);
    const std::string order = mixed && !n->over ? lowering.row_order : std::string();
    const std::string own = mixed && keeps_the_last(*n, lowering) ? "howdah.last_" + name : "howdah." + name;
    const std::string text = aggregate_text(
        *n, {native ? name : own, collation_key(x, Collation::binary).text, false, order}, lowering);
    return Fragment{text, x.type, x.classes.with_null(), x.collated};
}

} // namespace

const Rule extreme{"extreme", lower};

} // namespace howdah::dialect::rules
