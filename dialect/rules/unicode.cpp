// unicode:  unicode(x)  =>  howdah.unicode(x)      char(a, b)  =>  howdah.char_(a, b)
//
// ascii('') is 0 where SQLite has NULL; char(0) is a text that PostgreSQL cannot hold.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    if (const Call* n = call_of(expr, {"unicode"}))
        return Fragment{call("howdah.unicode", {to_c_string(lowering.value(*n->args[0])).text}), PgType::int8,
                        integer.with_null()};
    const Call* n = call_of(expr, {"char"});
    if (!n)
        return std::nullopt;
    std::vector<std::string> codes;
    for (const Fragment& f : values(n->args, lowering))
        codes.push_back(to_integer(f).text);
    return Fragment{call("howdah.char_", codes), PgType::text, StorageClass::text};
}

} // namespace

const Rule unicode{"unicode", lower};

} // namespace howdah::dialect::rules
