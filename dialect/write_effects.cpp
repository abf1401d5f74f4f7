// What a table's triggers make of a statement; see write_effects.hpp.
#include "dialect/write_effects.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/error.hpp"
#include "dialect/full_text.hpp"
#include "dialect/reads.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>
#include <set>

namespace howdah::dialect {

namespace {

bool speaks_of(const CreateTrigger& trigger, const Table& table, const std::vector<int>* changed)
{
    if (trigger.update_of.empty() || !changed)
        return true;
    return std::any_of(trigger.update_of.begin(), trigger.update_of.end(), [&](const Name& name) {
        const int column = table.find_column(name.text);
        return std::find(changed->begin(), changed->end(), column) != changed->end() ||
               (column >= 0 && column == table.rowid_alias &&
                std::find(changed->begin(), changed->end(), -1) != changed->end());
    });
}

// Depends on more than the row at hand: a subquery, or a function that tells what statements did before.
bool looks_around(const Expr& expr)
{
    return any_expr(expr, [](const Expr& e) {
        if (select_of(e) || as<Raise>(e))
            return true;
        const auto* call = as<Call>(e);
        return call && (equal_names(call->name.text, "last_insert_rowid") || equal_names(call->name.text, "changes") ||
                        equal_names(call->name.text, "total_changes"));
    });
}

bool only_inserts_its_row(const TriggerStatement& statement, const Trigger& trigger, const Table& table,
                          const Catalog& catalog)
{
    const auto* insert = std::get_if<Insert>(&statement);
    if (!insert || !insert->source || insert->with || !insert->upserts.empty())
        return false;
    const Table* target = target_of(statement, trigger, catalog);
    if (!target || target == &table || target->kind != Table::Kind::ordinary || !target->triggers.empty())
        return false;
    const Select& source = *insert->source;
    if (source.with || source.cores.size() != 1 || source.cores[0].values.size() != 1)
        return false;
    return std::none_of(source.cores[0].values[0].begin(), source.cores[0].values[0].end(),
                        [](const ExprPtr& e) { return looks_around(*e); });
}

void add_written(const Table* table, const Catalog& catalog, bool foreign_keys, std::vector<const Table*>& written);

void add_written(const Trigger& trigger, const Catalog& catalog, bool foreign_keys, std::vector<const Table*>& written)
{
    for (const auto& statement : trigger.definition->body)
        add_written(target_of(statement, trigger, catalog), catalog, foreign_keys, written);
}

void add_children(const Table& table, const Catalog& catalog, bool deletes, bool updates,
                  std::vector<const Table*>& written)
{
    const auto acts = [](ForeignKeyClause::Action action) {
        return action != ForeignKeyClause::Action::none && action != ForeignKeyClause::Action::restrict;
    };
    for (const Table* child : catalog.children_of(table))
        for (const ForeignKey& key : child->foreign_keys)
            if (equal_names(key.parent, table.name) &&
                ((deletes && acts(key.on_delete)) || (updates && acts(key.on_update))))
                add_written(child, catalog, true, written);
}

// `table`, and what its own triggers and children may write when it is written in whatever way.
void add_written(const Table* table, const Catalog& catalog, bool foreign_keys, std::vector<const Table*>& written)
{
    if (!table || std::find(written.begin(), written.end(), table) != written.end())
        return;
    written.push_back(table);
    for (const Trigger& trigger : table->triggers)
        add_written(trigger, catalog, foreign_keys, written);
    if (foreign_keys)
        add_children(*table, catalog, true, true, written);
}

bool is_null_literal(const Expr& expr)
{
    const auto* literal = as<Literal>(bare(expr));
    return literal && literal->form == Literal::Form::null;
}

bool is_integer_literal(const Expr& expr)
{
    const auto* literal = as<Literal>(bare(expr));
    return literal && std::holds_alternative<std::int64_t>(literal->value);
}

// What an expression of a trigger's body may speak of: the row that fired it, and the row it updates.
struct Rows {
    const Table& fired_by;
    bool before; // the row that fired it has not been checked yet
    const Table* updated = nullptr;
};

bool column_is_never_null(const Table& table, const std::string& name)
{
    const int column = table.find_column(name);
    return column >= 0 && (column == table.rowid_alias || table.columns[static_cast<std::size_t>(column)].not_null);
}

bool is_one_of(const Name& name, std::initializer_list<std::string_view> names)
{
    return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return equal_names(name.text, n); });
}

