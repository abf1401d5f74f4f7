// replace:  replace(x, y, z)  =>  replace(text(x), text(y), text(z))
//
// With an empty y SQLite gives x as it is, of its own class, and never looks at z.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"replace"});
    if (!n)
        return std::nullopt;
    const std::vector<Fragment> args = values(n->args, lowering);
    const Fragment x = to_text(args[0]);
    const Fragment y = to_text(args[1]);
    const Fragment z = to_text(args[2]);
    const Fragment replaced{call("replace", {x.text, y.text, z.text}), PgType::text,
                            strict(StorageClass::text, {&x, &y, &z})};
    const auto pattern = text_literal(*n->args[1]);
    if (pattern && !pattern->empty())
        return replaced;
    if (args[0].type == PgType::bytea)
        return Fragment{"(CASE WHEN " + y.text + " = '' THEN " + x.text + " ELSE " + replaced.text + " END)",
                        PgType::text, x.classes | replaced.classes};
    // An empty pattern leaves a number the number it is; a blob has become a text.
    const PgType type = wider(args[0].type, PgType::text);
    std::string same = widen(args[0], type).text;
    if (args[0].type == PgType::v)
        same = "CASE WHEN (" + args[0].text + ").n IS NOT NULL THEN " + same + " ELSE " + widen(x, type).text + " END";
    return Fragment{"(CASE WHEN " + y.text + " = '' THEN " + same + " ELSE " + widen(replaced, type).text + " END)",
                    type, args[0].classes | replaced.classes};
}

} // namespace

const Rule replace{"replace", lower};

} // namespace howdah::dialect::rules
