// The parser: one member function per production of SQLite's parse.y, named after it; the grammar stands above each.
//
// SQLite's parser is LALR(1) with a stack of a hundred symbols. Predictive descent reports the same token in `near "x"`
// because SQLite, too, looks one token ahead and decides by it; a keyword that falls back to an identifier is a keyword
// exactly where the production at hand has a use for it. The symbols that SQLite would have on its stack are counted, so
// that nesting ends with SQLite's own error: where it does, or, in a few productions, one or two levels later.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/error.hpp"
#include "dialect/lexer.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

class Parser {
public:
    explicit Parser(std::string_view sql) : sql_(sql), lexer_(sql) {}

    std::optional<Statement> parse_input(std::size_t* tail);
    ExprPtr parse_lone_expression();

private:
    // Binding strength, weakest first (parse.y: %left, %right).
    enum Strength {
        any_strength,
        or_strength,
        and_strength,
        not_strength,
        equality,
        inequality,
        escape,
        bits,
        sum,
        product,
        concatenation,
        collation
    };

    // A production under way. When it ends it is one symbol on SQLite's stack, whatever it was made of.
    class Production {
    public:
        explicit Production(Parser& parser) : parser_(parser), base_(parser.depth_) {}
        ~Production() { parser_.depth_ = base_ + 1; }
        Production(const Production&) = delete;
        Production& operator=(const Production&) = delete;
        // What has been read so far is now `symbols` symbols: a list that took in one more member.
        void becomes(int symbols) { parser_.depth_ = base_ + symbols; }

    private:
        Parser& parser_;
        int base_;
    };

    // parser.cpp: tokens
    const Token& peek(std::size_t ahead = 0);
    TokenKind kind() { return peek().kind; }
    bool at(TokenKind kind) { return peek().kind == kind; }
    Token shift();
    bool accept(TokenKind kind);
    Token expect(TokenKind kind);
    [[noreturn]] void syntax_error();
    [[noreturn]] void syntax_error(const Token& token);
    [[noreturn]] void fail(const std::string& message, Span span);
    // What SQLite's parser finds wrong when it completes a production: by then it has looked at the next token, and if
    // no production can take that one, the syntax error is what it reports.
    void complain(const std::string& message, Span span);
    std::string_view text(const Token& token) const { return token.span.of(sql_); }
    bool at_id();  // id ::= ID | INDEXED
    bool at_ids(); // ids ::= ID | STRING
    bool at_nm();  // nm ::= id | STRING | JOIN_KW
    Name name_of_token(const Token& token) const;
    Name parse_nm();
    Name parse_ids();
    QualifiedName parse_fullname();
    std::vector<Name> parse_idlist();
    Name parse_as();
    // The text between two places without the white space at its ends.
    Span trimmed(std::uint32_t begin, std::uint32_t end) const;

    // parser.cpp: statements
    Statement parse_ecmd();
    StatementNode parse_cmd();
    StatementNode parse_cmd_with();

    // parser_expr.cpp
    ExprPtr parse_expr();
    ExprPtr parse_operators(int at_least, bool and_ends = false);
    ExprPtr parse_infix(ExprPtr lhs, int strength);
    ExprPtr parse_is(ExprPtr lhs);
    ExprPtr parse_infix_not(ExprPtr lhs);
    ExprPtr parse_like(ExprPtr lhs, bool negated);
    ExprPtr parse_between(ExprPtr lhs, bool negated);
    ExprPtr parse_in(ExprPtr lhs, bool negated);
    void list_of_rows(In& in);
    ExprPtr parse_prefix();
    ExprPtr parse_negation(const Token& minus);

    // parser_operand.cpp
    ExprPtr parse_operand();
    ExprPtr parse_term();
    ExprPtr parse_variable();
    ExprPtr parse_named();
    ExprPtr parse_call(const Token& name);
    ExprPtr parse_parenthesized();
    ExprPtr parse_case();
    ExprPtr parse_cast();
    ExprPtr parse_exists();
    ExprPtr parse_raise();
    std::vector<ExprPtr> parse_nexprlist();
    std::vector<ExprPtr> parse_exprlist();
    std::string parse_typetoken();
    ExprPtr number(const Token& token, bool negative);
    ExprPtr make(Expr::Node node, std::uint32_t begin);
    static int strength_of(TokenKind kind);

