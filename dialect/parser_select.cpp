// SELECT, VALUES, WITH and FROM (https://sqlite.org/lang_select.html).
#include "dialect/catalog.hpp"
#include "dialect/productions.hpp"

namespace howdah::dialect {

namespace {

constexpr std::size_t compound_limit = 500; // SQLITE_MAX_COMPOUND_SELECT

std::string_view spelled(CompoundOp op)
{
    switch (op) {
    case CompoundOp::union_:
        return "UNION";
    case CompoundOp::union_all:
        return "UNION ALL";
    case CompoundOp::intersect:
        return "INTERSECT";
    case CompoundOp::except:
        break;
    }
    return "EXCEPT";
}

// Keywords that begin an expression, and are no names where one can begin.
bool begins_operand(TokenKind kind)
{
    return kind == TokenKind::ctime_kw || kind == TokenKind::cast || kind == TokenKind::raise;
}

} // namespace

// select ::= [WITH [RECURSIVE] wqlist] selectnowith
SelectPtr Parser::parse_select()
{
    const std::uint32_t begin = peek().span.begin;
    std::unique_ptr<With> with;
    Production production(*this);
    if (at(TokenKind::with))
        with = parse_with();
    return parse_selectnowith(std::move(with), begin);
}

// selectnowith ::= oneselect | selectnowith multiselect_op oneselect
// ORDER BY and LIMIT stand after the last term; before another operator they are an error of SQLite's own.
SelectPtr Parser::parse_selectnowith(std::unique_ptr<With> with, std::uint32_t begin)
{
    Production production(*this);
    auto select = std::make_unique<Select>();
    select->with = std::move(with);
    std::string misplaced;
    std::size_t terms = 0;
    for (;;) {
        select->cores.push_back(parse_oneselect());
        SelectCore& core = select->cores.back();
        terms += select->cores.size() == 1 && !core.values.empty() ? core.values.size() : 1;
        if (core.values.empty()) {
            select->order_by = parse_orderby_opt();
            parse_limit_opt(select->limit, select->offset);
        }
        CompoundOp op{};
        if (!parse_multiselect_op(op))
            break;
        if (!select->order_by.empty() || select->limit)
            misplaced = std::string(select->order_by.empty() ? "LIMIT" : "ORDER BY") + " clause should come after " +
                        std::string(spelled(op)) + " not before";
        select->order_by.clear();
        select->limit = nullptr;
        select->offset = nullptr;
        select->operators.push_back(op);
        production.becomes(2);
    }
    select->span = {begin, last_end_};
    if (select->cores.size() > 1 && terms > compound_limit)
        complain("too many terms in compound SELECT", select->span);
    if (!misplaced.empty())
        complain(misplaced, select->span);
    return select;
}

// multiselect_op ::= UNION | UNION ALL | EXCEPT | INTERSECT
bool Parser::parse_multiselect_op(CompoundOp& op)
{
    if (accept(TokenKind::union_))
        op = accept(TokenKind::all) ? CompoundOp::union_all : CompoundOp::union_;
    else if (accept(TokenKind::except))
        op = CompoundOp::except;
    else if (accept(TokenKind::intersect))
        op = CompoundOp::intersect;
    else
        return false;
    return true;
}

// oneselect ::= SELECT distinct selcollist from where_opt groupby_opt having_opt [window_clause] | values
SelectCore Parser::parse_oneselect()
{
    if (at(TokenKind::values))
        return parse_values();
    SelectCore core;
    core.span.begin = expect(TokenKind::select).span.begin;
    {
        Production distinct(*this);
        core.distinct = accept(TokenKind::distinct);
        core.all = !core.distinct && accept(TokenKind::all);
    }
    core.columns = parse_selcollist();
    core.from = parse_from();
    core.where = parse_where_opt();
    {
        Production groupby(*this);
        if (accept(TokenKind::group)) {
            expect(TokenKind::by);
            core.group_by = parse_nexprlist();
        }
    }
    {
        Production having(*this);
        if (accept(TokenKind::having))
            core.having = parse_expr();
    }
    core.windows = parse_window_clause();
    core.span.end = last_end_;
    return core;
}

// values ::= VALUES ( nexprlist ) | values , ( nexprlist )
SelectCore Parser::parse_values()
{
    Production production(*this);
    SelectCore core;
    core.span.begin = shift().span.begin;
    do {
        expect(TokenKind::left_paren);
        core.values.push_back(parse_nexprlist());
        expect(TokenKind::right_paren);
        production.becomes(1);
    } while (accept(TokenKind::comma));
    core.span.end = last_end_;
    return core;
}

// with ::= WITH [RECURSIVE] wqitem [, wqitem]*
std::unique_ptr<With> Parser::parse_with()
{
    expect(TokenKind::with);
    auto with = std::make_unique<With>();
    with->recursive = accept(TokenKind::recursive);
    Production list(*this);
    do {
        CommonTable table = parse_wqitem();
        for (const CommonTable& other : with->tables)
            if (equal_names(other.name.text, table.name.text))
                complain("duplicate WITH table name: " + table.name.text, table.name.span);
        with->tables.push_back(std::move(table));
        list.becomes(1);
    } while (accept(TokenKind::comma));
    return with;
}

// wqitem ::= nm eidlist_opt AS [[NOT] MATERIALIZED] ( select )
CommonTable Parser::parse_wqitem()
{
    Production production(*this);
    CommonTable table;
    table.name = parse_nm();
    {
        Production columns(*this);
        if (accept(TokenKind::left_paren)) {
            table.columns = parse_eidlist();
            expect(TokenKind::right_paren);
        }
    }
    {
        Production as(*this);
        expect(TokenKind::as);
        if (accept(TokenKind::not_)) {
            expect(TokenKind::materialized);
            table.materialize = CommonTable::Materialize::no;
        } else if (accept(TokenKind::materialized)) {
            table.materialize = CommonTable::Materialize::yes;
        }
    }
    expect(TokenKind::left_paren);
    table.select = parse_select();
    expect(TokenKind::right_paren);
    return table;
}

// selcollist ::= sclp expr as | sclp * | sclp nm . *
std::vector<ResultColumn> Parser::parse_selcollist()
{
    Production production(*this);
    std::vector<ResultColumn> columns;
    do {
        production.becomes(1);
        columns.push_back(parse_result_column());
    } while (accept(TokenKind::comma));
    return columns;
}

// The span of an expression reaches to the next token, so that a comment behind it is part of the column's name.
ResultColumn Parser::parse_result_column()
{
    Production scanpt(*this);
    scanpt.becomes(1);
    ResultColumn column;
    column.span.begin = peek().span.begin;
    if (accept(TokenKind::star)) {
        column.star = true;
    } else if (at_nm() && !begins_operand(kind()) && peek(1).kind == TokenKind::dot &&
               peek(2).kind == TokenKind::star) {
        column.star_of = parse_nm();
        shift();
        shift();
        column.star = true;
    } else {
        column.expr = parse_expr();
        column.span = trimmed(column.span.begin, peek().span.begin);
        column.alias = parse_as();
        return column;
    }
    column.span.end = last_end_;
    return column;
}

// from ::= nothing | FROM seltablist
std::optional<FromClause> Parser::parse_from()
{
    Production production(*this);
    if (!accept(TokenKind::from))
        return std::nullopt;
    return parse_seltablist();
}

// seltablist ::= stl_prefix term    stl_prefix ::= seltablist joinop | nothing
FromClause Parser::parse_seltablist()
{
    Production production(*this);
    FromClause from;
    JoinOp op;
    do {
        production.becomes(1);
        FromClause::Item item = parse_table_term(from.items.empty());
        if (item.table.join && from.items.empty() && item.table.alias.empty() && !item.on &&
            item.using_columns.empty()) {
            // A parenthesised join that comes first and has no name is the beginning of this one.
            from.items = std::move(item.table.join->items);
        } else {
            item.op = op;
            from.items.push_back(std::move(item));
        }
        production.becomes(1);
    } while (parse_joinop(op));
    return from;
}

// nm dbnm as [indexed_by] on_using | nm dbnm ( exprlist ) as on_using | ( select ) as on_using | ( seltablist ) as
// on_using
FromClause::Item Parser::parse_table_term(bool first)
{
    Production production(*this);
    FromClause::Item item;
    TableRef& table = item.table;
    const Span begin = peek().span;
    bool had_alias = false;
    if (accept(TokenKind::left_paren)) {
        if (at_select())
            table.select = parse_select();
        else
            table.join = std::make_unique<FromClause>(parse_seltablist());
        expect(TokenKind::right_paren);
        table.alias = parse_as();
        had_alias = !table.alias.empty();
    } else {
        table.table = parse_fullname();
        if (accept(TokenKind::left_paren)) {
            table.is_function = true;
            table.args = parse_exprlist();
            expect(TokenKind::right_paren);
            table.alias = parse_as();
        } else {
            table.alias = parse_as();
            parse_indexed_by(table);
        }
    }
    parse_on_using(item);
    if (first && (item.on || !item.using_columns.empty()))
        complain(std::string("a JOIN clause is required before ") + (item.on ? "ON" : "USING"), begin);
    // One table in parentheses is that table, under the alias outside; the inner one is forgotten unless nothing
    // follows.
    if (table.join && table.join->items.size() == 1) {
        TableRef inner = std::move(table.join->items.front().table);
        if (!first || had_alias || item.on || !item.using_columns.empty()) {
            inner.alias = std::move(table.alias);
            inner.indexed_by = {};
            inner.not_indexed = false;
        }
        table = std::move(inner);
    }
    return item;
}

// indexed_by ::= nothing | INDEXED BY nm | NOT INDEXED
void Parser::parse_indexed_by(TableRef& table)
{
    if (accept(TokenKind::indexed)) {
        expect(TokenKind::by);
        table.indexed_by = parse_nm();
    } else if (accept(TokenKind::not_)) {
        expect(TokenKind::indexed);
        table.not_indexed = true;
    }
}

// on_using ::= nothing | ON expr | USING ( idlist )
void Parser::parse_on_using(FromClause::Item& item)
{
    Production production(*this);
    if (accept(TokenKind::on)) {
        item.on = parse_expr();
    } else if (accept(TokenKind::using_)) {
        expect(TokenKind::left_paren);
        item.using_columns = parse_idlist();
        expect(TokenKind::right_paren);
    }
}

// joinop ::= , | JOIN | JOIN_KW JOIN | JOIN_KW nm JOIN | JOIN_KW nm nm JOIN
bool Parser::parse_joinop(JoinOp& op)
{
    op = {};
    if (accept(TokenKind::comma))
        return true;
    if (accept(TokenKind::join)) {
        op.kind = JoinOp::Kind::plain;
        return true;
    }
    if (!at(TokenKind::join_kw))
        return false;
    op = parse_join_words();
    return true;
}

// NATURAL, LEFT, RIGHT, FULL, OUTER, INNER, CROSS: up to three of them in any order, as long as they make sense.
JoinOp Parser::parse_join_words()
{
    enum : unsigned { inner = 1, cross = 2, natural = 4, left = 8, right = 16, outer = 32, wrong = 64 };
    struct Word {
        std::string_view word;
        unsigned bits;
    };
    static constexpr Word words[] = {{"natural", natural},     {"left", left | outer},         {"outer", outer},
                                     {"right", right | outer}, {"full", left | right | outer}, {"inner", inner},
                                     {"cross", inner | cross}};
    const Span begin = peek().span;
    unsigned type = 0;
    std::string as_written;
    for (int i = 0; i < 3 && !at(TokenKind::join); ++i) {
        if (!at_nm())
            syntax_error();
        const std::string_view spelled_word = text(shift());
        as_written += (i ? " " : "") + std::string(spelled_word);
        unsigned bits = wrong;
        for (const Word& word : words)
            if (equal_names(word.word, spelled_word))
                bits = word.bits;
        type |= bits;
    }
    expect(TokenKind::join);
    if ((type & (inner | outer)) == (inner | outer) || (type & wrong) || (type & (outer | left | right)) == outer)
        complain("unknown join type: " + as_written, begin);
    JoinOp op;
    op.natural = type & natural;
    op.kind = (type & left) && (type & right) ? JoinOp::Kind::full
              : type & left                   ? JoinOp::Kind::left
              : type & right                  ? JoinOp::Kind::right
              : type & cross                  ? JoinOp::Kind::cross
              : type & inner                  ? JoinOp::Kind::inner
                                              : JoinOp::Kind::plain;
    return op;
}

// where_opt ::= nothing | WHERE expr
ExprPtr Parser::parse_where_opt()
{
    Production production(*this);
    return accept(TokenKind::where) ? parse_expr() : nullptr;
}

// orderby_opt ::= nothing | ORDER BY sortlist
std::vector<OrderingTerm> Parser::parse_orderby_opt()
{
    Production production(*this);
    if (!accept(TokenKind::order))
        return {};
    expect(TokenKind::by);
    return parse_sortlist();
}

// sortlist ::= expr sortorder nulls | sortlist , expr sortorder nulls
std::vector<OrderingTerm> Parser::parse_sortlist()
{
    Production production(*this);
    std::vector<OrderingTerm> terms;
    do {
        OrderingTerm term;
        term.expr = parse_expr();
        term.direction = parse_sortorder();
        if (accept(TokenKind::nulls)) {
            if (accept(TokenKind::first)) {
                term.nulls = Nulls::first;
            } else {
                expect(TokenKind::last);
                term.nulls = Nulls::last;
            }
        }
        terms.push_back(std::move(term));
        production.becomes(1);
    } while (accept(TokenKind::comma));
    return terms;
}

// sortorder ::= nothing | ASC | DESC
Direction Parser::parse_sortorder()
{
    Production production(*this);
    if (accept(TokenKind::asc))
        return Direction::ascending;
    return accept(TokenKind::desc) ? Direction::descending : Direction::unspecified;
}

// limit_opt ::= nothing | LIMIT expr | LIMIT expr OFFSET expr | LIMIT offset , limit
void Parser::parse_limit_opt(ExprPtr& limit, ExprPtr& offset)
{
    Production production(*this);
    if (!accept(TokenKind::limit))
        return;
    limit = parse_expr();
    if (accept(TokenKind::offset)) {
        offset = parse_expr();
    } else if (accept(TokenKind::comma)) {
        offset = std::move(limit);
        limit = parse_expr();
    }
}

} // namespace howdah::dialect
