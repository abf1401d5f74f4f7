// See pragma_rows.hpp.
#include "dialect/pragma_rows.hpp"

#include "dialect/bookkeeping.hpp"
#include "dialect/error.hpp"
#include "dialect/foreign_key_check.hpp"
#include "dialect/text.hpp"

#include <algorithm>
#include <array>

namespace howdah::dialect {

namespace {

constexpr std::string_view prefix = "pragma_";

// The schema, the library, and what every database of howdah answers alike.
constexpr std::array<std::string_view, 25> of_the_mirror{
    "table_info",       "table_xinfo",   "table_list",     "index_list",    "index_info",
    "index_xinfo",      "database_list", "collation_list", "function_list", "module_list",
    "foreign_key_list", "pragma_list",   "foreign_keys",   "quick_check",   "integrity_check",
    "compile_options",  "journal_mode",  "encoding",       "page_size",     "page_count",
    "freelist_count",   "data_version",  "auto_vacuum",    "locking_mode",  "max_page_count"};

} // namespace

bool is_live_pragma(std::string_view table)
{
    const std::string name = fold(table);
    return name.starts_with(prefix) && std::find(of_the_mirror.begin(), of_the_mirror.end(),
                                                 std::string_view(name).substr(prefix.size())) == of_the_mirror.end();
}

PragmaRows live_pragma_rows(std::string_view table, const std::vector<std::string>& args, const Catalog& catalog)
{
    const std::string name = fold(table.substr(prefix.size()));
    const std::string pg_schema = catalog.pg_schema("main");
    if (name == "user_version" || name == "application_id")
        return {pg_schema == "pg_temp" ? get_private_value_statement(catalog.pg_prefix("main"), name)
                                       : get_database_value_statement(pg_schema, name),
                {PgType::int8}};
    if (name == "foreign_key_check") {
        if (!args.empty() && !catalog.find_table(args.size() > 1 ? args[1] : "", args[0]))
            throw Error("no such table: " + (args.size() > 1 ? args[1] + "." : "") + args[0]);
        auto query = foreign_key_check_query(catalog, args.size() > 1 ? args[1] : "main",
                                             args.empty() ? std::string() : args[0]);
        return {query ? std::move(*query) : "SELECT NULL::text, NULL::bigint, NULL::text, NULL::bigint WHERE false",
                {PgType::text, PgType::int8, PgType::text, PgType::int8}};
    }
    // SQLite counts from 0; see PRAGMA schema_version.
    if (name == "schema_version")
        return {"SELECT " + std::to_string(catalog.version() - 1) + "::bigint", {PgType::int8}};
    throw refusal(std::string(table) + " as a table; write PRAGMA " + name);
}

} // namespace howdah::dialect
