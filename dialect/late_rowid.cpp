// See late_rowid.hpp.
#include "dialect/late_rowid.hpp"

#include "dialect/parser.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace howdah::dialect {

namespace {

using Time = CreateTrigger::Time;
using Event = CreateTrigger::Event;

bool is_rowid(const Table& table, const std::string& name)
{
    const int column = table.find_column(name);
    if (column >= 0)
        return column == table.rowid_alias;
    return equal_names(name, "rowid") || equal_names(name, "oid") || equal_names(name, "_rowid_");
}

// Finds NEW.rowid, by whatever name, in a trigger's text.
class NewRowid : public Visitor {
public:
    static bool read_by(const Trigger& trigger, const Table& table)
    {
        const std::optional<Statement> statement = parse(trigger.text);
        NewRowid visitor(table);
        walk(*statement, visitor);
        return visitor.found_;
    }

    bool enter(const Expr& e) override
    {
        const auto* ref = as<ColumnRef>(e);
        if (ref && equal_names(ref->table.text, "new"))
            found_ = found_ || is_rowid(table_, ref->column.text);
        return !found_;
    }

private:
    explicit NewRowid(const Table& table) : table_(table) {}

    const Table& table_;
    bool found_ = false;
};

// Finds whether a trigger may insert, delete or renumber rows of a table: by itself, by what it fires, and by the
// actions of foreign keys.
class Renumbering {
public:
    static bool by(const Trigger& trigger, const Table& table, const Catalog& catalog)
    {
        Renumbering search(table, catalog);
        search.fire(trigger);
        return search.found_;
    }

private:
    Renumbering(const Table& table, const Catalog& catalog) : table_(table), catalog_(catalog) {}

    void fire(const Trigger& trigger)
    {
        for (const TriggerStatement& statement : trigger.definition->body)
            if (const Table* target = target_of(statement, trigger, catalog_))
                run(statement, *target);
    }

    void run(const TriggerStatement& statement, const Table& target)
    {
        ConflictAction conflict = ConflictAction::unspecified;
        if (const auto* insert = std::get_if<Insert>(&statement)) {
            conflict = insert->conflict;
            write(target, Event::insert);
            for (const UpsertClause& clause : insert->upserts)
                if (clause.do_update)
                    update(target, clause.set);
        } else if (const auto* update_of = std::get_if<Update>(&statement)) {
            conflict = update_of->conflict;
            update(target, update_of->set);
        } else {
            return write(target, Event::delete_);
        }
        if (conflict == ConflictAction::replace || replaces(target))
            write(target, Event::delete_);
    }

    static bool replaces(const Table& table)
    {
        return table.primary_key_conflict == ConflictAction::replace ||
               std::any_of(table.indexes.begin(), table.indexes.end(),
                           [](const Index& index) { return index.conflict == ConflictAction::replace; });
    }

    void update(const Table& target, const std::vector<SetClause>& set)
    {
        const auto renumbers = [&](const SetClause& clause) {
            return std::any_of(clause.columns.begin(), clause.columns.end(),
                               [&](const Name& name) { return is_rowid(target, name.text); });
        };
        found_ = found_ || (&target == &table_ && std::any_of(set.begin(), set.end(), renumbers));
        write(target, Event::update);
    }

    void write(const Table& target, Event event)
    {
        found_ = found_ || (&target == &table_ && event != Event::update);
        if (found_ || !seen_.emplace(&target, event).second)
            return;
        for (const Trigger& trigger : target.triggers)
            if (trigger.definition->event == event)
                fire(trigger);
        if (event != Event::insert)
            act_on_children(target, event);
    }

    void act_on_children(const Table& parent, Event event)
    {
        using Action = ForeignKeyClause::Action;
        for (const Table* child : catalog_.children_of(parent))
            for (const ForeignKey& key : child->foreign_keys) {
                const Action action = event == Event::delete_ ? key.on_delete : key.on_update;
                if (!equal_names(key.parent, parent.name) || action == Action::none || action == Action::restrict)
                    continue;
                const bool deletes = event == Event::delete_ && action == Action::cascade;
                const bool renumbers =
                    std::find(key.columns.begin(), key.columns.end(), child->rowid_alias) != key.columns.end();
                found_ = found_ || (child == &table_ && renumbers);
                write(*child, deletes ? Event::delete_ : Event::update);
            }
    }

    const Table& table_;
    const Catalog& catalog_;
    std::set<std::pair<const Table*, Event>> seen_;
    bool found_ = false;
};

} // namespace

bool waits_for_rowid(const Trigger& trigger, const Table& table, const Catalog& catalog)
{
    return NewRowid::read_by(trigger, table) || Renumbering::by(trigger, table, catalog);
}

bool rowid_is_chosen_late(const Table& table, const Catalog& catalog)
{
    if (!table.has_rowid())
        return false;
    return std::any_of(table.triggers.begin(), table.triggers.end(), [&](const Trigger& t) {
        const bool before = t.definition->time == Time::before && t.definition->event == Event::insert;
        return before && waits_for_rowid(t, table, catalog);
    });
}

TriggerSql choose_rowid_sql(const Catalog& catalog, const Table& table, Writers writers)
{
    const std::string function =
        qualified(table.pg_schema, pg_identifier(table.pg_prefix + "howdah_rowid_" + table.name));
    const std::string rowid = "NEW." + quote_identifier(table.rowid_pg);
    std::string body =
        planned_without_scans(rowid + " := " + next_rowid(table, writers, last_rowid(table, catalog, writers), "1")) +
        ";\n";
    if (table.autoincrement)
        body = "IF " + rowid + " IS NULL THEN\n" + body + "END IF;\n" +
               record_sequence_statements(table, catalog, writers, rowid);
    TriggerSql sql;
    sql.create_function = trigger_function_sql(function, "BEGIN\n" + body + "RETURN NEW;\nEND");
    // '~' sorts behind every other name.
    sql.create_trigger = "CREATE TRIGGER \"~howdah_rowid\" BEFORE INSERT ON " + pg_name(table) + " FOR EACH ROW " +
                         (table.autoincrement ? "" : "WHEN (" + rowid + " IS NULL) ") + "EXECUTE FUNCTION " + function +
                         "()";
    sql.drop_trigger = "DROP TRIGGER \"~howdah_rowid\" ON " + pg_name(table);
    sql.drop_function = "DROP FUNCTION " + function + "()";
    return sql;
}

} // namespace howdah::dialect
