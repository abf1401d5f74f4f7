// See foreign_keys.hpp. Each trigger's statements are written in SQLite's dialect first and compiled as those of a
// CREATE TRIGGER are, so that affinities and collations in their comparisons are SQLite's (fkey.c does the same).
#include "dialect/foreign_keys.hpp"

#include "dialect/conversions.hpp"
#include "dialect/governing.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/parser.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/trigger_program.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Action = ForeignKeyClause::Action;
using Event = CreateTrigger::Event;

constexpr const char* enforced = "current_setting('howdah.fk', true) = 'on'";
constexpr const char* deferring = "current_setting('howdah.defer_fk', true) IS NOT DISTINCT FROM 'on'";

std::vector<int> named_columns(const Table& parent, const ForeignKey& key)
{
    std::vector<int> columns;
    if (!key.parent_columns.empty()) {
        for (const std::string& name : key.parent_columns)
            columns.push_back(parent.find_column(name));
        return columns;
    }
    if (parent.rowid_alias >= 0)
        return {parent.rowid_alias};
    for (int position = 1;; ++position) {
        const auto found = std::find_if(parent.columns.begin(), parent.columns.end(),
                                        [&](const Column& c) { return c.primary_key == position; });
        if (found == parent.columns.end())
            return columns;
        columns.push_back(static_cast<int>(found - parent.columns.begin()));
    }
}

// An index whose columns are exactly these, under the columns' own collations.
bool is_key(const Table& parent, const std::vector<int>& columns)
{
    if (columns.size() == 1 && columns[0] == parent.rowid_alias)
        return true;
    return std::any_of(parent.indexes.begin(), parent.indexes.end(), [&](const Index& index) {
        if (!index.unique || index.where || index.columns.size() != columns.size())
            return false;
        return std::all_of(index.columns.begin(), index.columns.end(), [&](const IndexColumn& c) {
            return c.column >= 0 && c.collation == parent.columns[static_cast<std::size_t>(c.column)].collation &&
                   std::find(columns.begin(), columns.end(), c.column) != columns.end();
        });
    });
}

// One foreign key with its names in both dialects.
class Key {
public:
    Key(const Catalog& catalog, const Table& child, std::size_t number, ParentKey parent, const Options& options)
        : catalog_(catalog),
          child_(child),
          number_(number),
          key_(child.foreign_keys[number]),
          parent_(*parent.parent),
          parent_columns_(std::move(parent.columns)),
          options_(options)
    {
    }

    void add(std::vector<SchemaObject>& out) const
    {
        out.push_back(child_check());
        add_parent(out, Event::delete_, key_.on_delete);
        add_parent(out, Event::update, key_.on_update);
    }

    std::string child_constraint() const
    {
        return quote_identifier(pg_identifier("howdah_fk_" + child_.name + "_" + std::to_string(number_ + 1)));
    }
    // The test of an event, and how what makes it is called.
    std::string parent_constraint(Event event) const
    {
        return quote_identifier(
            pg_identifier("howdah_fk_" + child_.name + "_" + std::to_string(number_ + 1) + check_suffix(event)));
    }
    bool has_parent_check(Event event) const
    {
        return action_of(event) == Action::none || action_of(event) == Action::restrict || action_misses_rows();
    }

private:
    Action action_of(Event event) const { return event == Event::delete_ ? key_.on_delete : key_.on_update; }
    // Where PRAGMA defer_foreign_keys is on, RESTRICT is tested as NO ACTION is (fkActionTrigger).
    bool only_deferred(Event event) const { return action_of(event) == Action::restrict && !action_misses_rows(); }
    std::string check_suffix(Event event) const
    {
        return suffix(event) + (action_of(event) == Action::none ? "" : "c");
    }

    // An action compares OLD's value without an affinity, the test that follows it under the parent's: a row that only
    // the second finds is a violation.
    bool action_misses_rows() const
    {
        for (std::size_t i = 0; i < key_.columns.size(); ++i) {
            const Affinity parent = parent_column(i).affinity;
            const Affinity child = child_column(i).affinity;
            const bool is_rowid = parent_columns_[i] == parent_.rowid_alias;
            if (!is_rowid && ((is_numeric(parent) && !is_numeric(child)) ||
                              (parent == Affinity::text && !is_numeric(child) && child != Affinity::text)))
                return true;
        }
        return false;
    }

