// See lower_create_index.hpp.
#include "dialect/lower_create_index.hpp"

#include "dialect/conversions.hpp"
#include "dialect/long_keys.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/table_expression.hpp"

#include <algorithm>

namespace howdah::dialect {

Fragment index_key(const Catalog& catalog, const Table& table, const IndexColumn& column)
{
    const Fragment key = column.expr ? table_value(catalog, table, *column.expr, Arithmetic::native)
                                     : table_column(table, column.column);
    return collation_key(key, column.collation);
}

Fragment unique_key(const Catalog& catalog, const Table& table, const IndexColumn& column)
{
    Fragment key = index_key(catalog, table, column);
    if (has_long_keys(table, column))
        key.text = call("howdah.long_key", {key.text});
    return key;
}

namespace {

// With its direction: NULLS FIRST where it can be NULL (catalogue D5), in parentheses where it is no column.
std::string key_term(const Fragment& key, const Table& table, const IndexColumn& column)
{
    const bool bare = !column.expr && key.text == table_column(table, column.column).text;
    std::string text = bare ? key.text : parens(key.text);
    if (column.descending)
        text += " DESC";
    if (key.classes.nullable())
        text += column.descending ? " NULLS LAST" : " NULLS FIRST";
    return text;
}

std::string unique_terms(const Catalog& catalog, const Table& table, const Index& index)
{
    std::vector<std::string> terms;
    for (const IndexColumn& column : index.columns)
        terms.push_back(key_term(unique_key(catalog, table, column), table, column));
    return join(terms, ", ");
}

// Up to the first that may be too long.
std::string short_terms(const Catalog& catalog, const Table& table, const Index& index)
{
    std::vector<std::string> terms;
    for (const IndexColumn& column : index.columns) {
        if (has_long_keys(table, column))
            break;
        terms.push_back(key_term(index_key(catalog, table, column), table, column));
    }
    return join(terms, ", ");
}

} // namespace

std::string index_condition(const Catalog& catalog, const Table& table, const Index& index)
{
    return index.where ? table_condition(catalog, table, *index.where, Arithmetic::native) : std::string();
}

std::vector<std::string> create_index_statements(const Catalog& catalog, const Table& table, const Index& index)
{
    const std::string condition = index_condition(catalog, table, index);
    const auto create = [&](std::string_view what, const std::string& name, const std::string& terms) {
        return std::string(what) + quote_identifier(name) + " ON " + pg_name(table) + " " + terms +
               (condition.empty() ? "" : " WHERE " + condition);
    };
    const auto by_hash = [&](const std::string& name) {
        return create("CREATE INDEX ", name,
                      "USING hash " + parens(parens(index_key(catalog, table, index.columns.front()).text)));
    };
    std::vector<std::string> statements;
    if (index.unique)
        statements.push_back(create("CREATE UNIQUE INDEX ", index.pg, parens(unique_terms(catalog, table, index))));
    else if (!begins_with_long_key(table, index))
        statements.push_back(create("CREATE INDEX ", index.pg, parens(short_terms(catalog, table, index))));
    else
        statements.push_back(by_hash(index.pg));
    if (const std::string name = long_key_index_name(table, index); !name.empty())
        statements.push_back(by_hash(name));
    return statements;
}

std::string drop_index_sql(const Table& table, const Index& index)
{
    const std::string beside = long_key_index_name(table, index);
    return "DROP INDEX " + pg_name(table, index) + (beside.empty() ? "" : ", " + qualified(table.pg_schema, beside));
}

std::vector<const Index*> unique_indexes_in_order(const Table& table)
{
    std::vector<const Index*> order;
    for (auto index = table.indexes.rbegin(); index != table.indexes.rend(); ++index)
        if (index->unique)
            order.push_back(&*index);
    std::stable_partition(order.begin(), order.end(),
                          [](const Index* i) { return i->conflict != ConflictAction::replace; });
    return order;
}

} // namespace howdah::dialect
