// See lower_create_index.hpp.
#include "dialect/lower_create_index.hpp"

#include "dialect/conversions.hpp"
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

std::string index_key_list(const Catalog& catalog, const Table& table, const Index& index)
{
    std::vector<std::string> keys;
    for (const IndexColumn& column : index.columns) {
        const Fragment key = index_key(catalog, table, column);
        const bool bare = !column.expr && key.text == table_column(table, column.column).text;
        std::string text = bare ? key.text : parens(key.text);
        if (column.descending)
            text += " DESC";
        if (key.classes.nullable())
            text += column.descending ? " NULLS LAST" : " NULLS FIRST";
        keys.push_back(std::move(text));
    }
    return join(keys, ", ");
}

std::string index_condition(const Catalog& catalog, const Table& table, const Index& index)
{
    return index.where ? table_condition(catalog, table, *index.where, Arithmetic::native) : std::string();
}

std::string create_index_sql(const Catalog& catalog, const Table& table, const Index& index)
{
    std::string sql = index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
    sql += quote_identifier(index.pg) + " ON " + pg_name(table) + " (" + index_key_list(catalog, table, index) + ")";
    if (const std::string condition = index_condition(catalog, table, index); !condition.empty())
        sql += " WHERE " + condition;
    return sql;
}

std::string drop_index_sql(const Table& table, const Index& index) { return "DROP INDEX " + pg_name(table, index); }

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
