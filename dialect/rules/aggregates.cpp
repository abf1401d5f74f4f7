// count:    count(), count(*)  =>  count(*)      count(DISTINCT x)  =>  count(DISTINCT key(x))
// sum:      sum(i)  =>  howdah.isum_f(sum(i)), sum(r), howdah.sum(v)
// average:  avg(x)  =>  avg(real(x))      total(x)  =>  COALESCE(sum(real(x)), 0)
// extreme:  max(x)  =>  max(x), howdah.max(x); under NOCASE the first value of (array_agg(x ORDER BY key(x)))
// group_concat: group_concat(x, s)  =>  string_agg(text(x), text(s) ORDER BY the natural row order)
// json_group: json_group_array(x)  =>  '[' || string_agg(json(x), ',' …) || ']'
//
// SQLite's sum of INTEGERs is one or an error, its average always REAL; a text counts by its numeric prefix. Texts are
// joined in the order in which rows are visited, and distinct ones in the order of their first appearance.
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

constexpr Classes number = Classes(StorageClass::integer) | Classes(StorageClass::real);

// The key under which DISTINCT compares.
Fragment distinct_key(const Expr& expr, const Fragment& f)
{
    return expr.has_collation && expr.collation != Collation::binary ? collation_key(f, expr.collation) : f;
}

std::optional<Fragment> lower_count(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"count"});
    if (!n)
        return std::nullopt;
    AggregateText text{"count", "*", n->distinct, {}};
    if (!n->star && !n->args.empty()) {
        const Fragment x = lowering.value(*n->args[0]);
        text.args = n->distinct ? distinct_key(*n->args[0], x).text : x.text;
    }
    return Fragment{aggregate_text(*n, text, lowering), PgType::int8, StorageClass::integer};
}

// PostgreSQL's sum raises where the running sum overflows; the second try lets it be an infinity.
std::string real_sum(const Lowering& lowering)
{
    return lowering.options().exact_arithmetic ? "howdah.real_sum" : "sum";
}
std::string real_average(const Lowering& lowering)
{
    return lowering.options().exact_arithmetic ? "howdah.real_avg" : "avg";
}

std::optional<Fragment> lower_sum(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"sum"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    if (x.type == PgType::int8)
        return Fragment{call("howdah.isum_f", {aggregate_text(*n, {"sum", x.text, n->distinct, {}}, lowering)}),
                        PgType::int8, Classes(StorageClass::integer).with_null()};
    if (x.type == PgType::float8)
        return Fragment{aggregate_text(*n, {real_sum(lowering), x.text, n->distinct, {}}, lowering), PgType::float8,
                        Classes(StorageClass::real).with_null()};
    return Fragment{aggregate_text(*n, {"howdah.sum", widen(x, PgType::v).text, n->distinct, {}}, lowering),
                    PgType::numeric, number.with_null()};
}

std::optional<Fragment> lower_average(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"avg", "total"});
    if (!n)
        return std::nullopt;
    const bool total = function_name(*n) == "total";
    const Fragment x = lowering.value(*n->args[0]);
    // DISTINCT compares the values as they are, before they become REAL.
    const bool by_value = n->distinct && x.type != PgType::float8;
    const Fragment key = by_value ? widen(distinct_key(*n->args[0], x), PgType::v) : to_real(x);
    const std::string name = by_value ? (total ? "howdah.total" : "howdah.avg")
                             : total  ? real_sum(lowering)
                                      : real_average(lowering);
    const std::string text = aggregate_text(*n, {name, key.text, n->distinct, {}}, lowering);
    if (total)
        return Fragment{call("COALESCE", {text, "'0'::double precision"}), PgType::float8, StorageClass::real};
    return Fragment{text, PgType::float8, Classes(StorageClass::real).with_null()};
}

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

std::optional<Fragment> lower_extreme(const Expr& expr, Lowering& lowering)
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
    const std::string text = aggregate_text(
        *n, {native ? name : "howdah." + name, collation_key(x, Collation::binary).text, false, {}}, lowering);
    return Fragment{text, x.type, x.classes.with_null(), x.collated};
}

