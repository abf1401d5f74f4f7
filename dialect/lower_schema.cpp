// See lower_schema.hpp.
#include "dialect/lower_schema.hpp"

#include "dialect/bookkeeping.hpp"
#include "dialect/foreign_key_check.hpp"
#include "dialect/foreign_keys.hpp"
#include "dialect/full_text.hpp"
#include "dialect/key_count.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_alter_table.hpp"
#include "dialect/lower_analyze.hpp"
#include "dialect/lower_create_index.hpp"
#include "dialect/lower_create_table.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/next_catalog.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/schema_objects.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_target.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace howdah::dialect {

namespace {

bool same_object(const SchemaRow& a, const SchemaRow& b)
{
    return a.schema == b.schema && a.type == b.type && a.name == b.name;
}

bool same_row(const SchemaRow& a, const SchemaRow& b)
{
    return same_object(a, b) && a.tbl_name == b.tbl_name && a.sql == b.sql;
}

// The row with its storage spelled out, as the server keeps it.
SchemaRow stored_row(const Catalog& catalog, SchemaRow row)
{
    row.storage.clear();
    const Table* table = row.type == "table" ? catalog.find_table(row.schema, row.name) : nullptr;
    if (table && table->kind == Table::Kind::ordinary)
        row.storage = storage_text(*table);
    return row;
}

// A statement of the schema on its way to PostgreSQL.
class SchemaChange {
public:
    SchemaChange(const Statement& statement, Lowering& lowering, Compiled& out)
        : statement_(statement), lowering_(lowering), from_(lowering.catalog()), out_(out)
    {
    }

    void run()
    {
        refuse_what_is_not_lowered();
        const auto mirror = from_.mirror().clone();
        if (lowering_.options().foreign_keys)
            mirror->execute("PRAGMA foreign_keys = ON");
        if (lowering_.options().legacy_alter_table)
            mirror->execute("PRAGMA legacy_alter_table = ON");
        effects_ = mirror->execute_with_effects(lowering_.request().sql);
        refuse_other_modules();
        refuse_shadow_table(statement_, from_);
        std::vector<SchemaRow> rows = mirror->schema();
        out_.read_only = false;
        if (std::equal(rows.begin(), rows.end(), from_.rows().begin(), from_.rows().end(), same_row)) {
            if (std::holds_alternative<Analyze>(statement_.node))
                return analyze(from_);
            out_.kind = Compiled::Kind::accepted;
            return;
        }
        find_changed_schemas(rows);
        make_next(std::move(rows));
        try {
            was_objects_ = schema_objects(from_, lowering_.options());
            is_objects_ = schema_objects(*to_, lowering_.options(), new_trigger());
        } catch (const TriggerNeedsPromotion& needed) {
            out_.kind = Compiled::Kind::promote;
            out_.promotion = needed.promotion;
            return;
        }
        emit();
        if (std::holds_alternative<Analyze>(statement_.node))
            analyze(*to_);
    }

private:
    void analyze(const Catalog& catalog)
    {
        out_.kind = Compiled::Kind::schema;
        out_.needs_writer_lock = true;
        add(analyze_statements(catalog, std::get<Analyze>(statement_.node), lowering_.options().writers));
        for (const Placement& placement : catalog.placements())
            out_.touches_temp = out_.touches_temp || placement.pg_schema == "pg_temp";
    }

    const AlterTable* alter() const { return std::get_if<AlterTable>(&statement_.node); }

    std::string_view new_trigger() const
    {
        const auto* create = std::get_if<CreateTrigger>(&statement_.node);
        return create ? std::string_view(create->name.name.text) : std::string_view();
    }

