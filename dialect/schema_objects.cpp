// See schema_objects.hpp.
#include "dialect/schema_objects.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/foreign_keys.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower_create_view.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool has_instead_of(const Table& view) { return view.kind == Table::Kind::view && !view.triggers.empty(); }

SchemaObject view_object(const Catalog& catalog, const Table& view)
{
    SchemaObject object{"view " + view.schema + "." + fold(view.name), &view, false, {}, {}};
    const std::string create = create_view_sql(catalog, view);
    if (!create.empty()) {
        object.create.push_back(create);
        object.drop.push_back(drop_view_sql(view));
    }
    return object;
}

SchemaObject trigger_object(const Catalog& catalog, const Table& table, std::size_t number, const Options& options,
                            std::string_view strict)
{
    const Trigger& trigger = table.triggers[number];
    SchemaObject object{"trigger " + trigger.schema + "." + fold(trigger.name), &table, false, {}, {}};
    TriggerSql sql;
    const auto refused = [&](const std::string& reason) { sql = refused_trigger_sql(table, number, reason); };
    if (!strict.empty() && equal_names(strict, trigger.name)) {
        sql = create_trigger_sql(catalog, table, number, options);
    } else {
        try {
            sql = create_trigger_sql(catalog, table, number, options);
        } catch (const Error& error) {
            refused(error.message);
        } catch (const TriggerNeedsPromotion& needed) {
            refused("howdah: trigger " + trigger.name + " stores a value of another class into " +
                    needed.promotion.table + "." + needed.promotion.column + "; drop and create the trigger again");
        }
    }
    object.create.push_back(sql.create_function);
    if (!sql.create_trigger.empty()) {
        object.create.push_back(sql.create_trigger);
        object.drop.push_back(sql.drop_trigger);
    }
    object.drop.push_back(sql.drop_function);
    return object;
}

void add_choice_of_rowid(std::vector<SchemaObject>& out, const Catalog& catalog, const Table& table, Writers writers)
{
    if (!rowid_is_chosen_late(table, catalog))
        return;
    const TriggerSql sql = choose_rowid_sql(catalog, table, writers);
    out.push_back({"rowid " + table.schema + "." + fold(table.name),
                   &table,
                   false,
                   {sql.create_function, sql.create_trigger},
                   {sql.drop_trigger, sql.drop_function}});
}

void add_conflict_triggers(std::vector<SchemaObject>& out, const Catalog& catalog, const Table& table,
                           const Options& options)
{
    for (const TriggerEvent event : {TriggerEvent::insert, TriggerEvent::update}) {
        if (!looks_behind_before_triggers(table, event))
            continue;
        const TriggerSql sql = conflict_trigger_sql(catalog, table, event, options);
        const std::string what = event == TriggerEvent::insert ? "probe insert " : "probe update ";
        out.push_back({what + table.schema + "." + fold(table.name),
                       &table,
                       false,
                       {sql.create_function, sql.create_trigger},
                       {sql.drop_trigger, sql.drop_function}});
    }
}

void add_triggers(std::vector<SchemaObject>& out, const Catalog& catalog, const Table& table, const Options& options,
                  std::string_view strict)
{
    // Without its view an INSTEAD OF trigger has nothing to hang on.
    if (has_instead_of(table)) {
        out.push_back(view_object(catalog, table));
        if (out.back().create.empty()) {
            out.pop_back();
            return;
        }
    }
    for (std::size_t i = 0; i < table.triggers.size(); ++i)
        out.push_back(trigger_object(catalog, table, i, options, strict));
    add_choice_of_rowid(out, catalog, table, options.writers);
    add_conflict_triggers(out, catalog, table, options);
}

void add_sequence_functions(std::vector<SchemaObject>& out, const Table& table)
{
    if (table.name != "sqlite_sequence" || table.is_private())
        return;
    const FunctionSql sql = sequence_functions(table);
    out.push_back({"sequence " + table.schema, &table, false, sql.create, sql.drop});
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from)
{
    to.insert(to.end(), from.begin(), from.end());
}

bool same_table(const Table& a, const Table& b) { return a.pg_schema == b.pg_schema && a.pg == b.pg; }

} // namespace

std::vector<SchemaObject> schema_objects(const Catalog& catalog, const Options& options, std::string_view strict)
{
    // What a session sets for itself is not compiled into a trigger that all sessions fire.
    Options shared;
    shared.writers = options.writers;
    shared.mismatch = options.mismatch;
    std::vector<SchemaObject> out;
    for (const SchemaRow& row : catalog.rows()) {
        if (row.type != "table" && row.type != "view")
            continue;
        const Table* table = catalog.find_table(row.schema, row.name);
        if (!table || table->kind == Table::Kind::virtual_table)
            continue;
        add_sequence_functions(out, *table);
        add_triggers(out, catalog, *table, shared, strict);
        if (table->kind == Table::Kind::ordinary)
            add_foreign_keys(out, catalog, *table, shared);
    }
    return out;
}

std::vector<std::string> remake_schema_objects(const Catalog& catalog, const Options& options)
{
    const std::string ours =
        "SELECT oid FROM pg_catalog.pg_proc WHERE prorettype IN ('trigger'::regtype, 'int8'::regtype, 'void'::regtype) "
        "AND proname LIKE "
        "'howdah\\_%' AND pronamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = " +
        quote_string(catalog.pg_schema("main")) + ")";
    // Their triggers go with them.
    std::vector<std::string> out{"DO " +
                                 quote_string("DECLARE made regprocedure; BEGIN FOR made IN " + ours +
                                              " LOOP EXECUTE 'DROP FUNCTION ' || made || ' CASCADE'; END LOOP; END")};
    for (const std::unique_ptr<Table>& table : catalog.tables())
        if (has_instead_of(*table))
            out.push_back("DROP VIEW IF EXISTS " + pg_name(*table));
    for (const SchemaObject& object : schema_objects(catalog, options))
        append(out, object.create);
    return out;
}

ObjectChanges object_changes(const std::vector<SchemaObject>& was, const std::vector<SchemaObject>& is,
                             std::vector<const Table*> remake)
{
    // A view takes its triggers with it.
    for (const auto* list : {&was, &is})
        for (const SchemaObject& o : *list)
            if (o.on->kind == Table::Kind::view &&
                (std::find(was.begin(), was.end(), o) == was.end() || std::find(is.begin(), is.end(), o) == is.end()))
                remake.push_back(o.on);
    const auto remade = [&](const SchemaObject& o) {
        return std::any_of(remake.begin(), remake.end(), [&](const Table* t) { return same_table(*t, *o.on); });
    };
    const auto kept = [&](const SchemaObject& o, const std::vector<SchemaObject>& others) {
        return !remade(o) && std::find(others.begin(), others.end(), o) != others.end();
    };
    ObjectChanges out;
    for (auto o = was.rbegin(); o != was.rend(); ++o)
        if (!kept(*o, is))
            append(o->foreign_key ? out.drop_foreign_keys : out.drop_triggers, o->drop);
    for (const SchemaObject& o : is)
        if (!kept(o, was))
            append(out.create, o.create);
    return out;
}

} // namespace howdah::dialect
