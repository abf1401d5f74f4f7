// The rows an INSERT brings; see insert_rows.hpp.
#include "dialect/insert_rows.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/full_text.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/late_rowid.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_trigger.hpp"
#include "dialect/mirror.hpp"
#include "dialect/reads.hpp"
#include "dialect/rowid.hpp"
#include "dialect/rtree.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/store.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace howdah::dialect {

namespace {

// Which value of a source row a table's column takes: its position, or nothing.
struct Positions {
    std::vector<std::optional<std::size_t>> of_column;
    std::optional<std::size_t> rowid;
};

// A column named twice takes its first value, the rowid its last: so does SQLite.
Positions positions_of(const Insert& insert, const Table& table)
{
    Positions p;
    p.of_column.resize(table.columns.size());
    for (std::size_t i = 0; insert.source && i < insert.column_indexes.size(); ++i) {
        const int column = insert.column_indexes[i];
        if (column < 0 || (column == table.rowid_alias && table.has_rowid()))
            p.rowid = i;
        else if (!p.of_column[static_cast<std::size_t>(column)])
            p.of_column[static_cast<std::size_t>(column)] = i;
    }
    return p;
}

bool wants_value(const Column& column, bool given, bool all_columns)
{
    if (column.generated != Column::Generated::no || column.hidden)
        return false;
    return given || all_columns || column.default_value;
}

// VALUES alone: a SELECT that is no more than its rows.
const SelectCore* plain_values(const Insert& insert)
{
    if (!insert.source || insert.source->with || insert.source->cores.size() != 1 || insert.source->limit)
        return nullptr;
    const SelectCore& core = insert.source->cores[0];
    return core.values.empty() ? nullptr : &core;
}

bool is_last_rowid(const Expr& e)
{
    const auto* call = as<Call>(e);
    return call && call->args.empty() && equal_names(call->name.text, "last_insert_rowid");
}

// (SELECT last_insert_rowid()) is the same where it is computed for its row alone, as in VALUES.
bool is_last_rowid_of_values(const Expr& e)
{
    const Select* select = select_of(e);
    if (!as<Subquery>(e) || select->cores.size() != 1 || select->with || select->limit)
        return is_last_rowid(e);
    const SelectCore& core = select->cores.front();
    return !core.from && !core.where && core.outputs.size() == 1 && is_last_rowid(bare(*core.outputs.front().expr));
}

// Outside of subqueries.
bool asks_last_rowid(const Expr& e)
{
    bool found = is_last_rowid(e);
    for_each_child(e, [&](const Expr& child) { found = found || asks_last_rowid(child); });
    return found;
}

bool only_null(const Fragment& f) { return f.classes.without_null().empty(); }

class RowMaker {
public:
    RowMaker(const Insert& insert, const Table& table, Lowering& lowering, bool all_columns)
        : insert_(insert), table_(table), lowering_(lowering), positions_(positions_of(insert, table))
    {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const bool rowid = table.has_rowid() && static_cast<int>(i) == table.rowid_alias;
            if (!rowid && wants_value(table.columns[i], positions_.of_column[i].has_value(),
                                      all_columns || is_coordinate(table, static_cast<int>(i))))
                rows_.columns.push_back(static_cast<int>(i));
        }
        // PostgreSQL has no INSERT of several rows without a column.
        for (std::size_t i = 0; !table.has_rowid() && rows_.columns.empty() && i < table.columns.size(); ++i)
            if (wants_value(table.columns[i], false, true))
                rows_.columns.push_back(static_cast<int>(i));
        rows_.classes.resize(rows_.columns.size(), Classes::from_bits(0));
    }

    InsertRows make()
    {
        if (!insert_.source) {
            rows_.is_values = true;
            add_row({});
        } else if (const SelectCore* core = plain_values(insert_)) {
            rows_.is_values = true;
            for (const auto& row : core->values)
                add_row(row);
        } else {
            add_select();
        }
        if (rows_.is_values)
            rows_.rowid = rowid_of_values();
        find_echoes();
        return std::move(rows_);
    }

private:
    // An fts4 table that does not keep its rows gives them no number, and takes an INTEGER alone for one.
    void require_docid(Classes given) const
    {
        if (!table_.full_text || table_.full_text->is_fts5() || table_.full_text->content == FullText::Content::own)
            return;
        if (!given.has(StorageClass::integer))
            throw Error("constraint failed", {}, code::constraint, "23000");
        if (given != Classes(StorageClass::integer))
            throw refusal("a docid that may be no INTEGER, in an fts4 table without content of its own");
    }

    Classes classes_of_rowid(const Expr& expr)
    {
        if (const auto value = lowering_.known_value(expr))
            return storage_class(*value);
        return as<ColumnRef>(bare(expr)) ? lowering_.value(expr).classes : rows_.rowids.back().classes;
    }