const std::string* literal_text(const Expr& expr)
{
    const auto* literal = as<Literal>(bare(expr));
    return literal ? std::get_if<std::string>(&literal->value) : nullptr;
}

// datetime(), datetime('now', 'localtime'), strftime('%Y', 'now'): no date is made from anything that could be none.
bool is_the_time(const Call& call)
{
    const bool formatted = equal_names(call.name.text, "strftime");
    if (!formatted && !is_one_of(call.name, {"date", "time", "datetime", "julianday", "unixepoch"}))
        return false;
    if (formatted) {
        const std::string* format = call.args.empty() ? nullptr : literal_text(*call.args[0]);
        if (!format)
            return false;
        for (std::size_t at = format->find('%'); at != std::string::npos; at = format->find('%', at + 2))
            if (at + 1 == format->size() ||
                std::string_view("dfHjJmMsSwWY%").find((*format)[at + 1]) == std::string::npos)
                return false;
    }
    for (std::size_t i = formatted ? 1 : 0; i < call.args.size(); ++i) {
        const std::string* text = literal_text(*call.args[i]);
        const bool first = i == (formatted ? 1U : 0U);
        if (!text ||
            !(first ? equal_names(*text, "now") : equal_names(*text, "utc") || equal_names(*text, "localtime")))
            return false;
    }
    return true;
}

bool never_null(const Expr& expr, const Rows& rows);

bool call_is_never_null(const Call& call, const Rows& rows)
{
    const auto is_never_null = [&](const ExprPtr& e) { return never_null(*e, rows); };
    if (call.over || call.filter || call.distinct)
        return false;
    if (is_the_time(call) || is_one_of(call.name, {"typeof", "quote", "hex", "random", "json_object", "json_array"}))
        return true;
    if (is_one_of(call.name, {"coalesce", "ifnull"}))
        return std::any_of(call.args.begin(), call.args.end(), is_never_null);
    if (is_one_of(call.name, {"printf", "format"})) {
        const std::string* format = call.args.empty() ? nullptr : literal_text(*call.args[0]);
        return format && !format->empty() && (format->front() != '%' || format->starts_with("%d"));
    }
    if (equal_names(call.name.text, "iif"))
        return call.args.size() == 3 && is_never_null(call.args[1]) && is_never_null(call.args[2]);
    const bool several = is_one_of(call.name, {"max", "min"}) && call.args.size() > 1;
    return (several || (!call.args.empty() &&
                        is_one_of(call.name, {"lower", "upper", "length", "trim", "ltrim", "rtrim", "replace", "substr",
                                              "substring", "abs", "round", "instr"}))) &&
           std::all_of(call.args.begin(), call.args.end(), is_never_null);
}

bool binary_is_never_null(const Binary& binary, const Rows& rows)
{
    switch (binary.op) {
    case BinaryOp::is:
    case BinaryOp::is_not:
        return true;
    case BinaryOp::add:
    case BinaryOp::subtract: // of two infinities it is NULL
        if (!is_integer_literal(*binary.lhs) && !is_integer_literal(*binary.rhs))
            return false;
        break;
    case BinaryOp::multiply:
    case BinaryOp::divide:
    case BinaryOp::modulo:
    case BinaryOp::arrow:
    case BinaryOp::long_arrow:
        return false;
    default:
        break;
    }
    return never_null(*binary.lhs, rows) && never_null(*binary.rhs, rows);
}

