// See lower_create_view.hpp.
#include "dialect/lower_create_view.hpp"

#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"
#include "dialect/schema_names.hpp"

namespace howdah::dialect {

namespace {

// The SELECT of a view, whose text is `text`.
Statement resolved_select(const Catalog& catalog, const Table& view, const std::string& text)
{
    std::optional<Statement> statement = parse(text);
    const ResolveRequest request{
        .catalog = catalog, .parameters = {}, .options = {}, .home_schema = view.schema, .sql = text};
    resolve(*statement, request);
    return std::move(*statement);
}

// What it selects. One that is always an error (a bad ESCAPE, malformed JSON) is one only when its rows are asked for.
std::string rows(const Catalog& catalog, const Table& view, const std::string& text, const Select& select)
try {
    const CompileRequest request{text, catalog, {}, {}, {}};
    Lowering lowering(request);
    lowering.in_trigger = true;
    lowering.begin_step();
    const std::vector<PgType> types(view.columns.size(), PgType::v);
    return lowering.select(select, &types);
} catch (const Error& error) {
    if (error.refused)
        throw;
    const std::vector<std::string> nulls(view.columns.size(), "NULL::howdah.v");
    return "SELECT " + join(nulls, ", ") + " WHERE howdah.err(" + quote_string(error.message) + ") IS NULL";
}

} // namespace

std::vector<Affinity> view_affinities(const Catalog& catalog, const Table& view)
try {
    const Statement statement = resolved_select(catalog, view, unparse(*view.view->select));
    const auto& cores = std::get<SelectPtr>(statement.node)->cores;
    const SelectCore& arm = view.view->columns.empty() ? cores.front() : cores.back();
    std::vector<Affinity> out(view.columns.size(), Affinity::none);
    for (std::size_t i = 0; i < out.size() && i < arm.outputs.size(); ++i)
        out[i] = arm.outputs[i].expr->affinity;
    return out;
} catch (const Error&) {
    return std::vector<Affinity>(view.columns.size(), Affinity::none);
}

std::string create_view_sql(const Catalog& catalog, const Table& view)
{
    const std::string text = unparse(*view.view->select);
    std::optional<Statement> statement;
    try {
        statement = resolved_select(catalog, view, text);
    } catch (const Error& error) {
        if (error.refused)
            throw;
        return {};
    }
    std::vector<std::string> names;
    for (const Column& c : view.columns)
        names.push_back(quote_identifier(c.pg));
    return "CREATE VIEW " + pg_name(view) + " (" + join(names, ", ") + ") AS " +
           rows(catalog, view, text, *std::get<SelectPtr>(statement->node));
}

std::string drop_view_sql(const Table& view) { return "DROP VIEW " + pg_name(view); }

} // namespace howdah::dialect