    void refuse_what_is_not_lowered() const
    {
        if (const auto* trigger = std::get_if<CreateTrigger>(&statement_.node)) {
            const bool temporary = trigger->temporary || equal_names(trigger->name.schema.text, "temp");
            const Table* table = from_.find_table(trigger->table.schema.text, trigger->table.name.text);
            if (temporary && table && !table->is_private())
                refuse_session_trigger(*table, *trigger, std::string(lowering_.request().sql), from_);
        }
        if (const auto* create = std::get_if<CreateTable>(&statement_.node))
            refuse_a_hidden_table(*create);
    }

    // The text of a TEMP trigger that says ON t would mean a TEMP table t from now on.
    void refuse_a_hidden_table(const CreateTable& create) const
    {
        const bool temporary = create.temporary || equal_names(create.name.schema.text, "temp");
        const auto is_hidden = [&](const SchemaRow& row) {
            return row.schema == "temp" && row.type == "trigger" && equal_names(row.tbl_name, create.name.name.text);
        };
        if (temporary && !from_.find_table("temp", create.name.name.text) &&
            std::any_of(from_.rows().begin(), from_.rows().end(), is_hidden))
            throw refusal("a TEMP table that hides one with a TEMP trigger", statement_.span);
    }

    // A TEMP trigger on a permanent table is made or dropped where others write.
    bool changes_session_triggers() const
    {
        const auto on_permanent = [](const Catalog& catalog, std::set<std::string>& found) {
            for (const std::unique_ptr<Table>& table : catalog.tables())
                for (const Trigger& trigger : table->triggers)
                    if (trigger.is_temporary() && !table->is_private())
                        found.insert(trigger.text);
        };
        std::set<std::string> was, is;
        on_permanent(from_, was);
        on_permanent(*to_, is);
        return was != is;
    }

    // What SQLite itself refuses has been told by now.
    void refuse_other_modules() const
    {
        const auto* create = std::get_if<CreateVirtualTable>(&statement_.node);
        if (!create)
            return;
        const std::string& module = create->module.text;
        if (is_full_text_module(module))
            (void)tokenizer_json(read_full_text(module, create->args));
        else if (!equal_names(module, "rtree") && !equal_names(module, "rtree_i32"))
            throw refusal("virtual tables of the module " + module + " are not supported", statement_.span);
    }

    void find_changed_schemas(const std::vector<SchemaRow>& rows)
    {
        std::set<std::string> changed;
        const auto note = [&](const std::vector<SchemaRow>& list, const std::vector<SchemaRow>& others) {
            for (const SchemaRow& row : list)
                if (std::none_of(others.begin(), others.end(), [&](const SchemaRow& o) { return same_row(o, row); }))
                    changed.insert(row.schema);
        };
        note(rows, from_.rows());
        note(from_.rows(), rows);
        changes_main_ = changed.contains("main");
        for (const std::string& schema : changed)
            if (is_kept(from_, schema))
                changed_.push_back(schema);
            else
                out_.touches_temp = true;
        out_.needs_writer_lock = !changed_.empty();
    }

    void make_next(std::vector<SchemaRow> rows)
    {
        NextCatalog next(from_, std::move(rows), alter(), from_.version() + (changes_main_ ? 1 : 0));
        if (const auto* create = std::get_if<CreateTable>(&statement_.node); create && create->as_select)
            next.copy_into = [this, select = create->as_select.get()](const Table& table) {
                copied_ = copied_rows(*select, table);
                return copied_->types;
            };
        to_ = next.make();
        renamed_ = next.renamed();
    }

    // The query is resolved in a copy, whatever was done to the statement's own.
    CopiedRows copied_rows(const Select& select, const Table& table)
    {
        const std::string text = unparse(select);
        std::optional<Statement> copy = parse(text);
        resolve(*copy,
                {.catalog = from_, .parameters = {}, .options = lowering_.options(), .home_schema = {}, .sql = text});
        return copy_rows(*std::get<SelectPtr>(copy->node), table, lowering_);
    }

    void add(std::string sql) { out_.steps.push_back(schema_step(std::move(sql))); }
    void add(std::vector<std::string> statements)
    {
        for (std::string& sql : statements)
            add(std::move(sql));
    }

