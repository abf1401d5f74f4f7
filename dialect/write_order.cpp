// The order in which SQLite visits rows; see write_order.hpp.
#include "dialect/write_order.hpp"

#include "dialect/conversions.hpp"
#include "dialect/write_keys.hpp"

namespace howdah::dialect {

namespace {

// "SEARCH t USING INDEX ix (a>?)" says ix; "SCAN t" and the primary key say nothing.
std::string_view index_in_plan(std::string_view detail)
{
    for (const std::string_view phrase : {" USING INDEX ", " USING COVERING INDEX "}) {
        const auto at = detail.find(phrase);
        if (at == std::string_view::npos)
            continue;
        std::string_view name = detail.substr(at + phrase.size());
        const auto end = name.rfind(" (");
        return end == std::string_view::npos ? name : name.substr(0, end);
    }
    return {};
}

const Index* planned_index(const Table& table, std::string_view name, const Lowering& lowering)
{
    const Index* index = nullptr;
    bool seen = false;
    const auto row = [&](std::span<const ValueView> values) {
        if (seen || values.size() < 4)
            return;
        const std::string_view detail = values[3].bytes;
        for (const std::string_view verb : {"SCAN ", "SEARCH "}) {
            const auto rest = detail.starts_with(verb) ? detail.substr(verb.size()) : std::string_view();
            const auto word = rest.substr(0, name.size());
            if (rest.empty() || !equal_names(word, name) || (rest.size() > name.size() && rest[name.size()] != ' '))
                continue;
            seen = true;
            index = table.find_index(index_in_plan(detail));
        }
    };
    try {
        lowering.catalog().mirror().query("EXPLAIN QUERY PLAN " + std::string(lowering.request().sql),
                                          lowering.request().parameters, lowering.request().session, row);
    } catch (const Error&) {
        return nullptr; // then the rowid's order will do
    }
    return index;
}

} // namespace

std::vector<VisitTerm> visit_terms(const Table& table, std::string_view alias, std::string_view name,
                                   Lowering& lowering)
{
    std::vector<VisitTerm> terms;
    if (const Index* index = lowering.in_trigger ? nullptr : planned_index(table, name, lowering)) {
        for (const auto& column : index->columns) {
            if (column.expr || column.column < 0)
                break;
            const Fragment key = collation_key(row_column(table, column.column, alias), column.collation);
            terms.push_back({key.text, column.descending ? " DESC NULLS LAST" : " NULLS FIRST"});
        }
    }
    for (const int column : row_identity(table)) {
        const Collation collation =
            column < 0 ? Collation::binary : table.columns[static_cast<std::size_t>(column)].collation;
        terms.push_back({collation_key(row_column(table, column, alias), collation).text, ""});
    }
    return terms;
}

std::string visit_order(const Table& table, std::string_view alias, std::string_view name, Lowering& lowering)
{
    std::vector<std::string> terms;
    for (const auto& term : visit_terms(table, alias, name, lowering))
        terms.push_back(term.key + term.direction);
    return join(terms, ", ");
}

} // namespace howdah::dialect
