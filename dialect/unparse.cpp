// Expressions as SQLite's SQL.
#include "dialect/lexer.hpp"
#include "dialect/mirror.hpp"
#include "dialect/parser.hpp"
#include "dialect/unparser.hpp"

#include <cmath>
#include <cstdio>

namespace howdah::dialect {

namespace {

std::string_view spelled(BinaryOp op)
{
    static constexpr std::string_view names[] = {"+",  "-", "*",  "/", "%",  "||", "&",      "|",   "<<", ">>", "=",
                                                 "<>", "<", "<=", ">", ">=", "IS", "IS NOT", "AND", "OR", "->", "->>"};
    return names[static_cast<std::size_t>(op)];
}

int strength(BinaryOp op)
{
    switch (op) {
    case BinaryOp::logical_or:
        return 1;
    case BinaryOp::logical_and:
        return 2;
    case BinaryOp::equal:
    case BinaryOp::not_equal:
    case BinaryOp::is:
    case BinaryOp::is_not:
        return 3;
    case BinaryOp::less:
    case BinaryOp::less_equal:
    case BinaryOp::greater:
    case BinaryOp::greater_equal:
        return 4;
    case BinaryOp::bit_and:
    case BinaryOp::bit_or:
    case BinaryOp::shift_left:
    case BinaryOp::shift_right:
        return 5;
    case BinaryOp::add:
    case BinaryOp::subtract:
        return 6;
    case BinaryOp::multiply:
    case BinaryOp::divide:
    case BinaryOp::modulo:
        return 7;
    default:
        return 8;
    }
}

bool is_plain_name(std::string_view text)
{
    if (text.empty() || (text[0] >= '0' && text[0] <= '9'))
        return false;
    for (const char c : text)
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
            return false;
    return keyword(text) == TokenKind::id;
}

std::string in_quotes(std::string_view text, char quote)
{
    std::string out(1, quote);
    for (const char c : text) {
        out += c;
        if (c == quote)
            out += c;
    }
    return out + quote;
}

std::string hex(std::string_view bytes)
{
    std::string out = "x'";
    for (const char c : bytes) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out + "'";
}

// The shortest text that SQLite reads as this very number: its reader does not round correctly in every last place.
std::string real_literal(double value)
{
    if (std::isinf(value))
        return value > 0 ? "9e999" : "-9e999";
    std::string text;
    for (int digits = 15; digits <= 25; ++digits) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, value);
        text = buffer;
        if (text.find_first_of(".e") == std::string::npos)
            text += ".0";
        const Value read = numeric_text(text);
        if (const auto* r = std::get_if<double>(&read); r && *r == value)
            break;
    }
    return text;
}

// What can stand beside an operator as it is.
struct IsPrimary {
    bool operator()(const Literal& e) const
    {
        const auto* i = std::get_if<std::int64_t>(&e.value);
        const auto* r = std::get_if<double>(&e.value);
        return !(i && *i < 0) && !(r && std::signbit(*r));
    }
    bool operator()(const CurrentTime&) const { return true; }
    bool operator()(const Parameter&) const { return true; }
    bool operator()(const ColumnRef&) const { return true; }
    bool operator()(const Case&) const { return true; }
    bool operator()(const Cast&) const { return true; }
    bool operator()(const Call&) const { return true; }
    bool operator()(const Exists& e) const { return !e.negated; }
    bool operator()(const Subquery&) const { return true; }
    bool operator()(const RowValue&) const { return true; }
    bool operator()(const Raise&) const { return true; }
    bool operator()(const Parenthesized&) const { return true; }
    template <typename Other>
    bool operator()(const Other&) const
    {
        return false;
    }
};

} // namespace

void Unparser::word(std::string_view w)
{
    if (!out_.empty() && out_.back() != ' ' && out_.back() != '(')
        out_ += ' ';
    out_ += w;
}