    void emit()
    {
        out_.kind = Compiled::Kind::schema;
        out_.next = to_;
        out_.needs_writer_lock = out_.needs_writer_lock || changes_session_triggers();
        add(begin_changes(from_, changed_));
        ObjectChanges objects = object_changes(was_objects_, is_objects_);
        add(std::move(objects.drop_triggers));
        delete_from_parents();
        const MovedKeys moved = lowering_.options().foreign_keys
                                    ? moved_keys(from_, *to_, [&](const Table& was) { return become(was); })
                                    : MovedKeys();
        if (lowering_.options().foreign_keys && !objects.drop_foreign_keys.empty())
            add(settle_keys_sql(from_));
        keep_key_count(1, moved.before);
        add(std::move(objects.drop_foreign_keys));
        drop_tables();
        if (const AlterTable* change = alter())
            alter_table(*change);
        else
            change_indexes();
        create_tables();
        add(std::move(objects.create));
        add(schema_row_changes(from_, *to_, alter() != nullptr));
        keep_key_count(-1, moved.behind);
        tell_effects();
    }

    // SQLite fills the tables of a new virtual table, and clients can see that it did.
    void tell_effects()
    {
        if (!std::holds_alternative<CreateVirtualTable>(statement_.node) || !effects_.changes)
            return;
        Step step = schema_step("SELECT " + std::to_string(effects_.last_insert_rowid.value_or(0)) +
                                "::bigint FROM generate_series(1, " + std::to_string(*effects_.changes) + ")");
        step.role = Step::Role::write;
        step.returns_rowid = effects_.last_insert_rowid.has_value();
        out_.steps.push_back(std::move(step));
    }

    // The table of `to_` that one of `from_` has become; null when it is gone.
    const Table* become(const Table& was) const
    {
        const auto found = renamed_.find({was.schema, fold(was.name)});
        const Table* is = to_->find_table(was.schema, found == renamed_.end() ? was.name : found->second);
        return is && is->kind == was.kind && is->schema == was.schema ? is : nullptr;
    }

    template <typename F>
    static void each_table(const Catalog& catalog, F f)
    {
        for (const SchemaRow& row : catalog.rows())
            if (row.type == "table")
                if (const Table* table = catalog.find_table(row.schema, row.name);
                    table && table->kind == Table::Kind::ordinary)
                    f(*table);
    }

    // DROP TABLE empties a parent first, so that its children's keys have their say, and counts its rows; CREATE
    // TRIGGER's do not fire.
    void delete_from_parents()
    {
        if (!lowering_.options().foreign_keys)
            return;
        each_table(from_, [&](const Table& was) {
            if (become(was))
                return;
            if (from_.children_of(was).empty())
                return delete_from_child(was);
            refuse_rows_of_missing_parents(was);
            const std::string keys = join(keys_tested_at_end(was, from_), ", ");
            if (!keys.empty())
                add("SET CONSTRAINTS " + keys + " DEFERRED");
            Step step = schema_step("DELETE FROM " + pg_name(was));
            step.role = Step::Role::write;
            out_.steps.push_back(std::move(step));
            if (!keys.empty())
                add("SELECT howdah.test_keys_of_statement(" + quote_string(keys) + ")");
            out_.counts = true;
            out_.changes_others =
                out_.changes_others || changes_others(was, {TriggerEvent::delete_}, nullptr, from_, true);
            add(settle_keys_sql(from_));
        });
    }

    // SQLite counts each of them down without having counted it up, and its counter must be 0 in the end.
    void refuse_rows_of_missing_parents(const Table& was)
    {
        for (const ForeignKey& key : was.foreign_keys)
            if (!key.deferred && !from_.find_table(was.schema, key.parent))
                add("SELECT howdah.err('FOREIGN KEY constraint failed', '23503')" + from_orphans(from_, was, key) +
                    " AND current_setting('howdah.defer_fk', true) IS DISTINCT FROM 'on' LIMIT 1");
    }