    // parser_window.cpp
    void parse_filter_over(Call& call);
    Window parse_window();
    Frame parse_frame();
    BoundKind parse_frame_bound(ExprPtr& offset, bool is_start);
    Exclude parse_frame_exclude();
    std::vector<SelectCore::NamedWindow> parse_window_clause();

    // parser_select.cpp
    bool at_select() { return at(TokenKind::select) || at(TokenKind::values) || at(TokenKind::with); }
    SelectPtr parse_select();
    SelectPtr parse_selectnowith(std::unique_ptr<With> with, std::uint32_t begin);
    SelectCore parse_oneselect();
    SelectCore parse_values();
    bool parse_multiselect_op(CompoundOp& op);
    std::unique_ptr<With> parse_with();
    CommonTable parse_wqitem();
    std::vector<ResultColumn> parse_selcollist();
    ResultColumn parse_result_column();
    std::optional<FromClause> parse_from();
    FromClause parse_seltablist();
    FromClause::Item parse_table_term(bool first);
    void parse_indexed_by(TableRef& table);
    void parse_on_using(FromClause::Item& item);
    bool parse_joinop(JoinOp& op);
    JoinOp parse_join_words();
    ExprPtr parse_where_opt();
    std::vector<OrderingTerm> parse_sortlist();
    std::vector<OrderingTerm> parse_orderby_opt();
    void parse_limit_opt(ExprPtr& limit, ExprPtr& offset);
    Direction parse_sortorder();

    // parser_write.cpp
    Insert parse_insert(std::unique_ptr<With> with, bool in_trigger);
    Update parse_update(std::unique_ptr<With> with, bool in_trigger);
    Delete parse_delete(std::unique_ptr<With> with, bool in_trigger);
    QualifiedName parse_xfullname(Name& alias);
    std::vector<SetClause> parse_setlist();
    void parse_upsert(Insert& insert);
    std::vector<ResultColumn> parse_returning();
    ConflictAction parse_orconf();
    ConflictAction parse_onconf();
    ConflictAction parse_resolvetype();

    // parser_schema.cpp
    CreateTable parse_create_table(bool temporary, Production& head);
    void parse_columnlist(CreateTable& table);
    ColumnDef parse_columnname();
    void parse_carglist(ColumnDef& column, CreateTable* table);
    void parse_ccons(ColumnDef& column, Name& constraint_name, CreateTable* table);
    void parse_column_deferrable(ColumnDef& column, bool not_deferrable, CreateTable* table);
    void parse_default(Constraint& constraint);
    void parse_generated(const ColumnDef& column, Constraint& constraint);
    void parse_conslist(CreateTable& table);
    Constraint parse_tcons(const Name& constraint_name);
    void parse_check(Constraint& constraint);
    void parse_references(ForeignKeyClause& foreign);
    ForeignKeyClause::Action parse_refact();
    void parse_defer_subclause(ForeignKeyClause& foreign, bool not_deferrable);
    void parse_table_options(CreateTable& table);
    std::vector<Name> parse_eidlist();
    std::vector<IndexedColumn> parse_indexed_columns();

    // parser_objects.cpp
    StatementNode parse_create();
    CreateIndex parse_create_index(bool unique);
    CreateView parse_create_view(bool temporary);
    CreateVirtualTable parse_create_virtual_table(Production& head);
    std::vector<std::string> parse_vtabarglist();
    CreateTrigger parse_create_trigger(bool temporary);
    void parse_trigger_event(CreateTrigger& trigger);
    TriggerStatement parse_trigger_cmd();
    AlterTable parse_alter_table();
    Drop parse_drop();
    bool parse_ifnotexists();
    bool parse_ifexists();

    // parser_session.cpp
    Begin parse_begin();
    Commit parse_commit();
    StatementNode parse_rollback();
    Savepoint parse_savepoint();
    Release parse_release();
    Pragma parse_pragma();
    std::string parse_pragma_value();
    Attach parse_attach();
    Detach parse_detach();
    Vacuum parse_vacuum();
    void parse_trans_opt();

    std::string_view sql_;
    Lexer lexer_;
    std::vector<Token> tokens_; // read so far; the current one is at position_
    std::size_t position_ = 0;
    std::optional<Error> complaint_;        // to be thrown unless the token at hand is a syntax error
    int depth_ = 0;                         // symbols SQLite would have on its stack
    std::uint32_t last_end_ = 0;            // where the last shifted token ended
    std::map<int, std::string> parameters_; // by number: as it was first written
    std::map<std::string, int, std::less<>> parameter_numbers_;
};

} // namespace howdah::dialect
