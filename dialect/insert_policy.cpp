// What an INSERT does about conflicts; see insert_policy.hpp.
#include "dialect/insert_policy.hpp"

#include "dialect/lower.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool raises(ConflictAction action)
{
    return action == ConflictAction::abort || action == ConflictAction::fail || action == ConflictAction::rollback;
}

const UpsertClause* clause_for(const Insert& insert, const Table& table, const Key& key)
{
    for (const auto& clause : insert.upserts) {
        const Index* index = clause.index.empty() ? nullptr : table.find_index(clause.index);
        if (clause.target.empty() || index == key.index)
            return &clause;
    }
    return nullptr;
}

// The keys that UPSERT clauses name come first, in the order of the clauses.
void put_upserts_first(std::vector<KeyRule>& rules, const Insert& insert)
{
    const auto place = [&](const KeyRule& rule) {
        if (!rule.upsert || rule.upsert->target.empty())
            return insert.upserts.size();
        return static_cast<std::size_t>(rule.upsert - insert.upserts.data());
    };
    std::stable_sort(rules.begin(), rules.end(),
                     [&](const KeyRule& a, const KeyRule& b) { return place(a) < place(b); });
}

bool all(const std::vector<KeyRule>& rules, bool (*holds)(const KeyRule&))
{
    return std::all_of(rules.begin(), rules.end(), holds);
}

// Whether deleting rows of the table may delete or change what a new row of it refers to, by ON DELETE CASCADE and the
// like. PostgreSQL would then do the same to the new row of the same statement.
bool refers_to_deleted(const Table& table, const Catalog& catalog, bool foreign_keys)
{
    if (!foreign_keys)
        return false;
    const Effects effects = effects_of(table, {TriggerEvent::delete_}, nullptr, catalog, foreign_keys);
    const std::vector<const Table*> written = tables_written(table, effects);
    return std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(), [&](const ForeignKey& key) {
        const Table* parent = catalog.find_table(table.schema, key.parent);
        const bool acts =
            key.on_delete != ForeignKeyClause::Action::none && key.on_delete != ForeignKeyClause::Action::restrict;
        return parent && (parent != &table || acts) &&
               std::find(written.begin(), written.end(), parent) != written.end();
    });
}

InsertPolicy::Form form_without_upsert(const std::vector<KeyRule>& rules, const Table& table, const InsertRows& rows,
                                       const Catalog& catalog, bool foreign_keys)
{
    using Form = InsertPolicy::Form;
    if (all(rules, [](const KeyRule& r) { return raises(r.action); }))
        return Form::plain;
    if (all(rules, [](const KeyRule& r) { return r.action == ConflictAction::ignore; }))
        return Form::nothing;
    if (!all(rules, [](const KeyRule& r) { return r.action == ConflictAction::replace; }))
        return Form::probe;
    const bool observed = !table.triggers.empty() || has_enforced_children(table, catalog, foreign_keys);
    if (rules.size() == 1 && !observed)
        return Form::rewrite;
    const bool deletes_fire = !triggers_on(table, TriggerEvent::delete_).empty();
    return rows.single() && !deletes_fire && !refers_to_deleted(table, catalog, foreign_keys) ? Form::replace
                                                                                              : Form::probe;
}

} // namespace

InsertPolicy insert_policy(const Insert& insert, const Table& table, const InsertRows& rows, const Catalog& catalog,
                           bool foreign_keys)
{
    InsertPolicy policy;
    for (const Key& key : keys_of(table, insert.conflict == ConflictAction::unspecified && insert.upserts.empty())) {
        if (key.index || rows.rowid != InsertRows::Rowid::automatic)
            policy.rules.push_back({key, conflict_of(table, key, insert.conflict), clause_for(insert, table, key)});
    }
    put_upserts_first(policy.rules, insert);
    const auto upserts =
        std::count_if(policy.rules.begin(), policy.rules.end(), [](const KeyRule& r) { return r.upsert != nullptr; });
    if (upserts == 0) {
        policy.form = form_without_upsert(policy.rules, table, rows, catalog, foreign_keys);
        return policy;
    }
    const bool nothing = all(policy.rules, [](const KeyRule& r) { return r.upsert && !r.upsert->do_update; });
    const bool others_raise = all(policy.rules, [](const KeyRule& r) { return r.upsert || raises(r.action); });
    if (nothing) {
        policy.form = InsertPolicy::Form::nothing;
    } else if (upserts == 1 && others_raise) {
        policy.form = InsertPolicy::Form::upsert;
    } else {
        policy.form = InsertPolicy::Form::probe;
    }
    return policy;
}

bool alone_chooses_rowids(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy,
                          const Lowering& lowering)
{
    using Form = InsertPolicy::Form;
    const auto renumbers = [&](const UpsertClause& clause) {
        return std::any_of(clause.set.begin(), clause.set.end(),
                           [&](const SetClause& set) { return key_uses(table, Key{}, set.indexes); });
    };
    return (policy.form == Form::nothing || policy.form == Form::upsert || policy.form == Form::rewrite) &&
           rows.rowid == InsertRows::Rowid::automatic && !table.autoincrement && table.triggers.empty() &&
           !has_enforced_children(table, lowering.catalog(), true) && lowering.options().writers == Writers::single &&
           std::none_of(insert.upserts.begin(), insert.upserts.end(), renumbers);
}

