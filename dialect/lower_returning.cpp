// RETURNING; see lower_returning.hpp.
#include "dialect/lower_returning.hpp"

#include "dialect/conversions.hpp"
#include "dialect/lower.hpp"
#include "dialect/reads.hpp"

#include <algorithm>

namespace howdah::dialect {

std::vector<Fragment> lower_returning(const std::vector<SelectCore::Output>& list, Lowering& lowering, Compiled& out)
{
    std::vector<Fragment> values;
    out.columns.resize(list.size()); // names and declared types are SQLite's own, and there already
    for (std::size_t i = 0; i < list.size(); ++i) {
        values.push_back(to_value(lowering.value(*list[i].expr)));
        out.columns[i].type = values.back().type;
        out.columns[i].classes = values.back().classes;
    }
    return values;
}

std::string returning_text(const std::vector<Fragment>& values, const std::string& rowid)
{
    std::vector<std::string> parts;
    for (const auto& value : values)
        parts.push_back(value.text);
    if (!rowid.empty())
        parts.push_back(rowid);
    return parts.empty() ? std::string() : " RETURNING " + join(parts, ", ");
}

bool returning_reads(const std::vector<SelectCore::Output>& list, const Table& table, const Catalog& catalog)
{
    return std::any_of(list.begin(), list.end(),
                       [&](const SelectCore::Output& item) { return reads(*item.expr, table, catalog); });
}

} // namespace howdah::dialect
