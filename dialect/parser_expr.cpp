// Expressions (https://sqlite.org/lang_expr.html): operators, with the precedence that parse.y declares.
#include "dialect/productions.hpp"

#include <algorithm>
#include <limits>

namespace howdah::dialect {

namespace {

constexpr int height_limit = 1000; // SQLITE_MAX_EXPR_DEPTH

int height_of(const ExprPtr& e) { return e ? e->height : 0; }

int height_of(const std::vector<ExprPtr>& list)
{
    int h = 0;
    for (const ExprPtr& e : list)
        h = std::max(h, height_of(e));
    return h;
}

int height_of(const std::vector<OrderingTerm>& terms)
{
    int h = 0;
    for (const OrderingTerm& term : terms)
        h = std::max(h, height_of(term.expr));
    return h;
}

// As SQLite's heightOfSelect: everything but FROM.
int height_of(const SelectPtr& select)
{
    if (!select)
        return 0;
    int h = std::max({height_of(select->order_by), height_of(select->limit), height_of(select->offset)});
    for (const SelectCore& core : select->cores) {
        h = std::max({h, height_of(core.where), height_of(core.group_by), height_of(core.having)});
        for (const ResultColumn& column : core.columns)
            h = std::max(h, height_of(column.expr));
        for (const auto& row : core.values)
            h = std::max(h, height_of(row));
    }
    return h;
}

struct ChildHeight {
    int operator()(const Unary& e) const { return height_of(e.operand); }
    int operator()(const Binary& e) const { return std::max(height_of(e.lhs), height_of(e.rhs)); }
    int operator()(const Between& e) const
    {
        return std::max({height_of(e.operand), height_of(e.low), height_of(e.high)});
    }
    int operator()(const In& e) const
    {
        return std::max({height_of(e.operand), height_of(e.list), height_of(e.select)});
    }
    int operator()(const Like& e) const
    {
        return std::max({height_of(e.operand), height_of(e.pattern), height_of(e.escape)});
    }
    int operator()(const Case& e) const
    {
        int h = std::max(height_of(e.operand), height_of(e.otherwise));
        for (const Case::When& when : e.whens)
            h = std::max({h, height_of(when.condition), height_of(when.result)});
        return h;
    }
    int operator()(const Cast& e) const { return height_of(e.operand); }
    int operator()(const Collate& e) const { return height_of(e.operand); }
    int operator()(const Call& e) const { return std::max(height_of(e.args), height_of(e.filter)); }
    int operator()(const Exists& e) const { return height_of(e.select); }
    int operator()(const Subquery& e) const { return height_of(e.select); }
    int operator()(const RowValue& e) const { return height_of(e.members); }
    // Parentheses are no node of SQLite's.
    int operator()(const Parenthesized& e) const { return height_of(e.inner) - 1; }
    template <typename Leaf>
    int operator()(const Leaf&) const
    {
        return 0;
    }
};

BinaryOp binary_op(TokenKind kind, bool long_arrow)
{
    switch (kind) {
    case TokenKind::or_:
        return BinaryOp::logical_or;
    case TokenKind::and_:
        return BinaryOp::logical_and;
    case TokenKind::equal:
        return BinaryOp::equal;
    case TokenKind::not_equal:
        return BinaryOp::not_equal;
    case TokenKind::less:
        return BinaryOp::less;
    case TokenKind::less_equal:
        return BinaryOp::less_equal;
    case TokenKind::greater:
        return BinaryOp::greater;
    case TokenKind::greater_equal:
        return BinaryOp::greater_equal;
    case TokenKind::bit_and:
        return BinaryOp::bit_and;
    case TokenKind::bit_or:
        return BinaryOp::bit_or;
    case TokenKind::shift_left:
        return BinaryOp::shift_left;
    case TokenKind::shift_right:
        return BinaryOp::shift_right;
    case TokenKind::plus:
        return BinaryOp::add;
    case TokenKind::minus:
        return BinaryOp::subtract;
    case TokenKind::star:
        return BinaryOp::multiply;
    case TokenKind::slash:
        return BinaryOp::divide;
    case TokenKind::rem:
        return BinaryOp::modulo;
    case TokenKind::concat:
        return BinaryOp::concat;
    default:
        return long_arrow ? BinaryOp::long_arrow : BinaryOp::arrow;
    }
}

LikeOp like_op(std::string_view keyword)
{
    switch (keyword.front() | 0x20) {
    case 'g':
        return LikeOp::glob;
    case 'r':
        return LikeOp::regexp;
    case 'm':
        return LikeOp::match;
    default:
        return LikeOp::like;
    }
}

bool is_null_literal(const Expr& expr)
{
    const auto* literal = as<Literal>(bare(expr));
    return literal && literal->form == Literal::Form::null;
}

} // namespace

ExprPtr Parser::make(Expr::Node node, std::uint32_t begin)
{
    auto expr = std::make_unique<Expr>();
    expr->height = 1 + std::visit(ChildHeight{}, node);
    expr->node = std::move(node);
    expr->span = {begin, last_end_};
    if (expr->height > height_limit)
        complain("Expression tree is too large (maximum depth " + std::to_string(height_limit) + ")", expr->span);
    return expr;
}

// ------------------------------------------------------------------------------------------------------- operators

int Parser::strength_of(TokenKind kind)
{
    switch (kind) {
    case TokenKind::or_:
        return or_strength;
    case TokenKind::and_:
        return and_strength;
    case TokenKind::not_: // NOT LIKE, NOT IN, NOT BETWEEN, NOT NULL bind as the prefix NOT does
        return not_strength;
    case TokenKind::is:
    case TokenKind::match:
    case TokenKind::like_kw:
    case TokenKind::between:
    case TokenKind::in:
    case TokenKind::isnull:
    case TokenKind::notnull:
    case TokenKind::not_equal:
    case TokenKind::equal:
        return equality;
    case TokenKind::greater:
    case TokenKind::less_equal:
    case TokenKind::less:
    case TokenKind::greater_equal:
        return inequality;
    case TokenKind::bit_and:
    case TokenKind::bit_or:
    case TokenKind::shift_left:
    case TokenKind::shift_right:
        return bits;
    case TokenKind::plus:
    case TokenKind::minus:
        return sum;
    case TokenKind::star:
    case TokenKind::slash:
    case TokenKind::rem:
        return product;
    case TokenKind::concat:
    case TokenKind::pointer:
        return concatenation;
    case TokenKind::collate:
        return collation;
    default:
        return any_strength;
    }
}

ExprPtr Parser::parse_expr() { return parse_operators(or_strength); }

// An expression of operators that bind at least as strongly as `at_least`. Every infix operator is left-associative.
// With `and_ends` an AND that would stand at the top belongs to BETWEEN and ends the expression.
ExprPtr Parser::parse_operators(int at_least, bool and_ends)
{
    Production production(*this);
    ExprPtr lhs = parse_prefix();
    for (;;) {
        production.becomes(1);
        const int strength = strength_of(kind());
        if (strength == any_strength || strength < at_least || (and_ends && strength == and_strength))
            return lhs;
        lhs = parse_infix(std::move(lhs), strength);
    }
}

// expr ::= expr op expr | expr COLLATE ids | expr ISNULL | expr NOTNULL | …
ExprPtr Parser::parse_infix(ExprPtr lhs, int strength)
{
    const std::uint32_t begin = lhs->span.begin;
    switch (kind()) {
    case TokenKind::not_:
        return parse_infix_not(std::move(lhs));
    case TokenKind::is:
        return parse_is(std::move(lhs));
    case TokenKind::like_kw:
    case TokenKind::match:
        return parse_like(std::move(lhs), false);
    case TokenKind::between:
        return parse_between(std::move(lhs), false);
    case TokenKind::in:
        return parse_in(std::move(lhs), false);
    case TokenKind::isnull:
        shift();
        return make(Unary{UnaryOp::is_null, std::move(lhs)}, begin);
    case TokenKind::notnull:
        shift();
        return make(Unary{UnaryOp::not_null, std::move(lhs)}, begin);
    case TokenKind::collate: {
        shift();
        Name collation = parse_ids();
        return make(Collate{std::move(lhs), std::move(collation)}, begin);
    }
    default: {
        const Token token = shift();
        ExprPtr rhs = parse_operators(strength + 1);
        return make(Binary{binary_op(token.kind, text(token) == "->>"), std::move(lhs), std::move(rhs)}, begin);
    }
    }
}

// expr ::= expr IS expr | expr IS NOT expr | expr IS [NOT] DISTINCT FROM expr
ExprPtr Parser::parse_is(ExprPtr lhs)
{
    const std::uint32_t begin = lhs->span.begin;
    shift();
    bool negated = accept(TokenKind::not_);
    if (accept(TokenKind::distinct)) {
        expect(TokenKind::from);
        negated = !negated;
    }
    ExprPtr rhs = parse_operators(equality + 1);
    if (is_null_literal(*rhs))
        return make(Unary{negated ? UnaryOp::not_null : UnaryOp::is_null, std::move(lhs)}, begin);
    return make(Binary{negated ? BinaryOp::is_not : BinaryOp::is, std::move(lhs), std::move(rhs)}, begin);
}

// expr ::= expr NOT NULL | expr NOT (LIKE_KW | MATCH | BETWEEN | IN) …
ExprPtr Parser::parse_infix_not(ExprPtr lhs)
{
    const std::uint32_t begin = lhs->span.begin;
    shift();
    switch (kind()) {
    case TokenKind::null:
        shift();
        return make(Unary{UnaryOp::not_null, std::move(lhs)}, begin);
    case TokenKind::like_kw:
    case TokenKind::match:
        return parse_like(std::move(lhs), true);
    case TokenKind::between:
        return parse_between(std::move(lhs), true);
    case TokenKind::in:
        return parse_in(std::move(lhs), true);
    default:
        syntax_error();
    }
}

// expr ::= expr likeop expr [ESCAPE expr]
ExprPtr Parser::parse_like(ExprPtr lhs, bool negated)
{
    const std::uint32_t begin = lhs->span.begin;
    const Token keyword = shift();
    Like like{like_op(text(keyword)), negated, std::move(lhs), nullptr, nullptr, name_of_token(keyword)};
    like.pattern = parse_operators(equality + 1);
    if (accept(TokenKind::escape))
        like.escape = parse_operators(equality + 1);
    return make(std::move(like), begin);
}

// expr ::= expr [NOT] BETWEEN expr AND expr
ExprPtr Parser::parse_between(ExprPtr lhs, bool negated)
{
    const std::uint32_t begin = lhs->span.begin;
    shift();
    Between between{negated, std::move(lhs), nullptr, nullptr};
    between.low = parse_operators(or_strength, true);
    expect(TokenKind::and_);
    between.high = parse_operators(equality + 1);
    return make(std::move(between), begin);
}

// (a, b) IN ((c, d), …) is (a, b) IN (VALUES (c, d), …): every member of the list must be a row of as many.
void Parser::list_of_rows(In& in)
{
    const std::size_t expected = as<RowValue>(bare(*in.operand))->members.size();
    SelectCore core;
    core.span = {in.list.front()->span.begin, in.list.back()->span.end};
    for (ExprPtr& member : in.list) {
        auto* row = as<RowValue>(bare(*member));
        const std::size_t width = row ? row->members.size() : 1;
        if (width != expected)
            return complain("IN(...) element has " + std::to_string(width) + " term" + (width > 1 ? "s" : "") +
                                " - expected " + std::to_string(expected),
                            member->span);
        core.values.push_back(std::move(row->members));
    }
    in.list.clear();
    in.select = std::make_unique<Select>();
    in.select->span = core.span;
    in.select->cores.push_back(std::move(core));
}

// expr ::= expr in_op ( exprlist ) | expr in_op ( select ) | expr in_op nm dbnm [( exprlist )]
ExprPtr Parser::parse_in(ExprPtr lhs, bool negated)
{
    const std::uint32_t begin = lhs->span.begin;
    shift();
    depth_ -= negated ? 1 : 0; // in_op ::= NOT IN
    In in;
    in.negated = negated;
    in.operand = std::move(lhs);
    if (accept(TokenKind::left_paren)) {
        if (at_select())
            in.select = parse_select();
        else
            in.list = parse_exprlist();
        expect(TokenKind::right_paren);
        if (!in.list.empty() && as<RowValue>(bare(*in.operand)))
            list_of_rows(in);
        return make(std::move(in), begin);
    }
    const std::uint32_t table_begin = peek().span.begin;
    FromClause::Item item;
    item.table.table = parse_fullname();
    if (accept(TokenKind::left_paren)) {
        item.table.args = parse_exprlist();
        item.table.is_function = !item.table.args.empty();
        expect(TokenKind::right_paren);
    }
    const Span span{table_begin, last_end_};
    SelectCore core;
    core.span = span;
    core.columns.emplace_back().star = true;
    core.columns.back().span = span;
    core.from.emplace().items.push_back(std::move(item));
    in.select = std::make_unique<Select>();
    in.select->span = span;
    in.select->cores.push_back(std::move(core));
    in.table_form = true;
    return make(std::move(in), begin);
}

// expr ::= NOT expr | ~ expr | + expr | - expr
ExprPtr Parser::parse_prefix()
{
    switch (kind()) {
    case TokenKind::not_: {
        Production production(*this);
        const Token token = shift();
        ExprPtr operand = parse_operators(not_strength);
        if (auto* exists = as<Exists>(*operand); exists && !exists->negated)
            return make(Exists{true, std::move(exists->select)}, token.span.begin);
        return make(Unary{UnaryOp::logical_not, std::move(operand)}, token.span.begin);
    }
    case TokenKind::bit_not:
    case TokenKind::plus: {
        Production production(*this);
        const Token token = shift();
        ExprPtr operand = parse_prefix();
        return make(Unary{token.kind == TokenKind::plus ? UnaryOp::plus : UnaryOp::bit_not, std::move(operand)},
                    token.span.begin);
    }
    case TokenKind::minus: {
        Production production(*this);
        return parse_negation(shift());
    }
    default:
        return parse_operand();
    }
}

// A minus before an integer is part of it, because -9223372036854775808 is an INTEGER and 9223372036854775808 is not.
ExprPtr Parser::parse_negation(const Token& minus)
{
    ExprPtr operand;
    if (at(TokenKind::integer)) {
        Production production(*this);
        operand = number(shift(), true);
    } else {
        operand = parse_prefix();
    }
    const auto* literal = as<Literal>(bare(*operand));
    const auto* real = literal ? std::get_if<double>(&literal->value) : nullptr;
    if (real && *real == 9223372036854775808.0) {
        std::string_view digits = bare(*operand).span.of(sql_);
        while (digits.starts_with('0'))
            digits.remove_prefix(1);
        if (digits == "9223372036854775808")
            return make(Literal{Literal::Form::number, std::numeric_limits<std::int64_t>::min()}, minus.span.begin);
    }
    return make(Unary{UnaryOp::minus, std::move(operand)}, minus.span.begin);
}

} // namespace howdah::dialect