    static std::string suffix(Event event)
    {
        return event == Event::delete_ ? "_d" : event == Event::update ? "_u" : "_i";
    }
    static std::string name(const std::string& sqlite_name) { return quote_identifier(sqlite_name); }

    std::string function(std::string_view what) const
    {
        return qualified(child_.pg_schema, pg_identifier(child_.pg_prefix + "howdah_fk_" + child_.name + "_" +
                                                         std::to_string(number_ + 1) + std::string(what)));
    }

    const Column& child_column(std::size_t i) const
    {
        return child_.columns[static_cast<std::size_t>(key_.columns[i])];
    }
    const Column& parent_column(std::size_t i) const
    {
        return parent_.columns[static_cast<std::size_t>(parent_columns_[i])];
    }
    std::string child_pg(std::size_t i) const { return quote_identifier(child_column(i).pg); }
    std::string parent_pg(std::size_t i) const { return quote_identifier(parent_column(i).pg); }

    template <typename F>
    std::string each(std::string_view separator, F f) const
    {
        std::vector<std::string> parts;
        for (std::size_t i = 0; i < key_.columns.size(); ++i)
            parts.push_back(f(i));
        return join(parts, separator);
    }

    std::string timing() const
    {
        return key_.deferred ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE INITIALLY IMMEDIATE";
    }

    SchemaObject object(std::string_view what, const Table& on) const
    {
        return {"fk " + child_.schema + "." + fold(child_.name) + "." + std::to_string(number_ + 1) + std::string(what),
                &on,
                true,
                {},
                {}};
    }

    // The block of a function, or one that says why there is none.
    template <typename F>
    static std::string block_of(F make)
    {
        try {
            return make();
        } catch (const Error& error) {
            return raising_block(error.message);
        } catch (const TriggerNeedsPromotion& needed) {
            return raising_block("howdah: a foreign key stores a value of another class into " +
                                 needed.promotion.table + "." + needed.promotion.column);
        }
    }

    // A new child row needs a parent. The row may be gone or changed when a deferred test runs.
    SchemaObject child_check() const
    {
        const std::string block = block_of([&] {
            TriggerProgram program(catalog_, child_,
                                   "CREATE TRIGGER fk AFTER INSERT ON " + name(child_.name) + " BEGIN SELECT 1 FROM " +
                                       name(parent_.name) + " AS howdah_parent WHERE " +
                                       each(" AND ",
                                            [&](std::size_t i) {
                                                return "howdah_parent." + name(parent_column(i).name) + " = +NEW." +
                                                       name(child_column(i).name);
                                            }) +
                                       "; END",
                                   options_, child_.schema);
            return "#variable_conflict use_column\nBEGIN\nIF EXISTS (SELECT 1 FROM " + pg_name(child_) +
                   " AS c WHERE " + same_child_row() + ") AND NOT EXISTS (" + program.query(0) + parent_lock() +
                   ") THEN\n" + violation(" FROM " + pg_name(child_) + " AS c WHERE " + same_child_row()) +
                   "END IF;\nRETURN NULL;\nEND";
        });
        SchemaObject out = object("", child_);
        const std::string f = function("");
        std::vector<std::string> columns;
        for (std::size_t i = 0; i < key_.columns.size(); ++i)
            columns.push_back(child_pg(i));
        if (child_.has_rowid())
            columns.push_back(quote_identifier(child_.rowid_pg));
        for (const Column& c : child_.columns)
            if (child_.without_rowid && c.primary_key > 0)
                columns.push_back(quote_identifier(c.pg));
        const std::string set = each(" AND ", [&](std::size_t i) { return "NOT (NEW." + child_pg(i) + " IS NULL)"; });
        out.create = {trigger_function_sql(f, block), "CREATE CONSTRAINT TRIGGER " + child_constraint() +
                                                          " AFTER INSERT OR UPDATE OF " + once(columns) + " ON " +
                                                          pg_name(child_) + timing() + " FOR EACH ROW WHEN (" +
                                                          enforced + " AND " + set + ") EXECUTE FUNCTION " + f + "()"};
        out.drop = {"DROP TRIGGER " + child_constraint() + " ON " + pg_name(child_), "DROP FUNCTION " + f + "()"};
        return out;
    }

