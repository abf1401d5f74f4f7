// Writes trees as SQLite's SQL. Private to unparse*.cpp; the interface is parser.hpp's unparse().
#pragma once

#include "dialect/ast.hpp"

#include <string>
#include <string_view>

namespace howdah::dialect {

class Unparser {
public:
    std::string take() { return std::move(out_); }

    void expr(const Expr& e);
    void select(const Select& s);
    void statement(const Statement& s);

private:
    // unparse.cpp: words and lists
    void word(std::string_view w); // with a space before it, unless it is the first
    void raw(std::string_view w) { out_ += w; }
    void name(const Name& n);
    void qualified(const QualifiedName& n);
    void string(std::string_view text);
    void type(std::string_view declared);
    template <typename List, typename Print>
    void list(const List& items, Print print)
    {
        bool first = true;
        for (const auto& item : items) {
            if (!first)
                raw(", ");
            first = false;
            print(item);
        }
    }
    void exprs(const std::vector<ExprPtr>& items)
    {
        list(items, [this](const ExprPtr& e) { expr(*e); });
    }
    void names(const std::vector<Name>& items); // (a, b); nothing when there is none

    // unparse.cpp: expressions
    void operand(const Expr& e); // in parentheses unless it needs none
    void node(const Literal& e);
    void node(const CurrentTime& e);
    void node(const Parameter& e);
    void node(const ColumnRef& e);
    void node(const Unary& e);
    void node(const Binary& e);
    void node(const Between& e);
    void node(const In& e);
    void node(const Like& e);
    void node(const Case& e);
    void node(const Cast& e);
    void node(const Collate& e);
    void node(const Call& e);
    void node(const Exists& e);
    void node(const Subquery& e);
    void node(const RowValue& e);
    void node(const Raise& e);
    void node(const Parenthesized& e);
    void window(const Window& w);
    void frame(const Frame& f);
    void bound(BoundKind kind, const ExprPtr& offset);
    void ordering(const std::vector<OrderingTerm>& terms);

    // unparse_select.cpp
    void with(const std::unique_ptr<With>& w);
    void core(const SelectCore& c);
    void columns(const std::vector<ResultColumn>& items);
    void from(const FromClause& f);
    void join_op(const JoinOp& op);
    void table(const TableRef& t);
    void clause(std::string_view keyword, const ExprPtr& e); // nothing when null
    void order_and_limit(const std::vector<OrderingTerm>& order_by, const ExprPtr& limit, const ExprPtr& offset);

    // unparse_write.cpp
    void node(const SelectPtr& s) { select(*s); }
    void node(const Insert& s);
    void node(const Update& s);
    void node(const Delete& s);
    void conflict(std::string_view keyword, ConflictAction action);
    void set(const std::vector<SetClause>& clauses);
    void upsert(const UpsertClause& u);
    void returning(const std::vector<ResultColumn>& items);

    // unparse_schema.cpp
    void node(const CreateTable& s);
    void node(const CreateIndex& s);
    void node(const CreateView& s);
    void node(const CreateVirtualTable& s);
    void node(const CreateTrigger& s);
    void node(const AlterTable& s);
    void node(const Drop& s);
    void column_def(const ColumnDef& c);
    void constraint(const Constraint& c, bool on_column);
    void references(const ForeignKeyClause& f);
    void indexed(const std::vector<IndexedColumn>& items, bool autoincrement = false);
    void direction(Direction d);

    // unparse_session.cpp
    void node(const Begin& s);
    void node(const Commit& s);
    void node(const Rollback& s);
    void node(const Savepoint& s);
    void node(const Release& s);
    void node(const Pragma& s);
    void node(const Attach& s);
    void node(const Detach& s);
    void node(const Vacuum& s);
    void node(const Analyze& s);
    void node(const Reindex& s);

    std::string out_;
};

} // namespace howdah::dialect
