// row_comparison:  (a, b) < (c, d)  =>  ROW(a, b) < ROW(c, d)      (a, b) = (SELECT …)  =>  the same
//
// A subquery whose columns need a conversion is read as a table of one row. Each pair has affinity and collation of its
// own; where a pair has classes that never meet the members are compared one by one.
#include "dialect/resolver.hpp"
#include "dialect/rules/comparison.hpp"
#include "dialect/rules/rules.hpp"

#include <functional>

namespace howdah::dialect::rules {

namespace {

const std::vector<ExprPtr>* members_of(const Expr& expr)
{
    const auto* row = as<RowValue>(bare(expr));
    return row ? &row->members : nullptr;
}

std::string sign_of(BinaryOp op)
{
    switch (op) {
    case BinaryOp::equal:
        return " = ";
    case BinaryOp::not_equal:
        return " <> ";
    case BinaryOp::less:
        return " < ";
    case BinaryOp::less_equal:
        return " <= ";
    case BinaryOp::greater:
        return " > ";
    default:
        return " >= ";
    }
}

BinaryOp strict_form(BinaryOp op)
{
    if (op == BinaryOp::less_equal)
        return BinaryOp::less;
    return op == BinaryOp::greater_equal ? BinaryOp::greater : op;
}

// Lexicographic, member by member: a < c OR (a = c AND b < d).
Fragment by_members(BinaryOp op, const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b, Lowering& lowering)
{
    const bool all = op == BinaryOp::equal || op == BinaryOp::is;
    const bool any = op == BinaryOp::not_equal || op == BinaryOp::is_not;
    std::string text;
    Classes classes = StorageClass::integer;
    for (std::size_t i = a.size(); i-- > 0;) {
        const bool last = i + 1 == a.size();
        const Fragment here = compare(last || all || any ? op : strict_form(op), *a[i], *b[i], lowering);
        classes = here.classes.nullable() ? classes.with_null() : classes;
        if (last)
            text = here.text;
        else if (all || any)
            text = "(" + here.text + (all ? " AND " : " OR ") + text + ")";
        else
            text = "(" + here.text + " OR (" + compare(BinaryOp::equal, *a[i], *b[i], lowering).text + " AND " + text +
                   "))";
    }
    return {text, PgType::boolean, classes};
}

std::optional<Fragment> as_rows(BinaryOp op, const std::vector<ExprPtr>& a, const std::vector<ExprPtr>& b,
                                Lowering& lowering)
{
    std::vector<std::string> left, right;
    Classes classes = StorageClass::integer;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const ComparisonRule rule = comparison(*a[i], *b[i]);
        const Operands operands = comparison_operands(*a[i], *b[i], rule, lowering);
        const auto pair = comparable(operands.lhs, operands.rhs, rule.collation);
        if (!pair)
            return std::nullopt;
        left.push_back(collation_key(pair->lhs, Collation::binary).text);
        right.push_back(pair->rhs.text);
        if (pair->lhs.classes.nullable() || pair->rhs.classes.nullable())
            classes = classes.with_null();
    }
    return Fragment{"(" + call("ROW", left) + sign_of(op) + call("ROW", right) + ")", PgType::boolean, classes};
}

// (a, b) op (SELECT c, d …) =>  (SELECT a op s.c1 … FROM (SELECT) LEFT JOIN (SELECT c, d … LIMIT 1) AS s ON true)
// `swapped`: the subquery stood on the left, where its collations go first.
Fragment by_columns(BinaryOp op, const std::vector<ExprPtr>& members, const Select& select, bool swapped,
                    Lowering& lowering)
{
    const std::string alias = quote_identifier(lowering.fresh("row"));
    std::vector<PgType> types;
    std::vector<std::string> names;
    std::vector<std::function<std::string(BinaryOp)>> pairs;
    for (std::size_t i = 0; i < members.size(); ++i) {
        Expr column = as_operand(select, i);
        types.push_back(pg_type_of(column.classes));
        names.push_back("c" + std::to_string(i + 1));
        column.classes = column.classes.with_null(); // the SELECT may have no row
        ComparisonRule rule = swapped ? comparison(column, *members[i]) : comparison(*members[i], column);
        if (swapped)
            std::swap(rule.lhs, rule.rhs);
        const bool may_need_numbers = column.classes.has(StorageClass::text) && is_numeric(column.affinity);
        const Fragment a = before_comparison(lowering.value(*members[i]), rule.lhs);
        if (select.cores.size() > 1 && column.affinity == Affinity::text && rule.lhs == Affinity::text)
            rule.rhs = Affinity::text;
        const Fragment b = before_comparison({alias + "." + names.back(), types.back(), column.classes},
                                             may_need_numbers ? Affinity::numeric : rule.rhs);
        pairs.emplace_back([=](BinaryOp sign) { return compare(sign, a, b, rule.collation).text; });
    }
    const bool all = op == BinaryOp::equal || op == BinaryOp::is;
    const bool any = op == BinaryOp::not_equal || op == BinaryOp::is_not;
    std::string text = pairs.back()(op);
    for (std::size_t i = pairs.size() - 1; i-- > 0;) {
        if (all || any)
            text = "(" + pairs[i](op) + (all ? " AND " : " OR ") + text + ")";
        else
            text = "(" + pairs[i](strict_form(op)) + " OR (" + pairs[i](BinaryOp::equal) + " AND " + text + "))";
    }
    const std::string row = "(" + lowering.first_row(select, &types) + ") AS " + alias + "(" + join(names, ", ") + ")";
    return {"(SELECT " + text + " FROM (SELECT) AS " + quote_identifier(lowering.fresh("one")) + " LEFT JOIN " + row +
                " ON true)",
            PgType::boolean, integer.with_null()};
}

// (a, b) op (SELECT c, d …): no row is a row of NULLs.
Fragment with_subquery(BinaryOp op, const std::vector<ExprPtr>& members, const Select& select, bool swapped,
                       Lowering& lowering)
{
    std::vector<std::string> left;
    std::vector<PgType> types;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const Expr column = as_operand(select, i);
        const Fragment f = lowering.value(*members[i]);
        const PgType other = pg_type_of(column.classes);
        const bool alike = is_numeric(members[i]->affinity) == is_numeric(column.affinity) &&
                           (members[i]->affinity == Affinity::text) == (column.affinity == Affinity::text);
        const bool binary = (!members[i]->has_collation || members[i]->collation == Collation::binary) &&
                            (!column.has_collation || column.collation == Collation::binary);
        const bool converted =
            select.cores.size() == 1 || // other arms may hold what has not the affinity
            !column.classes.has(is_numeric(column.affinity) ? StorageClass::text : StorageClass::integer);
        const bool one_class = f.type != PgType::v && f.type == other;
        if (!binary || !((alike && converted) || one_class))
            return by_columns(op, members, select, swapped, lowering);
        types.push_back(only_null(f) ? other : wider(f.type, other));
        left.push_back(collation_key(widen(f, types.back()), Collation::binary).text);
    }
    return {"(" + call("ROW", left) + sign_of(op) + "(" + lowering.first_row(select, &types) + "))", PgType::boolean,
            integer.with_null()};
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    const bool compares = n && n->op >= BinaryOp::equal && n->op <= BinaryOp::is_not;
    if (!compares || (!is_row(*n->lhs) && !is_row(*n->rhs)))
        return std::nullopt;
    return compare_rows(n->op, *n->lhs, *n->rhs, lowering);
}

} // namespace

