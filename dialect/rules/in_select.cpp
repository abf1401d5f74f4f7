// in_select:  x IN (SELECT y …)  =>  x IN (SELECT y …)   both of one type
//
// The comparison is that of x = y: where y needs an affinity or a key of its own the SELECT is wrapped.
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

// `name` is how the wrapped SELECT's column is called. `single`: it is the only one; `chooses`: false does what NULL
// does.
Column match(const Expr& operand, const Expr& column, bool compound, bool single, bool chooses, const std::string& name,
             Lowering& lowering)
{
    ComparisonRule rule = comparison(operand, column);
    const bool may_need_numbers = column.classes.has(StorageClass::text) && is_numeric(column.affinity);
    if (may_need_numbers)
        rule.rhs = Affinity::numeric;
    else if (compound && rule.lhs == Affinity::text) // which other arms may not have
        rule.rhs = Affinity::text;

    Fragment x = lowering.value(operand);
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

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<In>(expr);
    if (!n || !n->select)
        return std::nullopt;
    std::vector<const Expr*> operands{n->operand.get()};
    if (const auto* row = as<RowValue>(bare(*n->operand))) {
        operands.clear();
        for (const ExprPtr& member : row->members)
            operands.push_back(member.get());
    } else if (is_row(*n->operand)) {
        throw refusal("a subquery of several columns IN another cannot be run", expr.span);
    }

    const std::string alias = quote_identifier(lowering.fresh("in"));
    std::vector<PgType> types;
    std::vector<Fragment> x_of;
    std::vector<std::string> left, names, right;
    std::string kept;
    bool wrap = false;
    bool nullable = false;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        names.push_back("\"c" + std::to_string(i + 1) + "\"");
        const std::string name = alias + "." + names.back();
        const Column column = match(*operands[i], as_operand(*n->select, i),
                                    n->select->cores.size() > 1 || n->select->cores.front().values.size() > 1,
                                    operands.size() == 1, !n->negated && lowering.is_filter(expr), name, lowering);
        left.push_back(column.x.text);
        x_of.push_back(column.x);
        types.push_back(column.type);
        right.push_back(column.wrapped.empty() ? name : column.wrapped);
        kept = column.kept;
        wrap = wrap || !column.wrapped.empty();
        nullable = nullable || column.x.classes.nullable() || n->select->result[i].classes.nullable();
    }
    std::string query = lowering.select(*n->select, &types);
    if (lowering.asked_for_each_row.count(&expr) != 0 && operands.size() == 1 && lowering.is_filter(expr))
        return Fragment{looked_up(n->negated, x_of.front(), right.front(), "(" + query + ") AS " + alias + "(\"c1\")",
                                  n->select->result.front().classes.nullable()),
                        PgType::boolean, integer};
    if (wrap)
        query = "SELECT " + join(right, ", ") + " FROM (" + query + ") AS " + alias + "(" + join(names, ", ") + ")" +
                (kept.empty() ? kept : " WHERE " + kept);
    const std::string x = left.size() == 1 ? left.front() : call("ROW", left);
    return Fragment{"(" + x + (n->negated ? " NOT IN (" : " IN (") + query + "))", PgType::boolean,
                    nullable ? integer.with_null() : Classes(StorageClass::integer)};
}

} // namespace

const Rule in_select{"in_select", lower};

} // namespace howdah::dialect::rules