    // Keeps the parent's key as it is. For PostgreSQL an index of expressions, such as that of a key without case, is
    // none that FOR KEY SHARE protects.
    std::string parent_lock() const
    {
        bool by_columns = true;
        for (std::size_t i = 0; i < parent_columns_.size(); ++i)
            by_columns = by_columns && parent_key("p", i) == "p." + parent_pg(i);
        return by_columns ? " FOR KEY SHARE" : " FOR SHARE";
    }

    // What the parent's key looks at in a row, under its collation.
    std::string parent_key(const std::string& row, std::size_t i) const
    {
        const Column& c = parent_column(i);
        const Fragment column{row + "." + parent_pg(i), c.storage, classes_of(c.storage), true};
        return collation_key(column, c.collation).text;
    }

    std::string same_child_row() const
    {
        std::vector<std::string> tests;
        const auto same = [&](const std::string& column) { tests.push_back("c." + column + " = NEW." + column); };
        if (child_.has_rowid())
            same(quote_identifier(child_.rowid_pg));
        for (const Column& c : child_.columns)
            if (child_.without_rowid && c.primary_key > 0)
                same(quote_identifier(c.pg));
        for (std::size_t i = 0; i < key_.columns.size(); ++i)
            same(child_pg(i));
        return join(tests, " AND ");
    }

    // WHERE of the child rows that refer to OLD; the parent's column stands left, so its affinity and collation count.
    std::string refers_to_old() const
    {
        return each(" AND ", [&](std::size_t i) {
            return "OLD." + name(parent_column(i).name) + " = " + name(child_.name) + "." + name(child_column(i).name);
        });
    }

    std::string on_event(Event event) const
    {
        if (event == Event::delete_)
            return "DELETE";
        std::vector<std::string> columns;
        for (std::size_t i = 0; i < parent_columns_.size(); ++i)
            columns.push_back(parent_pg(i));
        return "UPDATE OF " + once(columns);
    }

    // PostgreSQL refuses a list that names a column twice, as FOREIGN KEY (a, a) does.
    static std::string once(const std::vector<std::string>& columns)
    {
        std::vector<std::string> out;
        for (const std::string& c : columns)
            if (std::find(out.begin(), out.end(), c) == out.end())
                out.push_back(c);
        return join(out, ", ");
    }

    std::string synthetic(Event event, const std::string& body) const
    {
        std::string text = std::string("CREATE TRIGGER fk AFTER ") + (event == Event::delete_ ? "DELETE" : "UPDATE") +
                           " ON " + name(parent_.name);
        if (event == Event::update)
            text += " WHEN " + each(" OR ", [&](std::size_t i) {
                        return "OLD." + name(parent_column(i).name) + " IS NOT NEW." + name(parent_column(i).name);
                    });
        return text + " BEGIN " + body + "; END";
    }

    void add_parent(std::vector<SchemaObject>& out, Event event, Action action) const
    {
        if (action != Action::none)
            out.push_back(parent_action(event, action));
        if (has_parent_check(event))
            out.push_back(parent_check(event));
    }

    // NO ACTION: children without a parent are a violation, unless another row has taken the key over.
    SchemaObject parent_check(Event event) const
    {
        const std::string block = block_of([&] {
            TriggerProgram program(catalog_, parent_, select_children(event), options_, parent_.schema,
                                   TriggerProgram::Rows::with_affinity);
            return "#variable_conflict use_column\nBEGIN\nIF EXISTS (" + program.query(0) +
                   ") AND NOT EXISTS (SELECT 1 FROM " + pg_name(parent_) + " AS p WHERE " +
                   each(" AND ", [&](std::size_t i) { return parent_key_test(i); }) + ") THEN\n" +
                   violation(rows_of(program.query(0))) + "END IF;\n" + note_unseen(program.query(0)) +
                   "RETURN NULL;\nEND";
        });
        SchemaObject out = object(check_suffix(event), parent_);
        const std::string f = function(check_suffix(event));
        out.create = {trigger_function_sql(f, block),
                      "CREATE CONSTRAINT TRIGGER " + parent_constraint(event) + " AFTER " + on_event(event) + " ON " +
                          pg_name(parent_) + timing() + " FOR EACH ROW WHEN (" + enforced +
                          (only_deferred(event) ? std::string(" AND ") + deferring : "") + ") EXECUTE FUNCTION " + f +
                          "()"};
        out.drop = {"DROP TRIGGER " + parent_constraint(event) + " ON " + pg_name(parent_),
                    "DROP FUNCTION " + f + "()"};
        return out;
    }