    // SQLite computes a row when the one before is in, unless it keeps all of them first: where the table has triggers
    // or RETURNING, where they are read from the table itself, and where they are sorted. A default is always computed
    // then.
    void find_echoes()
    {
        if (!insert_.source || !table_.has_rowid() || rows_.single())
            return;
        const bool kept_first = !insert_.returning_outputs.empty() ||
                                !triggers_on(table_, TriggerEvent::insert).empty() ||
                                reads(*insert_.source, table_, lowering_.catalog());
        for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
            const int column = rows_.columns[i];
            const auto at = positions_.of_column[static_cast<std::size_t>(column)];
            const bool found = at ? !kept_first && find_echo(i, *at)
                                  : find_echo_of_default(i, table_.columns[static_cast<std::size_t>(column)]);
            if (!found)
                continue;
            InsertRows::Echo& echo = rows_.echoes.back();
            const Fragment before{"e.\"~before\"", PgType::int8, StorageClass::integer};
            const Fragment none{"howdah.err('howdah: last_insert_rowid() in the second row of an INSERT')::bigint",
                                PgType::int8, StorageClass::integer};
            echo.before = store(before, table_, column, lowering_);
            echo.refused = store(none, table_, column, lowering_);
        }
        const auto is_given = [&](const InsertRows::Echo& echo) {
            return positions_.of_column[static_cast<std::size_t>(rows_.columns[echo.column])].has_value();
        };
        if (std::any_of(rows_.echoes.begin(), rows_.echoes.end(), is_given) && sorts())
            std::erase_if(rows_.echoes, is_given);
    }

    bool sorts() const
    {
        bool sorts = false;
        const CompileRequest& request = lowering_.request();
        if (!insert_.source->order_by.empty() && !lowering_.in_trigger)
            lowering_.catalog().mirror().query("EXPLAIN QUERY PLAN " + std::string(request.sql), request.parameters,
                                               request.session, [&](std::span<const ValueView> row) {
                                                   sorts = sorts || row[3].bytes == "USE TEMP B-TREE FOR ORDER BY";
                                               });
        return sorts;
    }

    bool find_echo(std::size_t column, std::size_t at)
    {
        InsertRows::Echo echo;
        echo.column = column;
        if (const SelectCore* values = plain_values(insert_)) {
            for (std::size_t row = 1; row < values->values.size(); ++row) {
                const Expr& e = *values->values[row].at(at);
                if (!any_expr(e, is_last_rowid))
                    continue;
                echo.places.push_back(row + 1);
                echo.exact = echo.exact && is_last_rowid_of_values(bare(e));
            }
            if (echo.places.empty())
                return false;
        } else {
            const SelectCore& core = insert_.source->cores.front();
            if (insert_.source->cores.size() != 1 || !core.from || core.from->items.empty() ||
                !asks_last_rowid(*core.outputs.at(at).expr))
                return false;
            if (core.distinct)
                throw refusal("last_insert_rowid() in SELECT DISTINCT of an INSERT");
            echo.exact = is_last_rowid(bare(*core.outputs.at(at).expr)) &&
                         (!lowering_.in_trigger || insert_.source->order_by.empty());
        }
        rows_.echoes.push_back(std::move(echo));
        return true;
    }

    // DEFAULT (last_insert_rowid()): of every row but the first.
    bool find_echo_of_default(std::size_t column, const Column& declared)
    {
        if (!declared.default_value || !any_expr(*declared.default_value, is_last_rowid))
            return false;
        InsertRows::Echo echo;
        echo.column = column;
        for (std::size_t row = 1; row < rows_.values.size(); ++row)
            echo.places.push_back(row + 1);
        echo.exact =
            is_last_rowid(bare(*declared.default_value)) && (!lowering_.in_trigger || insert_.source->order_by.empty());
        rows_.echoes.push_back(std::move(echo));
        return true;
    }

    // A NULL becomes the default where NOT NULL is declared, or the statement is, OR REPLACE.
    Fragment not_null(const Fragment& value, int column)
    {
        if (!value.classes.nullable() ||
            !replaces_null(table_.columns[static_cast<std::size_t>(column)], insert_.conflict))
            return value;
        if (insert_.upserts.empty() && looks_behind_before_triggers(table_, TriggerEvent::insert))
            return value; // which the triggers see
        refuse_early_default(table_, TriggerEvent::insert);
        const Fragment fallback = default_of(table_, column, lowering_);
        return {call("coalesce", {value.text, fallback.text}), value.type,
                value.classes.without_null() | fallback.classes};
    }

    void add_row(const std::vector<ExprPtr>& row)
    {
        std::vector<Fragment> values;
        if (positions_.rowid)
            rows_.rowids.push_back(store_rowid(*row.at(*positions_.rowid), table_, lowering_));
        if (table_.full_text)
            require_docid(positions_.rowid ? classes_of_rowid(*row.at(*positions_.rowid))
                                           : Classes(StorageClass::null));
        for (const int column : rows_.columns) {
            const auto at = positions_.of_column[static_cast<std::size_t>(column)];
            values.push_back(at ? not_null(store(*row.at(*at), table_, column, lowering_), column)
                                : default_of(table_, column, lowering_));
            auto& classes = rows_.classes[values.size() - 1];
            classes = classes | values.back().classes;
        }
        rows_.values.push_back(std::move(values));
    }

    InsertRows::Rowid rowid_of_values() const
    {
        if (!table_.has_rowid())
            return InsertRows::Rowid::none;
        if (std::all_of(rows_.rowids.begin(), rows_.rowids.end(), only_null))
            return InsertRows::Rowid::automatic;
        const bool given = std::none_of(rows_.rowids.begin(), rows_.rowids.end(),
                                        [](const Fragment& f) { return f.classes.nullable(); });
        return given ? InsertRows::Rowid::given : InsertRows::Rowid::mixed;
    }

    void add_select()
    {
        std::vector<Output> outputs;
        const std::string query = lowering_.select_in_order(*insert_.source, nullptr, &outputs);
        std::vector<std::string> names, values;
        for (std::size_t i = 0; i < outputs.size(); ++i)
            names.push_back("c" + std::to_string(i + 1));
        const auto given = [&](std::size_t at) {
            return Fragment{"s." + names.at(at), outputs.at(at).type, outputs.at(at).classes};
        };
        if (table_.full_text)
            require_docid(positions_.rowid ? outputs.at(*positions_.rowid).classes : Classes(StorageClass::null));
        if (!table_.has_rowid()) {
            rows_.rowid = InsertRows::Rowid::none;
        } else if (!positions_.rowid) {
            rows_.rowid = InsertRows::Rowid::automatic;
        } else {
            const Fragment f = store_rowid(given(*positions_.rowid), table_);
            rows_.rowid = only_null(f)           ? InsertRows::Rowid::automatic
                          : f.classes.nullable() ? InsertRows::Rowid::mixed
                                                 : InsertRows::Rowid::given;
            if (!only_null(f))
                values.push_back(f.text + " AS " + quote_identifier(table_.rowid_pg));
        }
        if (rows_.rowid == InsertRows::Rowid::automatic)
            values.push_back("NULL::bigint AS " + quote_identifier(table_.rowid_pg));
        for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
            const int column = rows_.columns[i];
            const auto at = positions_.of_column[static_cast<std::size_t>(column)];
            const Fragment f = at ? not_null(store(given(*at), table_, column, lowering_), column)
                                  : default_of(table_, column, lowering_);
            rows_.classes[i] = f.classes;
            values.push_back(f.text + " AS " + quote_identifier(table_.columns[static_cast<std::size_t>(column)].pg));
        }
        rows_.query = "SELECT " + join(values, ", ") + " FROM (" + query + ") AS s (" + join(names, ", ") + ")";
    }

    const Insert& insert_;
    const Table& table_;
    Lowering& lowering_;
    Positions positions_;
    InsertRows rows_;
};

