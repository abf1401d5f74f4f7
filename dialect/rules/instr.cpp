// instr:  instr(x, y)  =>  strpos(x, y)      of two blobs position(y IN x), in bytes
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"instr"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    const Fragment y = lowering.value(*n->args[1]);
    const Classes classes = strict(integer, {&x, &y});
    if (only_null(x) || only_null(y))
        return null_of(PgType::int8);
    if (x.type == PgType::bytea && y.type == PgType::bytea)
        return integer_fragment("position(" + y.text + " IN " + x.text + ")", classes);
    if (x.type == PgType::v || y.type == PgType::v)
        return Fragment{call("howdah.instr_v", {widen(x, PgType::v).text, widen(y, PgType::v).text}), PgType::int8,
                        classes};
    if (x.type == PgType::bytea || y.type == PgType::bytea)
        return integer_fragment(call("howdah.instr_b", {to_blob(x).text, to_blob(y).text}), classes);
    return integer_fragment(call("strpos", {to_text(x).text, to_text(y).text}), classes);
}

} // namespace

const Rule instr{"instr", lower};

} // namespace howdah::dialect::rules