    // `rows`: the children without a parent. The test may be given up, or asked for them (howdah.settle_keys).
    std::string violation(const std::string& rows) const
    {
        const std::string setting = "current_setting('howdah.keys_given_up', true)";
        return "IF " + setting + " = 'noting' THEN\nPERFORM howdah.note_orphan(" + quote_string(function("")) +
               ", ctid)" + rows + ";\nELSIF " + setting +
               " IS DISTINCT FROM 'on' THEN\nRAISE EXCEPTION USING ERRCODE = '23503', MESSAGE = "
               "'FOREIGN KEY constraint failed';\nEND IF;\n";
    }

    // The FROM and WHERE of select_children().
    static std::string rows_of(const std::string& children) { return children.substr(children.find(" FROM ")); }

    std::string select_children(Event event) const
    {
        return synthetic(event, "SELECT 1 FROM " + name(child_.name) + " WHERE " + refers_to_old());
    }

    // A transaction with a snapshot does not see children that others have committed since: it leaves the question for
    // them, which another connection answers before its COMMIT (howdah.unseen, set where there are concurrent writers).
    // `children`: SELECT … FROM … WHERE ….
    std::string note_unseen(const std::string& children) const
    {
        const std::string rows = "SELECT xmin" + rows_of(children);
        return "IF current_setting('howdah.unseen', true) IS NOT NULL AND current_setting('transaction_isolation') = "
               "'repeatable read' THEN\nPERFORM howdah.note_unseen(" +
               quote_string("(SELECT (") + " || quote_literal(OLD::text) || " +
               quote_string("::" + pg_name(parent_) + ").*) AS old CROSS JOIN LATERAL (" + rows + ") AS c") + ", " +
               quote_string(pg_name(child_) + " AS c") + ");\nEND IF;\n";
    }

    // A parent with OLD's key.
    std::string parent_key_test(std::size_t i) const { return parent_key("p", i) + " = " + parent_key("OLD", i); }

    std::string action_statement(Event event, Action action) const
    {
        const std::string child = name(child_.name);
        if (action == Action::restrict)
            return "SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed') FROM " + child + " WHERE " + refers_to_old();
        if (action == Action::cascade && event == Event::delete_)
            return "DELETE FROM " + child + " WHERE " + refers_to_old();
        return "UPDATE " + child + " SET " +
               each(", ", [&](std::size_t i) { return name(child_column(i).name) + " = " + new_value(action, i); }) +
               " WHERE " + refers_to_old();
    }

    std::string new_value(Action action, std::size_t i) const
    {
        if (action == Action::cascade)
            return "NEW." + name(parent_column(i).name);
        const Expr* value = child_column(i).default_value;
        return action == Action::set_default && value ? "(" + unparse(*value) + ")" : "NULL";
    }

    // PostgreSQL fires triggers by name, SQLite acts on the key that was declared last first: "9998" is the second of
    // the parent's keys. A newer key leaves the names of the older ones as they are.
    std::string turn() const
    {
        int older = 0;
        const auto count = [&](const Table& child, std::size_t keys) {
            for (std::size_t i = 0; i < keys; ++i)
                older += equal_names(child.foreign_keys[i].parent, parent_.name) ? 1 : 0;
        };
        for (const Table* other : catalog_.children_of(parent_)) {
            count(*other, other == &child_ ? number_ : other->foreign_keys.size());
            if (other == &child_)
                break;
        }
        return std::to_string(std::max(0, 9999 - older));
    }

