// From a resolved tree to PostgreSQL text: the ordered list of rules and what they may ask.
//
// Expressions are lowered by rules (rules/*.cpp), one idea each. lower_expr.cpp holds the list, in order, per node kind;
// the first rule that applies gives the Fragment. A node to which no rule applies is refused. Statements (SELECT's
// clauses, INSERT, CREATE TABLE, …) are lowered by one file each: lower_select, lower_insert, lower_create_table, ….
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/conversions.hpp"
#include "dialect/printer.hpp"
#include "dialect/scope.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

class Lowering;

// One idea of SQLite's and how PostgreSQL says it. `lower` answers nullopt when the rule does not apply to this node.
struct Rule {
    std::string_view name;
    std::optional<Fragment> (*lower)(const Expr& expr, Lowering& lowering);
};

// What is being lowered, and what has come of it so far. One per statement.
class Lowering {
public:
    explicit Lowering(const CompileRequest& request) : request_(request) {}

    const CompileRequest& request() const { return request_; }
    const Catalog& catalog() const { return request_.catalog; }
    const Options& options() const { return request_.options; }

    // The value of an expression; never of type boolean (catalogue D10).
    Fragment value(const Expr& expr);
    // The truth of an expression: boolean, three-valued.
    Fragment condition(const Expr& expr);
    // Either, whatever is natural: a comparison stays boolean. Used by value() and condition().
    Fragment any(const Expr& expr);

    // `$n` for a row-independent expression, computed by SQLite when the statement is bound (Slot). `affinity` is
    // applied there. The Fragment has the class that the value has now; the plan is guarded by it. The same expression
    // with the same affinity is the same $n, so that GROUP BY can match SELECT.
    Fragment slot(const Expr& expr, Affinity affinity = Affinity::none);
    // The value a constant expression has for the bound parameters; nullopt when `expr` is not constant or SQLite
    // raises an error for it. Using it to decide what to print needs a guard on the class: take slot()'s.
    std::optional<Value> known_value(const Expr& expr);

    // A SELECT as a PostgreSQL query without parentheses. `types`, when given, are the types its columns must have
    // (each at least as wide as the column's own); `outputs` receives what they are.
    std::string select(const Select& select, const std::vector<PgType>* types = nullptr, std::vector<Output>* outputs = nullptr);
    // FROM list without the keyword; empty string for an absent clause.
    std::string from(const FromClause& from);
    // ORDER BY list without the keyword, with NULLS FIRST where the term may be NULL (catalogue D5).
    std::string order_by(const std::vector<OrderingTerm>& terms);
    // The column of a source as an expression: "t1"."a".
    Fragment column(const Source& source, int index);

    void fired(std::string_view rule) { rules_.emplace_back(rule); }
    std::vector<std::string> take_rules() { return std::move(rules_); }
    std::vector<Slot> take_slots() { return std::move(slots_); }
    const std::vector<Slot>& slots() const { return slots_; }

    // A statement's text uses $1 … $n of its own; steps are cut from one Lowering, so each Step takes the numbers it
    // mentions: begin_step() forgets the numbering (not the slots), step() closes it.
    void begin_step();
    Step step(std::string sql, Step::Role role);

    // A name for a subquery or a helper column that nothing else in the statement has.
    std::string fresh(std::string_view stem);

    // Inside a trigger's body rows of NEW and OLD are PL/pgSQL records and there are no slots: constants are printed.
    bool in_trigger = false;

    // For max/min bare columns and the like: how `rules` see columns of an aggregate query (catalogue 7).
    // Set by lower_select while it lowers the result of an aggregate core; null elsewhere.
    std::function<std::optional<Fragment>(const Expr&)> substitute;

private:
    const CompileRequest& request_;
    std::vector<std::string> rules_;
    std::vector<Slot> slots_;
    std::map<std::string, int, std::less<>> slot_index_; // key -> slots_ index
    std::vector<int> step_slots_;                         // $n of the current step -> slots_ index
    int fresh_ = 0;
};

// Statement lowerings: each fills Compiled's steps, columns and flags.
void lower_query(const Select& select, Lowering& lowering, Compiled& out);
void lower_insert(const Insert& insert, Lowering& lowering, Compiled& out);
void lower_update(const Update& update, Lowering& lowering, Compiled& out);
void lower_delete(const Delete& del, Lowering& lowering, Compiled& out);
// CREATE, ALTER, DROP of every kind. `sql` is the client's text: the mirror runs it to find the next catalog.
void lower_schema_change(const Statement& statement, Lowering& lowering, Compiled& out);

} // namespace howdah::dialect
