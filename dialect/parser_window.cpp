// FILTER, OVER and WINDOW (https://sqlite.org/windowfunctions.html).
#include "dialect/productions.hpp"

namespace howdah::dialect {

// filter_over ::= [FILTER ( WHERE expr )] [OVER ( window ) | OVER nm]
void Parser::parse_filter_over(Call& call)
{
    if (accept(TokenKind::filter)) {
        Production production(*this);
        expect(TokenKind::left_paren);
        expect(TokenKind::where);
        call.filter = parse_expr();
        expect(TokenKind::right_paren);
    }
    if (!accept(TokenKind::over))
        return;
    if (accept(TokenKind::left_paren)) {
        call.over = std::make_unique<Window>(parse_window());
        expect(TokenKind::right_paren);
    } else {
        call.over = std::make_unique<Window>();
        call.over->reference = parse_nm();
    }
    if (call.distinct)
        complain("DISTINCT is not supported for window functions", call.name.span);
}

// window ::= [nm] [PARTITION BY nexprlist] [ORDER BY sortlist] [frame]
Window Parser::parse_window()
{
    Production production(*this);
    const auto at_frame = [this] { return at(TokenKind::range) || at(TokenKind::rows) || at(TokenKind::groups); };
    Window window;
    if (at_nm() && !at(TokenKind::partition) && !at_frame())
        window.base = parse_nm();
    if (accept(TokenKind::partition)) {
        expect(TokenKind::by);
        window.partition_by = parse_nexprlist();
    }
    window.order_by = parse_orderby_opt();
    if (at_frame())
        window.frame = parse_frame();
    return window;
}

// frame_opt ::= (RANGE | ROWS | GROUPS) (frame_bound_s | BETWEEN frame_bound_s AND frame_bound_e) [EXCLUDE …]
Frame Parser::parse_frame()
{
    Production production(*this);
    Frame frame;
    const Token unit = shift();
    frame.unit = unit.kind == TokenKind::range  ? FrameUnit::range
                 : unit.kind == TokenKind::rows ? FrameUnit::rows
                                                : FrameUnit::groups;
    if (accept(TokenKind::between)) {
        frame.start = parse_frame_bound(frame.start_offset, true);
        expect(TokenKind::and_);
        frame.end = parse_frame_bound(frame.end_offset, false);
    } else {
        frame.start = parse_frame_bound(frame.start_offset, true);
    }
    frame.exclude = parse_frame_exclude();
    if ((frame.start == BoundKind::current_row && frame.end == BoundKind::preceding) ||
        (frame.start == BoundKind::following &&
         (frame.end == BoundKind::preceding || frame.end == BoundKind::current_row)))
        complain("unsupported frame specification", unit.span);
    return frame;
}

// frame_bound ::= UNBOUNDED PRECEDING (start only) | UNBOUNDED FOLLOWING (end only) | CURRENT ROW | expr PRECEDING |
// expr FOLLOWING
BoundKind Parser::parse_frame_bound(ExprPtr& offset, bool is_start)
{
    Production production(*this);
    if (accept(TokenKind::unbounded)) {
        expect(is_start ? TokenKind::preceding : TokenKind::following);
        return is_start ? BoundKind::unbounded_preceding : BoundKind::unbounded_following;
    }
    if (accept(TokenKind::current)) {
        expect(TokenKind::row);
        return BoundKind::current_row;
    }
    offset = parse_expr();
    if (accept(TokenKind::preceding))
        return BoundKind::preceding;
    expect(TokenKind::following);
    return BoundKind::following;
}

// frame_exclude_opt ::= nothing | EXCLUDE (NO OTHERS | CURRENT ROW | GROUP | TIES)
Exclude Parser::parse_frame_exclude()
{
    if (!accept(TokenKind::exclude))
        return Exclude::none;
    if (accept(TokenKind::no)) {
        expect(TokenKind::others);
        return Exclude::no_others;
    }
    if (accept(TokenKind::current)) {
        expect(TokenKind::row);
        return Exclude::current_row;
    }
    if (accept(TokenKind::group))
        return Exclude::group;
    expect(TokenKind::ties);
    return Exclude::ties;
}

// window_clause ::= WINDOW nm AS ( window ) [, nm AS ( window )]*
std::vector<SelectCore::NamedWindow> Parser::parse_window_clause()
{
    std::vector<SelectCore::NamedWindow> windows;
    if (!accept(TokenKind::window))
        return windows;
    Production production(*this);
    do {
        SelectCore::NamedWindow named;
        named.name = parse_nm();
        expect(TokenKind::as);
        expect(TokenKind::left_paren);
        named.window = parse_window();
        expect(TokenKind::right_paren);
        windows.push_back(std::move(named));
        production.becomes(1);
    } while (accept(TokenKind::comma));
    return windows;
}

} // namespace howdah::dialect