// A bare word stays one unless it could be taken for a keyword. Other names than "x" are written `x`, which is never a
// string.
void Unparser::name(const Name& n)
{
    if (n.quote == '"' || n.quote == '\'')
        raw(in_quotes(n.text, '"'));
    else if (n.quote == 0 && is_plain_name(n.text))
        raw(n.text);
    else
        raw(in_quotes(n.text, '`'));
}

void Unparser::qualified(const QualifiedName& n)
{
    if (!n.schema.empty()) {
        name(n.schema);
        raw(".");
    }
    name(n.name);
}

void Unparser::string(std::string_view text)
{
    if (text.find('\0') != std::string_view::npos)
        raw("CAST(" + hex(text) + " AS TEXT)");
    else
        raw(in_quotes(text, '\''));
}

void Unparser::names(const std::vector<Name>& items)
{
    if (items.empty())
        return;
    raw("(");
    list(items, [this](const Name& n) { name(n); });
    raw(")");
}

// A type that does not read as one was written in quotes, or has a comment in it.
void Unparser::type(std::string_view declared)
{
    bool readable = !declared.empty();
    for (const Token& token : lex(declared)) {
        const bool word =
            token.kind == TokenKind::id || token.kind == TokenKind::string || falls_back_to_id(token.kind);
        const bool number = token.kind >= TokenKind::left_paren && token.kind <= TokenKind::minus;
        readable =
            readable && (word || number || token.kind == TokenKind::integer || token.kind == TokenKind::floating);
    }
    readable =
        readable && declared.find("/*") == std::string_view::npos && declared.find("--") == std::string_view::npos;
    raw(readable ? std::string(declared) : in_quotes(declared, '"'));
}

void Unparser::expr(const Expr& e)
{
    std::visit([this](const auto& n) { node(n); }, e.node);
}

void Unparser::operand(const Expr& e)
{
    const bool primary = std::visit(IsPrimary{}, e.node);
    raw(primary ? "" : "(");
    expr(e);
    raw(primary ? "" : ")");
}

void Unparser::node(const Literal& e)
{
    switch (e.form) {
    case Literal::Form::null:
        return raw("NULL");
    case Literal::Form::boolean:
        return raw(std::get<std::int64_t>(e.value) ? "TRUE" : "FALSE");
    case Literal::Form::number:
    case Literal::Form::string:
    case Literal::Form::blob:
        break;
    }
    const ValueView v = view(e.value);
    switch (v.type) {
    case StorageClass::null: // a hexadecimal number that is too big, and must stay so
        return raw("0x10000000000000000");
    case StorageClass::integer:
        return raw(std::to_string(v.integer));
    case StorageClass::real:
        return raw(real_literal(v.real));
    case StorageClass::text:
        return string(v.bytes);
    case StorageClass::blob:
        return raw(hex(v.bytes));
    }
}

void Unparser::node(const CurrentTime& e)
{
    raw(e.form == CurrentTime::Form::time   ? "CURRENT_TIME"
        : e.form == CurrentTime::Form::date ? "CURRENT_DATE"
                                            : "CURRENT_TIMESTAMP");
}

void Unparser::node(const Parameter& e) { raw("?" + std::to_string(e.index)); }

void Unparser::node(const ColumnRef& e)
{
    if (e.as_string)
        return string(e.column.text);
    if (e.alias_of) {
        raw("(");
        expr(*e.alias_of);
        return raw(")");
    }
    for (const Name* n : {&e.schema, &e.table})
        if (!n->empty()) {
            name(*n);
            raw(".");
        }
    name(e.column);
}

void Unparser::node(const Unary& e)
{
    switch (e.op) {
    case UnaryOp::minus:
        raw("- ");
        return operand(*e.operand);
    case UnaryOp::plus:
        raw("+");
        return operand(*e.operand);
    case UnaryOp::bit_not:
        raw("~");
        return operand(*e.operand);
    case UnaryOp::logical_not:
        raw("NOT ");
        return operand(*e.operand);
    case UnaryOp::is_null:
        operand(*e.operand);
        return raw(" IS NULL");
    case UnaryOp::not_null:
        operand(*e.operand);
        return raw(" IS NOT NULL");
    }
}

