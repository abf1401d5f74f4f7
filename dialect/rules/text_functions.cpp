// length:   length(x)  =>  length(text(x)), of a blob its bytes
// ascii_case:  upper(x)  =>  upper(x COLLATE "C")      SQLite changes ASCII letters only
// trim:     trim(x [, chars])  =>  btrim(x [, chars])
// instr:    instr(x, y)  =>  strpos(x, y), of two blobs position(y IN x)
// unicode, soundex, hex, quote: as SQLite's func.c has them
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

constexpr Classes integer = StorageClass::integer;

Fragment integer_fragment(std::string text, Classes classes)
{
    return {cast(text, PgType::int8), PgType::int8, classes};
}

std::optional<Fragment> lower_length(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"length"});
    if (!n)
        return std::nullopt;
    const Fragment x = lowering.value(*n->args[0]);
    if (x.type == PgType::v)
        return Fragment{call("howdah.length_v", {x.text}), PgType::int8, strict(integer, {&x})};
    return integer_fragment(call("length", {x.type == PgType::bytea ? x.text : to_text(x).text}),
                            strict(integer, {&x}));
}

std::optional<Fragment> lower_case(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"upper", "lower"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_text(lowering.value(*n->args[0]));
    return Fragment{std::string(function_name(*n)) + "(" + x.text + " COLLATE \"C\")", PgType::text,
                    strict(StorageClass::text, {&x}), true};
}

std::optional<Fragment> lower_trim(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"trim", "ltrim", "rtrim"});
    if (!n)
        return std::nullopt;
    const Fragment x = to_text(lowering.value(*n->args[0]));
    const std::string name = function_name(*n) == "trim" ? "btrim" : std::string(function_name(*n));
    if (n->args.size() == 1)
        return Fragment{call(name, {x.text}), PgType::text, strict(StorageClass::text, {&x}), x.collated};
    const Fragment characters = to_text(lowering.value(*n->args[1]));
    return Fragment{call(name, {x.text, characters.text}), PgType::text, strict(StorageClass::text, {&x, &characters})};
}

std::optional<Fragment> lower_instr(const Expr& expr, Lowering& lowering)
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
    return integer_fragment(call("strpos", {to_text(x).text, to_text(y).text}), classes);
}

std::optional<Fragment> lower_unicode(const Expr& expr, Lowering& lowering)
{
    if (const Call* n = call_of(expr, {"unicode"}))
        return Fragment{call("howdah.unicode", {to_text(lowering.value(*n->args[0])).text}), PgType::int8,
                        integer.with_null()};
    const Call* n = call_of(expr, {"char"});
    if (!n)
        return std::nullopt;
    std::vector<std::string> codes;
    for (const Fragment& f : values(n->args, lowering))
        codes.push_back(to_integer(f).text);
    return Fragment{call("howdah.char_", codes), PgType::text, StorageClass::text};
}

std::optional<Fragment> lower_soundex(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"soundex"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.soundex", {to_text(lowering.value(*n->args[0])).text}), PgType::text,
                    StorageClass::text};
}

std::optional<Fragment> lower_hex(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"hex"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.hex_b", {to_blob(lowering.value(*n->args[0])).text}), PgType::text,
                    StorageClass::text};
}

std::optional<Fragment> lower_quote(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"quote"});
    if (!n)
        return std::nullopt;
    const Fragment x = widen(lowering.value(*n->args[0]), PgType::v);
    return Fragment{call("howdah.quote", {x.text}), PgType::text, StorageClass::text};
}

std::optional<Fragment> lower_zeroblob(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"zeroblob"});
    if (!n)
        return std::nullopt;
    return Fragment{call("howdah.zeroblob", {to_integer(lowering.value(*n->args[0])).text}), PgType::bytea,
                    StorageClass::blob};
}

} // namespace

const Rule length{"length", lower_length};
const Rule ascii_case{"ascii_case", lower_case};
const Rule trim{"trim", lower_trim};
const Rule instr{"instr", lower_instr};
const Rule unicode{"unicode", lower_unicode};
const Rule soundex{"soundex", lower_soundex};
const Rule hex{"hex", lower_hex};
const Rule quote{"quote", lower_quote};
const Rule zeroblob{"zeroblob", lower_zeroblob};

} // namespace howdah::dialect::rules
