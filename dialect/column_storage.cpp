// See column_storage.hpp.
#include "dialect/column_storage.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace howdah::dialect {

namespace {

constexpr std::array<std::pair<std::string_view, PgType>, 6> storage_names = {{{"int8", PgType::int8},
                                                                               {"float8", PgType::float8},
                                                                               {"text", PgType::text},
                                                                               {"bytea", PgType::bytea},
                                                                               {"numeric", PgType::numeric},
                                                                               {"v", PgType::v}}};
constexpr std::string_view long_keys_mark = " long";

std::string_view storage_name(PgType type)
{
    const auto found =
        std::find_if(storage_names.begin(), storage_names.end(), [&](const auto& name) { return name.second == type; });
    return found == storage_names.end() ? "v" : found->first;
}

} // namespace

ColumnStorage read_storage(std::string_view word)
{
    const bool long_keys = word.ends_with(long_keys_mark);
    if (long_keys)
        word.remove_suffix(long_keys_mark.size());
    const auto found =
        std::find_if(storage_names.begin(), storage_names.end(), [&](const auto& name) { return name.first == word; });
    return {found == storage_names.end() ? PgType::v : found->second, long_keys};
}

std::string storage_text(const std::vector<ColumnStorage>& columns)
{
    std::string out;
    for (const ColumnStorage& column : columns) {
        if (!out.empty())
            out += ',';
        out += storage_name(column.type);
        if (column.long_keys)
            out += long_keys_mark;
    }
    return out;
}

std::string storage_text(const Table& table)
{
    return storage_text(std::vector<ColumnStorage>(table.columns.begin(), table.columns.end()));
}

} // namespace howdah::dialect
