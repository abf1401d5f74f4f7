// What rules share; see rules.hpp.
#include "dialect/functions.hpp"
#include "dialect/parser.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

class FindsVolatile : public Visitor {
public:
    bool found = false;

    bool enter(const Expr& e) override
    {
        if (const auto* call = as<Call>(e); call && call->function && !call->function->once_per_statement)
            found = true;
        return !found;
    }
};

class FindsVariable : public Visitor {
public:
    bool found = false;

    bool enter(const Expr& e) override
    {
        if (as<CurrentTime>(e) || as<Parameter>(e))
            found = true;
        if (const auto* call = as<Call>(e))
            found = found || !call->function || !call->function->deterministic;
        return !found;
    }
};

// A long value is better sent than printed.
bool is_short(const Value& value)
{
    const std::size_t size = view(value).bytes.size();
    return size <= 1000;
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace

bool is_constant(const Expr& expr, const Lowering& lowering)
{
    return !as<RowValue>(bare(expr)) && lowering.foldable(expr);
}

bool is_volatile(const Expr& expr)
{
    FindsVolatile visitor;
    walk(expr, visitor);
    return visitor.found;
}

bool is_fixed(const Expr& expr)
{
    FindsVariable visitor;
    walk(expr, visitor);
    return !visitor.found;
}

Fragment constant(const Expr& expr, Affinity affinity, Lowering& lowering)
{
    lowering.fired(as<Literal>(bare(expr)) ? "literal" : "row_independent");
    const bool is_string = as<ColumnRef>(bare(expr)) != nullptr;
    if (is_string || (!as<Literal>(bare(expr)) && is_fixed(expr))) {
        const std::optional<Value> value = lowering.known_value(expr);
        if (value && is_short(*value))
            return lowering.constant(apply_affinity(*value, affinity));
    }
    return lowering.slot(expr, affinity);
}

Fragment computed_slot(const std::string& sqlite_text, Lowering& lowering)
{
    const ExprPtr expr = parse_expression(sqlite_text);
    expr->constant = true;
    return lowering.slot(*expr);
}

bool only_null(const Fragment& f) { return f.classes.without_null().empty(); }

Classes strict(Classes classes, std::initializer_list<const Fragment*> operands)
{
    const bool nullable =
        std::any_of(operands.begin(), operands.end(), [](const Fragment* f) { return f->classes.nullable(); });
    return nullable ? classes.with_null() : classes.without_null();
}

Classes predicate(std::initializer_list<const Fragment*> operands) { return strict(StorageClass::integer, operands); }

Fragment predicate_fragment(std::string text, std::initializer_list<const Fragment*> operands)
{
    return {std::move(text), PgType::boolean, predicate(operands)};
}

Fragment unknown() { return {"NULL::boolean", PgType::boolean, StorageClass::null}; }

Fragment truth_value(bool value) { return {value ? "true" : "false", PgType::boolean, StorageClass::integer}; }

Fragment known_unless_null(bool value, std::initializer_list<const Fragment*> operands)
{
    std::vector<std::string> conditions;
    for (const Fragment* f : operands) {
        if (only_null(*f))
            return unknown();
        if (f->classes.nullable())
            conditions.push_back(is_not_null(*f));
    }
    if (conditions.empty())
        return truth_value(value);
    return predicate_fragment("(CASE WHEN " + join(conditions, " AND ") + " THEN " + truth_value(value).text + " END)",
                              operands);
}

std::string is_null(const Fragment& f) { return parens(f.text + " IS NULL"); }

std::string is_not_null(const Fragment& f)
{
    return f.type == PgType::v ? "(NOT " + is_null(f) + ")" : parens(f.text + " IS NOT NULL");
}

Fragment with_classes(Fragment f, Classes classes)
{
    f.classes = classes;
    return f;
}

std::string_view function_name(const Call& call) { return call.function ? call.function->name : std::string_view(); }

const Call* call_of(const Expr& expr, std::initializer_list<std::string_view> names)
{
    const auto* call = as<Call>(expr);
    return call && !call->aggregate && !call->over && is_one_of(function_name(*call), names) ? call : nullptr;
}

const Call* aggregate_of(const Expr& expr, std::initializer_list<std::string_view> names)
{
    const auto* call = as<Call>(expr);
    return call && (call->aggregate || call->over) && is_one_of(function_name(*call), names) ? call : nullptr;
}

std::vector<Fragment> values(const std::vector<ExprPtr>& args, Lowering& lowering)
{
    std::vector<Fragment> out;
    for (const ExprPtr& arg : args)
        out.push_back(lowering.value(*arg));
    return out;
}

PgType common_type(const std::vector<Fragment>& fragments)
{
    std::optional<PgType> type;
    for (const Fragment& f : fragments) {
        if (!only_null(f))
            type = type ? wider(*type, f.type) : wider(f.type, f.type);
    }
    return type.value_or(PgType::text);
}

bool all_collated(const std::vector<Fragment>& fragments)
{
    return std::all_of(fragments.begin(), fragments.end(), [](const Fragment& f) { return f.collated; });
}

Fragment text_of(const Expr& expr, Lowering& lowering) { return to_text(lowering.value(expr)); }

Fragment integer_fragment(std::string text, Classes classes)
{
    return {cast(text, PgType::int8), PgType::int8, classes};
}

Classes union_of(const std::vector<Fragment>& fragments)
{
    Classes classes;
    for (const Fragment& f : fragments)
        classes = classes | f.classes;
    return classes;
}

std::optional<std::int64_t> integer_literal(const Expr& expr)
{
    const Expr& inside = bare(expr);
    if (const auto* literal = as<Literal>(inside)) {
        if (const auto* i = std::get_if<std::int64_t>(&literal->value))
            return *i;
    }
    const auto* unary = as<Unary>(inside);
    if (!unary || (unary->op != UnaryOp::minus && unary->op != UnaryOp::plus))
        return std::nullopt;
    const auto operand = integer_literal(*unary->operand);
    if (!operand || *operand == std::numeric_limits<std::int64_t>::min())
        return std::nullopt;
    return unary->op == UnaryOp::minus ? -*operand : *operand;
}

std::optional<std::string> text_literal(const Expr& expr)
{
    const Expr& inside = bare(expr);
    if (const auto* literal = as<Literal>(inside)) {
        if (const auto* text = std::get_if<std::string>(&literal->value))
            return *text;
    }
    if (const auto* ref = as<ColumnRef>(inside); ref && ref->as_string)
        return ref->column.text;
    return std::nullopt;
}

std::string aggregate_text(const Call& call, const AggregateText& aggregate, Lowering& lowering)
{
    std::string text = aggregate.name + "(" + (aggregate.distinct ? "DISTINCT " : "") + aggregate.args;
    if (!aggregate.order.empty() && !call.over)
        text += " ORDER BY " + aggregate.order;
    text += ")";
    if (call.filter && !call.over)
        text += " FILTER (WHERE " + lowering.condition(*call.filter).text + ")";
    return call.over ? lowering.among_equals(call, parens(text + lowering.over(call))) : text;
}

Fragment mathematical(const Fragment& x)
{
    switch (x.type) {
    case PgType::text:
        return {call("howdah.t2math", {x.text}), PgType::numeric, number.with_null()};
    case PgType::v:
        return {call("howdah.v2math", {x.text}), PgType::numeric, number.with_null()};
    case PgType::bytea:
        return null_of(PgType::int8);
    default:
        return x;
    }
}

Fragment distinct_key(const Expr& expr, const Fragment& f)
{
    return expr.has_collation && expr.collation != Collation::binary ? collation_key(f, expr.collation) : f;
}

std::string real_sum(const Lowering& lowering)
{
    return lowering.options().exact_arithmetic ? "howdah.real_sum" : "sum";
}

std::string real_average(const Lowering& lowering)
{
    return lowering.options().exact_arithmetic ? "howdah.real_avg" : "avg";
}

std::string joined(const Call& n, const Fragment& x, const std::string& piece, const std::string& separator,
                   Lowering& lowering)
{
    if (!n.distinct)
        return aggregate_text(n, {"string_agg", piece + ", " + separator, false, lowering.row_order}, lowering);
    const std::string key = widen(distinct_key(*n.args[0], x), PgType::v).text;
    return aggregate_text(n, {"howdah.join_distinct", key + ", " + piece, false, lowering.row_order}, lowering);
}

} // namespace howdah::dialect::rules
