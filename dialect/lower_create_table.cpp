// See lower_create_table.hpp.
#include "dialect/lower_create_table.hpp"

#include "dialect/conversions.hpp"
#include "dialect/full_text.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_index.hpp"
#include "dialect/rtree.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/table_expression.hpp"

namespace howdah::dialect {

namespace {

bool fits(const Fragment& value, PgType storage)
{
    return wider(value.type, storage) == storage || value.classes.without_null().empty();
}

// CURRENT_TIMESTAMP and its like never look like a number, so no affinity changes them.
bool stays_text(const Expr& expr) { return as<CurrentTime>(bare(expr)) != nullptr; }

std::optional<Fragment> default_fragment(const Catalog& catalog, const Table& table, int column)
{
    const Column& c = table.columns[static_cast<std::size_t>(column)];
    if (!c.default_value || c.generated != Column::Generated::no)
        return std::nullopt;
    if (const auto value = fixed_value(catalog, table, *c.default_value))
        return literal(apply_affinity(*value, c.affinity));
    const Fragment value = table_value(catalog, table, *c.default_value, Arithmetic::exact);
    return stays_text(*c.default_value) ? value : with_affinity(value, c.affinity);
}

// Only a STRICT table has columns that are not made for what they are generated as.
std::string generated_in_storage(const Catalog& catalog, const Table& table, int column)
{
    const Column& c = table.columns[static_cast<std::size_t>(column)];
    const Fragment value = generated_value(catalog, table, column);
    const bool unsure = value.type == PgType::v || value.type == PgType::numeric;
    const bool checked =
        c.storage == PgType::int8 || c.storage == PgType::float8 || (c.storage == PgType::text && unsure);
    if (!table.strict || !unsure || !checked)
        return widen(value, c.storage).text;
    return call("howdah.generated_" + std::string(c.storage == PgType::int8     ? "int8"
                                                  : c.storage == PgType::float8 ? "float8"
                                                                                : "text"),
                {widen(value, PgType::v).text, quote_string(table.name), quote_string(c.name)});
}

} // namespace

std::string default_sql(const Catalog& catalog, const Table& table, int column)
try {
    const auto value = default_fragment(catalog, table, column);
    const PgType storage = table.columns[static_cast<std::size_t>(column)].storage;
    return value && fits(*value, storage) ? widen(*value, storage).text : std::string();
} catch (const Error&) {
    return {};
}

std::string column_sql(const Catalog& catalog, const Table& table, int column)
{
    const Column& c = table.columns[static_cast<std::size_t>(column)];
    std::string sql = quote_identifier(c.pg) + " " + std::string(pg_type_name(c.storage));
    if (!table_column(table, column).classes.nullable())
        sql += " NOT NULL";
    if (c.generated != Column::Generated::no)
        return sql + " GENERATED ALWAYS AS (" + generated_in_storage(catalog, table, column) + ") STORED";
    if (const std::string value = default_sql(catalog, table, column); !value.empty())
        sql += " DEFAULT (" + value + ")";
    return sql;
}

std::string check_sql(const Catalog& catalog, const Table& table, std::size_t n)
{
    return "CONSTRAINT " + quote_identifier(check_constraint_name(n)) + " CHECK (" +
           table_condition(catalog, table, *table.checks[n - 1].expr, Arithmetic::exact) + ")";
}

std::vector<std::string> create_table_statements(const Catalog& catalog, const Table& table)
{
    if (table.full_text)
        return create_full_text_statements(table);
    std::vector<std::string> parts;
    for (int i = 0; i < static_cast<int>(table.columns.size()); ++i)
        parts.push_back(column_sql(catalog, table, i));
    if (table.has_rowid()) {
        if (table.rowid_alias < 0)
            parts.push_back(quote_identifier(table.rowid_pg) + " bigint NOT NULL");
        parts.push_back("CONSTRAINT " + quote_identifier(rowid_index_name(table)) +
                        (table.rowid_alias < 0 ? " UNIQUE (" : " PRIMARY KEY (") + quote_identifier(table.rowid_pg) +
                        ")");
    }
    for (std::size_t n = 1; n <= table.checks.size(); ++n)
        parts.push_back(check_sql(catalog, table, n));

    std::vector<std::string> statements{"CREATE TABLE " + pg_name(table) + " (" + join(parts, ", ") + ")"};
    for (const Index* index : unique_indexes_in_order(table))
        for (std::string& sql : create_index_statements(catalog, table, *index))
            statements.push_back(std::move(sql));
    if (table.rtree)
        for (std::string& sql : rtree_index_statements(table))
            statements.push_back(std::move(sql));
    return statements;
}

PgType settled_storage(const Catalog& catalog, const Table& table, int column)
{
    const Column& c = table.columns[static_cast<std::size_t>(column)];
    if (table.strict)
        return c.storage;
    if (c.generated != Column::Generated::no) {
        const Fragment value = generated_value(catalog, table, column);
        return value.classes.without_null().empty() ? c.storage : value.type;
    }
    if (c.default_value && stays_text(*c.default_value))
        return wider(c.storage, PgType::text);
    if (c.default_value && column != table.rowid_alias)
        if (const auto value = fixed_value(catalog, table, *c.default_value)) {
            const Value stored = apply_affinity(*value, c.affinity);
            if (storage_class(stored) != StorageClass::null)
                return wider(c.storage, pg_type_of(storage_class(stored)));
        }
    return c.storage;
}

CopiedRows copy_rows(const Select& select, const Table& table, Lowering& lowering)
{
    std::vector<Output> outputs;
    lowering.begin_step();
    const std::string query = lowering.select_in_order(select, nullptr, &outputs);
    const std::string source = quote_identifier(lowering.fresh("rows"));

    CopiedRows out;
    std::vector<std::string> names, aliases, values;
    for (std::size_t i = 0; i < table.columns.size() && i < outputs.size(); ++i) {
        const Column& c = table.columns[i];
        const std::string alias = quote_identifier("c" + std::to_string(i + 1));
        const Fragment value = with_affinity({source + "." + alias, outputs[i].type, outputs[i].classes}, c.affinity);
        const bool null_only = value.classes.without_null().empty();
        const PgType type = null_only ? c.storage : wider(c.storage, value.type);
        out.types.push_back(type);
        aliases.push_back(alias);
        names.push_back(quote_identifier(c.pg));
        values.push_back(widen(value, type).text);
    }
    // A table made by AS has no key, so its rowids are the places of its rows.
    names.push_back(quote_identifier(table.rowid_pg));
    values.emplace_back("row_number() OVER ()");
    out.insert =
        lowering.step("INSERT INTO " + pg_name(table) + " (" + join(names, ", ") + ") SELECT " + join(values, ", ") +
                          " FROM (" + query + ") AS " + source + " (" + join(aliases, ", ") + ")",
                      Step::Role::internal);
    out.insert.prepare = false;
    return out;
}

} // namespace howdah::dialect
