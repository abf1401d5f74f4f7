#include "dialect/live_lookup.hpp"

#include "dialect/visit_plan.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <iterator>

namespace howdah::dialect {

namespace {

// Whether SQLite may take the table itself, or an index of it, for the list of values.
bool reads_columns_as_stored(const Select& select, const Table& table)
{
    const SelectCore& core = select.cores.front();
    if (select.correlated || select.with || select.cores.size() > 1 || select.limit || core.distinct ||
        core.aggregate || core.where || !core.values.empty() || !core.from || core.from->items.size() != 1)
        return false;
    const Source* source = core.from->items.front().table.source.get();
    return source && source->kind == Source::Kind::table && source->table &&
           equal_names(source->table->name, table.name) &&
           std::all_of(core.outputs.begin(), core.outputs.end(), [](const SelectCore::Output& output) {
               const auto* column = as<ColumnRef>(bare(*output.expr));
               return column && column->source;
           });
}

void collect(const Expr& expr, const Table& table, std::set<const Expr*>& out)
{
    if (const auto* n = as<In>(expr); n && n->select && reads_columns_as_stored(*n->select, table))
        out.insert(&expr);
    for_each_child(expr, [&](const Expr& child) { collect(child, table, out); });
}

constexpr int rowid = -1;

std::vector<int> outputs_of(const Select& select, const Table& table)
{
    std::vector<int> columns;
    for (const SelectCore::Output& output : select.cores.front().outputs) {
        const int column = as<ColumnRef>(bare(*output.expr))->index;
        columns.push_back(column == table.rowid_alias ? rowid : column);
    }
    return columns;
}

// The columns of what SQLite looks into: a table's rowid, or its primary key, or those of an index.
std::vector<std::vector<int>> looked_into(const Table& table, Lowering& lowering)
{
    std::vector<std::vector<int>> keys;
    for (const int root : lowering.plan().lookups().roots) {
        const std::string sql = "SELECT name FROM " + quote_identifier(table.schema) +
                                ".sqlite_schema WHERE rootpage = " + std::to_string(root);
        lowering.catalog().mirror().query(sql, {}, lowering.request().session, [&](std::span<const ValueView> row) {
            const Index* index = table.find_index(row[0].bytes);
            for (const Index& other : table.indexes)
                if (!index && table.without_rowid && other.origin == Index::Origin::primary_key)
                    index = &other;
            std::vector<int>& key = keys.emplace_back();
            if (!index)
                key.push_back(rowid);
            for (const IndexColumn& column : index ? index->columns : std::vector<IndexColumn>())
                key.push_back(column.column == table.rowid_alias ? rowid : column.column);
        });
    }
    return keys;
}

// Whether the columns, in any order, are those that the key begins with.
bool is_beginning(std::vector<int> columns, std::vector<int> key)
{
    if (columns.size() > key.size())
        return false;
    key.resize(columns.size());
    std::sort(columns.begin(), columns.end());
    std::sort(key.begin(), key.end());
    return columns == key;
}

bool has_live(const Expr& expr, const std::set<const Expr*>& live)
{
    bool found = live.count(&expr) != 0;
    for_each_child(expr, [&](const Expr& child) { found = found || has_live(child, live); });
    return found;
}

const Binary* conjunction(const Expr& expr)
{
    const auto* binary = as<Binary>(bare(expr));
    return binary && binary->op == BinaryOp::logical_and ? binary : nullptr;
}

void collect_conjuncts(const Expr& expr, std::vector<const Expr*>& out)
{
    if (const Binary* both = conjunction(expr)) {
        collect_conjuncts(*both->lhs, out);
        collect_conjuncts(*both->rhs, out);
    } else {
        out.push_back(&bare(expr));
    }
}

// What is IN the list when its row is visited was so before.
bool was_true_before(const Expr& expr, const std::set<const Expr*>& live)
{
    const Expr& inside = bare(expr);
    return !has_live(inside, live) || (live.count(&inside) != 0 && !as<In>(inside)->negated);
}

} // namespace

std::set<const Expr*> live_lookups(const Expr* where, const Table& table, Lowering& lowering)
{
    std::set<const Expr*> candidates;
    if (!where || lowering.in_trigger)
        return candidates;
    collect(*where, table, candidates);
    if (candidates.empty())
        return candidates;
    const std::vector<std::vector<int>> keys = looked_into(table, lowering);
    std::set<const Expr*> live;
    for (const Expr* candidate : candidates)
        for (const std::vector<int>& key : keys)
            if (is_beginning(outputs_of(*as<In>(*candidate)->select, table), key)) {
                live.insert(candidate);
                break;
            }
    return live;
}

const Expr* values_gone_through(const Expr& where, const std::set<const Expr*>& live, Lowering& lowering)
{
    // NOT IN goes through them, too, but to look for NULLs.
    const bool excludes =
        std::all_of(live.begin(), live.end(), [](const Expr* expr) { return as<In>(*expr)->negated; });
    if (excludes || !lowering.plan().lookups().goes_through)
        return nullptr;
    std::vector<const Expr*> conjuncts, found;
    collect_conjuncts(where, conjuncts);
    std::copy_if(conjuncts.begin(), conjuncts.end(), std::back_inserter(found), [&](const Expr* expr) {
        const auto* n = as<In>(*expr);
        return live.count(expr) != 0 && !n->negated && (*n->operand).collation != Collation::nocase &&
               n->operand->collation != Collation::rtrim;
    });
    if (found.size() != 1)
        throw refusal(
            "SQLite goes through an index of the table for x IN (SELECT …) while it deletes from it; use EXISTS");
    return found.front();
}

std::string conditions_before(const Expr& where, const std::set<const Expr*>& live, Lowering& lowering)
{
    const Binary* both = conjunction(where);
    if (!both)
        return was_true_before(where, live) ? lowering.where(&where) : std::string();
    const std::string lhs = conditions_before(*both->lhs, live, lowering);
    const std::string rhs = conditions_before(*both->rhs, live, lowering);
    return lhs.empty() ? rhs : rhs.empty() ? lhs : lhs + " AND " + rhs;
}

bool says_all_before(const Expr& where, const std::set<const Expr*>& live)
{
    const Binary* both = conjunction(where);
    return both ? says_all_before(*both->lhs, live) && says_all_before(*both->rhs, live) : was_true_before(where, live);
}

} // namespace howdah::dialect
