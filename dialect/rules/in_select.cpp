// in_select:  x IN (SELECT y …)  =>  x IN (SELECT y …)   both of one type
//
// The comparison is that of x = y: where y needs an affinity or a key of its own the SELECT is wrapped. A row on the
// left that is not found is compared once more, to tell NULL from false: by the collations of its own members, and by
// what they are without an affinity if one of them is NULL.
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

struct Column {
    Fragment x;          // the left side, ready
    PgType type;         // what the SELECT must deliver
    std::string wrapped; // what is made of the delivered column; empty: nothing
    std::string kept;    // which of the delivered ones count; empty: all
};

// One member of the left side and the column that it is compared with.
struct Pair {
    const Expr& operand;
    const Expr& column;
    Fragment value;    // of the operand
    std::string name;  // how the wrapped SELECT's column is called
    std::string nulls; // whether another member is NULL; empty: it cannot be, or does not matter
    ComparisonRule rule = comparison(operand, column);
};

// `single`: it is the only pair; `chooses`: false does what NULL does.
Column match(const Pair& pair, bool compound, bool single, bool chooses)
{
    const auto& [operand, column, value, name, nulls, given] = pair;
    ComparisonRule rule = given;
    const bool may_need_numbers = column.classes.has(StorageClass::text) && is_numeric(column.affinity);
    if (may_need_numbers)
        rule.rhs = Affinity::numeric;
    else if (compound && rule.lhs == Affinity::text) // which other arms may not have
        rule.rhs = Affinity::text;

    Fragment x = value;
    if (is_numeric(rule.lhs) && (x.type == PgType::text || x.type == PgType::v))
        x = with_affinity(x, Affinity::numeric);
    else if (rule.lhs == Affinity::text)
        x = with_affinity(x, rule.lhs);

    const PgType delivered = pg_type_of(column.classes);
    Fragment y{name, delivered, column.classes};
    if (is_numeric(rule.rhs) && (y.type == PgType::text || y.type == PgType::v))
        y = with_affinity(y, Affinity::numeric);
    else if (rule.rhs == Affinity::text)
        y = with_affinity(y, rule.rhs);
    // A REAL column gives its affinity to the values of an expression, which are stored: large INTEGERs lose digits.
    if (operand.affinity == Affinity::real && column.affinity == Affinity::none &&
        column.classes.has(StorageClass::integer))
        y = with_affinity(y, Affinity::real);
    if (!nulls.empty() && x.text != value.text) {
        const PgType both = wider(value.type, x.type);
        x = {"CASE WHEN " + nulls + " THEN " + widen(value, both).text + " ELSE " + widen(x, both).text + " END", both,
             value.classes | x.classes};
    }

    const PgType type = only_null(x) ? y.type : only_null(y) ? x.type : wider(x.type, y.type);
    // A value that is none of the column's is never found; without it the column is compared in its own type. For a
    // NULL on the left there is a difference: it is NULL whether it is IN rows, and false whether it is IN none.
    if (single && (chooses || !x.classes.nullable()) && is_plain_column(x.text) && y.type == PgType::v &&
        rule.collation == Collation::binary)
        if (const auto key = key_in(y, x.type))
            return {x, delivered, key->text, key->text + " IS NOT NULL OR " + name + " IS NULL"};
    const bool converted = y.text != name || rule.collation != Collation::binary;
    x = widen(x, type);
    if (!converted)
        return {x, type, {}, {}};
    y = widen(y, type);
    if (rule.collation != Collation::binary) {
        x = collation_key(x, rule.collation);
        y = collation_key(y, rule.collation);
    }
    return {x, delivered, y.text, {}};
}

// As a filter, for a list that is never empty: an index finds the value, or the NULL that leaves it open.
std::string looked_up(bool negated, const Fragment& x, const std::string& y, const std::string& rows, bool has_null)
{
    const auto exists = [&](const std::string& condition) {
        return "EXISTS (SELECT 1 FROM " + rows + " WHERE " + condition + ")";
    };
    const std::string found = exists(y + " = " + x.text);
    if (!negated)
        return found;
    std::string text = "(";
    if (x.classes.nullable())
        text += is_not_null(x) + " AND ";
    text += "NOT " + found;
    if (has_null)
        text += " AND NOT " + exists(y + " IS NULL");
    return text + ")";
}

