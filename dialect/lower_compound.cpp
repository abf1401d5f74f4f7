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

// Whether equal values of the compound may differ to the eye: a collation makes them equal, or 2 is equal to 2.0.
bool folds(const Select& select)
{
    return std::any_of(select.result.begin(), select.result.end(), [](const Select::Column& column) {
        return (column.collation != Collation::binary && column.classes.has(StorageClass::text)) ||
               (column.classes.has(StorageClass::integer) && column.classes.has(StorageClass::real));
    });
}

std::vector<std::string> plain_names(std::size_t count)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i)
        names.push_back(quote_identifier("c" + std::to_string(i + 1)));
    return names;
}

// The columns of `source` as the compound compares them.
std::vector<std::string> compared(const Select& select, const std::vector<PgType>& types, const std::string& source)
{
    std::vector<std::string> keys;
    const std::vector<std::string> names = plain_names(types.size());
    for (std::size_t i = 0; i < types.size(); ++i)
        keys.push_back(collation_key({source + names[i], types[i]}, select.result[i].collation).text);
    return keys;
}

} // namespace

// One of the rows that are taken for equal: SQLite keeps the last, but where it sorts for ORDER BY the first of the
// right side, or of the left side if the right has none.
std::string SelectLowering::unique_rows(const Select& select, const std::vector<PgType>& types,
                                        const std::vector<std::string>& sides)
{
    const std::string names = join(plain_names(types.size()), ", ");
    const std::string keys = join(compared(select, types, ""), ", ");
    std::vector<std::string> numbered;
    for (const std::string& side : sides)
        numbered.push_back("SELECT " + names + ", " + std::to_string(numbered.size()) +
                           " AS \"side\", row_number() OVER () AS \"n\" FROM (" + side + ") AS " +
                           quote_identifier(l_.fresh("rows")) + "(" + names + ")");
    return "SELECT " + names + " FROM (SELECT DISTINCT ON (" + keys + ") " + names + " FROM (" +
           join(numbered, " UNION ALL ") + ") AS " + quote_identifier(l_.fresh("numbered")) + " ORDER BY " + keys +
           ", \"side\" DESC, \"n\"" + (select.order_by.empty() ? " DESC" : "") + ") AS " +
           quote_identifier(l_.fresh("unique"));
}

// A compound whose equal rows are not the same, step by step from the left.
std::string SelectLowering::folding_body(const Select& select, const std::vector<Arm>& arms,
                                         const std::vector<PgType>& types)
{
    const std::string names = join(plain_names(types.size()), ", ");
    std::string body = print(arms.front());
    for (std::size_t i = 1; i < arms.size(); ++i) {
        const CompoundOp op = select.operators[i - 1];
        const std::string right = print(arms[i]);
        if (op == CompoundOp::union_ || op == CompoundOp::union_all) {
            body = op == CompoundOp::union_ ? unique_rows(select, types, {body, right})
                                            : parens(body) + " UNION ALL " + parens(right);
            continue;
        }
        const std::string l = quote_identifier(l_.fresh("left"));
        const std::string r = quote_identifier(l_.fresh("right"));
        const std::vector<std::string> left_keys = compared(select, types, l + ".");
        const std::vector<std::string> right_keys = compared(select, types, r + ".");
        std::vector<std::string> equal;
        for (std::size_t k = 0; k < types.size(); ++k)
            equal.push_back(left_keys[k] + " IS NOT DISTINCT FROM " + right_keys[k]);
        body = "SELECT " + names + " FROM (" + unique_rows(select, types, {body}) + ") AS " + l + " WHERE " +
               (op == CompoundOp::except ? "NOT " : "") + "EXISTS (SELECT FROM (" + right + ") AS " + r + "(" + names +
               ") WHERE " + join(equal, " AND ") + ")";
    }
    return body;
}

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

// What UNION, EXCEPT and INTERSECT give comes in the order of its columns, which is how SQLite finds equal rows; ORDER
// BY puts some of them first.
std::string SelectLowering::compound_order(const Select& select, const std::string& body,
                                           const std::vector<PgType>& types, bool in_order)
{
    const std::vector<std::string> names = plain_names(types.size());
    std::vector<std::string> by_position;
    std::vector<std::string> by_name;
    bool by_key = false;
    const auto add = [&](const OrderingTerm* term, std::size_t column) {
        const Select::Column& result = select.result[column];
        const Collation collation = term && term->expr->collation_explicit ? term->expr->collation : result.collation;
        SortKey key;
        key.key = {names[column], types[column], result.classes};
        by_key = by_key || (collation != Collation::binary && result.classes.has(StorageClass::text));
        if (term) {
            key.descending = term->direction == Direction::descending;
            key.nulls = term->nulls;
        }
        by_position.push_back(key.text_of(std::to_string(column + 1), true));
        by_name.push_back(key.text_of(collation_key(key.key, collation).text, true));
    };
    for (const OrderingTerm& term : select.order_by)
        add(&term, static_cast<std::size_t>(term.result_column) - 1);
    std::set<int> sorted;
    for (const OrderingTerm& term : select.order_by)
        sorted.insert(term.result_column);
    if (in_order && select.operators.back() != CompoundOp::union_all)
        for (std::size_t i = 0; i < types.size(); ++i)
            if (sorted.count(static_cast<int>(i) + 1) == 0)
                add(nullptr, i);
    if (by_position.empty())
        return body;
    if (!by_key)
        return body + " ORDER BY " + join(by_position, ", ");
    return "SELECT * FROM (" + body + ") AS " + quote_identifier(l_.fresh("compound")) + "(" + join(names, ", ") +
           ") ORDER BY " + join(by_name, ", ");
}

std::string SelectLowering::compound(const Select& select, const std::vector<PgType>* types,
                                     std::vector<Output>* outputs, Needs needs)
{
    const bool in_order = needs.in_order || needs.one_row || select.limit;
    const bool keeps_one = folds(select) && !all_rows(select);
    const bool arms_in_order = keeps_one || (in_order && all_rows(select) && select.order_by.empty());
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
    const std::string body = keeps_one ? folding_body(select, arms, wanted) : compound_body(select, arms);
    return end(select, compound_order(select, body, wanted, in_order), needs);
}

} // namespace howdah::dialect
