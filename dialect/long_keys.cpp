// See long_keys.hpp.
#include "dialect/long_keys.hpp"

#include "dialect/constraint_message.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/parser.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool may_be_long(const Column& column)
{
    return column.storage == PgType::text || column.storage == PgType::bytea || column.storage == PgType::v;
}

// The next column of the index to give up. What is long stands at the end more often than at the beginning.
std::optional<Promotion> next_of(const Catalog& now, const Table& table, const Index& index)
{
    const Table* const is = now.find_table(table.schema, table.name);
    if (!is)
        return std::nullopt;
    for (auto key = index.columns.rbegin(); key != index.columns.rend(); ++key) {
        const int place = key->column < 0 || key->expr
                              ? -1
                              : is->find_column(table.columns[static_cast<std::size_t>(key->column)].name);
        if (place < 0)
            continue;
        const Column& column = is->columns[static_cast<std::size_t>(place)];
        if (may_be_long(column) && !column.long_keys)
            return Promotion{is->schema, is->name, column.name, column.storage, true};
    }
    return std::nullopt;
}

// What a statement, of any variant of statements, stores rows in.
template <typename Node>
const Table* written_table(const Node& node, const Catalog& catalog)
{
    const QualifiedName* name = nullptr;
    if (const auto* insert = std::get_if<Insert>(&node))
        name = &insert->table;
    else if (const auto* update = std::get_if<Update>(&node))
        name = &update->table.table;
    return name ? catalog.find_table(name->schema.text, name->name.text) : nullptr;
}

const Table* written_table(const Catalog& catalog, std::string_view sql)
{
    const std::optional<Statement> statement = parse(sql);
    if (!statement)
        return nullptr;
    if (const auto* create = std::get_if<CreateIndex>(&statement->node)) {
        const Table* table = nullptr;
        catalog.find_index(create->name.schema.text, create->name.name.text, &table);
        return table;
    }
    return written_table(statement->node, catalog);
}

// Those that the failure may be about, where PostgreSQL does not say: those of the trigger that it was in first.
std::vector<const Table*> suspects(const Catalog& catalog, std::string_view sql, const std::string& context)
{
    std::vector<const Table*> tables;
    for (const auto& table : catalog.tables())
        for (const Trigger& trigger : table->triggers)
            if (context.find(trigger_function(*table, trigger)) != std::string::npos)
                for (const TriggerStatement& statement : trigger.definition->body)
                    tables.push_back(written_table(statement, catalog));
    tables.push_back(written_table(catalog, sql));
    std::erase(tables, nullptr);
    return tables;
}

} // namespace

bool has_long_keys(const Table& table, const IndexColumn& column)
{
    return column.column >= 0 && !column.expr && table.columns.at(static_cast<std::size_t>(column.column)).long_keys;
}

bool begins_with_long_key(const Table& table, const Index& index)
{
    return has_long_keys(table, index.columns.front());
}

std::string long_key_index_name(const Table& table, const Index& index)
{
    const bool needed = index.unique && begins_with_long_key(table, index);
    return needed ? pg_identifier(table.pg_prefix + "sqlite_hash_" + index.name) : std::string();
}

std::optional<Promotion> long_key_needed(const Catalog& now, const Catalog& after, std::string_view sql,
                                         const ServerFailure& failure)
{
    if (failure.sqlstate != "54000")
        return std::nullopt;
    if (!failure.constraint.empty()) {
        const Table* const table = find_table(after, failure);
        if (table)
            for (const Index& index : table->indexes)
                if (index.pg == failure.constraint)
                    return next_of(now, *table, index);
        return std::nullopt;
    }
    // Of what is longer than a page PostgreSQL does not say for which index it was.
    if (!failure.routine.starts_with("index_form_tuple"))
        return std::nullopt;
    for (const Table* const table : suspects(after, sql, failure.context))
        for (const Index& index : table->indexes)
            if (auto promotion = next_of(now, *table, index))
                return promotion;
    return std::nullopt;
}

} // namespace howdah::dialect