// A conversion to a number or a text never gives NULL.
bool never_null(const Expr& expr, const Rows& rows)
{
    const Expr& e = bare(expr);
    if (const auto* literal = as<Literal>(e))
        return literal->form != Literal::Form::null;
    if (as<CurrentTime>(e))
        return true;
    if (const auto* ref = as<ColumnRef>(e)) {
        const bool of_updated =
            rows.updated && (ref->table.empty() || equal_names(ref->table.text, rows.updated->name));
        if (of_updated)
            return column_is_never_null(*rows.updated, ref->column.text);
        const bool is_new = equal_names(ref->table.text, "new");
        return (is_new || equal_names(ref->table.text, "old")) && !(is_new && rows.before) &&
               column_is_never_null(rows.fired_by, ref->column.text);
    }
    if (const auto* binary = as<Binary>(e))
        return binary_is_never_null(*binary, rows);
    if (const auto* unary = as<Unary>(e))
        return is_null_test(unary->op) || never_null(*unary->operand, rows);
    if (const auto* cast = as<Cast>(e))
        return never_null(*cast->operand, rows);
    if (const auto* choice = as<Case>(e))
        return choice->otherwise && never_null(*choice->otherwise, rows) &&
               std::all_of(choice->whens.begin(), choice->whens.end(),
                           [&](const Case::When& w) { return never_null(*w.result, rows); });
    const auto* call = as<Call>(e);
    return call && call_is_never_null(*call, rows);
}

// The expression an INSERT … VALUES of one row gives a column; null when it gives none or cannot be told.
const Expr* given_value(const Insert& insert, const Table& table, int column, bool& known)
{
    known = !insert.columns.empty() &&
            std::none_of(insert.columns.begin(), insert.columns.end(),
                         [&](const Name& name) { return table.find_column(name.text) == column; });
    if (known)
        return nullptr;
    known = insert.source && insert.source->cores.size() == 1 && insert.source->cores[0].values.size() == 1;
    if (!known)
        return nullptr;
    const auto& row = insert.source->cores[0].values[0];
    std::size_t at = row.size();
    if (insert.columns.empty()) {
        at = static_cast<std::size_t>(column);
    } else {
        for (std::size_t i = 0; i < insert.columns.size(); ++i)
            if (table.find_column(insert.columns[i].text) == column)
                at = i;
    }
    return at < row.size() ? row[at].get() : nullptr;
}

bool insert_can_break(const Insert& insert, const Table& target, ConflictAction statement, const Rows& rows)
{
    // A full-text index without rows of its own has no keys; only REPLACE in fts5 looks for a row to delete.
    if (target.full_text && target.full_text->content != FullText::Content::own)
        return statement == ConflictAction::replace && target.full_text->is_fts5();
    if (keys_of(target).size() > (target.has_rowid() ? 1U : 0U) || !target.checks.empty())
        return true;
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        const bool rowid = static_cast<int>(i) == target.rowid_alias;
        if (!rowid && !target.columns[i].not_null)
            continue;
        bool known = false;
        const Expr* value = given_value(insert, target, static_cast<int>(i), known);
        if (!value && !rowid)
            value = target.columns[i].default_value;
        if (!known || (rowid ? value && !is_null_literal(*value) : !value || !never_null(*value, rows)))
            return true;
    }
    return std::any_of(insert.columns.begin(), insert.columns.end(),
                       [&](const Name& name) { return target.find_column(name.text) < 0; });
}

bool update_can_break(const Update& update, const Table& target, const Rows& rows)
{
    std::vector<int> columns;
    bool null = false;
    for (const auto& set : update.set) {
        const int column = set.columns.size() == 1 ? target.find_column(set.columns.front().text) : -1;
        const bool simple = column >= 0 && !update.from && set.value;
        if (!(simple && never_null(*set.value, rows)))
            null = null || std::any_of(set.columns.begin(), set.columns.end(), [&](const Name& name) {
                       const int c = target.find_column(name.text);
                       return c >= 0 && target.columns[static_cast<std::size_t>(c)].not_null;
                   });
        for (const auto& name : set.columns)
            columns.push_back(target.find_column(name.text));
    }
    for (const auto& key : keys_of(target))
        if (key_uses(target, key, columns))
            return true;
    return null || !target.checks.empty();
}