    // CASCADE, SET NULL, SET DEFAULT, RESTRICT: before the table's own AFTER triggers, whose names begin with a 9.
    SchemaObject parent_action(Event event, Action action) const
    {
        const std::string block = block_of([&] {
            TriggerProgram program(catalog_, parent_, synthetic(event, action_statement(event, action)), options_,
                                   parent_.schema, TriggerProgram::Rows::plain, ConflictAction::abort);
            std::string body = join(program.statements("RETURN NULL;"), "");
            if (const std::string when = program.when(); !when.empty())
                body = "IF " + when + " THEN\n" + body + "END IF;\n";
            TriggerProgram children(catalog_, parent_, select_children(event), options_, parent_.schema);
            body += note_unseen(children.query(0));
            return "#variable_conflict use_column\nDECLARE\n    howdah_row record;\n" + declared_conflict(body) +
                   "BEGIN\n" + body + "RETURN NULL;\nEND";
        });
        SchemaObject out = object(suffix(event), parent_);
        const std::string f = function(suffix(event));
        const std::string trigger = quote_identifier(pg_identifier("0_howdah_fk_" + turn() + "_" + child_.name + "_" +
                                                                   std::to_string(number_ + 1) + suffix(event)));
        out.create = {trigger_function_sql(f, block),
                      "CREATE TRIGGER " + trigger + " AFTER " + on_event(event) + " ON " + pg_name(parent_) +
                          " FOR EACH ROW WHEN (" + enforced +
                          (action == Action::restrict ? std::string(" AND NOT ") + deferring : "") +
                          ") EXECUTE FUNCTION " + f + "()"};
        out.drop = {"DROP TRIGGER " + trigger + " ON " + pg_name(parent_), "DROP FUNCTION " + f + "()"};
        return out;
    }

    const Catalog& catalog_;
    const Table& child_;
    std::size_t number_;
    const ForeignKey& key_;
    const Table& parent_;
    std::vector<int> parent_columns_;
    Options options_;
};

std::vector<std::string> constraints_of(const Catalog& catalog, const Table& table, bool deferred)
{
    std::vector<std::string> out;
    const auto add = [&](const Table& child, bool as_child) {
        for (std::size_t i = 0; i < child.foreign_keys.size(); ++i) {
            const ForeignKey& key = child.foreign_keys[i];
            auto parent = parent_key(catalog, child, key);
            if (!parent || key.deferred != deferred || (!as_child && parent->parent != &table))
                continue;
            const Key names(catalog, child, i, std::move(*parent), {});
            const std::string schema = quote_identifier(child.pg_schema) + ".";
            if (as_child) {
                out.push_back(schema + names.child_constraint());
                continue;
            }
            for (const Event event : {Event::delete_, Event::update})
                if (names.has_parent_check(event))
                    out.push_back(schema + names.parent_constraint(event));
        }
    };
    add(table, true);
    for (const Table* child : catalog.children_of(table))
        add(*child, false);
    return out;
}

} // namespace

std::optional<ParentKey> parent_key(const Catalog& catalog, const Table& child, const ForeignKey& key)
{
    const Table* parent = catalog.find_table(child.schema, key.parent);
    if (!parent || parent->kind != Table::Kind::ordinary || parent->schema != child.schema)
        return std::nullopt;
    ParentKey out{parent, named_columns(*parent, key)};
    const bool found = std::none_of(out.columns.begin(), out.columns.end(), [](int c) { return c < 0; });
    if (!found || out.columns.size() != key.columns.size() || !is_key(*parent, out.columns))
        return std::nullopt;
    return out;
}

void add_foreign_keys(std::vector<SchemaObject>& out, const Catalog& catalog, const Table& child,
                      const Options& options)
{
    for (std::size_t i = 0; i < child.foreign_keys.size(); ++i)
        if (auto parent = parent_key(catalog, child, child.foreign_keys[i]))
            Key(catalog, child, i, std::move(*parent), options).add(out);
}

std::vector<std::string> immediate_foreign_keys(const Catalog& catalog, const Table& table)
{
    return constraints_of(catalog, table, false);
}

std::string deferred_foreign_keys(const Catalog& catalog)
{
    std::vector<std::string> out;
    for (const std::unique_ptr<Table>& table : catalog.tables())
        for (std::string& name : constraints_of(catalog, *table, true))
            if (std::find(out.begin(), out.end(), name) == out.end())
                out.push_back(std::move(name));
    return join(out, ", ");
}

std::string settle_keys_sql(const Catalog& catalog)
{
    return "SELECT howdah.settle_keys(" + quote_string(deferred_foreign_keys(catalog)) + ")";
}

} // namespace howdah::dialect
