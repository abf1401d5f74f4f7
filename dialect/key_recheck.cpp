// See key_recheck.hpp.
#include "dialect/key_recheck.hpp"

#include "dialect/schema_names.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool sets(const UpdatePlan& plan, int column)
{
    const std::vector<int>& columns = plan.set.columns();
    return std::any_of(columns.begin(), columns.end(), [&](int c) {
        return c == column || (c < 0 && column == plan.table.rowid_alias && column >= 0);
    });
}

bool sets_rowid(const UpdatePlan& plan)
{
    return sets(plan, -1) || (plan.table.rowid_alias >= 0 && sets(plan, plan.table.rowid_alias));
}

bool sets_parent_key(const UpdatePlan& plan, const ForeignKey& key)
{
    const Table& table = plan.table;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        const Column& column = table.columns[i];
        const bool in_key = key.parent_columns.empty()
                                ? column.primary_key > 0
                                : std::any_of(key.parent_columns.begin(), key.parent_columns.end(),
                                              [&](const std::string& name) { return equal_names(name, column.name); });
        if (in_key && sets(plan, static_cast<int>(i)))
            return true;
    }
    return false;
}

// Whether SQLite looks at keys that no assignment touches, too.
bool looks_at_all(const UpdatePlan& plan, const Catalog& catalog)
{
    const Table& table = plan.table;
    if (sets_rowid(plan))
        return true;
    for (const ForeignKey& key : table.foreign_keys)
        if (equal_names(key.parent, table.name) &&
            std::any_of(key.columns.begin(), key.columns.end(), [&](int c) { return sets(plan, c); }))
            return true;
    for (const Table* child : catalog.children_of(table))
        for (const ForeignKey& key : child->foreign_keys)
            if (equal_names(key.parent, table.name) && key.on_update != ForeignKeyClause::Action::none &&
                sets_parent_key(plan, key))
                return true;
    return false;
}

bool removing_is_seen(const Table& table, const Lowering& lowering)
{
    const Options& options = lowering.options();
    return (options.foreign_keys && (!table.foreign_keys.empty() || !lowering.catalog().children_of(table).empty())) ||
           (options.recursive_triggers && !triggers_on(table, TriggerEvent::delete_, nullptr).empty());
}

} // namespace

KeyRecheck::KeyRecheck(const UpdatePlan& plan, const Lowering& lowering)
{
    const Table& table = plan.table;
    if (lowering.in_trigger || !table.has_rowid() || !removing_is_seen(table, lowering))
        return;
    const bool all = lowering.options().foreign_keys && looks_at_all(plan, lowering.catalog());
    int replacing_indexes = 0;
    for (const Key& key : keys_of(table, plan.update.conflict == ConflictAction::unspecified)) {
        if (!(key.index ? all || sets_rowid(plan) || key_uses(table, key, plan.set.columns()) : sets_rowid(plan)))
            continue;
        keys_.push_back({key, conflict_of(table, key, plan.update.conflict), nullptr});
        replacing_indexes += key.index && keys_.back().action == ConflictAction::replace ? 1 : 0;
    }
    if (replacing_indexes < 2) // one that another row is met by, one that stays
        keys_.clear();
}

std::string KeyRecheck::begin()
{
    return "howdah_replaced := false; howdah_met_another := false; howdah_kept := NULL;\n";
}

std::string KeyRecheck::look(const KeyRule& rule, const std::string& another_exists, const std::string& itself_exists,
                             const std::string& replace)
{
    const std::string replaced = "howdah_replaced := true;\n" + replace;
    if (!rule.key.index)
        return replace.empty() ? std::string() : "IF " + another_exists + " THEN\n" + replaced + "END IF;\n";
    std::string itself = "IF " + itself_exists + " THEN\nhowdah_met_another := false;\n";
    if (rule.action == ConflictAction::replace)
        itself += "howdah_kept := coalesce(howdah_kept, " + quote_string(rule.key.index->pg) + ");\n";
    if (replace.empty())
        return itself + "END IF;\n";
    return "IF " + another_exists + " THEN\nhowdah_met_another := true;\n" + replaced + "ELS" + itself + "END IF;\n";
}

std::string KeyRecheck::end(const Table& table, const std::string& exists)
{
    return "IF howdah_replaced AND howdah_met_another AND howdah_kept IS NOT NULL AND " + exists + " THEN\n" +
           raise_key(table, "howdah_kept") + "END IF;\n";
}

std::string raise_key(const Table& table, const std::string& constraint)
{
    return "RAISE unique_violation USING SCHEMA = " + quote_string(table.pg_schema) +
           ", TABLE = " + quote_string(table.pg) + ", CONSTRAINT = " + constraint + ";\n";
}

} // namespace howdah::dialect
