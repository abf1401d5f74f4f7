// See index_form.hpp.
#include "dialect/rules/index_form.hpp"

#include "dialect/catalog.hpp"
#include "dialect/rules/patterns.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

class CallsOf : public Visitor {
public:
    explicit CallsOf(std::string_view function) : function_(function) {}
    bool found = false;
    bool enter(const Expr& e) override
    {
        const auto* call = as<Call>(e); // of the catalog's tree, which is not resolved
        found = found || (call && ascii_lower(call->name.text) == function_);
        return !found;
    }

private:
    std::string_view function_;
};

bool has_index_of(const Table& table, std::string_view function)
{
    CallsOf calls(function);
    walk_indexes(table, calls);
    return calls.found;
}

class Columns : public Visitor {
public:
    Columns(std::string_view function, const Lowering& lowering) : function_(function), lowering_(lowering) {}
    bool indexed = false;
    bool enter(const Expr& e) override
    {
        if (const auto* column = as<ColumnRef>(e); column && column->source)
            indexed = indexed || (!lowering_.is_grouped(*column->source) && is_indexed(*column->source));
        return true;
    }

private:
    // A column of a subquery may be a table's after all.
    bool is_indexed(const Source& source) const
    {
        if (source.table)
            return has_index_of(*source.table, function_);
        const auto& tables = lowering_.catalog().tables();
        return std::any_of(tables.begin(), tables.end(),
                           [&](const auto& table) { return has_index_of(*table, function_); });
    }

    std::string_view function_;
    const Lowering& lowering_;
};

} // namespace

void walk_indexes(const Table& table, Visitor& visitor)
{
    for (const Index& index : table.indexes) {
        for (const IndexColumn& column : index.columns)
            if (column.expr)
                walk(*column.expr, visitor);
        if (index.where)
            walk(*index.where, visitor);
    }
}

bool has_index_form(const Call& call, const Lowering& lowering)
{
    if (lowering.in_trigger)
        return true;
    Columns columns(function_name(call), lowering);
    for (const ExprPtr& arg : call.args)
        walk(*arg, columns);
    return columns.indexed;
}

} // namespace howdah::dialect::rules
