// INSERT, UPDATE, DELETE (https://sqlite.org/lang_insert.html, lang_upsert.html, lang_returning.html), also as a
// trigger's body has them: there without DEFAULT VALUES, ORDER BY and LIMIT, and with more rules that SQLite checks
// itself.
#include "dialect/productions.hpp"

namespace howdah::dialect {

// cmd ::= with insert_cmd INTO xfullname idlist_opt (select upsert | DEFAULT VALUES returning)
// insert_cmd ::= INSERT orconf | REPLACE
Insert Parser::parse_insert(std::unique_ptr<With> with, bool in_trigger)
{
    Production production(*this);
    Insert insert;
    insert.with = std::move(with);
    if (accept(TokenKind::replace)) {
        insert.replace_keyword = true;
        insert.conflict = ConflictAction::replace;
    } else {
        expect(TokenKind::insert);
        insert.conflict = parse_orconf();
    }
    expect(TokenKind::into);
    insert.table = parse_xfullname(insert.alias);
    {
        Production columns(*this);
        if (accept(TokenKind::left_paren)) {
            insert.columns = parse_idlist();
            expect(TokenKind::right_paren);
        }
    }
    if (!in_trigger && accept(TokenKind::default_)) {
        expect(TokenKind::values);
        insert.returning = parse_returning();
        return insert;
    }
    insert.source = parse_select();
    parse_upsert(insert);
    return insert;
}

// cmd ::= with UPDATE orconf xfullname indexed_opt SET setlist from where_opt_ret orderby_opt limit_opt
Update Parser::parse_update(std::unique_ptr<With> with, bool in_trigger)
{
    Production production(*this);
    Update update;
    update.with = std::move(with);
    expect(TokenKind::update);
    update.conflict = parse_orconf();
    update.table.table = parse_xfullname(update.table.alias);
    parse_indexed_by(update.table);
    expect(TokenKind::set);
    update.set = parse_setlist();
    update.from = parse_from();
    update.where = parse_where_opt();
    if (in_trigger)
        return update;
    update.returning = parse_returning();
    update.order_by = parse_orderby_opt();
    parse_limit_opt(update.limit, update.offset);
    return update;
}

// cmd ::= with DELETE FROM xfullname indexed_opt where_opt_ret orderby_opt limit_opt
Delete Parser::parse_delete(std::unique_ptr<With> with, bool in_trigger)
{
    Production production(*this);
    Delete del;
    del.with = std::move(with);
    expect(TokenKind::delete_);
    expect(TokenKind::from);
    del.table.table = parse_xfullname(del.table.alias);
    parse_indexed_by(del.table);
    del.where = parse_where_opt();
    if (in_trigger)
        return del;
    del.returning = parse_returning();
    del.order_by = parse_orderby_opt();
    parse_limit_opt(del.limit, del.offset);
    return del;
}

// xfullname ::= fullname | fullname AS nm
QualifiedName Parser::parse_xfullname(Name& alias)
{
    QualifiedName table = parse_fullname();
    if (accept(TokenKind::as))
        alias = parse_nm();
    return table;
}

// setlist ::= nm = expr | ( idlist ) = expr | setlist , …
std::vector<SetClause> Parser::parse_setlist()
{
    Production production(*this);
    std::vector<SetClause> list;
    do {
        SetClause set;
        if (accept(TokenKind::left_paren)) {
            set.columns = parse_idlist();
            expect(TokenKind::right_paren);
        } else {
            set.columns.push_back(parse_nm());
        }
        expect(TokenKind::equal);
        set.value = parse_expr();
        list.push_back(std::move(set));
        production.becomes(1);
    } while (accept(TokenKind::comma));
    return list;
}

// upsert ::= nothing | RETURNING selcollist
//          | ON CONFLICT ( sortlist ) where_opt DO (NOTHING | UPDATE SET setlist where_opt) upsert
//          | ON CONFLICT DO (NOTHING | UPDATE SET setlist where_opt) returning
void Parser::parse_upsert(Insert& insert)
{
    while (accept(TokenKind::on)) {
        expect(TokenKind::conflict);
        UpsertClause upsert;
        bool last = true;
        if (accept(TokenKind::left_paren)) {
            last = false;
            for (IndexedColumn& column : parse_indexed_columns())
                upsert.target.push_back({std::move(column.expr), column.direction});
            expect(TokenKind::right_paren);
            upsert.target_where = parse_where_opt();
        }
        expect(TokenKind::do_);
        if (!accept(TokenKind::nothing)) {
            expect(TokenKind::update);
            expect(TokenKind::set);
            upsert.do_update = true;
            upsert.set = parse_setlist();
            upsert.where = parse_where_opt();
        }
        insert.upserts.push_back(std::move(upsert));
        if (last)
            break;
    }
    insert.returning = parse_returning();
}

// returning ::= nothing | RETURNING selcollist
std::vector<ResultColumn> Parser::parse_returning()
{
    if (!accept(TokenKind::returning))
        return {};
    return parse_selcollist();
}

// orconf ::= nothing | OR resolvetype
ConflictAction Parser::parse_orconf()
{
    Production production(*this);
    return accept(TokenKind::or_) ? parse_resolvetype() : ConflictAction::unspecified;
}

// onconf ::= nothing | ON CONFLICT resolvetype
ConflictAction Parser::parse_onconf()
{
    Production production(*this);
    if (!accept(TokenKind::on))
        return ConflictAction::unspecified;
    expect(TokenKind::conflict);
    return parse_resolvetype();
}

// resolvetype ::= ROLLBACK | ABORT | FAIL | IGNORE | REPLACE
ConflictAction Parser::parse_resolvetype()
{
    ConflictAction action{};
    switch (kind()) {
    case TokenKind::rollback:
        action = ConflictAction::rollback;
        break;
    case TokenKind::abort:
        action = ConflictAction::abort;
        break;
    case TokenKind::fail:
        action = ConflictAction::fail;
        break;
    case TokenKind::ignore:
        action = ConflictAction::ignore;
        break;
    case TokenKind::replace:
        action = ConflictAction::replace;
        break;
    default:
        syntax_error();
    }
    shift();
    return action;
}

} // namespace howdah::dialect
