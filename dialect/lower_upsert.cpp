// ON CONFLICT … DO … and REPLACE; see lower_upsert.hpp.
#include "dialect/lower_upsert.hpp"

#include "dialect/assignments.hpp"
#include "dialect/governing.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Whether a column's affinity may make another value of one of these. An INTEGER in a REAL column is converted before.
bool converts(Affinity affinity, Classes classes)
{
    if (affinity == Affinity::text)
        return classes.has(StorageClass::integer) || classes.has(StorageClass::real);
    return is_numeric(affinity) &&
           (classes.has(StorageClass::text) || (affinity != Affinity::real && classes.has(StorageClass::real)));
}

std::string do_update(const UpsertClause& clause, const Table& table, Lowering& lowering)
{
    std::string text = " DO UPDATE SET " + Assignments(clause.set, table, ConflictAction::abort).list(lowering);
    if (clause.where)
        text += " WHERE " + lowering.condition(*clause.where).text;
    return text;
}

// Every column as the new row has it, the rowid included: what is left is the new row.
std::string rewrite(const Table& table)
{
    std::vector<std::string> parts;
    const auto take = [&](const std::string& name) {
        parts.push_back(quote_identifier(name) + " = excluded." + quote_identifier(name));
    };
    if (table.has_rowid() && table.rowid_alias < 0)
        take(table.rowid_pg);
    for (const auto& column : table.columns)
        if (column.generated == Column::Generated::no && !column.hidden)
            take(column.pg);
    return " DO UPDATE SET " + join(parts, ", ");
}

} // namespace

Unconverted::Unconverted(const Insert& insert, const Table& table, const UpsertClause& clause, const Key& key,
                         Lowering& lowering)
    : insert_(insert), table_(table), lowering_(lowering), around_(lowering.substitute)
{
    const auto is_generated = [](const Column& c) { return c.generated != Column::Generated::no; };
    if (!key.index && &clause == insert.upserts.data() && table.checks.empty() &&
        std::none_of(table.columns.begin(), table.columns.end(), is_generated))
        lowering.substitute = [this](const Expr& e) { return (*this)(e); };
}

Unconverted::~Unconverted() { lowering_.substitute = around_; }

std::optional<Fragment> Unconverted::operator()(const Expr& e) const
{
    const auto* ref = as<ColumnRef>(e);
    const bool is_new = ref && ref->source && ref->source == insert_.excluded.get() && ref->index >= 0;
    if (const Expr* given = is_new ? value_of(ref->index) : nullptr) {
        Fragment f = lowering_.value(*given);
        if (converts(table_.columns[static_cast<std::size_t>(ref->index)].affinity, f.classes))
            return f;
    }
    return around_ ? around_(e) : std::nullopt;
}

// What the only row of VALUES has for the column, if that is the same whenever it is asked for.
const Expr* Unconverted::value_of(int column) const
{
    const Select* source = insert_.source.get();
    if (!source || source->cores.size() != 1 || source->cores.front().values.size() != 1)
        return nullptr;
    const std::vector<ExprPtr>& row = source->cores.front().values.front();
    const auto at = std::find(insert_.column_indexes.begin(), insert_.column_indexes.end(), column);
    const auto place = static_cast<std::size_t>(at - insert_.column_indexes.begin());
    return place < row.size() && row[place]->constant ? row[place].get() : nullptr;
}

std::string on_conflict(const Insert& insert, const Table& table, const InsertPolicy& policy, Lowering& lowering)
{
    using Form = InsertPolicy::Form;
    if (policy.form == Form::nothing)
        return policy.rules.empty() ? std::string() : std::string(" ON CONFLICT DO NOTHING");
    if (policy.form != Form::upsert && policy.form != Form::rewrite)
        return {};
    const KeyRule& rule = policy.rules.front();
    std::string text = " ON CONFLICT " + conflict_target(table, rule.key, lowering.catalog());
    if (policy.form == Form::rewrite)
        return text + rewrite(table);
    if (!rule.upsert->do_update)
        return text + " DO NOTHING";
    lowering.fired(insert.upserts.size() > 1 ? "upsert_clauses" : "upsert");
    const Unconverted unconverted(insert, table, *rule.upsert, rule.key, lowering);
    return text + do_update(*rule.upsert, table, lowering);
}