// A chain of operators of one strength needs no parentheses on its left, and a long one could not have them: SQLite's
// parser nests only so deep.
void Unparser::node(const Binary& e)
{
    const auto* left = as<Binary>(*e.lhs);
    if (left && strength(left->op) == strength(e.op))
        expr(*e.lhs);
    else
        operand(*e.lhs);
    word(spelled(e.op));
    raw(" ");
    operand(*e.rhs);
}

void Unparser::node(const Between& e)
{
    operand(*e.operand);
    raw(e.negated ? " NOT BETWEEN " : " BETWEEN ");
    operand(*e.low);
    raw(" AND ");
    operand(*e.high);
}

void Unparser::node(const In& e)
{
    operand(*e.operand);
    raw(e.negated ? " NOT IN " : " IN ");
    if (e.table_form) {
        const TableRef& t = e.select->cores.front().from->items.front().table;
        qualified(t.table);
        if (!t.is_function)
            return;
        raw("(");
        exprs(t.args);
        return raw(")");
    }
    raw("(");
    if (e.select)
        select(*e.select);
    else
        exprs(e.list);
    raw(")");
}

void Unparser::node(const Like& e)
{
    static constexpr std::string_view names[] = {"LIKE", "GLOB", "REGEXP", "MATCH"};
    operand(*e.operand);
    word(e.negated ? "NOT " : "");
    raw(names[static_cast<std::size_t>(e.op)]);
    raw(" ");
    operand(*e.pattern);
    if (e.escape) {
        raw(" ESCAPE ");
        operand(*e.escape);
    }
}

void Unparser::node(const Case& e)
{
    raw("CASE");
    clause("", e.operand);
    for (const Case::When& when : e.whens) {
        clause("WHEN", when.condition);
        clause("THEN", when.result);
    }
    clause("ELSE", e.otherwise);
    raw(" END");
}

void Unparser::node(const Cast& e)
{
    raw("CAST(");
    expr(*e.operand);
    raw(" AS ");
    type(e.type);
    raw(")");
}

void Unparser::node(const Collate& e)
{
    operand(*e.operand);
    raw(" COLLATE ");
    name(e.collation);
}

void Unparser::node(const Call& e)
{
    name(e.name);
    raw("(");
    raw(e.star ? "*" : e.distinct ? "DISTINCT " : "");
    exprs(e.args);
    raw(")");
    if (e.filter) {
        raw(" FILTER (WHERE ");
        expr(*e.filter);
        raw(")");
    }
    if (!e.over)
        return;
    raw(" OVER ");
    if (!e.over->reference.empty())
        return name(e.over->reference);
    raw("(");
    window(*e.over);
    raw(")");
}

void Unparser::node(const Exists& e)
{
    raw(e.negated ? "NOT EXISTS (" : "EXISTS (");
    select(*e.select);
    raw(")");
}

void Unparser::node(const Subquery& e)
{
    raw("(");
    select(*e.select);
    raw(")");
}

void Unparser::node(const RowValue& e)
{
    raw("(");
    exprs(e.members);
    raw(")");
}

void Unparser::node(const Raise& e)
{
    if (e.action == ConflictAction::ignore)
        return raw("RAISE(IGNORE)");
    raw(e.action == ConflictAction::abort  ? "RAISE(ABORT, "
        : e.action == ConflictAction::fail ? "RAISE(FAIL, "
                                           : "RAISE(ROLLBACK, ");
    raw(in_quotes(e.message, '\''));
    raw(")");
}

void Unparser::node(const Parenthesized& e)
{
    raw("(");
    expr(*e.inner);
    raw(")");
}

std::string unparse(const Expr& expr)
{
    Unparser unparser;
    unparser.expr(expr);
    return unparser.take();
}

std::string unparse(const Select& select)
{
    Unparser unparser;
    unparser.select(select);
    return unparser.take();
}

std::string unparse(const Statement& statement)
{
    Unparser unparser;
    unparser.statement(statement);
    return unparser.take();
}

} // namespace howdah::dialect
