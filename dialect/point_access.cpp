// See point_access.hpp.
#include "dialect/point_access.hpp"

#include "dialect/compile.hpp"
#include "dialect/insert_rows.hpp"
#include "dialect/lower.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/scope.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>
#include <map>

namespace howdah::dialect {

namespace {

constexpr int rowid_column = -1;

using Part = PointAccess::Part;
using Key = PointAccess::Key;

// The column of the table itself that the expression is; the rowid by whatever name.
std::optional<int> column_of(const Expr& e, const Source& source)
{
    const auto* column = as<ColumnRef>(bare(e));
    if (!column || column->source != &source || column->depth != 0 || column->alias_of)
        return std::nullopt;
    return column->index == source.rowid_alias ? rowid_column : column->index;
}

// An INTEGER or a TEXT that the statement is given.
std::optional<Part> given(const Expr& e, const std::vector<Slot>& slots)
{
    if (const auto* literal = as<Literal>(bare(e))) {
        const bool is_value =
            std::holds_alternative<std::int64_t>(literal->value) || std::holds_alternative<std::string>(literal->value);
        return is_value ? std::optional(Part{-1, literal->value}) : std::nullopt;
    }
    const auto* parameter = as<Parameter>(bare(e));
    if (!parameter || parameter->index <= 0)
        return std::nullopt;
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) {
        return slot.parameter == parameter->index && slot.expression.empty() &&
               (slot.guard == StorageClass::integer || slot.guard == StorageClass::text);
    });
    return found != slots.end() ? std::optional(Part{static_cast<int>(found - slots.begin()), {}}) : std::nullopt;
}

// What columns are given, by column.
using Given = std::map<int, Part>;

// The columns that `where` asks to equal something given, among other conditions perhaps.
void add_equalities(const Expr& where, const Source& source, const std::vector<Slot>& slots, Given& out)
{
    const auto* binary = as<Binary>(bare(where));
    if (binary && binary->op == BinaryOp::logical_and) {
        add_equalities(*binary->lhs, source, slots, out);
        add_equalities(*binary->rhs, source, slots, out);
    }
    if (!binary || binary->op != BinaryOp::equal)
        return;
    const bool swapped = !column_of(*binary->lhs, source);
    const auto column = column_of(swapped ? *binary->rhs : *binary->lhs, source);
    const auto part = given(swapped ? *binary->lhs : *binary->rhs, slots);
    if (column && part)
        out.emplace(*column, *part);
}

// Whether the value is what a column of this type holds, so that equal rows have equal values.
bool suits(const Part& part, PgType storage, const std::vector<Slot>& slots)
{
    const bool is_text = part.slot >= 0 ? slots[static_cast<std::size_t>(part.slot)].guard == StorageClass::text
                                        : std::holds_alternative<std::string>(part.literal);
    return storage == (is_text ? PgType::text : PgType::int8);
}

// The keys of the table all of whose columns are given; the rowid first.
std::vector<Key> given_keys(const Table& table, const Given& given, const std::vector<Slot>& slots)
{
    std::vector<Key> keys;
    const auto rowid = given.find(rowid_column);
    if (table.has_rowid() && rowid != given.end() && suits(rowid->second, PgType::int8, slots))
        keys.push_back({{}, {rowid->second}});
    for (const Index& index : table.indexes) {
        Key key{index.pg, {}};
        for (const IndexColumn& c : index.columns) {
            const auto part = given.find(c.column);
            if (c.column < 0 || part == given.end())
                break;
            const Column& column = table.columns[static_cast<std::size_t>(c.column)];
            if (c.collation == column.collation && suits(part->second, column.storage, slots))
                key.parts.push_back(part->second);
        }
        if (index.unique && !index.where && key.parts.size() == index.columns.size())
            keys.push_back(std::move(key));
    }
    return keys;
}

