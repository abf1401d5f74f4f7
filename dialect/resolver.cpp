// The entry points of resolve(): names first, then what each expression can be.
#include "dialect/catalog.hpp"
#include "dialect/resolver_impl.hpp"

namespace howdah::dialect {

Collation collation_of(std::string_view name)
{
    if (equal_names(name, "binary"))
        return Collation::binary;
    if (equal_names(name, "nocase"))
        return Collation::nocase;
    if (equal_names(name, "rtrim"))
        return Collation::rtrim;
    throw Error("no such collation sequence: " + std::string(name), {}, code::missing_collseq);
}

void resolve(Statement& statement, const ResolveRequest& request)
{
    Resolver(request).statement(statement);
    Inference(request).statement(statement);
}

std::unique_ptr<Source> resolve_table_expression(Expr& expr, const Table& table, std::string_view pg_alias,
                                                 const ResolveRequest& request)
{
    auto source = Resolver::make_table_source(table, Source::Kind::table, table.name, pg_alias);
    Scope scope;
    Scope::Entry entry;
    entry.source = source.get();
    scope.entries.push_back(std::move(entry));
    Resolver(request).expr(expr, scope);
    Inference(request).expr(expr);
    return source;
}

TriggerScope resolve_trigger(CreateTrigger& trigger, const Table& table, const ResolveRequest& request)
{
    TriggerScope rows;
    Resolver(request).trigger(trigger, table, rows);
    Inference(request).trigger(trigger);
    return rows;
}

} // namespace howdah::dialect
