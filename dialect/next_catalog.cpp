// See next_catalog.hpp.
#include "dialect/next_catalog.hpp"

#include "dialect/lower_create_table.hpp"
#include "dialect/schema_names.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// A generated column's type depends on the types of those it is computed from, so a few rounds may be needed.
constexpr int most_rounds = 8;

} // namespace

NextCatalog::NextCatalog(const Catalog& from, std::vector<SchemaRow> rows, const AlterTable* alter,
                         std::int64_t version)
    : from_(from), rows_(std::move(rows)), alter_(alter), version_(version), known_(rows_.size())
{
    carry_over();
}

void NextCatalog::carry_over()
{
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        SchemaRow& row = rows_[i];
        if (row.type != "table")
            continue;
        const std::string& old_name = alter_ ? from_.rows().at(i).name : row.name;
        if (old_name != row.name)
            renamed_[{row.schema, fold(old_name)}] = row.name;
        const Table* was = from_.find_table(row.schema, old_name);
        if (!was || was->kind != Table::Kind::ordinary || was->schema != row.schema)
            continue;
        known_[i] = types_of(*was, i);
        const bool complete =
            std::all_of(known_[i].begin(), known_[i].end(), [](const auto& t) { return t.has_value(); });
        std::vector<ColumnStorage> types;
        for (const auto& type : known_[i])
            if (complete)
                types.push_back(*type);
        row.storage = storage_text(types);
    }
}

NextCatalog::Types NextCatalog::types_of(const Table& was, std::size_t row) const
{
    Types types;
    for (const Column& column : was.columns)
        types.emplace_back(ColumnStorage(column));
    const bool altered = alter_ && from_.find_table(alter_->table.schema.text, alter_->table.name.text) == &was &&
                         from_.rows()[row].type == "table";
    if (altered && alter_->action == AlterTable::Action::add_column)
        types.emplace_back(std::nullopt);
    if (altered && alter_->action == AlterTable::Action::drop_column)
        types.erase(types.begin() + was.find_column(alter_->column.text));
    return types;
}

std::vector<ColumnStorage> NextCatalog::wanted(const Catalog& draft, const Table& table, const Types& known)
{
    std::vector<ColumnStorage> types;
    const bool is_new = known.empty();
    if (is_new && table.name == "sqlite_sequence")
        return {PgType::text, PgType::int8};
    if (is_new && table.name == "sqlite_stat1")
        return {PgType::text, PgType::text, PgType::text};
    if (is_new && copy_into) {
        if (!copied_)
            copied_ = copy_into(table);
        return {copied_->begin(), copied_->end()};
    }
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        types.push_back(i < known.size() && known[i]
                            ? *known[i]
                            : ColumnStorage(settled_storage(draft, table, static_cast<int>(i))));
    return types;
}

std::shared_ptr<const Catalog> NextCatalog::make()
{
    for (int round = 0;; ++round) {
        auto catalog = Catalog::make(rows_, from_.placements(), version_);
        bool settled = true;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const Table* table =
                rows_[i].type == "table" ? catalog->find_table(rows_[i].schema, rows_[i].name) : nullptr;
            if (!table || table->kind != Table::Kind::ordinary || table->schema != rows_[i].schema)
                continue;
            const bool complete = !known_[i].empty() && std::all_of(known_[i].begin(), known_[i].end(),
                                                                    [](const auto& t) { return t.has_value(); });
            std::string storage = complete ? rows_[i].storage : storage_text(wanted(*catalog, *table, known_[i]));
            settled = settled && storage == storage_text(*table);
            rows_[i].storage = std::move(storage);
        }
        if (settled || round == most_rounds)
            return catalog;
    }
}

} // namespace howdah::dialect
