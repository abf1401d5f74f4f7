// See schema_names.hpp.
#include "dialect/schema_names.hpp"

#include "dialect/printer.hpp"

#include <charconv>

namespace howdah::dialect {

namespace {

constexpr std::string_view check_prefix = "howdah_check_";
constexpr std::size_t check_digits = 3;

} // namespace

std::string rowid_index_name(const Table& table)
{
    return table.has_rowid() ? pg_identifier(table.pg_prefix + "sqlite_rowid_" + table.name) : std::string();
}

std::string rowid_sequence_name(const Table& table)
{
    return table.has_rowid() ? pg_identifier(table.pg_prefix + "sqlite_rowids_" + table.name) : std::string();
}

std::string check_constraint_name(std::size_t n)
{
    std::string number = std::to_string(n);
    if (number.size() < check_digits)
        number.insert(0, check_digits - number.size(), '0');
    return std::string(check_prefix) + number;
}

std::optional<std::size_t> check_constraint_number(std::string_view name)
{
    if (!name.starts_with(check_prefix))
        return std::nullopt;
    name.remove_prefix(check_prefix.size());
    std::size_t n = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), n);
    if (error != std::errc{} || end != name.data() + name.size() || n == 0)
        return std::nullopt;
    return n;
}

std::string pg_name(const Table& table) { return qualified(table.pg_schema, table.pg); }

std::string pg_name(const Table& table, const Index& index) { return qualified(table.pg_schema, index.pg); }

} // namespace howdah::dialect
