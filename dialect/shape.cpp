#include "dialect/shape.hpp"

#include "dialect/lexer.hpp"
#include "dialect/mirror.hpp"

#include <algorithm>
#include <cmath>

namespace howdah::dialect {

namespace {

using Kind = TokenKind;

// More are compiled as they are: a plan for each number of rows would not be found again.
constexpr std::size_t most_literals = 256;

bool is_comparison(Kind kind)
{
    return kind == Kind::equal || kind == Kind::not_equal || kind == Kind::less || kind == Kind::less_equal ||
           kind == Kind::greater || kind == Kind::greater_equal;
}

bool is_literal(Kind kind)
{
    return kind == Kind::integer || kind == Kind::floating || kind == Kind::string || kind == Kind::blob;
}

// Between numbers; -> and ->> are not among them, whose right operand says what is meant by its class and form.
bool is_arithmetic(Kind kind)
{
    return kind == Kind::plus || kind == Kind::minus || kind == Kind::star || kind == Kind::slash ||
           kind == Kind::rem || kind == Kind::concat;
}

// Begins a part of the statement in which no literal is lifted.
bool begins_other_clause(Kind kind)
{
    switch (kind) {
    case Kind::from:
    case Kind::group:
    case Kind::order:
    case Kind::limit:
    case Kind::having:
    case Kind::window:
    case Kind::union_:
    case Kind::except:
    case Kind::intersect:
    case Kind::returning:
    case Kind::on:
        return true;
    default:
        return false;
    }
}

// What may follow an operand that is complete.
bool ends_operand(Kind kind)
{
    switch (kind) {
    case Kind::end_of_input:
    case Kind::semi:
    case Kind::right_paren:
    case Kind::comma:
    case Kind::and_:
    case Kind::or_:
    case Kind::where:
        return true;
    default:
        return begins_other_clause(kind);
    }
}

// Where in the statement the outermost level is.
enum class Clause { other, results, where, values, set };

struct Lifter {
    std::string_view sql;
    Shape& shape;
    bool writes = false; // INSERT or REPLACE: VALUES gives its rows
    Clause clause = Clause::other;
    enum class Parenthesis { group, list, other }; // around an operand; after IN; a call, a subquery, names
    std::vector<Parenthesis> open{};
    bool between = false;           // its lower bound was lifted: the AND that follows is its own
    Kind last = Kind::end_of_input; // token that was passed
    std::size_t copied = 0;
    bool in_from = false;
    bool has_choice = false; // several tables, or several conditions: SQLite weighs them against each other
    bool has_or = false;

    bool takes_literal(Kind next) const
    {
        const bool list_value = last == Kind::comma || last == Kind::left_paren;
        switch (clause) {
        case Clause::where:
            if (is_comparison(last))
                return ends_operand(next);
            if (last == Kind::between)
                return next == Kind::and_;
            if (last == Kind::and_ && between)
                return ends_operand(next);
            return list_value && !open.empty() && open.back() == Parenthesis::list &&
                   (next == Kind::comma || next == Kind::right_paren);
        case Clause::values:
            return list_value && open.size() == 1 && (next == Kind::comma || next == Kind::right_paren);
        case Clause::set:
            return in_groups_only() && (is_arithmetic(last) || last == Kind::left_paren || last == Kind::equal) &&
                   (is_arithmetic(next) || ends_operand(next));
        case Clause::results:
            return open.empty() && (last == Kind::select || last == Kind::comma) && next == Kind::as;
        case Clause::other:
            break;
        }
        return false;
    }

    bool in_groups_only() const
    {
        return std::all_of(open.begin(), open.end(), [](Parenthesis p) { return p == Parenthesis::group; });
    }

    Parenthesis opened() const
    {
        if (last == Kind::in)
            return Parenthesis::list;
        const bool operand = is_arithmetic(last) || last == Kind::equal || last == Kind::left_paren;
        return operand ? Parenthesis::group : Parenthesis::other;
    }

    void enter(Kind kind)
    {
        switch (kind) {
        case Kind::select:
            clause = Clause::results;
            break;
        case Kind::where:
            clause = Clause::where;
            break;
        case Kind::values:
            clause = writes ? Clause::values : Clause::other;
            break;
        case Kind::set:
            clause = Clause::set;
            break;
        default:
            if (begins_other_clause(kind))
                clause = Clause::other;
            break;
        }
    }