std::string conflicts(const Table& table, const std::vector<KeyRule>& rules, std::string_view alias,
                      std::string_view other, Lowering& lowering)
{
    std::vector<std::string> parts;
    for (const auto& rule : rules)
        parts.push_back(parens(same_key(table, rule.key, alias, other, lowering)));
    return join(parts, " OR ");
}

bool may_roll_back(const Insert& insert, const Table& table)
{
    const ConflictAction clause = insert.conflict;
    const std::vector<Key> keys = keys_of(table);
    return std::any_of(keys.begin(), keys.end(),
                       [&](const Key& key) { return conflict_of(table, key, clause) == ConflictAction::rollback; }) ||
           std::any_of(table.columns.begin(), table.columns.end(), [&](const Column& c) {
               return c.not_null && not_null_conflict_of(c, clause) == ConflictAction::rollback;
           });
}

InsertClauses clauses_to_tell(const Insert& insert, const Table& table, const Lowering& lowering)
{
    const Catalog& catalog = lowering.catalog();
    const auto told = [&](TriggerEvent event, ConflictAction clause) {
        return governs_triggers(table, event, nullptr, clause, catalog);
    };
    const ConflictAction own =
        told(TriggerEvent::insert, insert.conflict) ? insert.conflict : ConflictAction::unspecified;
    const bool updates =
        std::any_of(insert.upserts.begin(), insert.upserts.end(), [](const UpsertClause& c) { return c.do_update; });
    if (!updates)
        return {own, false};
    // An error of DO UPDATE ends the statement as ABORT does, not as FAIL or ROLLBACK.
    if (insert.conflict == ConflictAction::fail || may_roll_back(insert, table))
        return {own, true};
    // Inside a trigger any clause may govern what says nothing.
    const auto heeds = [&](TriggerEvent event) {
        return lowering.in_trigger ? heeds_clauses(table, event, catalog) : told(event, ConflictAction::abort);
    };
    const bool heeds_abort = heeds(TriggerEvent::update);
    if (own == ConflictAction::unspecified)
        return heeds_abort && heeds(TriggerEvent::insert)
                   ? InsertClauses{own, true}
                   : InsertClauses{heeds_abort ? ConflictAction::abort : own, false};
    return {own, own != ConflictAction::abort && own != ConflictAction::rollback &&
                     (heeds_abort || told(TriggerEvent::update, own))};
}

std::string replacing(const Table& table, const std::string& plain, ConflictAction statement, const Lowering& lowering)
{
    const bool tells =
        statement == ConflictAction::unspecified &&
        governs_triggers(table, TriggerEvent::delete_, nullptr, ConflictAction::replace, lowering.catalog());
    const std::string sql = tells ? governed(plain, ConflictAction::replace, statement, lowering.in_trigger) : plain;
    const std::string begin = begin_replace_sql(table);
    if (begin.empty() || (!lowering.in_trigger && lowering.options().recursive_triggers))
        return begin.empty() ? plain : sql;
    const auto perform = [](const std::string& select) {
        return "PERFORM" + select.substr(std::string_view("SELECT").size()) + ";\n";
    };
    const std::string silent = perform(begin) + plain + perform(end_replace_sql(table));
    if (!lowering.in_trigger)
        return silent;
    return "IF current_setting('" + std::string(recursive_triggers_setting) + "', true) = 'on' THEN\n" + sql +
           "ELSE\n" + silent + "END IF;\n";
}

} // namespace howdah::dialect
