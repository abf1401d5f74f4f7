// See rtree.hpp.
#include "dialect/rtree.hpp"

#include "dialect/conversions.hpp"
#include "dialect/parser.hpp"
#include "dialect/schema_names.hpp"

namespace howdah::dialect {

namespace {

bool is_auxiliary(std::string_view arg) { return !arg.empty() && arg.front() == '+'; }

} // namespace

void read_rtree(Table& table, std::string_view module, const std::vector<std::string>& args)
{
    auto tree = std::make_shared<RTree>();
    tree->integers = equal_names(module, "rtree_i32");
    for (std::size_t i = 1; i < args.size() && !is_auxiliary(args[i]); ++i)
        ++tree->coordinates;
    table.rowid_alias = 0;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        Column& column = table.columns[i];
        const bool inside = static_cast<int>(i) <= tree->coordinates;
        column.storage = i == 0 ? PgType::int8 : !inside ? PgType::v : tree->integers ? PgType::int8 : PgType::float8;
        column.not_null = inside;
    }
    table.rowid_pg = table.columns.front().pg;
    for (int i = 1; i + 1 <= tree->coordinates; i += 2) {
        const std::string &low = table.columns[static_cast<std::size_t>(i)].name,
                          &high = table.columns[static_cast<std::size_t>(i) + 1].name;
        tree->conditions.push_back(parse_expression(quote_identifier(low) + " <= " + quote_identifier(high)));
        table.checks.push_back({{}, low + "<=" + high, tree->conditions.back().get()});
    }
    table.rtree = std::move(tree);
}

bool is_coordinate(const Table& table, int column)
{
    return table.rtree && column > 0 && column <= table.rtree->coordinates;
}

Fragment coordinate(const Fragment& value, const Table& table, int column)
{
    if (table.rtree->integers)
        return {call("howdah.rtree_int", {to_integer(value).text}), PgType::int8, StorageClass::integer};
    const std::string_view round = column % 2 == 1 ? "howdah.rtree_down" : "howdah.rtree_up";
    return {call(round, {to_real(value).text}), PgType::float8, StorageClass::real};
}

Fragment rtree_id(const Fragment& value) { return to_integer(value); }

std::vector<std::string> rtree_index_statements(const Table& table)
{
    std::vector<std::string> out;
    for (int i = 1; i <= table.rtree->coordinates; ++i) {
        const Column& column = table.columns[static_cast<std::size_t>(i)];
        out.push_back("CREATE INDEX ON " + pg_name(table) + " (" + quote_identifier(column.pg) + ")");
    }
    return out;
}

} // namespace howdah::dialect