    void pass(Kind kind)
    {
        has_or = has_or || kind == Kind::or_;
        has_choice = has_choice || kind == Kind::join || kind == Kind::and_ || (kind == Kind::comma && in_from);
        if (open.empty() && kind != Kind::comma && kind != Kind::id)
            in_from = kind == Kind::from || (in_from && !ends_operand(kind));
        if (kind == Kind::left_paren)
            open.push_back(opened());
        else if (kind == Kind::right_paren && !open.empty())
            open.pop_back();
        else if (open.empty())
            enter(kind);
        else if (kind == Kind::select)
            open.back() = Parenthesis::other;
        if (kind == Kind::and_ && last != Kind::integer && last != Kind::variable)
            between = false;
        last = kind;
    }

    // False: this value has no parameter that is the same.
    bool lift(const Token& token, std::size_t begin, bool negative, Kind next)
    {
        const std::string_view text = token.span.of(sql);
        Value value;
        switch (token.kind) {
        case Kind::string:
            value = unquoted(text);
            break;
        case Kind::integer:
        case Kind::floating: {
            if (text.size() > 1 && (text[1] == 'x' || text[1] == 'X'))
                return false;
            value = numeric_text(text);
            if (const auto* i = std::get_if<std::int64_t>(&value)) {
                if (token.kind == Kind::floating)
                    value = negative ? -static_cast<double>(*i) : static_cast<double>(*i);
                else if (negative)
                    value = -*i;
                // SQLite takes "= 0" and "= 1" for conditions that many rows meet, and a parameter for one of few.
                if (clause == Clause::where && last == Kind::equal && *i <= 1 && *i >= -1 &&
                    (has_choice || next == Kind::and_))
                    return false;
            } else if (const auto* r = std::get_if<double>(&value)) {
                if (token.kind == Kind::integer || std::isinf(*r))
                    return false;
                value = negative ? -*r : *r;
            } else {
                return false;
            }
            break;
        }
        default:
            return false;
        }
        shape.text.append(sql.substr(copied, begin - copied));
        shape.text.push_back('?');
        copied = token.span.end;
        shape.values.push_back(std::move(value));
        return true;
    }

    // SQLite sees that terms of an OR are alike by their literals.
    bool has_twins() const
    {
        for (std::size_t i = 1; i < shape.values.size(); ++i)
            for (std::size_t k = 0; k < i; ++k)
                if (shape.values[i] == shape.values[k])
                    return true;
        return false;
    }

    bool run()
    {
        Lexer lexer(sql);
        Token token = lexer.next();
        switch (token.kind) {
        case Kind::insert:
        case Kind::replace:
            writes = true;
            break;
        case Kind::select:
        case Kind::update:
        case Kind::delete_:
        case Kind::with:
            break;
        default:
            return false;
        }
        std::size_t sign = 0; // where the minus before a number begins
        bool negative = false;
        while (token.kind != Kind::end_of_input) {
            if (token.kind == Kind::variable || token.kind == Kind::illegal)
                return false;
            const Token next = lexer.next();
            if (is_literal(token.kind)) {
                const bool lower_bound = last == Kind::between;
                if (takes_literal(next.kind) && lift(token, negative ? sign : token.span.begin, negative, next.kind)) {
                    if (shape.values.size() > most_literals)
                        return false;
                    between = lower_bound;
                    last = Kind::variable;
                } else {
                    pass(token.kind);
                }
                negative = false;
            } else if (token.kind == Kind::minus && !negative &&
                       (next.kind == Kind::integer || next.kind == Kind::floating)) {
                negative = true; // the number decides with what stands before the sign
                sign = token.span.begin;
                if (!is_comparison(last) && last != Kind::comma && last != Kind::left_paren) {
                    negative = false;
                    pass(token.kind);
                }
            } else {
                pass(token.kind);
            }
            token = next;
        }
        if (shape.values.empty() || (has_or && has_twins()))
            return false;
        shape.text.append(sql.substr(copied));
        return true;
    }
};

} // namespace

bool lift_literals(std::string_view sql, Shape& shape)
{
    shape.text.clear();
    shape.values.clear();
    Lifter lifter{sql, shape};
    return lifter.run();
}

} // namespace howdah::dialect
