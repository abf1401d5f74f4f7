// RETURNING; see lower_returning.hpp.
#include "dialect/lower_returning.hpp"

#include "dialect/conversions.hpp"
#include "dialect/lower.hpp"
#include "dialect/reads.hpp"
#include "dialect/write_order.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// SQLite 3.40 shows a client the integer that it stores in place of a whole REAL, where RETURNING gives the column as
// it was written.
Fragment as_written(const Expr& expr, const Fragment& value)
{
    const Expr& inside = bare(expr);
    const auto* sign = as<Unary>(inside);
    if (sign && sign->op == UnaryOp::plus)
        return as_written(*sign->operand, value);
    const auto* ref = as<ColumnRef>(inside);
    const bool real = ref && ref->source && ref->index >= 0 && ref->source->table && inside.affinity == Affinity::real;
    if (!real || (value.type != PgType::float8 && value.type != PgType::v))
        return value;
    const auto& columns = ref->source->table->columns;
    if (std::any_of(columns.begin(), columns.end(),
                    [](const Column& c) { return c.generated != Column::Generated::no; }))
        return value;
    const bool plain = value.type == PgType::float8;
    return {call(plain ? "howdah.written_r" : "howdah.written_v", {value.text}), plain ? PgType::numeric : PgType::v,
            value.classes | Classes(StorageClass::integer)};
}

} // namespace

std::vector<Fragment> lower_returning(const std::vector<SelectCore::Output>& list, Lowering& lowering, Compiled& out)
{
    std::vector<Fragment> values;
    out.columns.resize(list.size()); // names and declared types are SQLite's own, and there already
    for (std::size_t i = 0; i < list.size(); ++i) {
        values.push_back(to_value(lowering.value(*list[i].expr)));
        if (!std::holds_alternative<Delete>(out.statement->node))
            values.back() = as_written(*list[i].expr, values.back());
        out.columns[i].type = values.back().type;
        out.columns[i].classes = values.back().classes;
    }
    return values;
}

std::string returning_text(const std::vector<Fragment>& values, const std::string& rowid)
{
    std::vector<std::string> parts;
    for (const auto& value : values)
        parts.push_back(value.text);
    if (!rowid.empty())
        parts.push_back(rowid);
    return parts.empty() ? std::string() : " RETURNING " + join(parts, ", ");
}

std::string returned_in_order(const std::string& with, const std::string& statement,
                              const std::vector<Fragment>& values, const Table& table, const Source& source,
                              Lowering& lowering)
{
    std::vector<std::string> inner, names, order;
    for (const auto& value : values) {
        names.push_back("c" + std::to_string(names.size() + 1));
        inner.push_back(value.text + " AS " + names.back());
    }
    for (const auto& term : visit_terms(table, source.pg_alias, source.name, lowering)) {
        const std::string name = "k" + std::to_string(order.size() + 1);
        inner.push_back(term.key + " AS " + name);
        order.push_back(name + term.direction);
    }
    const std::string head = with.empty() ? "WITH " : with.substr(0, with.find_last_not_of(' ') + 1) + ", ";
    return head + "\"howdah changed\" AS (" + statement + " RETURNING " + join(inner, ", ") + ") SELECT " +
           join(names, ", ") + " FROM \"howdah changed\" ORDER BY " + join(order, ", ");
}

bool returning_reads(const std::vector<SelectCore::Output>& list, const Table& table, const Catalog& catalog)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const SelectCore::Output& item) { return reads(*item.expr, table, catalog); });
}

} // namespace howdah::dialect