// REPLACE governs the triggers of what it deletes, too.
std::vector<const Trigger*> triggers_under(const Table& table, TriggerEvent event, const std::vector<int>* changed,
                                           ConflictAction statement)
{
    std::vector<const Trigger*> fired = triggers_on(table, event, changed);
    if (statement == ConflictAction::replace)
        for (const Trigger* trigger : triggers_on(table, TriggerEvent::delete_))
            fired.push_back(trigger);
    return fired;
}

// Whether a trigger's body, or what it fires, does something else under `statement` than by itself.
bool overrides(const Trigger& trigger, const Table& table, ConflictAction statement, const Catalog& catalog,
               std::set<const Trigger*>& seen)
{
    if (!seen.insert(&trigger).second)
        return false;
    bool found = false;
    for (const auto& body : trigger.definition->body) {
        const Table* target = target_of(body, trigger, catalog);
        if (!target)
            continue;
        const auto* insert = std::get_if<Insert>(&body);
        const auto* update = std::get_if<Update>(&body);
        ConflictAction own = insert ? insert->conflict : update ? update->conflict : ConflictAction::unspecified;
        if (own == ConflictAction::fail) // as a trigger has it
            own = ConflictAction::abort;
        const bool same = own == statement || (statement == ConflictAction::abort &&
                                               own == ConflictAction::unspecified && !declares_clauses(*target));
        const Rows rows{table, trigger.definition->time == CreateTrigger::Time::before, update ? target : nullptr};
        // A DELETE governs nothing, and what foreign keys do is under ABORT.
        std::vector<const Trigger*> fired;
        if (insert || update)
            fired = triggers_under(*target, insert ? TriggerEvent::insert : TriggerEvent::update, nullptr, statement);
        const bool breaks = (insert && insert_can_break(*insert, *target, statement, rows)) ||
                            (update && update_can_break(*update, *target, rows));
        const bool passes_on = own != ConflictAction::unspecified && !fired.empty();
        bool here = !same && (breaks || passes_on);
        for (const Trigger* next : fired)
            here = overrides(*next, *target, statement, catalog, seen) || here;
        if (here && statement == ConflictAction::replace && target->full_text && !same &&
            target->full_text->content != FullText::Content::own)
            throw refusal(
                "REPLACE would also govern trigger " + trigger.name + ", which writes to " + target->name +
                ", a full-text table without rows of its own; use ON CONFLICT DO UPDATE, or DELETE and INSERT");
        found = found || here;
    }
    return found;
}

} // namespace

const Table* target_of(const TriggerStatement& statement, const Trigger& trigger, const Catalog& catalog)
{
    // A TEMP trigger's names are looked for everywhere, those of others in their own database.
    const auto find = [&](const QualifiedName& name) {
        const std::string home = trigger.is_temporary() ? std::string() : trigger.schema;
        return catalog.find_table(name.schema.empty() ? home : name.schema.text, name.name.text);
    };
    if (const auto* insert = std::get_if<Insert>(&statement))
        return find(insert->table);
    if (const auto* update = std::get_if<Update>(&statement))
        return find(update->table.table);
    if (const auto* del = std::get_if<Delete>(&statement))
        return find(del->table.table);
    return nullptr;
}

std::vector<const Trigger*> triggers_on(const Table& table, TriggerEvent event, const std::vector<int>* changed)
{
    std::vector<const Trigger*> found;
    for (const auto& trigger : table.triggers)
        if (trigger.definition->event == event && speaks_of(*trigger.definition, table, changed))
            found.push_back(&trigger);
    return found;
}

Effects effects_of(const Table& table, const std::vector<TriggerEvent>& events, const std::vector<int>* changed,
                   const Catalog& catalog, bool foreign_keys)
{
    Effects effects;
    const auto has = [&](TriggerEvent event) { return std::find(events.begin(), events.end(), event) != events.end(); };
    for (const TriggerEvent event : events)
        for (const Trigger* trigger : triggers_on(table, event, event == TriggerEvent::update ? changed : nullptr))
            add_written(*trigger, catalog, foreign_keys,
                        trigger->definition->time == CreateTrigger::Time::after ? effects.after : effects.before);
    if (foreign_keys)
        add_children(table, catalog, has(TriggerEvent::delete_), has(TriggerEvent::update), effects.before);
    return effects;
}