ReturningView insert_returning_view(const Insert& insert, const Table& table, const InsertPolicy& policy,
                                    const Lowering& lowering)
{
    std::vector<TriggerEvent> events{TriggerEvent::insert};
    const auto some = [&](bool (*holds)(const KeyRule&)) {
        return std::any_of(policy.rules.begin(), policy.rules.end(), holds);
    };
    if (some([](const KeyRule& r) { return r.upsert && r.upsert->do_update; }))
        events.push_back(TriggerEvent::update);
    if (some([](const KeyRule& r) { return !r.upsert && r.action == ConflictAction::replace; }))
        events.push_back(TriggerEvent::delete_);
    return returning_view(insert.returning_outputs, table, events, nullptr, lowering);
}

bool wants_filter(const Table& table, ConflictAction statement)
{
    if (statement == ConflictAction::ignore && !table.checks.empty())
        return true;
    return std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& c) {
        return c.not_null && not_null_conflict_of(c, statement) == ConflictAction::ignore;
    });
}

namespace {

// The condition, once these values have been computed, which may raise.
std::string computed_before(const std::string& condition, const std::string& values)
{
    return "CASE WHEN num_nulls(" + values + ") >= 0 THEN " + condition + " END";
}

std::string columns_of(const Table& table, const std::vector<int>& columns, const std::string& row)
{
    std::vector<std::string> names;
    for (const int c : columns)
        names.push_back(row + "." + quote_identifier(table.columns[static_cast<std::size_t>(c)].pg));
    return join(names, ", ");
}

} // namespace

std::string ignore_filter(const Table& table, const InsertRows& rows, ConflictAction statement, Lowering& lowering,
                          const std::string& row)
{
    std::vector<std::string> parts;
    std::string earlier; // NULLs that raise before a later column is looked at
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        const Column& c = table.columns[static_cast<std::size_t>(rows.columns[i])];
        if (!c.not_null || !rows.classes[i].nullable())
            continue;
        const std::string is_null = row + "." + quote_identifier(c.pg) + " IS NULL";
        if (not_null_conflict_of(c, statement) == ConflictAction::ignore)
            parts.push_back(earlier.empty() ? "NOT (" + is_null + ")" : "(NOT (" + is_null + ") OR " + earlier + ")");
        else
            earlier += (earlier.empty() ? "" : " OR ") + is_null;
    }
    std::vector<std::string> checks;
    if (statement == ConflictAction::ignore)
        for (const auto& check : table.checks)
            checks.push_back("(" + check_text(table, check, row, lowering) + ") IS NOT FALSE");
    // A value of another class than STRICT wants is told before a CHECK is looked at, a rowid that is no integer before
    // everything: a row that is left out has had those computed.
    if (!checks.empty() && table.strict)
        checks = {computed_before(join(checks, " AND "), columns_of(table, rows.columns, row))};
    parts.insert(parts.end(), checks.begin(), checks.end());
    const std::string passes = join(parts, " AND ");
    if (passes.empty() || rows.rowid == InsertRows::Rowid::automatic || rows.rowid == InsertRows::Rowid::none)
        return passes;
    return computed_before(passes, row + "." + quote_identifier(table.rowid_pg));
}

bool may_fail(const Table& table, const std::vector<KeyRule>& rules, ConflictAction statement)
{
    const auto key_fails = [](const KeyRule& r) { return !r.upsert && r.action == ConflictAction::fail; };
    const auto column_fails = [&](const Column& c) {
        return c.not_null && not_null_conflict_of(c, statement) == ConflictAction::fail;
    };
    return statement == ConflictAction::fail || std::any_of(rules.begin(), rules.end(), key_fails) ||
           std::any_of(table.columns.begin(), table.columns.end(), column_fails);
}

std::string fail_condition(const Table& table, const std::vector<KeyRule>& rules, ConflictAction statement)
{
    const std::string own =
        "howdah_schema = " + quote_string(table.pg_schema) + " AND howdah_table = " + quote_string(table.pg);
    if (statement == ConflictAction::fail)
        return own;
    std::vector<std::string> names;
    for (const auto& rule : rules)
        if (!rule.upsert && rule.action == ConflictAction::fail)
            names.push_back(quote_string(rule.key.index ? rule.key.index->pg : rowid_index_name(table)));
    for (const auto& column : table.columns)
        if (column.not_null && not_null_conflict_of(column, statement) == ConflictAction::fail)
            names.push_back(quote_string(column.pg));
    if (names.empty())
        return "false";
    return own + " AND coalesce(nullif(howdah_constraint, ''), howdah_column) IN (" + join(names, ", ") + ")";
}

bool replaces_null(const Column& column, ConflictAction statement)
{
    return column.not_null && column.default_value &&
           not_null_conflict_of(column, statement) == ConflictAction::replace;
}

} // namespace howdah::dialect
