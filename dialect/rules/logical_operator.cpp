// logical:  a AND b, a OR b, NOT a  =>  the same over the truth of each
//
// Any value has a truth in SQLite: a number that is not zero, a text whose numeric prefix is not.
#include "dialect/rules/rules.hpp"
#include "dialect/walk.hpp"

namespace howdah::dialect::rules {

namespace {

// https://sqlite.org/lang_createtrigger.html: SQLite computes both sides of AND and OR, so a RAISE there is always met.
class FindRaise : public Visitor {
public:
    bool found = false;
    bool enter(const Expr& e) override
    {
        found = found || as<Raise>(e);
        return !found;
    }
};

void refuse_raise(const Expr& side)
{
    FindRaise visitor;
    walk(side, visitor);
    if (visitor.found)
        throw refusal("RAISE under AND or OR; write CASE WHEN … THEN RAISE(…) END", side.span);
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    if (const auto* n = as<Unary>(expr); n && n->op == UnaryOp::logical_not) {
        const Fragment f = lowering.condition(*n->operand);
        return predicate_fragment("(NOT " + f.text + ")", {&f});
    }
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::logical_and && n->op != BinaryOp::logical_or))
        return std::nullopt;
    if (lowering.in_trigger)
        for (const Expr* side : {n->lhs.get(), n->rhs.get()})
            refuse_raise(*side);
    const Fragment a = lowering.condition(*n->lhs);
    const Fragment b = lowering.condition(*n->rhs);
    return predicate_fragment("(" + a.text + (n->op == BinaryOp::logical_and ? " AND " : " OR ") + b.text + ")",
                              {&a, &b});
}

} // namespace

const Rule logical_operator{"logical", lower};

} // namespace howdah::dialect::rules