std::vector<const Table*> tables_written(const Table& table, const Effects& effects)
{
    std::vector<const Table*> tables{&table};
    for (const auto* written : {&effects.before, &effects.after})
        tables.insert(tables.end(), written->begin(), written->end());
    return tables;
}

bool before_triggers_write_table(const Table& table, TriggerEvent event, const std::vector<int>* changed,
                                 const Catalog& catalog)
{
    const std::vector<const Trigger*> triggers = triggers_on(table, event, changed);
    const bool before = std::any_of(triggers.begin(), triggers.end(), [](const Trigger* t) {
        return t->definition->time == CreateTrigger::Time::before;
    });
    if (!before)
        return false;
    const std::vector<const Table*> written = effects_of(table, {event}, changed, catalog, true).before;
    return std::find(written.begin(), written.end(), &table) != written.end();
}

bool changes_others(const Table& table, const std::vector<TriggerEvent>& events, const std::vector<int>* changed,
                    const Catalog& catalog, bool foreign_keys)
{
    return !effects_of(table, events, changed, catalog, foreign_keys).empty();
}

void refuse_early_default(const Table& table, TriggerEvent event)
{
    for (const Trigger* trigger : triggers_on(table, event))
        if (trigger->definition->time == CreateTrigger::Time::before)
            throw refusal("NOT NULL ON CONFLICT REPLACE cannot be combined with the BEFORE trigger " + trigger->name +
                          ", which sees the NULL");
}

bool insert_triggers_allow_sets(const std::vector<const Trigger*>& triggers, const Table& table, const Catalog& catalog)
{
    if (triggers.empty())
        return true;
    const auto time = triggers.front()->definition->time;
    return std::all_of(triggers.begin(), triggers.end(), [&](const Trigger* trigger) {
        const CreateTrigger& t = *trigger->definition;
        if (t.time != time || (t.when && looks_around(*t.when)))
            return false;
        return std::all_of(t.body.begin(), t.body.end(), [&](const TriggerStatement& s) {
            return only_inserts_its_row(s, *trigger, table, catalog);
        });
    });
}

bool overrides_trigger(const Trigger& trigger, const Table& table, ConflictAction statement, const Catalog& catalog)
{
    std::set<const Trigger*> seen;
    return overrides(trigger, table, statement, catalog, seen);
}

bool governs_triggers(const Table& table, TriggerEvent event, const std::vector<int>* changed, ConflictAction statement,
                      const Catalog& catalog)
{
    if (statement == ConflictAction::unspecified)
        return false;
    // To a trigger ROLLBACK is ABORT; who tells the client of the error knows what it means.
    const ConflictAction told = statement == ConflictAction::rollback ? ConflictAction::abort : statement;
    std::set<const Trigger*> seen;
    bool found = false;
    for (const Trigger* trigger : triggers_under(table, event, changed, told))
        found = overrides(*trigger, table, told, catalog, seen) || found;
    if (found && told == ConflictAction::fail && table.kind == Table::Kind::view)
        throw refusal("OR FAIL would also govern a trigger of the view " + table.name +
                      " whose statements can break constraints");
    return found;
}

bool heeds_clauses(const Table& table, TriggerEvent event, const Catalog& catalog)
try {
    const std::vector<const Trigger*> triggers = triggers_on(table, event);
    return std::any_of(governing.begin(), governing.end(), [&](ConflictAction clause) {
        return std::any_of(triggers.begin(), triggers.end(),
                           [&](const Trigger* t) { return overrides_trigger(*t, table, clause, catalog); });
    });
} catch (const Error&) {
    return true;
}

bool has_enforced_children(const Table& table, const Catalog& catalog, bool foreign_keys)
{
    return foreign_keys && !catalog.children_of(table).empty();
}

} // namespace howdah::dialect