// "SELECT a AS x, b AS y" of one row.
std::string one_row(const std::vector<std::string>& names, const std::vector<std::string>& values)
{
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < names.size(); ++i)
        parts.push_back(values[i] + " AS " + names[i]);
    return "SELECT " + join(parts, ", ");
}

std::vector<std::string> texts_of_row(const InsertRows& rows, std::size_t row)
{
    std::vector<std::string> texts;
    if (rows.rowid == InsertRows::Rowid::automatic)
        texts.emplace_back("NULL::bigint");
    else if (rows.rowid != InsertRows::Rowid::none)
        texts.push_back(rows.rowids.at(row).text);
    for (const auto& value : rows.values[row])
        texts.push_back(value.text);
    return texts;
}

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

InsertRows insert_rows(const Insert& insert, const Table& table, Lowering& lowering, bool all_columns)
{
    return RowMaker(insert, table, lowering, all_columns).make();
}

std::vector<std::string> column_names(const InsertRows& rows, const Table& table)
{
    std::vector<std::string> names;
    if (rows.rowid != InsertRows::Rowid::none)
        names.push_back(quote_identifier(table.rowid_pg));
    for (const int column : rows.columns)
        names.push_back(quote_identifier(table.columns[static_cast<std::size_t>(column)].pg));
    return names;
}

std::string rows_query(const InsertRows& rows, const Table& table)
{
    if (!rows.is_values)
        return rows.query;
    const auto names = column_names(rows, table);
    if (names.empty())
        return "SELECT";
    if (rows.values.size() == 1)
        return one_row(names, texts_of_row(rows, 0));
    std::vector<std::string> list;
    for (std::size_t i = 0; i < rows.values.size(); ++i)
        list.push_back(parens(join(texts_of_row(rows, i), ", ")));
    return "SELECT * FROM (VALUES " + join(list, ", ") + ") AS s (" + join(names, ", ") + ")";
}

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
