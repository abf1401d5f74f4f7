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

bool keeps_one_of_equals(const Select& select) { return folds(select) && !all_rows(select); }

// Where a term has COLLATE, SQLite sorts what the compound gives as if it were a subquery, instead of each side.
bool sorts_as_subquery(const Select& select)
{
    return !all_rows(select) && std::any_of(select.order_by.begin(), select.order_by.end(),
                                            [](const OrderingTerm& term) { return term.collates; });
}

// Whether SQLite sorts each side for ORDER BY and merges them; otherwise it puts all rows into one index.
bool merges_sides(const Select& select, const std::vector<OrderingTerm>& terms)
{
    return !terms.empty() && !sorts_as_subquery(select);
}

// A subquery's column has the collation of the first SELECT, a compound's that of the first that has one.
Collation sort_collation(const Select& select, const OrderingTerm& term)
{
    const auto column = static_cast<std::size_t>(term.result_column) - 1;
    if (term.collates)
        return term.expr->collation;
    if (!sorts_as_subquery(select))
        return select.result[column].collation;
    const std::vector<SelectCore::Output>& first = select.cores.front().outputs;
    return column < first.size() ? first[column].expr->collation : Collation::binary;
}

// The first of the last of `count` arms that UNION ALL only appends; `count` when there is none.
std::size_t appended_arms(const Select& select, std::size_t count)
{
    std::size_t first = count;
    while (first > 1 && select.operators[first - 2] == CompoundOp::union_all)
        --first;
    return first == 1 ? 0 : first;
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

// One of the rows that are taken for equal: SQLite keeps the last, but where it sorts each side for ORDER BY the first
// of the right side, or of the left side if the right has none.
std::string SelectLowering::unique_rows(const Select& select, const std::vector<PgType>& types,
                                        const std::vector<std::string>& sides, bool merges)
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
           ", \"side\" DESC, \"n\"" + (merges ? "" : " DESC") + ") AS " + quote_identifier(l_.fresh("unique"));
}

