// The two passes of resolve(): Resolver finds what each name means, Inference what each expression can be.
//
// They are two because a recursive common table is inferred several times, until its classes no longer grow, while its
// names are found once.
#pragma once

#include "dialect/resolver.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// What a bare or qualified column name stands for. Several columns: the name is merged by a FULL JOIN … USING, and
// means the first of them that is not NULL.
struct ColumnMatch {
    Source* source = nullptr;
    int index = -1; // -1: the rowid
};

// One level of names: the FROM of one SELECT (or the target of a write) and the aliases of its result.
struct Scope {
    struct Entry {
        Source* source = nullptr;        // a table, or
        std::vector<Entry> group;        // a parenthesised join, whose own tables stay visible
        JoinOp op;                       // how it is joined to what stands left of it
        std::vector<std::string> merged; // columns of USING or NATURAL, folded
    };
    struct Alias {
        const Name* name;
        Expr* expr;
    };

    Scope* outer = nullptr;
    std::vector<Entry> entries;
    std::vector<Alias> aliases;
    bool aliases_visible = false;
    Select* select = nullptr; // marked as correlated when a name inside is found further out
    int aggregates = 0;       // seen so far that belong to this level; likewise window functions
    int windows = 0;
};

// The WITH clauses in force, innermost first.
struct Environment {
    const Environment* outer = nullptr;
    With* with = nullptr;
    Scope* scope = nullptr; // around the SELECT that has the WITH
};

class Resolver {
public:
    explicit Resolver(const ResolveRequest& request)
        : request_(request), text_(request.sql), home_schema_(request.home_schema)
    {
    }

    void statement(Statement& statement);
    void select(Select& select, Scope* outer);
    // One whose rows are wanted, all of them: of a statement or a FROM clause, not of an expression.
    void rows(Select& select, Scope* outer);
    void expr(Expr& expr, Scope& scope);
    void trigger(CreateTrigger& trigger, const Table& table, TriggerScope& rows);

    std::unique_ptr<Source> table_source(const Table& table, Source::Kind kind, std::string_view name);
    // The same with the PostgreSQL alias given.
    static std::unique_ptr<Source> make_table_source(const Table& table, Source::Kind kind, std::string_view name,
                                                     std::string_view pg_alias);

private:
    // resolve_select.cpp
    void core(Select& select, SelectCore& core, Scope& scope);
    void result_columns(SelectCore& core, Scope& scope);
    void group_by(SelectCore& core, Scope& scope);
    void order_by(std::vector<OrderingTerm>& terms, SelectCore& core, Scope& scope);
    std::string as_resolved(const std::string& text, Scope& scope);
    void compound_order_by(Select& select, std::vector<std::unique_ptr<Scope>>& scopes);
    void window(Window& window, Scope& scope);
    void name_result(Select& select);
    std::string output_name(const ResultColumn& column) const;

    // resolve_from.cpp
    struct StarColumn {
        std::string name;
        std::vector<ColumnMatch> matches;
        bool repeated = false;          // seen by t.* but not by *
        const Source* source = nullptr; // whose t.* it is part of
    };
    void from(FromClause& clause, Scope& scope);
    void from_entries(FromClause& clause, std::vector<Scope::Entry>& entries, Scope& scope);
    void from_conditions(FromClause& clause, Scope& scope);
    Scope::Entry table_ref(TableRef& ref, Scope& scope);
    void named_table(TableRef& ref, const Scope& scope);
    bool common_table(TableRef& ref, const Scope& scope);
    void subquery(TableRef& ref, Scope* outer);
    void view(TableRef& ref, const Table& table);
    void table_function(TableRef& ref);
    void merge_columns(FromClause::Item& item, std::vector<Scope::Entry>& entries);
    std::vector<ColumnMatch> first_of(const Scope::Entry& join, const std::string& name);
    ExprPtr merged_condition(const std::vector<Scope::Entry>& left, const Scope::Entry& right, bool outer_right);
    static std::vector<StarColumn> star(const std::vector<Scope::Entry>& entries, bool nested);
    void expand_star(SelectCore& core, const ResultColumn& column, Scope& scope);
    std::string unique_alias(std::string_view name);

    // resolve_full_text.cpp
    bool is_full_text(const QualifiedName& name) const;
    static void table_arguments(const TableRef& ref);
    static void full_text_conditions(const FromClause* from, Expr* where);

