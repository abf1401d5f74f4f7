// CREATE INDEX, VIEW, VIRTUAL TABLE, TRIGGER; ALTER TABLE; DROP (https://sqlite.org/lang.html).
#include "dialect/productions.hpp"

namespace howdah::dialect {

// cmd ::= CREATE [TEMP] (TABLE | VIEW | TRIGGER) … | CREATE [UNIQUE] INDEX … | CREATE VIRTUAL TABLE …
StatementNode Parser::parse_create()
{
    Production production(*this);
    shift();
    if (accept(TokenKind::unique)) {
        expect(TokenKind::index);
        return parse_create_index(true);
    }
    if (accept(TokenKind::index))
        return parse_create_index(false);
    if (accept(TokenKind::virtual_)) {
        expect(TokenKind::table);
        return parse_create_virtual_table(production);
    }
    const bool temporary = accept(TokenKind::temp);
    if (accept(TokenKind::table))
        return parse_create_table(temporary, production);
    if (accept(TokenKind::view))
        return parse_create_view(temporary);
    expect(TokenKind::trigger);
    return parse_create_trigger(temporary);
}

// ifnotexists ::= nothing | IF NOT EXISTS
bool Parser::parse_ifnotexists()
{
    Production production(*this);
    if (!accept(TokenKind::if_))
        return false;
    expect(TokenKind::not_);
    expect(TokenKind::exists);
    return true;
}

// ifexists ::= nothing | IF EXISTS
bool Parser::parse_ifexists()
{
    Production production(*this);
    if (!accept(TokenKind::if_))
        return false;
    expect(TokenKind::exists);
    return true;
}

// INDEX ifnotexists nm dbnm ON nm ( sortlist ) where_opt
CreateIndex Parser::parse_create_index(bool unique)
{
    CreateIndex index;
    index.unique = unique;
    index.if_not_exists = parse_ifnotexists();
    index.name = parse_fullname();
    expect(TokenKind::on);
    index.table = parse_nm();
    expect(TokenKind::left_paren);
    index.columns = parse_indexed_columns();
    expect(TokenKind::right_paren);
    index.where = parse_where_opt();
    return index;
}

// VIEW ifnotexists nm dbnm eidlist_opt AS select
CreateView Parser::parse_create_view(bool temporary)
{
    CreateView view;
    view.temporary = temporary;
    view.if_not_exists = parse_ifnotexists();
    view.name = parse_fullname();
    if (accept(TokenKind::left_paren)) {
        view.columns = parse_eidlist();
        expect(TokenKind::right_paren);
    }
    expect(TokenKind::as);
    view.select = parse_select();
    return view;
}

// VIRTUAL TABLE ifnotexists nm dbnm USING nm [( vtabarglist )]
CreateVirtualTable Parser::parse_create_virtual_table(Production& head)
{
    CreateVirtualTable table;
    table.if_not_exists = parse_ifnotexists();
    table.name = parse_fullname();
    expect(TokenKind::using_);
    table.module = parse_nm();
    head.becomes(1);
    if (accept(TokenKind::left_paren)) {
        table.args = parse_vtabarglist();
        expect(TokenKind::right_paren);
    }
    return table;
}

// vtabarg ::= any tokens, with balanced parentheses, up to a comma. Even a semicolon is one. Empty ones are dropped.
std::vector<std::string> Parser::parse_vtabarglist()
{
    Production production(*this);
    std::vector<std::string> args;
    int nesting = 0;
    std::uint32_t begin = peek().span.begin;
    bool empty = true;
    for (;;) {
        if (at(TokenKind::end_of_input))
            syntax_error();
        if (nesting == 0 && (at(TokenKind::comma) || at(TokenKind::right_paren))) {
            if (!empty)
                args.emplace_back(Span{begin, last_end_}.of(sql_));
            if (at(TokenKind::right_paren))
                return args;
            shift();
            begin = peek().span.begin;
            empty = true;
        } else {
            nesting += at(TokenKind::left_paren) ? 1 : at(TokenKind::right_paren) ? -1 : 0;
            shift();
            empty = false;
        }
        production.becomes(1 + 2 * nesting);
    }
}

// TRIGGER ifnotexists nm dbnm trigger_time trigger_event ON fullname foreach_clause when_clause BEGIN (trigger_cmd ;)+
// END
CreateTrigger Parser::parse_create_trigger(bool temporary)
{
    CreateTrigger trigger;
    trigger.temporary = temporary;
    {
        Production declaration(*this);
        trigger.if_not_exists = parse_ifnotexists();
        trigger.name = parse_fullname();
        parse_trigger_event(trigger);
        expect(TokenKind::on);
        trigger.table = parse_fullname();
        if (accept(TokenKind::for_)) {
            expect(TokenKind::each);
            expect(TokenKind::row);
            trigger.for_each_row = true;
        }
        if (accept(TokenKind::when))
            trigger.when = parse_expr();
    }
    expect(TokenKind::begin);
    Production commands(*this);
    do {
        trigger.body.push_back(parse_trigger_cmd());
        expect(TokenKind::semi);
        commands.becomes(1);
    } while (!at(TokenKind::end));
    shift();
    return trigger;
}

// trigger_time ::= nothing | BEFORE | AFTER | INSTEAD OF    trigger_event ::= DELETE | INSERT | UPDATE [OF idlist]
void Parser::parse_trigger_event(CreateTrigger& trigger)
{
    if (accept(TokenKind::after)) {
        trigger.time = CreateTrigger::Time::after;
    } else if (accept(TokenKind::instead)) {
        expect(TokenKind::of);
        trigger.time = CreateTrigger::Time::instead_of;
    } else {
        accept(TokenKind::before);
    }
    if (accept(TokenKind::delete_)) {
        trigger.event = CreateTrigger::Event::delete_;
    } else if (accept(TokenKind::insert)) {
        trigger.event = CreateTrigger::Event::insert;
    } else {
        expect(TokenKind::update);
        trigger.event = CreateTrigger::Event::update;
        if (accept(TokenKind::of))
            trigger.update_of = parse_idlist();
    }
}

// trigger_cmd ::= UPDATE … | insert_cmd INTO … | DELETE … | select
TriggerStatement Parser::parse_trigger_cmd()
{
    Production production(*this);
    switch (kind()) {
    case TokenKind::update:
        return parse_update(nullptr, true);
    case TokenKind::insert:
    case TokenKind::replace:
        return parse_insert(nullptr, true);
    case TokenKind::delete_:
        return parse_delete(nullptr, true);
    default:
        if (!at_select())
            syntax_error();
        return parse_select();
    }
}

// cmd ::= ALTER TABLE fullname RENAME TO nm | … RENAME [COLUMN] nm TO nm | … ADD [COLUMN] columnname carglist | … DROP
// [COLUMN] nm
AlterTable Parser::parse_alter_table()
{
    Production production(*this);
    AlterTable alter;
    shift();
    expect(TokenKind::table);
    alter.table = parse_fullname();
    if (accept(TokenKind::rename)) {
        alter.action = AlterTable::Action::rename_table;
        if (!at(TokenKind::to)) {
            alter.action = AlterTable::Action::rename_column;
            accept(TokenKind::column_kw);
            alter.column = parse_nm();
        }
        expect(TokenKind::to);
        alter.new_name = parse_nm();
    } else if (accept(TokenKind::add)) {
        alter.action = AlterTable::Action::add_column;
        accept(TokenKind::column_kw);
        alter.definition = parse_columnname();
        parse_carglist(alter.definition, nullptr);
        alter.definition.span.end = last_end_;
    } else {
        expect(TokenKind::drop);
        alter.action = AlterTable::Action::drop_column;
        accept(TokenKind::column_kw);
        alter.column = parse_nm();
    }
    return alter;
}

// cmd ::= DROP (TABLE | INDEX | VIEW | TRIGGER) ifexists fullname
Drop Parser::parse_drop()
{
    Production production(*this);
    Drop drop;
    shift();
    if (accept(TokenKind::table)) {
        drop.kind = Drop::Kind::table;
    } else if (accept(TokenKind::index)) {
        drop.kind = Drop::Kind::index;
    } else if (accept(TokenKind::view)) {
        drop.kind = Drop::Kind::view;
    } else {
        expect(TokenKind::trigger);
        drop.kind = Drop::Kind::trigger;
    }
    drop.if_exists = parse_ifexists();
    drop.name = parse_fullname();
    return drop;
}

} // namespace howdah::dialect
