// Compound SELECTs: SQLite's operators are left-associative and of one precedence, PostgreSQL's INTERSECT binds
// tighter.
//
// A column has the type that carries what every arm can give.
#include "dialect/resolver_impl.hpp"
#include "dialect/select_lowering.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

std::string_view operator_text(CompoundOp op)
{
    switch (op) {
    case CompoundOp::union_:
        return " UNION ";
    case CompoundOp::union_all:
        return " UNION ALL ";
    case CompoundOp::intersect:
        return " INTERSECT ";
    case CompoundOp::except:
        break;
    }
    return " EXCEPT ";
}

bool all_rows(const Select& select)
{
    return std::all_of(select.operators.begin(), select.operators.end(),
                       [](CompoundOp op) { return op == CompoundOp::union_all; });
}

} // namespace

std::string SelectLowering::compound_body(const Select& select, std::vector<Arm>& arms)
{
    std::string body;
    for (std::size_t i = 0; i < arms.size(); ++i) {
        std::string arm = print(arms[i]);
        if (!arms[i].order.empty() || !arms[i].unique_keys.empty())
            arm = parens(arm);
        if (i == 0) {
            body = std::move(arm);
            continue;
        }
        if (i > 1 && select.operators[i - 1] != select.operators[i - 2])
            body = parens(body);
        body += std::string(operator_text(select.operators[i - 1])) + arm;
    }
    return body;
}

// Without ORDER BY, what UNION, EXCEPT and INTERSECT give comes in the order of its columns, which is how SQLite finds
// equal rows.
std::string SelectLowering::compound_order(const Select& select, const std::string& body,
                                           const std::vector<PgType>& types, bool in_order)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < types.size(); ++i)
        names.push_back(quote_identifier("c" + std::to_string(i + 1)));
    std::vector<std::string> by_position;
    std::vector<std::string> by_name;
    bool folds = false;
    const auto add = [&](const OrderingTerm* term, std::size_t column) {
        const Select::Column& result = select.result[column];
        const Collation collation = term && term->expr->collation_explicit ? term->expr->collation : result.collation;
        SortKey key;
        key.key = {names[column], types[column], result.classes};
        folds = folds || (collation != Collation::binary && result.classes.has(StorageClass::text));
        if (term) {
            key.descending = term->direction == Direction::descending;
            key.nulls = term->nulls;
        }
        by_position.push_back(key.text_of(std::to_string(column + 1), true));
        by_name.push_back(key.text_of(collation_key(key.key, collation).text, true));
    };
    for (const OrderingTerm& term : select.order_by)
        add(&term, static_cast<std::size_t>(term.result_column) - 1);
    if (select.order_by.empty() && in_order && select.operators.back() != CompoundOp::union_all)
        for (std::size_t i = 0; i < types.size(); ++i)
            add(nullptr, i);
    if (by_position.empty())
        return body;
    if (!folds)
        return body + " ORDER BY " + join(by_position, ", ");
    return "SELECT * FROM (" + body + ") AS " + quote_identifier(l_.fresh("compound")) + "(" + join(names, ", ") +
           ") ORDER BY " + join(by_name, ", ");
}

std::string SelectLowering::compound(const Select& select, const std::vector<PgType>* types,
                                     std::vector<Output>* outputs, Needs needs)
{
    const bool in_order = needs.in_order || needs.one_row || select.limit;
    const bool arms_in_order = in_order && all_rows(select) && select.order_by.empty();
    std::vector<Arm> arms;
    for (const SelectCore& core : select.cores) {
        arms.push_back(arm(select, core, {}, {arms_in_order, false}));
        for (Fragment& column : arms.back().columns)
            column = collation_key(column, Collation::binary);
    }
    const std::vector<PgType> wanted = column_types(arms, types);
    for (Arm& a : arms)
        widen_columns(a, wanted);
    report(arms, wanted, outputs);
    for (std::size_t i = 0; i < wanted.size() && !all_rows(select); ++i)
        if (select.result[i].collation != Collation::binary && select.result[i].classes.has(StorageClass::text))
            throw refusal("UNION, EXCEPT and INTERSECT of a column with a collation other than BINARY");
    return end(select, compound_order(select, compound_body(select, arms), wanted, in_order), needs);
}

} // namespace howdah::dialect