    // Of a table that is no parent only while keys are broken that wait for COMMIT: those of its rows are broken no
    // more (sqlite3FkDropTable).
    void delete_from_child(const Table& was)
    {
        if (was.foreign_keys.empty())
            return;
        add(settle_keys_sql(from_));
        Step step = schema_step("DELETE FROM " + pg_name(was) +
                                " WHERE (SELECT CASE WHEN howdah.keys_are_counted() THEN howdah.keys_are_broken('', " +
                                quote_string(orphans_sql(from_)) + ")::boolean END)");
        step.role = Step::Role::write;
        out_.steps.push_back(std::move(step));
        const bool deferred = std::any_of(was.foreign_keys.begin(), was.foreign_keys.end(),
                                          [](const ForeignKey& key) { return key.deferred; });
        out_.counts = out_.counts || deferred;
        out_.counts_when_deferring = true;
    }

    void keep_key_count(int sign, const std::string& orphans)
    {
        if (!orphans.empty())
            add("SELECT howdah.keep_key_count(" + std::to_string(sign) + ", " + quote_string(orphans) + ")");
    }

    void drop_tables()
    {
        each_table(from_, [&](const Table& was) {
            if (become(was))
                return;
            if (was.autoincrement)
                forget("sqlite_sequence", 0, was.schema, was.name);
            forget("sqlite_stat1", 0, was.schema, was.name);
            add("DROP TABLE " + pg_name(was));
        });
    }

    // What SQLite's own table says of one that is dropped, unless it is dropped itself.
    void forget(std::string_view own, std::size_t column, const std::string& schema, const std::string& name)
    {
        const Table* table = from_.find_table(schema, own);
        if (!table || !become(*table))
            return;
        add("DELETE FROM " + pg_name(*table) + " WHERE " + quote_identifier(table->columns[column].pg) + " = " +
            widen(literal(name), table->columns[column].storage).text);
    }

    void alter_table(const AlterTable& change)
    {
        const Table* was = from_.find_table(change.table.schema.text, change.table.name.text);
        const Table* is = was ? become(*was) : nullptr;
        if (!is)
            throw refusal("ALTER TABLE of this kind of table", statement_.span);
        add(alter_table_statements(change, *was, *to_, *is, lowering_.options().foreign_keys));
    }

    void change_indexes()
    {
        each_table(from_, [&](const Table& was) {
            const Table* is = become(was);
            if (!is)
                return;
            for (const Index& index : was.indexes)
                if (!is->find_index(index.name)) {
                    forget("sqlite_stat1", 1, was.schema, index.name);
                    add(drop_index_sql(was, index));
                }
            for (const Index& index : is->indexes)
                if (!was.find_index(index.name))
                    create_index(*is, index);
        });
    }

    // Those that SQLite tests after the new one are made again behind it (see unique_indexes_in_order).
    void create_index(const Table& table, const Index& index)
    {
        add(create_index_statements(*to_, table, index));
        if (!index.unique)
            return;
        const auto order = unique_indexes_in_order(table);
        auto later = std::find(order.begin(), order.end(), &index);
        while (later != order.end() && ++later != order.end()) {
            add(drop_index_sql(table, **later));
            add(create_index_statements(*to_, table, **later));
        }
    }

    void create_tables()
    {
        std::set<const Table*> old;
        each_table(from_, [&](const Table& was) { old.insert(become(was)); });
        each_table(*to_, [&](const Table& is) {
            if (old.contains(&is))
                return;
            add(create_table_statements(*to_, is));
            if (lowering_.options().writers == Writers::concurrent && has_rowid_sequence(is))
                add(make_rowid_sequences_sql({&is}));
            if (copied_ && is.name != "sqlite_sequence")
                out_.steps.push_back(std::move(copied_->insert));
        });
    }

