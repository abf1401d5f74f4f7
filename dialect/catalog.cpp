// The catalog: every object of a database, from the texts that sqlite_schema keeps.
#include "dialect/catalog.hpp"

#include "dialect/catalog_table.hpp"
#include "dialect/full_text.hpp"
#include "dialect/mirror.hpp"
#include "dialect/parser.hpp"
#include "dialect/rtree.hpp"

#include <algorithm>
#include <atomic>
#include <initializer_list>
#include <map>

namespace howdah::dialect {

namespace {

std::uint64_t next_id()
{
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

// As SQLite reports a text of sqlite_schema that it cannot read.
[[noreturn]] void malformed(const SchemaRow& row, const std::string& why)
{
    throw Error("malformed database schema (" + row.name + ") - " + why, {}, 11, "XX001");
}

std::unique_ptr<Statement> parse_row(const SchemaRow& row)
{
    try {
        if (std::optional<Statement> statement = parse(*row.sql))
            return std::make_unique<Statement>(std::move(*statement));
    } catch (const Error& error) {
        malformed(row, error.message);
    }
    malformed(row, "empty");
}

// Names of databases other than temp and main, in the order they were attached.
std::vector<std::string> attached_names(const std::vector<SchemaRow>& rows, const std::vector<Placement>& placements)
{
    std::vector<std::string> names;
    const auto add = [&](const std::string& name) {
        if (!equal_names(name, "main") && !equal_names(name, "temp") &&
            std::none_of(names.begin(), names.end(), [&](const std::string& n) { return equal_names(n, name); }))
            names.push_back(name);
    };
    for (const Placement& placement : placements)
        add(placement.schema);
    for (const SchemaRow& row : rows)
        add(row.schema);
    return names;
}

std::unique_ptr<Mirror> mirror_of(const std::vector<SchemaRow>& rows, const std::vector<Placement>& placements)
{
    auto mirror = std::make_unique<Mirror>();
    mirror->load("main", rows);
    for (const std::string& name : attached_names(rows, placements)) {
        mirror->attach(name);
        mirror->load(name, rows);
    }
    mirror->load("temp", rows);
    return mirror;
}

} // namespace

Catalog::~Catalog() = default;

std::shared_ptr<const Catalog> Catalog::make(std::vector<SchemaRow> rows, std::vector<Placement> placements,
                                             std::int64_t version)
{
    auto mirror = mirror_of(rows, placements);
    return make(std::move(rows), std::move(placements), version, std::move(mirror));
}

std::shared_ptr<const Catalog> Catalog::make(std::vector<SchemaRow> rows, std::vector<Placement> placements,
                                             std::int64_t version, std::unique_ptr<Mirror> mirror)
{
    const std::shared_ptr<Catalog> catalog(new Catalog);
    catalog->rows_ = std::move(rows);
    catalog->placements_ = std::move(placements);
    catalog->version_ = version;
    catalog->id_ = next_id();
    catalog->mirror_ = std::move(mirror);
    catalog->read_rows();
    return catalog;
}

void Catalog::read_rows()
{
    std::map<std::pair<std::string, std::string>, std::vector<IndexText>> indexes; // by folded schema and table
    std::vector<const CreateTable*> creates;                                       // of tables_[i]; null for views
    std::vector<std::pair<const SchemaRow*, const CreateTrigger*>> triggers;
    for (const SchemaRow& row : rows_) {
        if (!row.sql)
            continue;
        statements_.push_back(parse_row(row));
        const StatementNode& node = statements_.back()->node;
        if (const auto* index = std::get_if<CreateIndex>(&node)) {
            indexes[{fold(row.schema), fold(row.tbl_name)}].push_back({fold(row.name), index});
        } else if (const auto* trigger = std::get_if<CreateTrigger>(&node)) {
            triggers.emplace_back(&row, trigger);
        } else {
            creates.push_back(std::get_if<CreateTable>(&node));
            read_table(row, node);
        }
    }
    mark_shadow_tables();
    for (std::size_t i = 0; i < tables_.size(); ++i) {
        Table& table = *tables_[i];
        if (table.kind == Table::Kind::ordinary && creates[i])
            read_indexes(table, creates[i], indexes[{fold(table.schema), fold(table.name)}], *mirror_);
    }
    for (const auto& [row, trigger] : triggers)
        read_trigger(*row, *trigger);
}

// The tables in which SQLite keeps a virtual table's data: here they have none.
void Catalog::mark_shadow_tables()
{
    const auto mark = [&](const Table& table, std::initializer_list<std::string_view> suffixes) {
        for (const std::string_view suffix : suffixes)
            for (const std::unique_ptr<Table>& shadow : tables_)
                if (equal_names(shadow->schema, table.schema) &&
                    equal_names(shadow->name, table.name + std::string(suffix)))
                    shadow->kind = Table::Kind::virtual_table;
    };
    for (const std::unique_ptr<Table>& table : tables_) {
        if (table->rtree)
            mark(*table, {"_node", "_rowid", "_parent"});
        if (!table->full_text)
            continue;
        const FullText& text = *table->full_text;
        mark(*table, text.is_fts5() ? std::initializer_list<std::string_view>{"_data", "_idx", "_config"}
                                    : std::initializer_list<std::string_view>{"_segments", "_segdir"});
        if (text.content == FullText::Content::own)
            mark(*table, {"_content"});
        if (text.column_sizes)
            mark(*table, {"_docsize"});
        if (text.module == FullText::Module::fts4)
            mark(*table, {"_stat"});
    }
}

void Catalog::read_table(const SchemaRow& row, const StatementNode& node)
{
    Table& table = *tables_.emplace_back(std::make_unique<Table>());
    table.name = row.name;
    table.schema = row.schema;
    table.pg_schema = pg_schema(row.schema);
    table.pg_prefix = pg_prefix(row.schema);
    table.pg = pg_identifier(table.pg_prefix + row.name);
    table.sql = *row.sql;
    if (const auto* create = std::get_if<CreateTable>(&node)) {
        read_create_table(table, *create, row.storage);
    } else if (const auto* view = std::get_if<CreateView>(&node)) {
        table.kind = Table::Kind::view;
        table.view = view;
        read_columns_from_mirror(table, *mirror_);
    } else if (const auto* virtual_table = std::get_if<CreateVirtualTable>(&node)) {
        table.kind = Table::Kind::virtual_table;
        read_columns_from_mirror(table, *mirror_);
        read_virtual_table(table, *virtual_table);
    } else {
        malformed(row, "not a CREATE statement");
    }
}

// A trigger of TEMP can be on a table of any database; every other is on one of its own.
void Catalog::read_trigger(const SchemaRow& row, const CreateTrigger& definition)
{
    const bool temp = equal_names(row.schema, "temp");
    const Table* table =
        find_table(temp ? std::string_view(definition.table.schema.text) : std::string_view(row.schema), row.tbl_name);
    for (const std::unique_ptr<Table>& candidate : tables_)
        if (candidate.get() == table)
            candidate->triggers.push_back({row.name, row.schema, &definition, *row.sql});
}

// --------------------------------------------------------------------------------------------------------- look-ups

const Table* Catalog::find_table(std::string_view schema, std::string_view name) const
{
    const auto in = [&](std::string_view wanted) -> const Table* {
        for (const std::unique_ptr<Table>& table : tables_)
            if (equal_names(table->name, name) && equal_names(table->schema, wanted))
                return table.get();
        return nullptr;
    };
    if (!schema.empty())
        return in(schema);
    for (const std::string_view wanted : {"temp", "main"})
        if (const Table* table = in(wanted))
            return table;
    for (const std::string& attached : attached_names({}, placements_))
        if (const Table* table = in(attached))
            return table;
    return nullptr;
}

const Index* Catalog::find_index(std::string_view schema, std::string_view name, const Table** table) const
{
    const auto in = [&](std::string_view wanted) -> const Index* {
        for (const std::unique_ptr<Table>& candidate : tables_) {
            if (!equal_names(candidate->schema, wanted))
                continue;
            if (const Index* index = candidate->find_index(name)) {
                if (table)
                    *table = candidate.get();
                return index;
            }
        }
        return nullptr;
    };
    if (!schema.empty())
        return in(schema);
    for (const std::string_view wanted : {"temp", "main"})
        if (const Index* index = in(wanted))
            return index;
    for (const std::string& attached : attached_names({}, placements_))
        if (const Index* index = in(attached))
            return index;
    return nullptr;
}

std::vector<const Table*> Catalog::children_of(const Table& parent) const
{
    std::vector<const Table*> children;
    for (const std::unique_ptr<Table>& table : tables_) {
        const auto names_parent = [&](const ForeignKey& key) { return equal_names(key.parent, parent.name); };
        if (equal_names(table->schema, parent.schema) &&
            std::any_of(table->foreign_keys.begin(), table->foreign_keys.end(), names_parent))
            children.push_back(table.get());
    }
    return children;
}

// TEMP lives in pg_temp; a database that nobody placed keeps its own name.
const std::string& Catalog::pg_schema(std::string_view schema) const
{
    for (const Placement& placement : placements_)
        if (equal_names(placement.schema, schema))
            return placement.pg_schema;
    static const std::string temp = "pg_temp", main = "main";
    return equal_names(schema, "temp") ? temp : main;
}

std::string_view Catalog::pg_prefix(std::string_view schema) const
{
    for (const Placement& placement : placements_)
        if (equal_names(placement.schema, schema))
            return placement.prefix;
    return {};
}

int Table::find_column(std::string_view wanted) const
{
    for (std::size_t i = 0; i < columns.size(); ++i)
        if (equal_names(columns[i].name, wanted))
            return static_cast<int>(i);
    return -1;
}

const Index* Table::find_index(std::string_view wanted) const
{
    for (const Index& index : indexes)
        if (equal_names(index.name, wanted))
            return &index;
    return nullptr;
}

bool is_schema_table(std::string_view name)
{
    return equal_names(name, "sqlite_schema") || equal_names(name, "sqlite_master") ||
           equal_names(name, "sqlite_temp_schema") || equal_names(name, "sqlite_temp_master");
}

} // namespace howdah::dialect
