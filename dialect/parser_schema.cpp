// CREATE TABLE and its constraints (https://sqlite.org/lang_createtable.html).
#include "dialect/catalog.hpp"
#include "dialect/productions.hpp"

namespace howdah::dialect {

// create_table ::= CREATE temp TABLE ifnotexists nm dbnm    `head` is what that is the end of
// create_table_args ::= ( columnlist conslist_opt ) table_option_set | AS select
CreateTable Parser::parse_create_table(bool temporary, Production& head)
{
    CreateTable table;
    table.temporary = temporary;
    table.if_not_exists = parse_ifnotexists();
    table.name = parse_fullname();
    head.becomes(1);
    if (accept(TokenKind::as)) {
        table.as_select = parse_select();
        return table;
    }
    expect(TokenKind::left_paren);
    parse_columnlist(table);
    expect(TokenKind::right_paren);
    parse_table_options(table);
    return table;
}

// columnlist ::= columnname carglist | columnlist , columnname carglist    then [, conslist]
void Parser::parse_columnlist(CreateTable& table)
{
    Production production(*this);
    const auto at_tcons = [this] {
        return at(TokenKind::constraint) || at(TokenKind::primary) || at(TokenKind::unique) || at(TokenKind::check) ||
               at(TokenKind::foreign);
    };
    do {
        production.becomes(1);
        if (!table.columns.empty() && at_tcons()) {
            parse_conslist(table);
            return;
        }
        ColumnDef column = parse_columnname();
        parse_carglist(column, &table);
        column.span.end = last_end_;
        table.columns.push_back(std::move(column));
    } while (accept(TokenKind::comma));
}

// columnname ::= nm typetoken. GENERATED ALWAYS are words of the type to the grammar, and are taken off it again.
ColumnDef Parser::parse_columnname()
{
    Production production(*this);
    ColumnDef column;
    column.span.begin = peek().span.begin;
    column.name = parse_nm();
    column.type = parse_typetoken();
    const auto drop_word = [&](std::string_view word) {
        std::string& type = column.type;
        if (type.size() < word.size() || !equal_names(std::string_view(type).substr(type.size() - word.size()), word))
            return false;
        type.resize(type.size() - word.size());
        while (!type.empty() && (type.back() == ' ' || (type.back() >= '\t' && type.back() <= '\r')))
            type.pop_back();
        return true;
    };
    if (column.type.size() >= 16 && drop_word("always"))
        drop_word("generated");
    column.type = unquoted(column.type);
    return column;
}

// carglist ::= nothing | carglist ccons. A name given by CONSTRAINT holds until the column ends.
void Parser::parse_carglist(ColumnDef& column, CreateTable* table)
{
    Production production(*this);
    Name constraint_name;
    for (;;) {
        switch (kind()) {
        case TokenKind::constraint:
        case TokenKind::default_:
        case TokenKind::null:
        case TokenKind::not_:
        case TokenKind::primary:
        case TokenKind::unique:
        case TokenKind::check:
        case TokenKind::references:
        case TokenKind::deferrable:
        case TokenKind::collate:
        case TokenKind::generated:
        case TokenKind::as:
            parse_ccons(column, constraint_name, table);
            production.becomes(1);
            break;
        default:
            return;
        }
    }
}

// ccons ::= CONSTRAINT nm | DEFAULT … | NULL onconf | NOT NULL onconf | PRIMARY KEY sortorder onconf autoinc | UNIQUE
// onconf
//         | CHECK ( expr ) | REFERENCES nm eidlist_opt refargs | defer_subclause | COLLATE ids | [GENERATED ALWAYS] AS
//         generated
void Parser::parse_ccons(ColumnDef& column, Name& constraint_name, CreateTable* table)
{
    using Kind = Constraint::Kind;
    Constraint constraint;
    constraint.name = constraint_name;
    switch (kind()) {
    case TokenKind::constraint:
        shift();
        constraint_name = parse_nm();
        return;
    case TokenKind::default_:
        constraint.kind = Kind::default_;
        parse_default(constraint);
        break;
    case TokenKind::null:
        shift();
        constraint.kind = Kind::null;
        constraint.conflict = parse_onconf();
        break;
    case TokenKind::not_:
        shift();
        if (at(TokenKind::deferrable))
            return parse_column_deferrable(column, true, table);
        expect(TokenKind::null);
        constraint.kind = Kind::not_null;
        constraint.conflict = parse_onconf();
        break;
    case TokenKind::deferrable:
        return parse_column_deferrable(column, false, table);
    case TokenKind::primary:
        shift();
        expect(TokenKind::key);
        constraint.kind = Kind::primary_key;
        constraint.direction = parse_sortorder();
        constraint.conflict = parse_onconf();
        constraint.autoincrement = accept(TokenKind::autoincr);
        break;
    case TokenKind::unique:
        shift();
        constraint.kind = Kind::unique;
        constraint.conflict = parse_onconf();
        break;
    case TokenKind::check:
        parse_check(constraint);
        break;
    case TokenKind::references:
        constraint.kind = Kind::references;
        parse_references(constraint.foreign);
        break;
    case TokenKind::collate:
        shift();
        constraint.kind = Kind::collate;
        constraint.collation = parse_ids();
        break;
    default:
        parse_generated(column, constraint);
        break;
    }
    column.constraints.push_back(std::move(constraint));
}

// ccons ::= defer_subclause. It is about the foreign key named last, even if that is another column's.
void Parser::parse_column_deferrable(ColumnDef& column, bool not_deferrable, CreateTable* table)
{
    const auto last_of = [](ColumnDef& def) {
        ForeignKeyClause* last = nullptr;
        for (Constraint& constraint : def.constraints)
            if (constraint.kind == Constraint::Kind::references)
                last = &constraint.foreign;
        return last;
    };
    ForeignKeyClause* foreign = last_of(column);
    if (table)
        for (auto other = table->columns.rbegin(); !foreign && other != table->columns.rend(); ++other)
            foreign = last_of(*other);
    ForeignKeyClause none;
    parse_defer_subclause(foreign ? *foreign : none, not_deferrable);
}

// ccons ::= DEFAULT term | DEFAULT ( expr ) | DEFAULT + term | DEFAULT - term | DEFAULT id
void Parser::parse_default(Constraint& constraint)
{
    Production production(*this);
    shift();
    std::uint32_t begin = peek().span.begin;
    if (at(TokenKind::left_paren)) {
        shift();
        begin = last_end_;
        constraint.expr = parse_expr();
        constraint.expr_span = trimmed(begin, expect(TokenKind::right_paren).span.begin);
        return;
    }
    if (at(TokenKind::plus) || at(TokenKind::minus)) {
        const Token sign = shift();
        if (sign.kind == TokenKind::plus) {
            constraint.expr = parse_term();
        } else if (at(TokenKind::integer)) {
            constraint.expr = parse_negation(sign);
        } else {
            ExprPtr term = parse_term();
            constraint.expr = make(Unary{UnaryOp::minus, std::move(term)}, begin);
        }
    } else if (at_id() && !at(TokenKind::ctime_kw)) {
        // A bare word is a string, save TRUE and FALSE.
        const Name word = parse_nm();
        const bool is_true = word.quote == 0 && equal_names(word.text, "true");
        const bool is_false = word.quote == 0 && equal_names(word.text, "false");
        if (is_true || is_false)
            constraint.expr = make(Literal{Literal::Form::boolean, std::int64_t{is_true}}, begin);
        else
            constraint.expr = make(Literal{Literal::Form::string, word.text}, begin);
    } else {
        constraint.expr = parse_term();
    }
    constraint.expr_span = {begin, last_end_};
}

// generated ::= ( expr ) | ( expr ) ID
void Parser::parse_generated(const ColumnDef& column, Constraint& constraint)
{
    Production production(*this);
    constraint.kind = Constraint::Kind::generated;
    if (accept(TokenKind::generated))
        expect(TokenKind::always);
    expect(TokenKind::as);
    const std::uint32_t begin = expect(TokenKind::left_paren).span.end;
    constraint.expr = parse_expr();
    constraint.expr_span = trimmed(begin, expect(TokenKind::right_paren).span.begin);
    if (!at(TokenKind::id) && !falls_back_to_id(kind()))
        return;
    const Token word = shift();
    constraint.stored = equal_names(text(word), "stored");
    if (!constraint.stored && !equal_names(text(word), "virtual"))
        complain("error in generated column \"" + column.name.text + "\"", word.span);
}

// conslist ::= tcons | conslist tconscomma tcons. The comma may be missing; where it stands, it ends a constraint's
// name.
void Parser::parse_conslist(CreateTable& table)
{
    Production production(*this);
    Name constraint_name;
    do {
        if (accept(TokenKind::comma))
            constraint_name = {};
        if (accept(TokenKind::constraint))
            constraint_name = parse_nm();
        else
            table.constraints.push_back(parse_tcons(constraint_name));
        production.becomes(1);
    } while (!at(TokenKind::right_paren));
}

// tcons ::= PRIMARY KEY ( sortlist autoinc ) onconf | UNIQUE ( sortlist ) onconf | CHECK ( expr ) onconf
//         | FOREIGN KEY ( eidlist ) REFERENCES nm eidlist_opt refargs defer_subclause_opt
Constraint Parser::parse_tcons(const Name& constraint_name)
{
    using Kind = Constraint::Kind;
    Production production(*this);
    Constraint constraint;
    constraint.name = constraint_name;
    if (at(TokenKind::check)) {
        parse_check(constraint);
        constraint.conflict = parse_onconf();
    } else if (accept(TokenKind::unique)) {
        constraint.kind = Kind::unique;
        expect(TokenKind::left_paren);
        constraint.columns = parse_indexed_columns();
        expect(TokenKind::right_paren);
        constraint.conflict = parse_onconf();
    } else if (accept(TokenKind::primary)) {
        constraint.kind = Kind::primary_key;
        expect(TokenKind::key);
        expect(TokenKind::left_paren);
        constraint.columns = parse_indexed_columns();
        constraint.autoincrement = accept(TokenKind::autoincr);
        expect(TokenKind::right_paren);
        constraint.conflict = parse_onconf();
    } else {
        constraint.kind = Kind::references;
        expect(TokenKind::foreign);
        expect(TokenKind::key);
        expect(TokenKind::left_paren);
        constraint.key_columns = parse_eidlist();
        expect(TokenKind::right_paren);
        if (!at(TokenKind::references))
            syntax_error();
        parse_references(constraint.foreign);
        if (accept(TokenKind::not_)) {
            if (!at(TokenKind::deferrable))
                syntax_error();
            parse_defer_subclause(constraint.foreign, true);
        } else if (at(TokenKind::deferrable)) {
            parse_defer_subclause(constraint.foreign, false);
        }
    }
    return constraint;
}

// CHECK ( expr )
void Parser::parse_check(Constraint& constraint)
{
    shift();
    constraint.kind = Constraint::Kind::check;
    const std::uint32_t begin = expect(TokenKind::left_paren).span.end;
    constraint.expr = parse_expr();
    constraint.expr_span = trimmed(begin, expect(TokenKind::right_paren).span.begin);
}

// REFERENCES nm eidlist_opt refargs
// refarg ::= MATCH nm | ON INSERT refact | ON DELETE refact | ON UPDATE refact
void Parser::parse_references(ForeignKeyClause& foreign)
{
    shift();
    foreign.table = parse_nm();
    if (accept(TokenKind::left_paren)) {
        foreign.columns = parse_eidlist();
        expect(TokenKind::right_paren);
    }
    Production refargs(*this);
    for (;; refargs.becomes(1)) {
        if (accept(TokenKind::match)) {
            foreign.match = parse_nm();
        } else if (accept(TokenKind::on)) {
            if (accept(TokenKind::delete_)) {
                foreign.on_delete = parse_refact();
            } else if (accept(TokenKind::update)) {
                foreign.on_update = parse_refact();
            } else {
                expect(TokenKind::insert);
                parse_refact();
            }
        } else {
            return;
        }
    }
}

// refact ::= SET NULL | SET DEFAULT | CASCADE | RESTRICT | NO ACTION
ForeignKeyClause::Action Parser::parse_refact()
{
    using Action = ForeignKeyClause::Action;
    if (accept(TokenKind::set)) {
        if (accept(TokenKind::null))
            return Action::set_null;
        expect(TokenKind::default_);
        return Action::set_default;
    }
    if (accept(TokenKind::cascade))
        return Action::cascade;
    if (accept(TokenKind::restrict))
        return Action::restrict;
    expect(TokenKind::no);
    expect(TokenKind::action);
    return Action::none;
}

// defer_subclause ::= [NOT] DEFERRABLE [INITIALLY (DEFERRED | IMMEDIATE)]
void Parser::parse_defer_subclause(ForeignKeyClause& foreign, bool not_deferrable)
{
    expect(TokenKind::deferrable);
    bool deferred = false;
    if (accept(TokenKind::initially)) {
        deferred = accept(TokenKind::deferred);
        if (!deferred)
            expect(TokenKind::immediate);
    }
    foreign.deferrable = !not_deferrable;
    foreign.initially_deferred = deferred && !not_deferrable;
}

// table_option_set ::= nothing | table_option | table_option_set , table_option
// table_option ::= WITHOUT nm | nm
void Parser::parse_table_options(CreateTable& table)
{
    if (!at_nm() && !at(TokenKind::comma))
        return;
    // The first may be missing before its comma.
    while (at_nm() || accept(TokenKind::comma)) {
        const bool without = accept(TokenKind::without);
        if (!at_nm())
            syntax_error();
        const Token option = shift();
        bool& flag = without ? table.without_rowid : table.strict;
        flag = equal_names(text(option), without ? "rowid" : "strict");
        if (!flag)
            complain("unknown table option: " + std::string(text(option)), option.span);
        if (!at(TokenKind::comma))
            return;
    }
}

// eidlist ::= nm collate sortorder | eidlist , …    The grammar takes COLLATE and ASC here only to refuse them in
// words.
std::vector<Name> Parser::parse_eidlist()
{
    Production production(*this);
    std::vector<Name> names;
    do {
        const Token token = peek();
        names.push_back(parse_nm());
        bool decorated = accept(TokenKind::collate);
        if (decorated)
            parse_ids();
        decorated = parse_sortorder() != Direction::unspecified || decorated;
        if (decorated)
            complain("syntax error after column name \"" + std::string(text(token)) + "\"", token.span);
        production.becomes(1);
    } while (accept(TokenKind::comma));
    return names;
}

// sortlist, as an index has it. NULLS FIRST and NULLS LAST are in the grammar, and SQLite refuses them when it makes
// the index, so they need no place in the tree.
std::vector<IndexedColumn> Parser::parse_indexed_columns()
{
    std::vector<IndexedColumn> columns;
    for (OrderingTerm& term : parse_sortlist())
        columns.push_back({std::move(term.expr), term.direction});
    return columns;
}

} // namespace howdah::dialect