// x IN (SELECT …) by one set of collations.
struct Membership {
    Membership(const In& in, const std::vector<Pair>& pairs, const std::string& alias, bool chooses)
    {
        const bool compound = in.select->cores.size() > 1 || in.select->cores.front().values.size() > 1;
        std::vector<std::string> left, names;
        bool wrap = false;
        for (const Pair& pair : pairs) {
            const Column column = match(pair, compound, pairs.size() == 1, chooses);
            left.push_back(column.x.text);
            types.push_back(column.type);
            right.push_back(column.wrapped.empty() ? pair.name : column.wrapped);
            names.push_back("\"c" + std::to_string(names.size() + 1) + "\"");
            wrap = wrap || !column.wrapped.empty();
            x = column.x;
            kept = column.kept;
        }
        if (left.size() > 1)
            x.text = call("ROW", left);
        if (wrap)
            around = alias + "(" + join(names, ", ") + ")" + (kept.empty() ? kept : " WHERE " + kept);
    }

    std::string text(const std::string& query, bool negated) const
    {
        const std::string rows =
            around.empty() ? query : "SELECT " + join(right, ", ") + " FROM (" + query + ") AS " + around;
        return "(" + x.text + (negated ? " NOT IN (" : " IN (") + rows + "))";
    }

    Fragment x; // the last member, its text that of all
    std::vector<PgType> types;
    std::vector<std::string> right;
    std::string kept, around;
};

std::vector<const Expr*> operands_of(const In& in)
{
    std::vector<const Expr*> operands;
    if (const auto* row = as<RowValue>(bare(*in.operand))) {
        for (const ExprPtr& member : row->members)
            operands.push_back(member.get());
        return operands;
    }
    if (is_row(*in.operand))
        throw refusal("a subquery of several columns IN another cannot be run", in.operand->span);
    return {in.operand.get()};
}

// Whether any but the i-th is NULL.
std::string others_null(const std::vector<Fragment>& values, std::size_t i)
{
    std::vector<std::string> tests;
    for (std::size_t k = 0; k < values.size(); ++k)
        if (k != i && values[k].classes.nullable())
            tests.push_back(is_null(values[k]));
    return join(tests, " OR ");
}

Collation own_collation(const Expr& expr) { return expr.has_collation ? expr.collation : Collation::binary; }

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<In>(expr);
    if (!n || !n->select)
        return std::nullopt;
    const std::vector<const Expr*> operands = operands_of(*n);
    const std::string alias = quote_identifier(lowering.fresh("in"));
    const bool chooses = !n->negated && lowering.is_filter(expr);
    std::vector<Expr> columns;
    std::vector<Fragment> values;
    bool nullable = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        columns.push_back(as_operand(*n->select, i));
        values.push_back(lowering.value(*operands[i]));
        nullable = nullable || values.back().classes.nullable() || columns.back().classes.nullable();
    }
    std::vector<Pair> pairs;
    bool other_collation = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        pairs.push_back({*operands[i], columns[i], values[i], alias + ".\"c" + std::to_string(i + 1) + "\"",
                         chooses ? std::string() : others_null(values, i)});
        const Collation own = own_collation(*operands[i]);
        other_collation =
            other_collation || (pairs.back().rule.collation != own && (nullable || own != Collation::binary));
    }

    const Membership found(*n, pairs, alias, chooses);
    const auto query = [&](const Membership& of) { return lowering.select(*n->select, &of.types); };
    const Classes classes = nullable ? integer.with_null() : Classes(StorageClass::integer);
    if (lowering.asked_for_each_row.count(&expr) != 0 && operands.size() == 1 && lowering.is_filter(expr))
        return Fragment{looked_up(n->negated, found.x, found.right.front(),
                                  "(" + query(found) + ") AS " + alias + "(\"c1\")",
                                  columns.front().classes.nullable()),
                        PgType::boolean, integer};
    if (chooses || operands.size() == 1 || !other_collation)
        return Fragment{found.text(query(found), n->negated), PgType::boolean, classes};

    for (std::size_t i = 0; i < pairs.size(); ++i)
        pairs[i].rule.collation = own_collation(*operands[i]);
    const Membership open(*n, pairs, alias, chooses);
    const std::string truth = n->negated ? "false" : "true";
    return Fragment{"CASE WHEN " + found.text(query(found), false) + " THEN " + truth + " ELSE NULLIF(" +
                        open.text(query(open), n->negated) + ", " + truth + ") END",
                    PgType::boolean, integer.with_null()};
}

} // namespace

const Rule in_select{"in_select", lower};

} // namespace howdah::dialect::rules
