// LIMIT and OFFSET.
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

namespace howdah::dialect {

namespace {

class HasParameter : public Visitor {
public:
    bool found = false;
    bool enter(const Expr& e) override
    {
        found = found || as<Parameter>(e) || as<Call>(e) || as<CurrentTime>(e);
        return !found;
    }
};

} // namespace

// An integer, or what SQLite takes for one; anything else is "datatype mismatch". A negative LIMIT is none, a negative
// OFFSET is 0. Empty where nothing needs to be printed.
std::string SelectLowering::limit_value(const Expr& expr, bool offset)
{
    if (l_.foldable(expr)) {
        HasParameter variable;
        walk(expr, variable);
        const std::optional<Value> known = l_.known_value(expr);
        const Value value = known ? apply_affinity(*known, Affinity::integer) : Value{};
        const auto* n = std::get_if<std::int64_t>(&value);
        if (known && !n)
            throw Error("datatype mismatch", expr.span, code::mismatch, "42804");
        if (n && (!variable.found || l_.in_trigger))
            return (offset ? *n <= 0 : *n < 0) ? "" : std::to_string(*n);
        const Fragment f = l_.slot(expr, Affinity::integer);
        return offset ? "greatest(" + f.text + ", 0)" : "(CASE WHEN " + f.text + " >= 0 THEN " + f.text + " END)";
    }
    const Fragment f = with_affinity(l_.value(expr), Affinity::integer);
    const bool is_integer = f.type == PgType::int8;
    const std::string value = is_integer ? "n" : "(n).n";
    const std::string wrong = is_integer ? "n IS NULL" : "(n).n IS NULL OR scale((n).n) > 0";
    const std::string good =
        offset ? "greatest(" + value + "::bigint, 0)" : "(CASE WHEN " + value + " >= 0 THEN " + value + "::bigint END)";
    return "(SELECT CASE WHEN " + wrong + " THEN howdah.err('datatype mismatch', 'HW020')::bigint ELSE " + good +
           " END FROM (SELECT " + (is_integer ? f.text : widen(f, PgType::v).text) + " AS n) AS " +
           quote_identifier(l_.fresh("limit")) + ")";
}

std::string SelectLowering::limit(const Expr* limit, const Expr* offset)
{
    std::string text;
    if (limit)
        if (const std::string value = limit_value(*limit, false); !value.empty())
            text += " LIMIT " + value;
    if (offset)
        if (const std::string value = limit_value(*offset, true); !value.empty())
            text += " OFFSET " + value;
    return text;
}

std::string Lowering::limit(const Expr* limit, const Expr* offset)
{
    return SelectLowering(*this).limit(limit, offset);
}

} // namespace howdah::dialect