bool is_plain(const Table& table)
{
    return table.kind == Table::Kind::ordinary && !table.is_private() && !table.full_text && !table.rtree &&
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
        return by_key(PointAccess::Kind::read, core.from->items.front().table, *core.where);
    }

    std::optional<PointAccess> operator()(const Update& update) const
    {
        if (update.with || update.from || update.limit || !update.order_by.empty() || !update.where ||
            !may_raise_only(update.conflict) || looks_elsewhere(update.returning_outputs) ||
            !update.table.source->table || !raises(*update.table.source->table))
            return std::nullopt;
        std::vector<int> changed;
        for (const SetClause& set : update.set) {
            changed.insert(changed.end(), set.indexes.begin(), set.indexes.end());
            if (has_subquery(*set.value))
                return std::nullopt;
        }
        const Table& table = *update.table.source->table;
        return moves(changed, table) || acts(table, TriggerEvent::update, &changed)
                   ? std::nullopt
                   : by_key(PointAccess::Kind::change, update.table, *update.where);
    }

    std::optional<PointAccess> operator()(const Delete& del) const
    {
        if (del.with || del.limit || !del.order_by.empty() || !del.where || looks_elsewhere(del.returning_outputs) ||
            !del.table.source->table || !raises(*del.table.source->table) ||
            acts(*del.table.source->table, TriggerEvent::delete_, nullptr))
            return std::nullopt;
        return by_key(PointAccess::Kind::change, del.table, *del.where);
    }

    std::optional<PointAccess> operator()(const Insert& insert) const
    {
        const Table& table = *insert.target->table;
        if (insert.with || !may_raise_only(insert.conflict) || insert.replace_keyword ||
            looks_elsewhere(insert.returning_outputs) || !is_plain(table) || !raises(table) || !insert.source ||
            insert.source->cores.size() != 1 || insert.source->cores.front().values.size() != 1)
            return std::nullopt;
        PointAccess point;
        point.kind = PointAccess::Kind::insert;
        point.table = pg_name(table);
        Given values;
        const std::vector<ExprPtr>& row = insert.source->cores.front().values.front();
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (has_subquery(*row[i]))
                return std::nullopt;
            const auto part = given(*row[i], slots_);
            const int column = i < insert.column_indexes.size() ? insert.column_indexes[i] : static_cast<int>(i);
            if (part)
                values.emplace(column == table.rowid_alias ? rowid_column : column, *part);
        }
        point.keys = given_keys(table, values, slots_);
        if (!takes_over(insert, table, point.keys) || !find_draw(table, point))
            return std::nullopt;
        return point;
    }

    template <typename Other>
    std::optional<PointAccess> operator()(const Other&) const
    {
        return std::nullopt;
    }

private:
    std::optional<PointAccess> by_key(PointAccess::Kind kind, const TableRef& ref, const Expr& where) const
    {
        const Source* const source = ref.source.get();
        if (!source || source->kind != Source::Kind::table || !source->table || !is_plain(*source->table) ||
            has_subquery(where))
            return std::nullopt;
        Given equal;
        add_equalities(where, *source, slots_, equal);
        PointAccess point;
        point.kind = kind;
        point.table = pg_name(*source->table);
        point.keys = given_keys(*source->table, equal, slots_);
        if (point.keys.empty())
            return std::nullopt;
        point.keys.resize(1);
        return point;
    }

    static bool looks_elsewhere(const std::vector<SelectCore::Output>& outputs)
    {
        return std::any_of(outputs.begin(), outputs.end(),
                           [](const SelectCore::Output& output) { return has_subquery(*output.expr); });
    }

    static bool moves(const std::vector<int>& changed, const Table& table)
    {
        return std::any_of(changed.begin(), changed.end(),
                           [&](int column) { return column < 0 || column == table.rowid_alias; });
    }

    // Whether a foreign key's action changes rows of other tables.
    bool acts(const Table& table, TriggerEvent event, const std::vector<int>* changed) const
    {
        return changes_others(table, {event}, changed, lowering_.catalog(), lowering_.options().foreign_keys);
    }

    // Without ON CONFLICT, or with a DO UPDATE of the row that has one of these keys: the only one that then is locked.
    static bool takes_over(const Insert& insert, const Table& table, std::vector<Key>& keys)
    {
        if (insert.upserts.empty())
            return true;
        const UpsertClause& upsert = insert.upserts.front();
        const Index* const index = table.find_index(upsert.index);
        const std::string name = index ? index->pg : std::string();
        if (insert.upserts.size() != 1 || !upsert.do_update || upsert.where || upsert.target.empty() ||
            (!index && !upsert.index.empty()))
            return false;
        std::erase_if(keys, [&](const Key& key) { return key.name != name; });
        if (keys.empty())
            return false;
        return std::none_of(upsert.set.begin(), upsert.set.end(), [&](const SetClause& set) {
            return moves(set.indexes, table) || has_subquery(*set.value);
        });
    }

    // The text that draws the rowid, in whichever of its forms. False: it is chosen in another way.
    bool find_draw(const Table& table, PointAccess& point) const
    {
        if (!table.has_rowid())
            return true;
        const Writers writers = lowering_.options().writers;
        for (const std::string& drawn :
             {next_rowid(table, writers, last_rowid(table, lowering_.catalog(), writers), "1"),
              next_rowid(table, writers, numbered_rows_last, numbered_rows_place)}) {
            const auto at = step_.sql.find(drawn);
            if (at == std::string::npos)
                continue;
            point.draws_rowid = drawn;
            return step_.sql.find(drawn, at + 1) == std::string::npos;
        }
        return std::none_of(std::begin(drawing_functions), std::end(drawing_functions),
                            [&](std::string_view function) { return step_.sql.find(function) != std::string::npos; });
    }

    static constexpr std::string_view drawing_functions[] = {"howdah.next_rowid(", "howdah.rowid_after(",
                                                             "howdah.next_sequence(", "howdah.sequence_after(",
                                                             "howdah_take_rowid\"("};
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
