// A Table from its CREATE TABLE: what SQLite's own parser makes of it (build.c).
#include "dialect/catalog_table.hpp"

#include "dialect/column_storage.hpp"
#include "dialect/full_text.hpp"
#include "dialect/mirror.hpp"
#include "dialect/rtree.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Kind = Constraint::Kind;

Collation collation_of(const Name& name)
{
    return equal_names(name.text, "nocase")  ? Collation::nocase
           : equal_names(name.text, "rtrim") ? Collation::rtrim
                                             : Collation::binary;
}

bool mentions(std::string_view type, std::string_view word) { return fold(type).find(word) != std::string::npos; }

void read_constraint(Column& column, const Constraint& constraint, std::string_view sql)
{
    switch (constraint.kind) {
    case Kind::not_null:
        column.not_null = true;
        column.not_null_conflict = constraint.conflict;
        break;
    case Kind::default_:
        column.default_value = constraint.expr.get();
        column.default_text = constraint.expr_span.of(sql);
        break;
    case Kind::collate:
        column.collation = collation_of(constraint.collation);
        break;
    case Kind::generated:
        column.generated = constraint.stored ? Column::Generated::stored : Column::Generated::virtual_;
        column.generated_as = constraint.expr.get();
        break;
    default:
        break;
    }
}

Column read_column(const ColumnDef& definition, bool strict, std::string_view sql)
{
    Column column;
    column.name = definition.name.text;
    column.pg = pg_identifier(column.name);
    column.declared_type = definition.type;
    column.affinity =
        strict && equal_names(definition.type, "any") ? Affinity::blob : affinity_of_type(definition.type);
    column.definition = &definition;
    for (const Constraint& constraint : definition.constraints)
        read_constraint(column, constraint, sql);
    return column;
}

ForeignKey read_foreign_key(const ForeignKeyClause& clause)
{
    ForeignKey key;
    key.parent = clause.table.text;
    for (const Name& name : clause.columns)
        key.parent_columns.push_back(name.text);
    key.on_delete = clause.on_delete;
    key.on_update = clause.on_update;
    key.deferred = clause.initially_deferred;
    return key;
}

// sqlite3AddPrimaryKey: one column whose type is the very word INTEGER. DESC prevents it only on the column itself.
void read_primary_key(Table& table, const Constraint& key, const std::vector<int>& columns, bool on_column)
{
    int position = 0;
    for (const int index : columns)
        table.columns[static_cast<std::size_t>(index)].primary_key = ++position;
    table.autoincrement = key.autoincrement;
    if (columns.size() != 1 || table.without_rowid || (on_column && key.direction == Direction::descending))
        return;
    if (equal_names(table.columns[static_cast<std::size_t>(columns.front())].declared_type, "integer")) {
        table.rowid_alias = columns.front();
        table.primary_key_conflict = key.conflict;
    }
}

void read_column_constraints(Table& table, const ColumnDef& definition, int index)
{
    for (const Constraint& constraint : definition.constraints) {
        if (constraint.kind == Kind::primary_key)
            read_primary_key(table, constraint, {index}, true);
        else if (constraint.kind == Kind::check)
            table.checks.push_back(
                {constraint.name.text, std::string(constraint.expr_span.of(table.sql)), constraint.expr.get()});
        else if (constraint.kind == Kind::references) {
            table.foreign_keys.push_back(read_foreign_key(constraint.foreign));
            table.foreign_keys.back().columns = {index};
        }
    }
}

void read_table_constraint(Table& table, const Constraint& constraint)
{
    if (constraint.kind == Kind::primary_key) {
        std::vector<int> columns;
        for (const IndexedColumn& term : constraint.columns)
            if (const int index = table.find_column(column_of_key(*term.expr));
                index >= 0 && std::find(columns.begin(), columns.end(), index) == columns.end())
                columns.push_back(index);
        read_primary_key(table, constraint, columns, false);
    } else if (constraint.kind == Kind::check) {
        table.checks.push_back(
            {constraint.name.text, std::string(constraint.expr_span.of(table.sql)), constraint.expr.get()});
    } else if (constraint.kind == Kind::references) {
        table.foreign_keys.push_back(read_foreign_key(constraint.foreign));
        for (const Name& name : constraint.key_columns)
            table.foreign_keys.back().columns.push_back(table.find_column(name.text));
    }
}

// The alias' own column, or the first of SQLite's names that no column has.
std::string rowid_column(const Table& table)
{
    if (table.without_rowid)
        return {};
    if (table.rowid_alias >= 0)
        return table.columns[static_cast<std::size_t>(table.rowid_alias)].pg;
    for (const std::string_view name : {"rowid", "_rowid_", "oid"})
        if (table.find_column(name) < 0)
            return std::string(name);
    std::string name = "howdah_rowid";
    while (table.find_column(name) >= 0)
        name += '_';
    return name;
}

} // namespace

