// See insert_set.hpp.
#include "dialect/insert_set.hpp"

#include "dialect/lower.hpp"
#include "dialect/reads.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Form = InsertPolicy::Form;

bool fires(const Table& table)
{
    return !triggers_on(table, TriggerEvent::insert).empty() || !triggers_on(table, TriggerEvent::update).empty();
}

// DO UPDATE that neither moves the row to another key nor looks at other rows.
bool stays_apart(const UpsertClause& clause, const Table& table)
{
    if (clause.where && has_subquery(*clause.where))
        return false;
    const std::vector<Key> keys = keys_of(table);
    return std::none_of(clause.set.begin(), clause.set.end(), [&](const SetClause& set) {
        const bool moves =
            std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key_uses(table, key, set.indexes); });
        return moves || has_subquery(*set.value);
    });
}

bool may_be_a_set(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy)
{
    if (rows.single() || rows.rowid == InsertRows::Rowid::mixed || !rows.echoes.empty() || table.autoincrement ||
        !insert.returning.empty())
        return false;
    const bool numbered = rows.rowid == InsertRows::Rowid::automatic;
    if (policy.form == Form::rewrite) // which has no triggers
        return !numbered || !key_uses(table, policy.rules.front().key, {-1});
    const UpsertClause* upsert = policy.form == Form::upsert ? policy.rules.front().upsert : nullptr;
    return upsert && upsert->do_update && !fires(table) && stays_apart(*upsert, table);
}

} // namespace

std::string insert_as_set(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy,
                          const std::string& filter, const std::string& on_conflict, Lowering& lowering)
{
    if (!may_be_a_set(insert, table, rows, policy))
        return {};
    Unnumbered unnumbered;
    if (policy.form == Form::upsert && rows.rowid == InsertRows::Rowid::automatic) {
        const Key& key = policy.rules.front().key;
        if (!is_known_ahead(table, key))
            return {};
        unnumbered = {&key, true};
    }
    return "INSERT INTO " + pg_name(table) + " AS " + quote_identifier(insert.target->pg_alias) + " (" +
           join(column_names(rows, table), ", ") + ") " + rows_with_rowids(rows, table, lowering, filter, unnumbered) +
           on_conflict;
}

} // namespace howdah::dialect
