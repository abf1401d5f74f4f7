// round:  round(x, n)  =>  howdah.round_(x, n)
//         round(x, 2)  =>  howdah.round_quick(x, 2, 100)      where x is a column or a little arithmetic
//
// Half away from zero on the printed decimal, always REAL; PostgreSQL rounds a float half to even. It writes
// round_quick() into the query, unless that computed a costly x many times.
#include "dialect/rules/index_form.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/walk.hpp"

#include <cmath>

namespace howdah::dialect::rules {

namespace {

constexpr std::int64_t most_quick_digits = 5;
constexpr int most_nodes = 7;

class Nodes : public Visitor {
public:
    int count = 0;
    bool simple = true;
    bool enter(const Expr& e) override
    {
        ++count;
        const auto* column = as<ColumnRef>(e);
        const auto* binary = as<Binary>(e);
        const auto* unary = as<Unary>(e);
        simple = simple && ((column && column->source) || as<Literal>(e) || as<Parenthesized>(e) ||
                            (unary && unary->op == UnaryOp::minus) ||
                            (binary && (binary->op == BinaryOp::add || binary->op == BinaryOp::subtract ||
                                        binary->op == BinaryOp::multiply)));
        return simple;
    }
};

// One that is computed in a few steps of PostgreSQL's own.
bool is_cheap(const Expr& expr, const Fragment& f)
{
    Nodes nodes;
    walk(expr, nodes);
    return nodes.simple && nodes.count <= most_nodes && f.text.find("howdah.") == std::string::npos;
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"round"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_real(lowering.value(*n->args[0]));
    if (n->args.size() == 1)
        return Fragment{call("howdah.round_", {x.text}), PgType::float8, strict(StorageClass::real, {&x})};
    const Fragment digits = to_integer(lowering.value(*n->args[1]));
    const Classes classes = strict(StorageClass::real, {&x, &digits});
    const auto d = integer_literal(*n->args[1]);
    if (d && *d >= 1 && *d <= most_quick_digits && is_cheap(*n->args[0], x) && !has_index_form(*n, lowering)) {
        const std::string scale = literal(std::pow(10.0, static_cast<double>(*d))).text;
        return Fragment{call("howdah.round_quick", {x.text, digits.text, scale}), PgType::float8, classes};
    }
    return Fragment{call("howdah.round_", {x.text, digits.text}), PgType::float8, classes};
}

} // namespace

const Rule round{"round", lower};

} // namespace howdah::dialect::rules
