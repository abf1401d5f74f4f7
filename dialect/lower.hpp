// From a resolved tree to PostgreSQL text: the ordered list of rules and what they may ask.
//
// Expressions are lowered by rules (rules/*.cpp), one idea each. lower_expr.cpp holds the list, in order, per node
// kind; the first rule that applies gives the Fragment. A node to which no rule applies is refused. Statements
// (SELECT's clauses, INSERT, CREATE TABLE, …) are lowered by one file each: lower_select, lower_insert,
// lower_create_table, ….
#pragma once

#include "dialect/ast.hpp"
#include "dialect/compile.hpp"
#include "dialect/conversions.hpp"
#include "dialect/printer.hpp"
#include "dialect/scope.hpp"
#include "dialect/visit_plan.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
    // `statement` is what request.sql says, where that is known.
    explicit Lowering(const CompileRequest& request, const Statement* statement = nullptr)
        : request_(request), statement_(statement)
    {
    }

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
    // Whether slot() may stand for the expression: it is constant and, inside a trigger's body (where slots do not
    // exist and the value is printed), the same every time it is computed.
    bool foldable(const Expr& expr) const;
    // The value a constant expression has for the bound parameters; nullopt when `expr` is not constant or SQLite
    // raises an error for it. Using it to decide what to print needs a guard on the class: take slot()'s.
    std::optional<Value> known_value(const Expr& expr);

    // A SELECT as a PostgreSQL query without parentheses. `types`, when given, are the types its columns must have
    // (each at least as wide as the column's own); `outputs` receives what they are.
    std::string select(const Select& select, const std::vector<PgType>* types = nullptr,
                       std::vector<Output>* outputs = nullptr);
    // The same with its rows in the order that SQLite gives them in, where something counts them.
    std::string select_in_order(const Select& select, const std::vector<PgType>* types = nullptr,
                                std::vector<Output>* outputs = nullptr);
    // The first of those rows, with a LIMIT of its own.
    std::string first_row(const Select& select, const std::vector<PgType>* types = nullptr,
                          std::vector<Output>* outputs = nullptr);
    // (SELECT …) as a value: the first column of the first row, NULL without one. Closed.
    Fragment scalar(const Select& select);
    // "WITH … " or nothing. To be asked for after everything that may refer to it was lowered: a common table is
    // printed when it is first referred to, as SQLite only then looks at it.
    std::string with_clause(const With* with);
    // UPDATE's FROM list without the keyword. Conditions of inner joins that refer to a table further right are left in
    // `postponed`, for WHERE. Where not `one_match`, its subqueries tell their rows' places: the last of several rows
    // that meet the same row of the target counts.
    std::string from_for_update(const FromClause& from, bool one_match);
    // One table, subquery, … of a FROM clause with its alias, as it stands between JOINs.
    std::string table_ref(const TableRef& ref);
    // WHERE's text without the keyword: `where` (may be null) and what from() postponed; empty when there is nothing.
    std::string where(const Expr* where);
    // The text of a condition that only chooses rows: WHERE's or ON's.
    std::string filter(const Expr& expr);
    // Whether the expression only chooses rows, so that NULL does there what false does: a term of a filter's ANDs and
    // ORs.
    bool is_filter(const Expr& expr) const { return filters_.count(&expr) != 0; }
    // RETURNING or a select list as PostgreSQL text, value by value; `outputs` receives the types.
    std::string outputs(const std::vector<SelectCore::Output>& list, std::vector<Output>* outputs);
    // ORDER BY list without the keyword, with NULLS FIRST where the term may be NULL (catalogue D5).
    std::string order_by(const std::vector<OrderingTerm>& terms);
    // The column of a source as an expression: "t1"."a".
    // -1 is the rowid.
    Fragment column(const Source& source, int index);
    // " OVER (…)" of a call that has one, with its named windows resolved and PostgreSQL's NULL order made SQLite's.
    std::string over(const Call& call);
    // `text`, the call with its window, computed with the equals of a row in the order in which they are visited.
    std::string among_equals(const Call& call, std::string text);
    // The frame that OVER gives a call, itself or by a name; null for the one it has without.
    const Frame* frame(const Call& call) const;
    // " LIMIT … OFFSET …" for SQLite's forms of them; empty for absent ones.
    std::string limit(const Expr* limit, const Expr* offset);

    void fired(std::string_view rule) { rules_.emplace_back(rule); }
    std::vector<std::string> take_rules() { return std::move(rules_); }
    std::vector<Slot> take_slots() { return std::move(slots_); }
    const std::vector<Slot>& slots() const { return slots_; }

    // A statement's text uses $1 … $n of its own; steps are cut from one Lowering, so each Step takes the numbers it
    // mentions: begin_step() forgets the numbering (not the slots), step() closes it.
    void begin_step();
    Step step(std::string sql, Step::Role role);

    // A name for a subquery or a helper column that nothing else in the statement has. To be quoted.
    std::string fresh(std::string_view stem);

    // ORDER BY list that visits the rows of the core being lowered as SQLite does (rowid order, table by table); empty
    // when its FROM has no such order. Aggregates whose value depends on the order (group_concat, …) take it. While an
    // aggregate core's result is lowered it still speaks of the rows that are aggregated.
    std::string row_order;
    // How SQLite would go through the statement's rows. Asked for when it is first needed; empty inside a trigger.
    const VisitPlan& plan();
    // The statement reads or writes a TEMP object.
    bool touches_temp = false;

    // How a slot of the step is written, in place of $n; then it is none of the step's. Empty: $n.
    std::function<std::string(int slot, PgType type)> name_slot;
    // A slot that has always this value.
    int add_constant(const Value& value);
    // A literal, or such a slot where slots have names.
    Fragment constant(const Value& value);
    // $n for the array of these slots' values (no_slot: NULL), which are of this type, with a cast.
    std::string array(PgType type, std::vector<int> slots);
    // Its type's name.
    std::string slot_type_name(int slot) const;

    // Types of $1, $2, … of the current step.
    std::vector<PgType> slot_types() const;
    // In a statement for the rows of many (insert_many.hpp) slots are columns of this alias: n.p1 for $1. Empty: $1.
    std::string_view slots_of;

    // Inside a trigger's body rows of NEW and OLD are PL/pgSQL records and there are no slots: constants are printed.
    bool in_trigger = false;

    // For max/min bare columns and the like: how `rules` see columns of an aggregate query (catalogue 7).
    // Set by lower_select while it lowers the result of an aggregate core; null elsewhere. any() asks it before any
    // rule.
    std::function<std::optional<Fragment>(const Expr&)> substitute;
    // Whether the source's rows are grouped, all of them: in the keys and results of its core, and in their subqueries.
    bool is_grouped(const Source& source) const { return grouped_.count(&source) != 0; }
    // x IN (SELECT y …) whose list is looked into, not computed: it is asked for each row (live_lookup.hpp).
    std::set<const Expr*> asked_for_each_row;
    // While a statement is lowered that changes rows one by one: what is computed at the first of them.
    class OnceSubqueries* once = nullptr;

