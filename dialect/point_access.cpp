// See point_access.hpp.
#include "dialect/point_access.hpp"

#include "dialect/compile.hpp"
#include "dialect/lower.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/scope.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool is_rowid_of(const Expr& e, const Source& source)
{
    const auto* column = as<ColumnRef>(bare(e));
    return column && column->source == &source && column->depth == 0 && !column->alias_of &&
           (column->index == -1 || column->index == source.rowid_alias);
}

// The number of the parameter that `where` asks the rowid to equal, among other conditions perhaps; 0: none.
int rowid_parameter(const Expr& where, const Source& source)
{
    const auto* binary = as<Binary>(bare(where));
    if (!binary)
        return 0;
    if (binary->op == BinaryOp::logical_and) {
        const int left = rowid_parameter(*binary->lhs, source);
        return left != 0 ? left : rowid_parameter(*binary->rhs, source);
    }
    if (binary->op != BinaryOp::equal)
        return 0;
    const bool swapped = !is_rowid_of(*binary->lhs, source);
    const Expr& column = swapped ? *binary->rhs : *binary->lhs;
    const auto* parameter = as<Parameter>(bare(swapped ? *binary->lhs : *binary->rhs));
    return parameter && is_rowid_of(column, source) ? parameter->index : 0;
}

int slot_of(int parameter, const std::vector<Slot>& slots)
{
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) {
        return slot.parameter == parameter && slot.expression.empty() && slot.guard == StorageClass::integer;
    });
    return parameter > 0 && found != slots.end() ? static_cast<int>(found - slots.begin()) : -1;
}

bool is_plain(const Table& table)
{
    return table.has_rowid() && !table.is_private() && !table.full_text && !table.rtree && !table.autoincrement &&
           table.name != "sqlite_sequence" && table.name != "sqlite_stat1";
}

bool may_raise_only(ConflictAction action)
{
    return action == ConflictAction::unspecified || action == ConflictAction::abort;
}

// A constraint's own conflict clause would look for other rows.
bool raises(const Table& table)
{
    return may_raise_only(table.primary_key_conflict) && table.triggers.empty() &&
           std::all_of(table.indexes.begin(), table.indexes.end(),
                       [](const Index& index) { return may_raise_only(index.conflict); });
}

class Recognizer {
public:
    Recognizer(const Compiled& out, const Lowering& lowering)
        : step_(out.steps.front()), slots_(out.slots), lowering_(lowering)
    {
    }

    std::optional<PointAccess> operator()(const SelectPtr& select) const
    {
        const SelectCore& core = select->cores.front();
        if (select->cores.size() != 1 || select->with || !select->order_by.empty() || select->limit || select->offset ||
            !core.from || core.from->items.size() != 1 || !core.where || core.aggregate || core.distinct ||
            !core.group_by.empty() || core.having || !core.windows.empty())
            return std::nullopt;
        for (const SelectCore::Output& output : core.outputs)
            if (output.expr->has_window || has_subquery(*output.expr))
                return std::nullopt;
        return by_rowid(PointAccess::Kind::read, core.from->items.front().table, *core.where);
    }

    std::optional<PointAccess> operator()(const Update& update) const
    {
        if (update.with || update.from || update.limit || !update.order_by.empty() || !update.returning.empty() ||
            !update.where || !may_raise_only(update.conflict) || !update.table.source->table ||
            !raises(*update.table.source->table))
            return std::nullopt;
        for (const SetClause& set : update.set) {
            const bool moves = std::any_of(set.indexes.begin(), set.indexes.end(), [&](int column) {
                return column < 0 || column == update.table.source->rowid_alias;
            });
            if (moves || has_subquery(*set.value))
                return std::nullopt;
        }
        return by_rowid(PointAccess::Kind::change, update.table, *update.where);
    }

    std::optional<PointAccess> operator()(const Delete& del) const
    {
        if (del.with || del.limit || !del.order_by.empty() || !del.returning.empty() || !del.where ||
            !del.table.source->table || !raises(*del.table.source->table))
            return std::nullopt;
        return by_rowid(PointAccess::Kind::change, del.table, *del.where);
    }

    std::optional<PointAccess> operator()(const Insert& insert) const
    {
        const Table& table = *insert.target->table;
        if (insert.with || !may_raise_only(insert.conflict) || insert.replace_keyword || !insert.upserts.empty() ||
            !insert.returning.empty() || !is_plain(table) || !raises(table) || !insert.source ||
            insert.source->cores.size() != 1 || insert.source->cores.front().values.size() != 1)
            return std::nullopt;
        for (const ExprPtr& value : insert.source->cores.front().values.front())
            if (has_subquery(*value))
                return std::nullopt;
        PointAccess point;
        point.kind = PointAccess::Kind::insert;
        point.table = pg_name(table);
        const Catalog& catalog = lowering_.catalog();
        const std::string drawn = rowid_after(table, lowering_.options().writers, last_rowid(table, catalog), "1");
        if (const auto at = step_.sql.find(drawn); at != std::string::npos) {
            if (step_.sql.find(drawn, at + 1) != std::string::npos)
                return std::nullopt;
            point.draws_rowid = drawn;
        } else if (step_.sql.find("howdah.next_rowid(") != std::string::npos ||
                   step_.sql.find("howdah.rowid_after(") != std::string::npos) {
            return std::nullopt; // chosen in another way
        }
        return point;
    }

    template <typename Other>
    std::optional<PointAccess> operator()(const Other&) const
    {
        return std::nullopt;
    }

private:
    std::optional<PointAccess> by_rowid(PointAccess::Kind kind, const TableRef& ref, const Expr& where) const
    {
        const Source* const source = ref.source.get();
        if (!source || source->kind != Source::Kind::table || !source->table || !is_plain(*source->table) ||
            has_subquery(where))
            return std::nullopt;
        PointAccess point;
        point.kind = kind;
        point.table = pg_name(*source->table);
        point.slot = slot_of(rowid_parameter(where, *source), slots_);
        return point.slot >= 0 ? std::optional(std::move(point)) : std::nullopt;
    }

    const Step& step_;
    const std::vector<Slot>& slots_;
    const Lowering& lowering_;
};

} // namespace

std::optional<PointAccess> point_access(const StatementNode& statement, const Compiled& out, const Lowering& lowering)
{
    const bool one_step = out.steps.size() == 1 && out.steps.front().prepare && !out.steps.front().count_is_value &&
                          (out.steps.front().role == Step::Role::rows || out.steps.front().role == Step::Role::write);
    if (!one_step || out.rehearsal || out.touches_temp)
        return std::nullopt;
    return std::visit(Recognizer(out, lowering), statement);
}

} // namespace howdah::dialect
