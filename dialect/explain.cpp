// `howdah explain`: the statement after each stage.
#include "dialect/compile.hpp"
#include "dialect/describe.hpp"
#include "dialect/lexer.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"

namespace howdah::dialect {

Explanation explain(const CompileRequest& request)
{
    Explanation out;
    try {
        for (const Token& token : lex(request.sql))
            out.tokens += (out.tokens.empty() ? "" : " · ") + std::string(token.span.of(request.sql));
        if (std::optional<Statement> statement = parse(request.sql)) {
            out.tree = unparse(*statement);
            resolve(*statement, {.catalog = request.catalog,
                                 .parameters = request.parameters,
                                 .options = request.options,
                                 .home_schema = {},
                                 .sql = request.sql});
            out.resolved = describe(*statement);
        }
    } catch (const Error& error) {
        out.error = error;
    }
    Result<Compiled> compiled = compile(request);
    if (compiled) {
        out.rules = compiled->rules;
        out.compiled = std::move(*compiled);
        out.error.reset();
    } else {
        out.error = compiled.error();
    }
    return out;
}

} // namespace howdah::dialect