private:
    friend class SelectLowering; // lower_select.cpp and its siblings
    const CompileRequest& request_;
    const Statement* statement_;
    std::optional<VisitPlan> plan_;
    enum class Places : std::uint8_t { none, cheap, all };
    struct Visits {                        // of the core being lowered
        const VisitGroup* group = nullptr; // its loops
        std::vector<UnitedArm> united;     // where SQLite has made a compound of it: in place of `group`
        Places wants = Places::none;       // what the subqueries of its FROM have to tell of their order
        bool ignores_inner_order = false;  // as SQLite leaves out their ORDER BY
        bool for_ties = false;             // there is an ORDER BY: their order tells only among equal rows
    };
    Visits visits_;
    const VisitGroup* group_around_ = nullptr; // for the core of a FROM's subquery: the loops it may be part of
    std::string name_around_;                  // what the plan calls that subquery when it has loops of its own
    std::map<const Source*, std::shared_ptr<struct RowPlaces>> places_;
    std::vector<std::string> rules_;
    std::vector<Slot> slots_;
    std::map<std::string, int, std::less<>> slot_index_; // key -> slots_ index
    std::vector<int> step_slots_;                        // $n of the current step -> slots_ index
    std::map<std::string, Value, std::less<>> known_;    // values of constant expressions, by text
    int fresh_ = 0;

    struct CommonText { // a common table that was referred to
        std::string name;
        std::vector<PgType> types;
        std::shared_ptr<struct RowPlaces> places; // of its rows among themselves
        bool open = false;                        // its body is being lowered: a reference is the recursive one
        bool numbered = false;                    // that reference has the row's place among those found with it
        bool queued = false;                      // its rows are taken from a queue, one at a time
    };
    std::map<const CommonTable*, CommonText> common_;
    // Their text, in the order in which their bodies ended, which is the order PostgreSQL needs.
    std::vector<std::pair<const CommonTable*, std::string>> common_text_;
    std::vector<std::string> postponed_;
    std::set<const Expr*> filters_;
    std::set<const Source*> grouped_;
    void note_filters(const Expr& expr);
    const SelectCore* core_ = nullptr; // whose named windows are in force
    std::vector<const Expr*> sorted_;  // what its ORDER BY names: results of it, and others
    // The cores around one that is read by a FROM's subquery, outermost first: SQLite may search by their WHERE.
    struct Reader {
        const SelectCore* core;
        const Source* source;   // the subquery, in its FROM
        const SelectCore* read; // the subquery's core
    };
    std::vector<Reader> readers_;
};

// Statement lowerings: each fills Compiled's steps, columns and flags.
void lower_query(const Select& select, Lowering& lowering, Compiled& out);
void lower_insert(const Insert& insert, Lowering& lowering, Compiled& out);
void lower_update(const Update& update, Lowering& lowering, Compiled& out);
void lower_delete(const Delete& del, Lowering& lowering, Compiled& out);
// CREATE, ALTER, DROP of every kind. `sql` is the client's text: the mirror runs it to find the next catalog.
void lower_schema_change(const Statement& statement, Lowering& lowering, Compiled& out);

// A column's quoted name and nothing else.
bool is_plain_column(const std::string& text);

} // namespace howdah::dialect
