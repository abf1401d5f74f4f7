// See lower_create_view.hpp.
#include "dialect/lower_create_view.hpp"

#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"
#include "dialect/schema_names.hpp"

namespace howdah::dialect {

std::string create_view_sql(const Catalog& catalog, const Table& view)
try {
    const std::string text = unparse(*view.view->select);
    std::optional<Statement> statement = parse(text);
    const CompileRequest request{text, catalog, {}, {}, {}};
    const ResolveRequest resolved{
        .catalog = catalog, .parameters = {}, .options = {}, .home_schema = view.schema, .sql = text};
    resolve(*statement, resolved);

    Lowering lowering(request);
    lowering.in_trigger = true;
    lowering.begin_step();
    const std::vector<PgType> types(view.columns.size(), PgType::v);
    const std::string query = lowering.select(*std::get<SelectPtr>(statement->node), &types);
    std::vector<std::string> names;
    for (const Column& c : view.columns)
        names.push_back(quote_identifier(c.pg));
    return "CREATE VIEW " + pg_name(view) + " (" + join(names, ", ") + ") AS " + query;
} catch (const Error& error) {
    if (error.refused)
        throw;
    return {};
}

std::string drop_view_sql(const Table& view) { return "DROP VIEW " + pg_name(view); }

} // namespace howdah::dialect
