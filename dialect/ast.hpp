// SQLite's grammar as plain structs: what parse() yields, what resolve() annotates, what lower() reads.
//
// A sum of alternatives is a std::variant, so a forgotten node is a compile error. Names keep their quoting, because
// SQLite's rules depend on it ("x" may be a string, [x] may not). Members under "resolved" are empty after parse() and
// are written once, by resolve(); lower() never changes a tree.
#pragma once

#include "dialect/ast_expr.hpp"

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace howdah::dialect {

// --------------------------------------------------------------------------------------------------------- select

// t [AS a] [INDEXED BY i | NOT INDEXED], t(args), (select) [AS a], (join)
struct TableRef {
    QualifiedName table;
    std::vector<ExprPtr> args; // table-valued function
    bool is_function = false;
    SelectPtr select;          // subquery
    std::unique_ptr<struct FromClause> join; // parenthesised join
    Name alias;
    Name indexed_by;
    bool not_indexed = false;
    // resolved:
    std::unique_ptr<Source> source; // owned here; ColumnRef::source points to it
};

struct JoinOp {
    enum class Kind : std::uint8_t { comma, plain, inner, cross, left, right, full };
    Kind kind = Kind::comma;
    bool natural = false;
};

struct FromClause {
    struct Item {
        JoinOp op; // how it is joined to what stands left of it; meaningless for the first
        TableRef table;
        ExprPtr on;
        std::vector<Name> using_columns;
        bool on_is_resolved = false; // `on` is what the resolver made of USING or NATURAL, no part of the text
    };
    std::vector<Item> items;
};

struct ResultColumn {
    ExprPtr expr;  // null for * and t.*
    Name alias;
    Name star_of;  // t of t.*
    bool star = false;
    Span span;     // the expression's verbatim text: an unaliased column's name
};

struct CommonTable {
    enum class Materialize : std::uint8_t { unspecified, yes, no };
    Name name;
    std::vector<Name> columns;
    Materialize materialize = Materialize::unspecified;
    SelectPtr select;
    // resolved:
    bool recursive = false;
    int uses = 0; // FROM clauses that read it
};
struct With {
    bool recursive = false;
    std::vector<CommonTable> tables;
};

// One arm: SELECT … or VALUES (…), (…)
struct SelectCore {
    bool distinct = false;
    bool all = false;
    std::vector<ResultColumn> columns;
    std::optional<FromClause> from;
    ExprPtr where;
    std::vector<ExprPtr> group_by;
    ExprPtr having;
    struct NamedWindow {
        Name name;
        Window window;
    };
    std::vector<NamedWindow> windows;
    std::vector<std::vector<ExprPtr>> values; // VALUES form when not empty
    Span span;

    // resolved:
    struct Output {          // one per result column, stars expanded
        std::string name;    // as SQLite names it
        Expr* expr = nullptr; // into columns, or into `expanded`
        // As the SELECT around a subquery calls it: the rowid by the name that it is read by, not by its alias'. Empty
        // where that is `name`.
        std::string written{};
    };
    std::vector<Output> outputs;
    std::vector<ExprPtr> expanded;  // the column references that stars became
    bool aggregate = false;         // has GROUP BY or an aggregate
};

enum class CompoundOp : std::uint8_t { union_, union_all, intersect, except };

struct Select {
    std::unique_ptr<With> with;
    std::vector<SelectCore> cores;     // left to right; at least one
    std::vector<CompoundOp> operators; // cores.size() - 1, all of one precedence, left-associative
    std::vector<OrderingTerm> order_by;
    ExprPtr limit, offset;
    Span span;
    // resolved: the result as a whole. classes is the union over the arms; affinity is the first arm's... see resolver.
    struct Column {
        std::string name;
        Affinity affinity = Affinity::none;
        Collation collation = Collation::binary;
        bool has_collation = false;
        Classes classes = Classes::any();
    };
    std::vector<Column> result;
    bool correlated = false; // refers to a FROM clause around it
    bool typed_by_last = false; // CREATE VIEW v(a, …): its columns have the last arm's affinities and collations
};

// --------------------------------------------------------------------------------------------------------- writes

struct SetClause {
    std::vector<Name> columns; // one, or several for (a, b) = …
    ExprPtr value;             // RowValue or Subquery when there are several
    // resolved:
    std::vector<int> indexes;  // table columns; -1 is the rowid
};

struct UpsertClause {
    struct Target {
        ExprPtr expr; // column, expression, COLLATE
        Direction direction = Direction::unspecified;
    };
    std::vector<Target> target; // empty: any conflict
    ExprPtr target_where;
    bool do_update = false;
    std::vector<SetClause> set;
    ExprPtr where;
    // resolved: the index of the catalog that `target` names; empty for the rowid / INTEGER PRIMARY KEY or no target
    std::string index;
};

struct Insert {
    std::unique_ptr<With> with;
    ConflictAction conflict = ConflictAction::unspecified;
    bool replace_keyword = false; // REPLACE INTO
    QualifiedName table;
    Name alias;
    std::vector<Name> columns;
    SelectPtr source; // null: DEFAULT VALUES
    std::vector<UpsertClause> upserts;
    std::vector<ResultColumn> returning;
    // resolved:
    std::unique_ptr<Source> target, excluded;
    std::vector<int> column_indexes; // table column of each source column; -1 is the rowid
    std::vector<SelectCore::Output> returning_outputs;
    std::vector<ExprPtr> returning_expanded;
};

struct Update {
    std::unique_ptr<With> with;
    ConflictAction conflict = ConflictAction::unspecified;
    TableRef table;
    std::vector<SetClause> set;
    std::optional<FromClause> from;
    ExprPtr where;
    std::vector<ResultColumn> returning;
    std::vector<OrderingTerm> order_by;
    ExprPtr limit, offset;
    // resolved (the target's Source is table.source):
    std::vector<SelectCore::Output> returning_outputs;
    std::vector<ExprPtr> returning_expanded;
};

struct Delete {
    std::unique_ptr<With> with;
    TableRef table;
    ExprPtr where;
    std::vector<ResultColumn> returning;
    std::vector<OrderingTerm> order_by;
    ExprPtr limit, offset;
    // resolved:
    std::vector<SelectCore::Output> returning_outputs;
    std::vector<ExprPtr> returning_expanded;
};

// --------------------------------------------------------------------------------------------------------- schema

struct IndexedColumn {
    ExprPtr expr; // a column name, an expression; COLLATE is a Collate node around it
    Direction direction = Direction::unspecified;
};

struct ForeignKeyClause {
    enum class Action : std::uint8_t { none, set_null, set_default, cascade, restrict };
    Name table;
    std::vector<Name> columns; // empty: the parent's primary key
    Action on_delete = Action::none, on_update = Action::none;
    Name match;
    bool deferrable = false, initially_deferred = false;
};

// One CONSTRAINT of a column or of a table. What is not used by `kind` is empty.
struct Constraint {
    enum class Kind : std::uint8_t { primary_key, not_null, null, unique, check, default_, collate, references, generated };
    Kind kind{};
    Name name;
    ConflictAction conflict = ConflictAction::unspecified;
    Direction direction = Direction::unspecified; // column PRIMARY KEY ASC/DESC
    bool autoincrement = false;
    std::vector<IndexedColumn> columns;            // table PRIMARY KEY, UNIQUE
    std::vector<Name> key_columns;                 // table FOREIGN KEY
    ExprPtr expr;                                  // CHECK, DEFAULT, GENERATED
    Span expr_span;                                // the verbatim text inside CHECK( ) and of DEFAULT
    Name collation;
    ForeignKeyClause foreign;
    bool stored = false;                           // GENERATED … STORED
};

struct ColumnDef {
    Name name;
    std::string type; // as declared, whitespace as SQLite keeps it; empty when none
    std::vector<Constraint> constraints;
    Span span;
};

struct CreateTable {
    bool temporary = false, if_not_exists = false;
    QualifiedName name;
    std::vector<ColumnDef> columns;
    std::vector<Constraint> constraints;
    bool without_rowid = false, strict = false;
    SelectPtr as_select; // CREATE TABLE … AS
};

struct CreateIndex {
    bool unique = false, if_not_exists = false;
    QualifiedName name;
    Name table;
    std::vector<IndexedColumn> columns;
    ExprPtr where;
};

struct CreateView {
    bool temporary = false, if_not_exists = false;
    QualifiedName name;
    std::vector<Name> columns;
    SelectPtr select;
};

struct CreateVirtualTable {
    bool if_not_exists = false;
    QualifiedName name;
    Name module;
    std::vector<std::string> args; // verbatim
};

using TriggerStatement = std::variant<Insert, Update, Delete, SelectPtr>;
struct CreateTrigger {
    enum class Time : std::uint8_t { before, after, instead_of };
    enum class Event : std::uint8_t { insert, update, delete_ };
    bool temporary = false, if_not_exists = false;
    QualifiedName name;
    Time time = Time::before;
    Event event{};
    std::vector<Name> update_of;
    QualifiedName table;
    bool for_each_row = false;
    ExprPtr when;
    std::vector<TriggerStatement> body;
};

struct AlterTable {
    enum class Action : std::uint8_t { rename_table, rename_column, add_column, drop_column };
    QualifiedName table;
    Action action{};
    Name column;   // rename_column, drop_column
    Name new_name; // rename_*
    ColumnDef definition; // add_column
};

struct Drop {
    enum class Kind : std::uint8_t { table, index, view, trigger };
    Kind kind{};
    bool if_exists = false;
    QualifiedName name;
};

// -------------------------------------------------------------------------------------------------------- session

struct Begin {
    enum class Mode : std::uint8_t { deferred, immediate, exclusive };
    Mode mode = Mode::deferred;
};
struct Commit {}; // COMMIT, END
struct Rollback {
    Name savepoint; // ROLLBACK TO x; empty: the whole transaction
};
struct Savepoint {
    Name name;
};
struct Release {
    Name name;
};
struct Pragma {
    QualifiedName name;
    bool has_value = false;
    bool call_form = false; // PRAGMA x(v)
    std::string value;      // as SQLite sees it: unquoted, with its sign
};
struct Attach {
    ExprPtr file, name, key;
};
struct Detach {
    ExprPtr name;
};
struct Vacuum {
    Name schema;
    ExprPtr into;
};
struct Analyze {
    QualifiedName name;
};
struct Reindex {
    QualifiedName name;
};

using StatementNode = std::variant<SelectPtr, Insert, Update, Delete, CreateTable, CreateIndex, CreateView, CreateVirtualTable,
                                   CreateTrigger, AlterTable, Drop, Begin, Commit, Rollback, Savepoint, Release, Pragma,
                                   Attach, Detach, Vacuum, Analyze, Reindex>;

struct Statement {
    enum class Explain : std::uint8_t { no, explain, query_plan };
    Explain explain = Explain::no;
    StatementNode node;
    std::vector<Parameter> parameters; // those that occur, in order of number; each is as it was first written
    int parameter_count = 0;           // the highest number
    Span span;
};

} // namespace howdah::dialect

// A tree owns the Sources that resolve() found: who destroys one needs them complete.
#include "dialect/scope.hpp"