// string_agg of the pieces, or its distinct form: `piece` is the text of each value x.
std::string joined(const Call& n, const Fragment& x, const std::string& piece, const std::string& separator,
                   Lowering& lowering)
{
    if (!n.distinct)
        return aggregate_text(n, {"string_agg", piece + ", " + separator, false, lowering.row_order}, lowering);
    const std::string key = widen(distinct_key(*n.args[0], x), PgType::v).text;
    return aggregate_text(n, {"howdah.join_distinct", key + ", " + piece, false, lowering.row_order}, lowering);
}

std::optional<Fragment> lower_group_concat(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"group_concat"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    const std::string separator = n->args.size() > 1 ? to_text(lowering.value(*n->args[1])).text : "','";
    std::string text = joined(*n, x, to_text(x).text, separator, lowering);
    if (n->over) // where nothing has been written yet a window function has no text
        text = call("NULLIF", {text, "''"});
    return Fragment{text, PgType::text, Classes(StorageClass::text).with_null()};
}

std::optional<Fragment> lower_json_group(const Expr& expr, Lowering& lowering)
{
    const Call* n = aggregate_of(expr, {"json_group_array", "json_group_object"});
    if (!n)
        return std::nullopt;
    const bool object = function_name(*n) == "json_group_object";
    std::string text;
    if (object) {
        const Fragment key = to_text(lowering.value(*n->args[0]));
        std::string label = call("howdah.t2j", {key.text});
        if (key.classes.nullable())
            label = call("COALESCE", {label, "''::text"});
        const std::string pair = "(" + label + " || ':' || " + as_json(*n->args[1], lowering) + ")";
        text = aggregate_text(*n, {"string_agg", pair + ", ','", false, lowering.row_order}, lowering);
    } else {
        const Fragment x = n->distinct ? lowering.value(*n->args[0]) : Fragment{};
        text = joined(*n, x, as_json(*n->args[0], lowering), "','", lowering);
    }
    return Fragment{std::string(object ? "('{'" : "('['") + " || COALESCE(" + text + ", '') || " +
                        (object ? "'}')" : "']')"),
                    PgType::text, StorageClass::text};
}

// window_function:  row_number() OVER …, lag(x, n, d) OVER …  =>  the same, integers as bigint
//
// PostgreSQL counts rows in int4 and wants int4 where SQLite takes any integer.
std::optional<Fragment> lower_window_function(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Call>(expr);
    if (!n || !n->over || !n->function)
        return std::nullopt;
    const std::string name(function_name(*n));
    const auto int4 = [&](const Expr& e) { return parens(to_integer(lowering.value(e)).text + "::int"); };
    if (name == "row_number" || name == "rank" || name == "dense_rank")
        return Fragment{aggregate_text(*n, {name, "", false, {}}, lowering), PgType::int8, StorageClass::integer};
    if (name == "percent_rank" || name == "cume_dist")
        return Fragment{aggregate_text(*n, {name, "", false, {}}, lowering), PgType::float8, StorageClass::real};
    if (name == "ntile")
        return Fragment{cast(aggregate_text(*n, {name, int4(*n->args[0]), false, {}}, lowering), PgType::int8),
                        PgType::int8, StorageClass::integer};
    if (name == "first_value" || name == "last_value" || name == "nth_value") {
        const Fragment x = lowering.value(*n->args[0]);
        const std::string args = name == "nth_value" ? x.text + ", " + int4(*n->args[1]) : x.text;
        return Fragment{aggregate_text(*n, {name, args, false, {}}, lowering), x.type, x.classes.with_null()};
    }
    if (name != "lag" && name != "lead")
        return std::nullopt;
    std::vector<Fragment> values{lowering.value(*n->args[0])};
    if (n->args.size() > 2)
        values.push_back(lowering.value(*n->args[2]));
    const PgType type = common_type(values);
    std::string args = widen(values[0], type).text;
    if (n->args.size() > 1)
        args += ", " + int4(*n->args[1]);
    if (n->args.size() > 2)
        args += ", " + widen(values[1], type).text;
    return Fragment{aggregate_text(*n, {name, args, false, {}}, lowering), type,
                    n->args.size() > 2 ? union_of(values) : values[0].classes.with_null()};
}

} // namespace

const Rule count{"count", lower_count};
const Rule sum{"sum", lower_sum};
const Rule average{"average", lower_average};
const Rule extreme{"extreme", lower_extreme};
const Rule group_concat{"group_concat", lower_group_concat};
const Rule json_group{"json_group", lower_json_group};
const Rule window_function{"window_function", lower_window_function};

} // namespace howdah::dialect::rules
