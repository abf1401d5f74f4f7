// See row_dependence.hpp.
#include "dialect/row_dependence.hpp"

#include "dialect/catalog.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <set>

namespace howdah::dialect {

namespace {

bool is_order_sensitive(const Call& call)
{
    const std::string name = fold(call.name.text);
    return name == "group_concat" || name.starts_with("json_group_");
}

class OrderSensitive : public Visitor {
public:
    bool found = false;
    bool enter(const Expr& e) override
    {
        const auto* call = as<Call>(e);
        found = found || (call && is_order_sensitive(*call));
        return !found;
    }
    bool enter(const Select&) override { return false; }
};

// Columns of a core's own sources in a subquery of it.
class Names : public Visitor {
public:
    explicit Names(const std::set<const Source*>& sources) : sources_(sources) {}
    bool found = false;
    bool enter(const Expr& e) override
    {
        if (const auto* ref = as<ColumnRef>(e)) {
            found = found || sources_.count(ref->source) != 0;
            if (ref->alias_of)
                walk(*ref->alias_of, *this);
        }
        return !found;
    }

private:
    const std::set<const Source*>& sources_;
};

// What is to be had of one row of a group alone, outside of aggregates.
class OfOneRow : public Visitor {
public:
    explicit OfOneRow(const SelectCore& core) : core_(core)
    {
        for (const Source* source : sources_of(*core.from))
            sources_.insert(source);
    }
    bool found = false, sorts = false;

    bool enter(const Expr& e) override
    {
        if (const auto* call = as<Call>(e); call && call->aggregate) {
            found = found || is_order_sensitive(*call);
            sorts = sorts || call->distinct || is_extreme(*call);
            return false;
        }
        for (const ExprPtr& key : core_.group_by)
            if (same_expression(e, *key)) {
                found = found || may_fold(*key);
                return false;
            }
        if (const auto* ref = as<ColumnRef>(e)) {
            if (ref->alias_of)
                walk(*ref->alias_of, *this);
            found = found || sources_.count(ref->source) != 0;
        }
        return true;
    }
    bool enter(const Select& select) override
    {
        Names names(sources_);
        walk(select, names);
        found = found || names.found;
        return false;
    }

private:
    static bool may_fold(const Expr& e)
    {
        return e.collation != Collation::binary ||
               (e.classes.has(StorageClass::integer) && e.classes.has(StorageClass::real));
    }

    const SelectCore& core_;
    std::set<const Source*> sources_;
};

} // namespace

bool is_extreme(const Call& call)
{
    return call.aggregate && call.args.size() == 1 &&
           (equal_names(call.name.text, "min") || equal_names(call.name.text, "max"));
}

bool is_order_sensitive(const SelectCore& core)
{
    OrderSensitive visitor;
    for (const SelectCore::Output& output : core.outputs)
        walk(*output.expr, visitor);
    return visitor.found;
}

RowDependence row_dependence(const SelectCore& core)
{
    if (!core.aggregate || !core.from)
        return RowDependence::none;
    OfOneRow visitor(core);
    for (const SelectCore::Output& output : core.outputs)
        walk(*output.expr, visitor);
    if (core.having)
        walk(*core.having, visitor);
    if (!visitor.found)
        return RowDependence::none;
    return visitor.sorts || !core.group_by.empty() ? RowDependence::sorted : RowDependence::as_they_come;
}

} // namespace howdah::dialect
