// The rowids of the rows that an INSERT brings; see insert_rows.hpp.
#include "dialect/insert_rows.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/write_keys.hpp"

namespace howdah::dialect {

namespace {

std::string prefixed(const std::vector<std::string>& names, std::string_view alias, std::size_t from)
{
    std::vector<std::string> parts;
    for (std::size_t i = from; i < names.size(); ++i)
        parts.push_back(std::string(alias) + "." + names[i]);
    return join(parts, ", ");
}

std::string with_echoes(const InsertRows& rows, const Table& table, const std::string& query, bool known)
{
    if (rows.echoes.empty())
        return query;
    std::vector<std::string> values = column_names(rows, table);
    const std::string rowid = values.front(); // an echo has a rowid to tell
    for (std::string& name : values)
        name = "e." + name;
    for (const InsertRows::Echo& echo : rows.echoes) {
        std::string& value = values[echo.column + 1];
        std::vector<std::string> places;
        for (const std::size_t place : echo.places)
            places.push_back(std::to_string(place));
        const std::string which = places.empty() ? " > 1" : " IN (" + join(places, ", ") + ")";
        value = "CASE WHEN e.\"~place\"" + which + " THEN " + (known && echo.exact ? echo.before : echo.refused).text +
                " ELSE " + value + " END AS " + value.substr(2);
    }
    return "SELECT " + join(values, ", ") + " FROM (SELECT row_number() OVER () AS \"~place\", lag(r." + rowid +
           ") OVER () AS \"~before\", r.* FROM (" + query + ") AS r) AS e ORDER BY e.\"~place\"";
}

// The rows of `placed` that take a rowid, numbered; of rows that are kept all the same, each has the number before.
std::string numbered_by_key(const std::string& placed, const Unnumbered& unnumbered, const Table& table,
                            Lowering& lowering)
{
    const Key& key = *unnumbered.key;
    const std::string is_new =
        "NOT EXISTS (SELECT 1 FROM " + pg_name(table) + " AS o WHERE " + same_key(table, key, "o", "n", lowering) + ")";
    if (unnumbered.kept)
        return "(SELECT count(*) FILTER (WHERE n.\"~new\") OVER (ORDER BY n.\"~place\") AS \"~number\", n.* FROM "
               "(SELECT " +
               is_new + " AS \"~new\", n.* FROM " + placed + ") AS n) AS n";
    // NULLs are nobody's equals, and of equals the first one is in.
    std::vector<std::string> values, in;
    for (const Fragment& value : key_values(table, key, "n", lowering)) {
        values.push_back(value.text);
        if (value.classes.nullable())
            in.push_back(value.text + " IS NULL");
    }
    in.emplace_back("n.\"~nth\" = 1");
    return "(SELECT row_number() OVER (ORDER BY n.\"~place\") AS \"~number\", n.* FROM (SELECT row_number() OVER "
           "(PARTITION BY " +
           join(values, ", ") + " ORDER BY n.\"~place\") AS \"~nth\", n.* FROM " + placed + ") AS n WHERE " +
           parens(join(in, " OR ")) + " AND " + is_new + ") AS n";
}

std::string numbered_rows(const InsertRows& rows, const Table& table, Lowering& lowering, const std::string& filter,
                          const Unnumbered& unnumbered)
{
    const Writers writers = lowering.options().writers;
    std::string query = rows_query(rows, table);
    const std::string where = filter.empty() ? std::string() : " WHERE " + filter;
    const auto names = column_names(rows, table);
    const bool left_open = rowid_is_chosen_late(table, lowering.catalog());
    if (rows.rowid == InsertRows::Rowid::none || rows.rowid == InsertRows::Rowid::given || left_open) {
        if (rows.placed)
            return "SELECT " + prefixed(names, "n", 0) + " FROM (" + query + ") AS n" + where +
                   " ORDER BY n.\"~place\"";
        return where.empty() ? query : "SELECT n.* FROM (" + query + ") AS n" + where;
    }

    const std::string others = names.size() > 1 ? ", " + prefixed(names, "n", 1) : std::string();
    const std::string base =
        "(SELECT " + last_rowid(table, lowering.catalog(), lowering.options().writers) + " AS last OFFSET 0) AS b";
    const std::string place = rows.placed ? "" : "row_number() OVER () AS \"~place\", ";
    const std::string numbered = "(SELECT " + place + "n.* FROM (" + query + ") AS n" + where + ") AS n";
    if (unnumbered.key)
        return "SELECT " + next_rowid(table, writers, numbered_rows_last, "n.\"~number\"") + " AS " + names[0] +
               others + " FROM " + base + ", " + numbered_by_key(numbered, unnumbered, table, lowering) +
               " ORDER BY n.\"~place\"";
    if (rows.rowid == InsertRows::Rowid::automatic)
        return "SELECT " + next_rowid(table, writers, numbered_rows_last, numbered_rows_place) + " AS " + names[0] +
               others + " FROM " + base + ", " + numbered + " ORDER BY n.\"~place\"";

    // A given rowid moves the ones after it: each automatic one is 1 more than the largest so far. In an empty table
    // that is 0, but once a row is there it may be less.
    const std::string start = table.autoincrement ? base
                                                  : "(SELECT (SELECT max(" + names[0] + ") FROM " + pg_name(table) +
                                                        ") AS last OFFSET 0) AS b";
    const std::string largest =
        table.autoincrement ? std::string("greatest(b.last, n.\"~given\")")
                            : "greatest(b.last, n.\"~given\", CASE WHEN b.last IS NULL AND n.\"~leads\" THEN 0 END)";
    const std::string counted = "(SELECT n.*, count(*) FILTER (WHERE n." + names[0] +
                                " IS NULL) OVER (ORDER BY n.\"~place\") AS \"~automatic\", first_value(n." + names[0] +
                                " IS NULL) OVER (ORDER BY n.\"~place\") AS \"~leads\" FROM " + numbered + ") AS n";
    const std::string pushed = "(SELECT n.*, max(n." + names[0] +
                               " - n.\"~automatic\") OVER (ORDER BY n.\"~place\" ROWS BETWEEN "
                               "UNBOUNDED PRECEDING AND 1 PRECEDING) AS \"~given\" FROM " +
                               counted + ") AS n";
    return "SELECT coalesce(n." + names[0] + ", " + next_rowid(table, writers, largest, "n.\"~automatic\"") + ") AS " +
           names[0] + others + " FROM " + start + ", " + pushed + " ORDER BY n.\"~place\"";
}

} // namespace

std::string rows_query_without_echoes(const InsertRows& rows, const Table& table)
{
    return with_echoes(rows, table, rows_query(rows, table), false);
}

bool is_known_ahead(const Table& table, const Key& key)
{
    return key.index && !key.index->where && !key_uses(table, key, {-1});
}

std::string rows_with_rowids(const InsertRows& rows, const Table& table, Lowering& lowering, const std::string& filter,
                             const Unnumbered& unnumbered)
{
    return with_echoes(rows, table, numbered_rows(rows, table, lowering, filter, unnumbered), filter.empty());
}

} // namespace howdah::dialect
