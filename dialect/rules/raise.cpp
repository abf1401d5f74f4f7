// raise:  RAISE(ABORT, 'm')  =>  howdah.err('m', 'HW019')      ROLLBACK => HW01R, FAIL => HW01F
//
// RAISE(IGNORE) leaves the trigger without an error, which only the trigger's own text can do.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering&)
{
    const auto* n = as<Raise>(expr);
    if (!n)
        return std::nullopt;
    std::string_view state = "HW019";
    if (n->action == ConflictAction::ignore)
        throw refusal("RAISE(IGNORE) inside an expression cannot be run; write SELECT RAISE(IGNORE) WHERE …",
                      expr.span);
    if (n->action == ConflictAction::rollback)
        state = "HW01R";
    else if (n->action == ConflictAction::fail)
        state = "HW01F";
    const std::string text = call("howdah.err", {literal(n->message).text, quote_string(state)});
    return Fragment{text, PgType::text, text_or_null};
}

} // namespace

const Rule raise{"raise", lower};

} // namespace howdah::dialect::rules
