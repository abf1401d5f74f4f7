// CREATE, ALTER and DROP as SQLite's SQL.
#include "dialect/unparser.hpp"

namespace howdah::dialect {

void Unparser::node(const CreateTable& s)
{
    raw(s.temporary ? "CREATE TEMP TABLE " : "CREATE TABLE ");
    raw(s.if_not_exists ? "IF NOT EXISTS " : "");
    qualified(s.name);
    if (s.as_select) {
        raw(" AS ");
        return select(*s.as_select);
    }
    raw("(");
    list(s.columns, [this](const ColumnDef& c) { column_def(c); });
    for (const Constraint& c : s.constraints) {
        raw(", ");
        constraint(c, false);
    }
    raw(")");
    raw(s.without_rowid ? " WITHOUT ROWID" : "");
    raw(s.strict ? (s.without_rowid ? ", STRICT" : " STRICT") : "");
}

void Unparser::column_def(const ColumnDef& c)
{
    name(c.name);
    if (!c.type.empty()) {
        raw(" ");
        type(c.type);
    }
    for (const Constraint& each : c.constraints) {
        raw(" ");
        constraint(each, true);
    }
}

void Unparser::constraint(const Constraint& c, bool on_column)
{
    using Kind = Constraint::Kind;
    if (!c.name.empty()) {
        raw("CONSTRAINT ");
        name(c.name);
        raw(" ");
    }
    switch (c.kind) {
    case Kind::primary_key:
        raw("PRIMARY KEY");
        direction(c.direction);
        if (!on_column)
            indexed(c.columns, c.autoincrement);
        conflict("ON CONFLICT", c.conflict);
        raw(on_column && c.autoincrement ? " AUTOINCREMENT" : "");
        break;
    case Kind::unique:
        raw("UNIQUE");
        if (!on_column)
            indexed(c.columns);
        conflict("ON CONFLICT", c.conflict);
        break;
    case Kind::not_null:
    case Kind::null:
        raw(c.kind == Kind::null ? "NULL" : "NOT NULL");
        conflict("ON CONFLICT", c.conflict);
        break;
    case Kind::check:
        raw("CHECK (");
        expr(*c.expr);
        raw(")");
        conflict("ON CONFLICT", c.conflict);
        break;
    case Kind::default_:
        raw("DEFAULT ");
        if (as<Literal>(*c.expr))
            return expr(*c.expr);
        raw("(");
        expr(*c.expr);
        raw(")");
        break;
    case Kind::collate:
        raw("COLLATE ");
        name(c.collation);
        break;
    case Kind::references:
        if (!on_column) {
            raw("FOREIGN KEY ");
            names(c.key_columns);
            raw(" ");
        }
        references(c.foreign);
        break;
    case Kind::generated:
        raw("GENERATED ALWAYS AS (");
        expr(*c.expr);
        raw(c.stored ? ") STORED" : ") VIRTUAL");
        break;
    }
}

void Unparser::references(const ForeignKeyClause& f)
{
    static constexpr std::string_view actions[] = {"NO ACTION", "SET NULL", "SET DEFAULT", "CASCADE", "RESTRICT"};
    raw("REFERENCES ");
    name(f.table);
    names(f.columns);
    if (!f.match.empty()) {
        raw(" MATCH ");
        name(f.match);
    }
    if (f.on_delete != ForeignKeyClause::Action::none) {
        raw(" ON DELETE ");
        raw(actions[static_cast<std::size_t>(f.on_delete)]);
    }
    if (f.on_update != ForeignKeyClause::Action::none) {
        raw(" ON UPDATE ");
        raw(actions[static_cast<std::size_t>(f.on_update)]);
    }
    if (f.deferrable)
        raw(f.initially_deferred ? " DEFERRABLE INITIALLY DEFERRED" : " DEFERRABLE INITIALLY IMMEDIATE");
}

void Unparser::indexed(const std::vector<IndexedColumn>& items, bool autoincrement)
{
    raw("(");
    list(items, [this](const IndexedColumn& c) {
        expr(*c.expr);
        direction(c.direction);
    });
    raw(autoincrement ? " AUTOINCREMENT)" : ")");
}

void Unparser::node(const CreateIndex& s)
{
    raw(s.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ");
    raw(s.if_not_exists ? "IF NOT EXISTS " : "");
    qualified(s.name);
    raw(" ON ");
    name(s.table);
    indexed(s.columns);
    clause("WHERE", s.where);
}

void Unparser::node(const CreateView& s)
{
    raw(s.temporary ? "CREATE TEMP VIEW " : "CREATE VIEW ");
    raw(s.if_not_exists ? "IF NOT EXISTS " : "");
    qualified(s.name);
    names(s.columns);
    raw(" AS ");
    select(*s.select);
}

void Unparser::node(const CreateVirtualTable& s)
{
    raw("CREATE VIRTUAL TABLE ");
    raw(s.if_not_exists ? "IF NOT EXISTS " : "");
    qualified(s.name);
    raw(" USING ");
    name(s.module);
    if (s.args.empty())
        return;
    raw("(");
    list(s.args, [this](const std::string& arg) { raw(arg); });
    raw(")");
}

void Unparser::node(const CreateTrigger& s)
{
    static constexpr std::string_view times[] = {" BEFORE", " AFTER", " INSTEAD OF"};
    static constexpr std::string_view events[] = {" INSERT", " UPDATE", " DELETE"};
    raw(s.temporary ? "CREATE TEMP TRIGGER " : "CREATE TRIGGER ");
    raw(s.if_not_exists ? "IF NOT EXISTS " : "");
    qualified(s.name);
    raw(times[static_cast<std::size_t>(s.time)]);
    raw(events[static_cast<std::size_t>(s.event)]);
    if (!s.update_of.empty()) {
        raw(" OF ");
        list(s.update_of, [this](const Name& n) { name(n); });
    }
    raw(" ON ");
    qualified(s.table);
    raw(s.for_each_row ? " FOR EACH ROW" : "");
    clause("WHEN", s.when);
    raw(" BEGIN ");
    for (const TriggerStatement& step : s.body) {
        std::visit([this](const auto& each) { node(each); }, step);
        raw("; ");
    }
    raw("END");
}

void Unparser::node(const AlterTable& s)
{
    raw("ALTER TABLE ");
    qualified(s.table);
    switch (s.action) {
    case AlterTable::Action::rename_table:
        raw(" RENAME TO ");
        return name(s.new_name);
    case AlterTable::Action::rename_column:
        raw(" RENAME COLUMN ");
        name(s.column);
        raw(" TO ");
        return name(s.new_name);
    case AlterTable::Action::add_column:
        raw(" ADD COLUMN ");
        return column_def(s.definition);
    case AlterTable::Action::drop_column:
        raw(" DROP COLUMN ");
        return name(s.column);
    }
}

void Unparser::node(const Drop& s)
{
    static constexpr std::string_view kinds[] = {"DROP TABLE ", "DROP INDEX ", "DROP VIEW ", "DROP TRIGGER "};
    raw(kinds[static_cast<std::size_t>(s.kind)]);
    raw(s.if_exists ? "IF EXISTS " : "");
    qualified(s.name);
}

} // namespace howdah::dialect