std::string_view column_of_key(const Expr& expr)
{
    const Expr& inner = bare(expr);
    if (const auto* collate = as<Collate>(inner))
        return column_of_key(*collate->operand);
    if (const auto* ref = as<ColumnRef>(inner); ref && ref->table.empty())
        return ref->column.text;
    // sqlite3StringToId: a string where a column is wanted is the column's name.
    if (const auto* literal = as<Literal>(inner); literal && literal->form == Literal::Form::string)
        return std::get<std::string>(literal->value);
    if (const auto* literal = as<Literal>(inner); literal && literal->form == Literal::Form::boolean)
        return std::get<std::int64_t>(literal->value) ? "true" : "false";
    return {};
}

PgType default_storage(const Column& column, bool rowid_alias, bool strict)
{
    const std::string_view type = column.declared_type;
    if (rowid_alias)
        return PgType::int8;
    if (type.empty() || equal_names(type, "any"))
        return PgType::v;
    switch (column.affinity) {
    case Affinity::integer:
        return PgType::int8;
    case Affinity::real:
        return PgType::float8;
    case Affinity::text:
        return PgType::text;
    case Affinity::blob:
        return PgType::bytea;
    default:
        break;
    }
    if (strict)
        return PgType::v;
    if (mentions(type, "bool"))
        return PgType::int8;
    return mentions(type, "date") || mentions(type, "time") ? PgType::text : PgType::numeric;
}

void read_create_table(Table& table, const CreateTable& create, std::string_view storage)
{
    table.strict = create.strict;
    table.without_rowid = create.without_rowid;
    for (const ColumnDef& definition : create.columns)
        table.columns.push_back(read_column(definition, create.strict, table.sql));
    for (std::size_t i = 0; i < create.columns.size(); ++i)
        read_column_constraints(table, create.columns[i], static_cast<int>(i));
    for (const Constraint& constraint : create.constraints)
        read_table_constraint(table, constraint);
    table.rowid_pg = rowid_column(table);
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        Column& column = table.columns[i];
        const std::string_view given = storage.substr(0, storage.find(','));
        storage.remove_prefix(std::min(storage.size(), given.size() + 1));
        const bool alias = static_cast<int>(i) == table.rowid_alias;
        const ColumnStorage storage_given =
            given.empty() ? default_storage(column, alias, table.strict) : read_storage(given);
        column.storage = storage_given.type;
        column.long_keys = storage_given.long_keys;
        // The key of a WITHOUT ROWID table has no NULLs; nor, in a STRICT table, has any primary key.
        if (column.primary_key > 0 && (table.without_rowid || (table.strict && !alias)))
            column.not_null = true;
    }
}

void read_columns_from_mirror(Table& table, const Mirror& mirror)
try {
    const Value parameters[] = {table.name, table.schema};
    mirror.query("SELECT name, type, \"notnull\", pk, hidden FROM pragma_table_xinfo(?1, ?2)", parameters, {},
                 [&](std::span<const ValueView> row) {
                     Column& column = table.columns.emplace_back();
                     column.name = row[0].bytes;
                     column.pg = pg_identifier(column.name);
                     column.declared_type = row[1].bytes;
                     column.affinity = affinity_of_type(column.declared_type);
                     column.not_null = row[2].integer != 0;
                     column.primary_key = static_cast<int>(row[3].integer);
                     column.hidden = row[4].integer == 1;
                 });
} catch (const Error&) {
    table.columns.clear();
}

// docid is the rowid. What SQLite declares as "docid HIDDEN" has the affinity of the type HIDDEN.
void read_docid(Table& table)
{
    table.rowid_alias = table.full_text->docid_column();
    table.rowid_pg = "rowid";
    Column& docid = table.columns.at(static_cast<std::size_t>(table.rowid_alias));
    docid.pg = table.rowid_pg;
    docid.storage = PgType::int8;
    docid.affinity = Affinity::numeric;
}

void read_virtual_table(Table& table, const CreateVirtualTable& create)
{
    const std::string& module = create.module.text;
    if (table.columns.empty())
        return;
    if (is_full_text_module(module)) {
        table.full_text = std::make_shared<FullText>(read_full_text(module, create.args));
        if (table.full_text->is_fts5())
            table.rowid_pg = rowid_column(table);
        else
            read_docid(table);
    } else if (equal_names(module, "rtree") || equal_names(module, "rtree_i32")) {
        read_rtree(table, module, create.args);
    } else {
        return;
    }
    table.kind = Table::Kind::ordinary;
}

} // namespace howdah::dialect