    const Statement& statement_;
    Lowering& lowering_;
    const Catalog& from_;
    Compiled& out_;
    std::shared_ptr<const Catalog> to_;
    std::vector<std::string> changed_; // schemas whose rows are kept on the server
    bool changes_main_ = false;
    NextCatalog::Renamed renamed_;
    Mirror::Effects effects_;
    std::optional<CopiedRows> copied_;
    std::vector<SchemaObject> was_objects_, is_objects_;
};

} // namespace

Step schema_step(std::string sql)
{
    Step step;
    step.sql = std::move(sql);
    step.prepare = false;
    return step;
}

bool is_kept(const Catalog& catalog, std::string_view schema) { return catalog.pg_schema(schema) != "pg_temp"; }

std::vector<std::string> drop_database(const Catalog& from, const Catalog& to, const Options& options)
{
    ObjectChanges objects = object_changes(schema_objects(from, options), schema_objects(to, options));
    std::vector<std::string> out = std::move(objects.drop_triggers);
    out.insert(out.end(), objects.drop_foreign_keys.begin(), objects.drop_foreign_keys.end());
    for (const std::unique_ptr<Table>& table : from.tables())
        if (table->kind == Table::Kind::ordinary && !to.find_table(table->schema, table->name))
            out.push_back("DROP TABLE " + pg_name(*table));
    return out;
}

std::vector<std::string> begin_changes(const Catalog& from, const std::vector<std::string>& schemas)
{
    std::vector<std::string> out;
    for (const std::string& schema : schemas)
        out.push_back(begin_schema_change_sql(from.pg_schema(schema),
                                              schema == "main" ? std::optional(from.version()) : std::nullopt));
    return out;
}

std::vector<std::string> schema_row_changes(const Catalog& from, const Catalog& to, bool by_place)
{
    std::vector<std::string> out;
    // All rows of a table that changes are written: an adopted table has none on the server yet.
    std::set<std::pair<std::string, std::string>> touched;
    const auto find = [](const Catalog& catalog, const SchemaRow& row) {
        const auto& rows = catalog.rows();
        const auto found =
            std::find_if(rows.begin(), rows.end(), [&](const SchemaRow& r) { return same_object(r, row); });
        return found == rows.end() ? nullptr : &*found;
    };
    const auto changed = [&](const SchemaRow* was, const SchemaRow& is) {
        return !was || !same_row(*was, is) || stored_row(from, *was).storage != stored_row(to, is).storage;
    };
    for (std::size_t i = 0; i < from.rows().size(); ++i) {
        const SchemaRow& was = from.rows()[i];
        if (!is_kept(from, was.schema) || (!by_place && find(to, was)))
            continue;
        touched.insert({was.schema, fold(was.tbl_name)});
        if (!by_place)
            out.push_back(delete_schema_row_sql(from.pg_schema(was.schema), was));
        else if (!same_object(was, to.rows().at(i)))
            out.push_back(rename_schema_row_sql(from.pg_schema(was.schema), was, to.rows()[i]));
    }
    if (by_place)
        touched.clear();
    for (std::size_t i = 0; i < to.rows().size(); ++i)
        if (changed(by_place ? &from.rows().at(i) : find(from, to.rows()[i]), to.rows()[i]))
            touched.insert({to.rows()[i].schema, fold(to.rows()[i].tbl_name)});
    std::map<std::string, std::vector<SchemaRow>> written;
    for (const SchemaRow& is : to.rows())
        if (is_kept(to, is.schema) && touched.contains({is.schema, fold(is.tbl_name)}))
            written[is.schema].push_back(stored_row(to, is));
    for (const auto& [schema, rows] : written)
        out.push_back(put_schema_rows_sql(to.pg_schema(schema), rows));
    return out;
}

void lower_schema_change(const Statement& statement, Lowering& lowering, Compiled& out)
{
    SchemaChange(statement, lowering, out).run();
}

} // namespace howdah::dialect
