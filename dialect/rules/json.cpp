// json_arrow:    d -> '$.a'  =>  howdah.json_arrow(d, '$.a')      d ->> 'a'  =>  howdah.json_long_arrow(d, 'a')
// json_extract:  json_extract(d, '$.a')  =>  howdah.json_extract(d, '$.a')      several paths: an array
// json_function: json(), json_valid(), json_type(), json_array_length(), json_quote(), json_patch()
// json_constructor: json_array(a, b)  =>  '[' || json(a) || ',' || json(b) || ']'      json_object(k, v) likewise
// json_edit:     json_set(d, p, v)  =>  howdah.json_edit('s', d, p, json(v))      json_insert, json_replace,
// json_remove
//
// SQLite's JSON is a TEXT that keeps its order and spelling; what is extracted has a class of its own.
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

constexpr Classes text_or_null = Classes(StorageClass::text).with_null();
constexpr Classes extracted = Classes::any();

Fragment text_of(const Expr& expr, Lowering& lowering) { return to_text(lowering.value(expr)); }

std::optional<Fragment> lower_arrow(const Expr& expr, Lowering& lowering)
{
    const auto* n = as<Binary>(expr);
    if (!n || (n->op != BinaryOp::arrow && n->op != BinaryOp::long_arrow))
        return std::nullopt;
    const std::string json = text_of(*n->lhs, lowering).text;
    const std::string key = widen(lowering.value(*n->rhs), PgType::v).text;
    if (n->op == BinaryOp::arrow)
        return Fragment{call("howdah.json_arrow", {json, key}), PgType::text, text_or_null};
    return Fragment{call("howdah.json_long_arrow", {json, key}), PgType::v, extracted};
}

std::optional<Fragment> lower_extract(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"json_extract"});
    if (!n)
        return std::nullopt;
    if (n->args.size() < 2)
        return null_of(PgType::text);
    std::vector<std::string> args;
    for (const ExprPtr& arg : n->args)
        args.push_back(text_of(*arg, lowering).text);
    if (args.size() == 2)
        return Fragment{call("howdah.json_extract", args), PgType::v, extracted};
    return Fragment{call("howdah.json_extract_all", args), PgType::text, text_or_null};
}

std::optional<Fragment> lower_function(const Expr& expr, Lowering& lowering)
{
    if (const Call* n = call_of(expr, {"json_quote"}))
        return Fragment{as_json(*n->args[0], lowering), PgType::text, StorageClass::text};
    const Call* n = call_of(expr, {"json", "json_valid", "json_type", "json_array_length", "json_patch"});
    if (!n)
        return std::nullopt;
    const std::string_view name = function_name(*n);
    std::vector<std::string> args;
    for (const ExprPtr& arg : n->args)
        args.push_back(text_of(*arg, lowering).text);
    const std::string text = call("howdah." + std::string(name), args);
    if (name == "json_valid")
        return Fragment{text, PgType::boolean, StorageClass::integer};
    if (name == "json_array_length")
        return Fragment{text, PgType::int8, Classes(StorageClass::integer).with_null()};
    return Fragment{text, PgType::text, text_or_null};
}

std::string label(const Expr& expr, Lowering& lowering)
{
    const Fragment f = lowering.value(expr);
    if (f.type == PgType::text && !f.classes.nullable())
        return call("howdah.t2j", {f.text});
    return call("howdah.json_label", {widen(f, PgType::v).text});
}

std::optional<Fragment> lower_constructor(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"json_array", "json_object"});
    if (!n)
        return std::nullopt;
    const bool object = function_name(*n) == "json_object";
    if (object && n->args.size() % 2 != 0)
        throw Error("json_object() requires an even number of arguments", expr.span);
    std::string text = object ? "('{'" : "('['";
    for (std::size_t i = 0; i < n->args.size(); ++i) {
        const bool is_label = object && i % 2 == 0;
        text += i == 0 ? " || " : is_label || !object ? " || ',' || " : " || ':' || ";
        text += is_label ? label(*n->args[i], lowering) : as_json(*n->args[i], lowering);
    }
    return Fragment{text + (object ? " || '}')" : " || ']')"), PgType::text, StorageClass::text};
}

std::optional<Fragment> lower_edit(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"json_set", "json_insert", "json_replace", "json_remove"});
    if (!n)
        return std::nullopt;
    const std::string_view name = function_name(*n);
    if (n->args.empty())
        return null_of(PgType::text);
    const std::string json = text_of(*n->args[0], lowering).text;
    if (n->args.size() == 1)
        return Fragment{call("howdah.json", {json}), PgType::text, text_or_null};
    std::vector<std::string> args{json};
    const bool removes = name == "json_remove";
    if (!removes) {
        if (n->args.size() % 2 == 0)
            throw Error(std::string(name) + "() needs an odd number of arguments", expr.span);
        args.insert(args.begin(), quote_string(name.substr(5, 1)));
    }
    for (std::size_t i = 1; i < n->args.size(); ++i) {
        const bool is_path = removes || i % 2 == 1;
        args.push_back(is_path ? text_of(*n->args[i], lowering).text : as_json(*n->args[i], lowering));
    }
    return Fragment{call(removes ? "howdah.json_remove" : "howdah.json_edit", args), PgType::text, text_or_null};
}

} // namespace

const Rule json_arrow{"json_arrow", lower_arrow};
const Rule json_extract{"json_extract", lower_extract};
const Rule json_function{"json_function", lower_function};
const Rule json_constructor{"json_constructor", lower_constructor};
const Rule json_edit{"json_edit", lower_edit};

} // namespace howdah::dialect::rules