    // resolve_names.cpp
    static std::vector<ColumnMatch> find(const std::vector<Scope::Entry>& entries, const ColumnRef& ref);
    static std::vector<ColumnMatch> find(const Scope::Entry& entry, const ColumnRef& ref);
    static std::vector<ColumnMatch> find_quietly(const Scope& scope, const ColumnRef& name);
    static std::vector<ColumnMatch> find_rowid(const std::vector<Scope::Entry>& entries, const ColumnRef& ref);
    static ExprPtr column_expr(const std::vector<ColumnMatch>& matches, std::string_view name, Span span);
    static void become(Expr& expr, const std::vector<ColumnMatch>& matches, int depth);
    void column_ref(Expr& expr, Scope& scope);
    bool lookup(Expr& expr, const ColumnRef& ref, Scope& scope);
    void call(Expr& expr, Call& call, Scope& scope);
    bool inserted_rowid(Expr& expr, Scope& scope);

    // resolve_write.cpp
    void insert(Insert& insert, Scope* outer);
    void update(Update& update, Scope* outer);
    void delete_(Delete& del, Scope* outer);
    void upsert(UpsertClause& clause, const Insert& insert, Scope& scope, Scope& both);
    void set_clause(SetClause& clause, const Table& table, Scope& scope);
    void returning(std::vector<ResultColumn>& columns, Source& target, Scope* outer,
                   std::vector<SelectCore::Output>& outputs, std::vector<ExprPtr>& expanded);
    const Table& target_table(const QualifiedName& name);
    const Table* find_table(const QualifiedName& name) const;

    const ResolveRequest& request_;
    std::string_view text_;   // what spans refer to
    std::string home_schema_; // where unqualified names of a view's or trigger's body are looked up first
    const Environment* environment_ = nullptr;
    std::set<std::string> aliases_;        // PostgreSQL aliases in use
    std::map<std::string, int> last_number_; // of those made from a name
    std::vector<const Scope*> references_; // the level of every column found so far: whose aggregate a call is
    const Insert* returning_of_ = nullptr; // the INSERT whose RETURNING this is
    enum class State : std::uint8_t { open, done };
    std::map<const CommonTable*, State> common_;
    std::set<const Select*> aliased_joins_; // SELECT * that stands for (a JOIN b) AS x
};

// Fills affinity, collation, classes and `constant` from the leaves up.
class Inference {
public:
    explicit Inference(const ResolveRequest& request) : request_(request) {}

    void statement(Statement& statement);
    void select(Select& select);
    void expr(Expr& expr);
    void trigger(CreateTrigger& trigger);

private:
    void core(SelectCore& core);
    void from(FromClause& clause);
    void conditions(FromClause& clause);
    void table_ref(TableRef& ref);
    void window(Window& window);
    void recursive(Select& select);
    void result(Select& select);
    void order_by(std::vector<OrderingTerm>& terms);
    void columns_of(Source& source, const Select& select) const;
    void insert(Insert& insert);
    void update(Update& update);
    void delete_(Delete& del);
    void set(std::vector<SetClause>& clauses);
    void outputs(std::vector<SelectCore::Output>& outputs);
    void returning(std::vector<SelectCore::Output>& outputs, const Source& target);
    void in_register(ExprPtr& operand) const;

    // One per node kind: the operands are inferred already.
    void node(Expr& e, Literal& n);
    void node(Expr& e, CurrentTime& n);
    void node(Expr& e, Parameter& n);
    void node(Expr& e, ColumnRef& n);
    void node(Expr& e, Unary& n);
    void node(Expr& e, Binary& n);
    void node(Expr& e, Between& n);
    void node(Expr& e, In& n);
    void node(Expr& e, Like& n);
    void node(Expr& e, Case& n);
    void node(Expr& e, Cast& n);
    void node(Expr& e, Collate& n);
    void node(Expr& e, Call& n);
    void node(Expr& e, Exists& n);
    void node(Expr& e, Subquery& n);
    void node(Expr& e, RowValue& n);
    void node(Expr& e, Raise& n);
    void node(Expr& e, Parenthesized& n);

    Classes arithmetic(BinaryOp op, Classes a, Classes b) const;

    const ResolveRequest& request_;
    const Source* returned_ = nullptr; // what RETURNING reads: registers, of the first column's affinity and collation
    std::set<const Select*> open_;     // recursive common tables whose classes are still growing
    std::set<const Select*> done_;     // common tables
};

Collation collation_of(std::string_view name); // refuses one that SQLite does not have built in
// The names and PostgreSQL names of a subquery's columns: unique, as SQLite and PostgreSQL want them. SQLite names those
// of a subquery or common table before it knows what they are, those of a view after.
std::vector<std::string> column_names(const Select& select, const std::vector<Name>& given, bool of_view = false);
std::vector<std::string> pg_column_names(const std::vector<std::string>& names);

} // namespace howdah::dialect
