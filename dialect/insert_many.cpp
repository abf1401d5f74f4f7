// See insert_many.hpp.
#include "dialect/insert_many.hpp"

#include "dialect/lower.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/write_effects.hpp"

#include <algorithm>

namespace howdah::dialect {

bool may_insert_many(const Insert& insert, const Table& table, const InsertRows& rows, const InsertPolicy& policy,
                     const Options& options)
{
    if (!rows.single() || rows.rowid == InsertRows::Rowid::mixed || policy.form != InsertPolicy::Form::plain ||
        insert.with || !insert.source || !insert.returning.empty() || wants_filter(table, insert.conflict))
        return false;
    if (table.full_text || table.rtree || !triggers_on(table, TriggerEvent::insert).empty() ||
        (options.foreign_keys && !table.foreign_keys.empty()))
        return false;
    const std::vector<ExprPtr>& values = insert.source->cores.front().values.front();
    return std::all_of(values.begin(), values.end(), [](const ExprPtr& value) { return value->constant; });
}

InsertRows insert_many_rows(const Insert& insert, const Table& table, Lowering& lowering)
{
    constexpr std::string_view given = "g";
    lowering.begin_step();
    lowering.slots_of = given;
    InsertRows rows = insert_rows(insert, table, lowering, false);
    lowering.slots_of = {};

    std::vector<std::string> arrays, columns;
    for (const PgType type : lowering.slot_types()) {
        const std::string n = std::to_string(arrays.size() + 1);
        arrays.push_back("unnest($" + n + "::" + std::string(plain_type_name(type)) + "[])");
        columns.push_back("p" + n);
    }
    columns.emplace_back("\"~place\"");

    const auto names = column_names(rows, table);
    std::vector<std::string> values{std::string(given) + ".\"~place\""};
    if (rows.rowid == InsertRows::Rowid::automatic)
        values.push_back("NULL::bigint AS " + names.front());
    else if (rows.rowid == InsertRows::Rowid::given)
        values.push_back(rows.rowids.front().text + " AS " + names.front());
    for (const Fragment& value : rows.values.front())
        values.push_back(value.text + " AS " + names[values.size() - 1]);
    rows.query = "SELECT " + join(values, ", ") + " FROM ROWS FROM (" + join(arrays, ", ") + ") WITH ORDINALITY AS " +
                 std::string(given) + " (" + join(columns, ", ") + ")";
    rows.is_values = false;
    rows.placed = true;
    return rows;
}

} // namespace howdah::dialect
