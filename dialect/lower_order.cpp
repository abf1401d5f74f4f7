// In which order SELECT's rows come: ORDER BY, and what SQLite's sorter leaves as it was.
#include "dialect/catalog.hpp"
#include "dialect/parser.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

const ColumnRef* column_of(const Expr& e)
{
    const auto* ref = as<ColumnRef>(bare(e));
    return ref && ref->alias_of ? column_of(*ref->alias_of) : ref;
}

// An index begins with the column, so that PostgreSQL may read it in order.
bool is_indexed(const Expr& e)
{
    const ColumnRef* ref = column_of(e);
    if (!ref || !ref->source || !ref->source->table)
        return false;
    const auto& indexes = ref->source->table->indexes;
    return std::any_of(indexes.begin(), indexes.end(),
                       [&](const Index& i) { return !i.columns.empty() && i.columns.front().column == ref->index; });
}

bool is_unique_column(const ColumnRef& ref)
{
    if (!ref.source || !ref.source->table || ref.depth > 0)
        return false;
    if (ref.index < 0 || ref.index == ref.source->rowid_alias)
        return true;
    const auto& indexes = ref.source->table->indexes;
    return std::any_of(indexes.begin(), indexes.end(), [&](const Index& i) {
        return i.unique && !i.where && i.columns.size() == 1 && i.columns.front().column == ref.index;
    });
}

// The same for every row of the SELECT it stands in.
bool is_fixed(const Expr& e)
{
    const auto* ref = as<ColumnRef>(bare(e));
    return e.constant || (ref && ref->source && ref->depth > 0);
}

// Whether WHERE says column = value.
bool fixes(const Expr& where, int column)
{
    const auto* binary = as<Binary>(bare(where));
    if (binary && binary->op == BinaryOp::logical_and)
        return fixes(*binary->lhs, column) || fixes(*binary->rhs, column);
    if (!binary || binary->op != BinaryOp::equal)
        return false;
    const auto is_column = [column](const Expr& e) {
        const ColumnRef* ref = column_of(e);
        return ref && ref->depth == 0 && ref->index == column;
    };
    return (is_column(*binary->lhs) && is_fixed(*binary->rhs)) || (is_column(*binary->rhs) && is_fixed(*binary->lhs));
}

bool names_unique_value(const Expr& where)
{
    const auto* binary = as<Binary>(bare(where));
    if (!binary)
        return false;
    if (binary->op == BinaryOp::logical_and)
        return names_unique_value(*binary->lhs) || names_unique_value(*binary->rhs);
    if (binary->op != BinaryOp::equal)
        return false;
    const auto* left = as<ColumnRef>(bare(*binary->lhs));
    const auto* right = as<ColumnRef>(bare(*binary->rhs));
    return (left && is_fixed(*binary->rhs) && is_unique_column(*left)) ||
           (right && is_fixed(*binary->lhs) && is_unique_column(*right));
}

} // namespace

bool is_plain_column(const std::string& text)
{
    return !text.empty() && text.front() == '"' && text.find_first_of("( ") == std::string::npos;
}

bool has_variants(const Fragment& f, Collation collation)
{
    if (collation != Collation::binary && f.classes.has(StorageClass::text))
        return true;
    return (f.type == PgType::numeric || f.type == PgType::v) && f.classes.has(StorageClass::integer) &&
           f.classes.has(StorageClass::real);
}

bool reads_backwards(const SelectCore& core, const std::vector<OrderingTerm>& terms)
{
    const std::vector<const Source*> sources = sources_of(*core.from);
    if (sources.size() != 1 || !sources.front()->table)
        return false;
    const auto matches = [&](const Index& index) {
        std::size_t term = 0;
        for (const IndexColumn& column : index.columns) {
            if (term == terms.size() || column.column == -2)
                break;
            const ColumnRef* ref = column_of(*terms[term].expr);
            const bool down = terms[term].direction == Direction::descending;
            if (ref && ref->index == column.column && terms[term].expr->collation == column.collation &&
                down != column.descending)
                ++term;
            else if (!core.where || !fixes(*core.where, column.column))
                return false;
        }
        return term == terms.size();
    };
    const std::vector<Index>& indexes = sources.front()->table->indexes;
    return std::any_of(indexes.begin(), indexes.end(), matches);
}

bool finds_one_row(const SelectCore& core)
{
    return core.where && core.from && sources_of(*core.from).size() == 1 && names_unique_value(*core.where);
}

bool is_single_row(const Select& select)
{
    if (select.cores.size() != 1)
        return false;
    const SelectCore& core = select.cores.front();
    if (!core.values.empty())
        return core.values.size() == 1;
    return !core.from || (core.aggregate && core.group_by.empty()) || finds_one_row(core);
}

// ------------------------------------------------------------------------------------------------ ORDER BY

std::string SortKey::text_of(const std::string& spelling, bool whole) const
{
    const bool nulls_first = nulls == Nulls::unspecified ? !descending : nulls == Nulls::first;
    const bool nullable = key.classes.nullable();
    if (by_fields && !whole) {
        const std::string direction = descending ? " DESC" : "";
        std::string out = nullable ? "(" + spelling + " IS NULL)" + (nulls_first ? " DESC, " : ", ") : "";
        out += "(" + spelling + ").n" + direction + ", (" + spelling + ").t" + direction + ", (" + spelling + ").b" +
               direction;
        return out;
    }
    std::string out = spelling + (descending ? " DESC" : "");
    if (nullable && nulls_first != descending)
        out += nulls_first ? " NULLS FIRST" : " NULLS LAST";
    return out;
}