bool is_row(const Expr& expr)
{
    const Expr& inside = bare(expr);
    if (const auto* subquery = as<Subquery>(inside))
        return subquery->select->result.size() > 1;
    return as<RowValue>(inside) != nullptr;
}

Fragment compare_rows(BinaryOp op, const Expr& lhs, const Expr& rhs, Lowering& lowering)
{
    const std::vector<ExprPtr>* a = members_of(lhs);
    const std::vector<ExprPtr>* b = members_of(rhs);
    const bool is_form = op == BinaryOp::is || op == BinaryOp::is_not;
    if (a && b) {
        if (!is_form) {
            if (const auto rows = as_rows(op, *a, *b, lowering))
                return *rows;
        }
        return by_members(op, *a, *b, lowering);
    }
    if (!a && !b)
        throw refusal("the comparison of two subqueries of several columns cannot be run exactly", lhs.span);
    const Select& select = *as<Subquery>(bare(a ? rhs : lhs))->select;
    const BinaryOp sign = a ? op : mirrored(op);
    return is_form ? by_columns(sign, a ? *a : *b, select, !a, lowering)
                   : with_subquery(sign, a ? *a : *b, select, !a, lowering);
}

const Rule row_comparison{"row_comparison", lower};

} // namespace howdah::dialect::rules