// A compound whose equal rows are not the same, step by step from the left.
std::string SelectLowering::folding_body(const Select& select, const std::vector<Arm>& arms,
                                         const std::vector<PgType>& types, bool merges)
{
    const std::string names = join(plain_names(types.size()), ", ");
    std::string body = print(arms.front());
    for (std::size_t i = 1; i < arms.size(); ++i) {
        const CompoundOp op = select.operators[i - 1];
        const std::string right = print(arms[i]);
        if (op == CompoundOp::union_ || op == CompoundOp::union_all) {
            body = op == CompoundOp::union_ ? unique_rows(select, types, {body, right}, merges)
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
        body = "SELECT " + names + " FROM (" + unique_rows(select, types, {body}, merges) + ") AS " + l + " WHERE " +
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

std::string SelectLowering::united(const Select& select, std::vector<Arm>& arms, const std::vector<PgType>& types,
                                   const std::vector<OrderingTerm>& terms)
{
    return keeps_one_of_equals(select) ? folding_body(select, arms, types, merges_sides(select, terms))
                                       : compound_body(select, arms);
}

namespace {

// ORDER BY of a compound, by the columns' positions and by their names plain_names().
struct CompoundKeys {
    std::vector<std::string> by_position;
    std::vector<std::string> by_name;
    bool computed = false; // some are not the columns themselves
};

CompoundKeys compound_keys(const Select& select, const std::vector<PgType>& types,
                           const std::vector<OrderingTerm>& terms, bool all_columns)
{
    const std::vector<std::string> names = plain_names(types.size());
    CompoundKeys keys;
    std::set<std::size_t> sorted;
    const auto add = [&](const OrderingTerm* term, std::size_t column) {
        const Select::Column& result = select.result[column];
        const Collation collation = term ? sort_collation(select, *term) : result.collation;
        SortKey key;
        key.key = {names[column], types[column], result.classes};
        keys.computed = keys.computed || (collation != Collation::binary && result.classes.has(StorageClass::text));
        if (term) {
            key.descending = term->direction == Direction::descending;
            key.nulls = term->nulls;
        }
        keys.by_position.push_back(key.text_of(std::to_string(column + 1), true));
        keys.by_name.push_back(key.text_of(collation_key(key.key, collation).text, true));
        if (collation == result.collation)
            sorted.insert(column);
    };
    for (const OrderingTerm& term : terms)
        add(&term, static_cast<std::size_t>(term.result_column) - 1);
    for (std::size_t i = 0; all_columns && i < types.size(); ++i)
        if (sorted.count(i) == 0)
            add(nullptr, i);
    return keys;
}

// Rows that are equal to ORDER BY are equal to the eye.
bool shows_all_it_sorts_by(const Select& select, const std::vector<PgType>& types,
                           const std::vector<OrderingTerm>& terms)
{
    std::set<std::size_t> sorted;
    for (const OrderingTerm& term : terms) {
        const auto column = static_cast<std::size_t>(term.result_column) - 1;
        const Select::Column& result = select.result[column];
        if (!has_variants({"", types[column], result.classes}, sort_collation(select, term)))
            sorted.insert(column);
    }
    return sorted.size() == types.size();
}

} // namespace

// What UNION, EXCEPT and INTERSECT give comes in the order of its columns, which is how SQLite finds equal rows; ORDER
// BY puts some of them first.
std::string SelectLowering::compound_order(const Select& select, const std::string& body,
                                           const std::vector<PgType>& types, const std::vector<OrderingTerm>& terms,
                                           bool all_columns)
{
    const CompoundKeys keys = compound_keys(select, types, terms, all_columns);
    if (keys.by_position.empty())
        return body;
    if (!keys.computed)
        return body + " ORDER BY " + join(keys.by_position, ", ");
    return "SELECT * FROM (" + body + ") AS " + quote_identifier(l_.fresh("compound")) + "(" +
           join(plain_names(types.size()), ", ") + ") ORDER BY " + join(keys.by_name, ", ");
}

// What stands before the arms that UNION ALL appends, then those, each in its own order. ORDER BY keeps that order
// among rows that are equal to it.
std::string SelectLowering::appended(const Select& select, std::vector<Arm>& arms, std::size_t tail,
                                     const std::vector<PgType>& types, const std::vector<OrderingTerm>& terms)
{
    std::vector<std::string> parts;
    if (tail > 0) {
        std::vector<Arm> before(std::make_move_iterator(arms.begin()),
                                std::make_move_iterator(arms.begin() + static_cast<std::ptrdiff_t>(tail)));
        arms.erase(arms.begin(), arms.begin() + static_cast<std::ptrdiff_t>(tail));
        static const std::vector<OrderingTerm> none;
        parts.push_back(parens(compound_order(select, united(select, before, types, terms), types,
                                              sorts_as_subquery(select) ? none : terms, true)));
    }
    for (const Arm& arm : arms)
        parts.push_back(parens(print(arm)));
    const std::string body = join(parts, " UNION ALL ");
    if (terms.empty())
        return body;
    const std::string names = join(plain_names(types.size()), ", ");
    return "SELECT " + names + " FROM (SELECT *, row_number() OVER () AS \"n\" FROM (" + body + ") AS " +
           quote_identifier(l_.fresh("rows")) + "(" + names + ")) AS " + quote_identifier(l_.fresh("numbered")) +
           " ORDER BY " + join(compound_keys(select, types, terms, false).by_name, ", ") + ", \"n\"";
}

std::string SelectLowering::first_arms(const Select& select, std::vector<Arm>& arms, const std::vector<PgType>& types)
{
    static const std::vector<OrderingTerm> none;
    if (arms.size() == 1)
        return print(arms.front());
    if (const std::size_t tail = appended_arms(select, arms.size()); tail < arms.size())
        return appended(select, arms, tail, types, none);
    return compound_order(select, united(select, arms, types, none), types, none, true);
}

std::string SelectLowering::compound(const Select& select, const std::vector<PgType>* types,
                                     std::vector<Output>* outputs, Needs needs)
{
    static const std::vector<OrderingTerm> none;
    const std::vector<OrderingTerm>& terms = needs.unsorted ? none : select.order_by;
    const bool in_order = needs.in_order || needs.one_row || select.limit;
    const bool keeps_one = keeps_one_of_equals(select);
    const std::size_t tail = in_order ? appended_arms(select, select.cores.size()) : select.cores.size();
    // The index in which equal rows meet does DISTINCT's work, too: what it keeps is the last of them.
    const std::size_t indexed =
        keeps_one && !merges_sides(select, terms) ? appended_arms(select, select.cores.size()) : 0;
    std::vector<Arm> arms;
    for (const SelectCore& core : select.cores) {
        if (needs.arms)
            l_.group_around_ = (*needs.arms)[arms.size()];
        arms.push_back(
            arm(select, core, {}, {.in_order = keeps_one || arms.size() >= tail, .repeats = arms.size() < indexed}));
        for (Fragment& column : arms.back().columns)
            column = collation_key(column, Collation::binary);
    }
    const std::vector<PgType> wanted = column_types(arms, types);
    for (Arm& a : arms)
        widen_columns(a, wanted);
    report(arms, wanted, outputs);
    for (std::size_t i = 0; needs.arms && i < arms.size(); ++i)
        arms[i].columns.push_back({std::to_string(i + 1), PgType::int8, StorageClass::integer});
    if (tail < arms.size() && !shows_all_it_sorts_by(select, wanted, terms))
        return end(select, appended(select, arms, tail, wanted, terms), needs);
    for (std::size_t i = tail; i < arms.size() && !keeps_one; ++i)
        arms[i].order.clear();
    return end(select, compound_order(select, united(select, arms, wanted, terms), wanted, terms, in_order), needs);
}

} // namespace howdah::dialect