std::string join_keys(const std::vector<SortKey>& keys, bool whole)
{
    std::vector<std::string> texts;
    for (const SortKey& key : keys)
        texts.push_back(key.text(whole));
    return join(texts, ", ");
}

SortKey SelectLowering::sort_key(const OrderingTerm& term, const Fragment& value) const
{
    SortKey key;
    key.key = collation_key(value, term.expr->collation);
    key.descending = term.direction == Direction::descending;
    key.nulls = term.nulls;
    key.by_fields = key.key.type == PgType::v && is_plain_column(key.key.text) && !is_indexed(*term.expr);
    return key;
}

std::vector<SortKey> SelectLowering::sort_keys(const std::vector<OrderingTerm>& terms)
{
    std::vector<SortKey> keys;
    for (const OrderingTerm& term : terms)
        if (!term.expr->constant)
            keys.push_back(sort_key(term, l_.value(*term.expr)));
    return keys;
}

int output_of(const SelectCore& core, const OrderingTerm& term)
{
    if (term.result_column != 0)
        return term.result_column;
    const auto same = std::find_if(core.outputs.begin(), core.outputs.end(), [&](const SelectCore::Output& o) {
        return same_expression(*term.expr, *o.expr) ||
               (term.expr->has_window && o.expr->has_window && unparse(*term.expr) == unparse(*o.expr));
    });
    return same == core.outputs.end() ? 0 : static_cast<int>(same - core.outputs.begin()) + 1;
}

// ORDER BY of one core. A term that is an output is sorted by its position, so that it is computed once.
void SelectLowering::output_order(const SelectCore& core, const std::vector<OrderingTerm>& terms, Arm& arm)
{
    for (const OrderingTerm& term : terms) {
        const int column = output_of(core, term);
        if (core.outputs.empty() ? term.expr->constant
                                 : column > 0 && core.outputs[static_cast<std::size_t>(column) - 1].expr->constant)
            continue;
        if (column == 0 && term.expr->constant)
            continue;
        if (column == 0) {
            arm.order.push_back(sort_key(term, l_.value(*term.expr)));
            continue;
        }
        Fragment& output = arm.columns[static_cast<std::size_t>(column) - 1];
        SortKey key = sort_key(term, output);
        if (term.expr->collation == Collation::binary || !output.classes.has(StorageClass::text)) {
            output = key.key;
            key.column = column;
        }
        arm.order.push_back(std::move(key));
    }
}

// The groups as they come out of the tree or the index that they were made with. SQLite sorts them for the last window
// first, else for ORDER BY.
std::vector<SortKey> SelectLowering::order_of_groups(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                                                     const Aggregation& aggregation)
{
    std::vector<bool> descending;
    if (const auto windows = window_orders(core); !windows.empty())
        for (const SortKey& key : windows.back().keys)
            descending.push_back(key.descending);
    else
        for (const OrderingTerm& term : terms)
            descending.push_back(term.direction == Direction::descending);
    const bool sorted = !l_.visits_.group || l_.visits_.group->groups_are_sorted;
    return aggregation.natural_order(core.from ? visiting_order(core) : std::vector<SortKey>{}, sorted, descending);
}

// SQLite's sorter is stable: rows that ORDER BY takes for equal stay as they were visited, groups in the order of their
// keys.
void SelectLowering::break_ties(const SelectCore& core, const std::vector<OrderingTerm>& terms,
                                const std::optional<Aggregation>& aggregation, Arm& arm)
{
    const auto sorts_by = [&arm](const std::string& text) {
        return std::any_of(arm.order.begin(), arm.order.end(), [&](const SortKey& k) { return k.key.text == text; });
    };
    std::set<int> sorted;
    for (const SortKey& key : arm.order)
        sorted.insert(key.column);
    sorted.erase(0);
    if (!core.from || finds_one_row(core) || (core.distinct && sorted.size() == arm.columns.size()))
        return;
    bool all_alike = true; // rows that are equal as keys are equal to the eye
    for (std::size_t i = 0; i < arm.columns.size(); ++i)
        all_alike = all_alike && (core.outputs[i].expr->constant ||
                                  (sorted.count(static_cast<int>(i) + 1) != 0 &&
                                   !has_variants(arm.columns[i], core.outputs[i].expr->collation)));
    if (all_alike)
        return;
    const std::vector<SortKey> visits = visiting_order(core);
    const bool backwards = !aggregation && !l_.visits_.group && reads_backwards(core, terms);
    std::vector<SortKey> natural;
    for (const auto& [call, order] : window_orders(core)) // sorted last
        natural.insert(natural.end(), order.begin(), order.end());
    const std::vector<SortKey> rows = aggregation ? order_of_groups(core, terms, *aggregation) : visits;
    natural.insert(natural.end(), rows.begin(), rows.end());
    for (SortKey& key : natural) {
        if (sorts_by(key.key.text))
            continue;
        key.descending = key.descending || backwards;
        arm.order.push_back(std::move(key));
    }
}

} // namespace howdah::dialect
