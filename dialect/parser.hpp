// SQLite's grammar, production by production (parse.y; https://sqlite.org/lang.html).
#pragma once

#include "dialect/ast.hpp"

#include <string_view>

namespace howdah::dialect {

// Parses the first statement of `sql`. Throws Error with SQLite's own message ("near \"x\": syntax error",
// "incomplete input", "unrecognized token: …") for what SQLite's parser refuses.
// Returns a Statement whose spans refer to `sql`. An empty statement (only comments, `;`) gives nullopt.
// `tail`, when not null, receives the offset where the next statement begins.
std::optional<Statement> parse(std::string_view sql, std::size_t* tail = nullptr);

// Parses one expression, such as a DEFAULT or CHECK text.
ExprPtr parse_expression(std::string_view text);

// The tree as SQLite's SQL again: canonical, fully parenthesised, parameters as ?N, double-quoted strings that resolve()
// found to be strings as '…', aliases that it found to stand for an expression as that expression. parse(unparse(x)) is x,
// parentheses aside.
std::string unparse(const Expr& expr);
std::string unparse(const Select& select);
std::string unparse(const Statement& statement);

// The tree as text, for people and for tests: nested lists, a long one over several lines. What resolve() found is shown
// where it ran: a column's source, and the classes of each expression.
std::string dump(const Expr& expr);
std::string dump(const Select& select);
std::string dump(const Statement& statement);

} // namespace howdah::dialect
