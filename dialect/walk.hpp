// Going through a tree without knowing every node: children in the order they are written, and whether two resolved
// expressions are the same one.
#pragma once

#include "dialect/ast.hpp"

#include <functional>

namespace howdah::dialect {

// Each direct subexpression; a SELECT inside (IN, EXISTS, a subquery) is not entered.
void for_each_child(const Expr& expr, const std::function<void(const Expr&)>& f);
// The SELECT that stands directly inside: of IN (SELECT …), EXISTS or a subquery. Null when there is none.
const Select* select_of(const Expr& expr);
// The SELECT of FROM's subquery, view or common table. Null for any other source.
const Select* select_of(const Source& source);

// Sees a tree from the outside in. Answering false to a node leaves out what is inside it.
class Visitor {
public:
    virtual ~Visitor() = default;
    virtual bool enter(const Expr&) { return true; }
    virtual bool enter(const Select&) { return true; }
    virtual bool enter(const TableRef&) { return true; }
};
void walk(const Expr& expr, Visitor& visitor);
void walk(const Select& select, Visitor& visitor);
void walk(const FromClause& from, Visitor& visitor);
void walk(const Statement& statement, Visitor& visitor);
void walk(const TriggerStatement& statement, Visitor& visitor);

// Whether two resolved expressions mean the same in one row: same columns, same values, parentheses aside. Never true
// for what contains a SELECT.
bool same_expression(const Expr& a, const Expr& b);

} // namespace howdah::dialect
