// The table of SQLite 3.40's built-in functions (https://sqlite.org/lang_corefunc.html and its siblings); see
// functions.hpp.
#include "dialect/functions.hpp"

#include "dialect/catalog.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace howdah::dialect {

namespace {

using Args = std::span<const ExprPtr>;
using Kind = FunctionInfo::Kind;

constexpr Classes null_ = StorageClass::null;
constexpr Classes integer_ = StorageClass::integer;
constexpr Classes real_ = StorageClass::real;
constexpr Classes text_ = StorageClass::text;
constexpr Classes blob_ = StorageClass::blob;
constexpr Classes number_ = integer_ | real_;

bool any_nullable(Args args)
{
    return std::any_of(args.begin(), args.end(), [](const ExprPtr& e) { return e->classes.nullable(); });
}

// NULL when an argument is, else one of `classes`.
Classes strict(Args args, Classes classes) { return any_nullable(args) ? classes.with_null() : classes; }

// clang-format off
Classes integer(Args) { return integer_; }
Classes real(Args) { return real_; }
Classes text(Args) { return text_; }
Classes blob(Args) { return blob_; }
Classes integer_or_null(Args) { return integer_ | null_; }
Classes real_or_null(Args) { return real_ | null_; }
Classes text_or_null(Args) { return text_ | null_; }
Classes integer_strict(Args args) { return strict(args, integer_); }
Classes text_strict(Args args) { return strict(args, text_); }
Classes first_argument(Args args) { return args.front()->classes; }
Classes first_or_null(Args args) { return args.front()->classes.with_null(); }
Classes json_value(Args args) { return args.size() > 2 ? text_ | null_ : number_ | text_ | null_; }
// clang-format on

Classes coalesce_classes(Args args)
{
    Classes all = StorageClass::null;
    bool nullable = true;
    for (const ExprPtr& e : args) {
        all = all | e->classes;
        nullable = nullable && e->classes.nullable();
    }
    return nullable ? all : all.without_null();
}

Classes iif_classes(Args args) { return args.size() == 3 ? args[1]->classes | args[2]->classes : Classes::any(); }

// max(a, b, …): NULL when any argument is.
Classes extreme_classes(Args args)
{
    Classes all = args.front()->classes;
    for (const ExprPtr& e : args)
        all = all | e->classes;
    return all;
}

Classes abs_classes(Args args)
{
    const Classes c = args.front()->classes;
    Classes out;
    if (c.has(StorageClass::integer))
        out = out | integer_;
    if (c.has(StorageClass::real) || c.has(StorageClass::text) || c.has(StorageClass::blob))
        out = out | real_;
    return c.nullable() || out.empty() ? out.with_null() : out;
}

// ceil, floor, trunc: a text that looks like no number gives NULL.
Classes rounding_classes(Args args)
{
    const Classes c = args.front()->classes;
    Classes out = c & (number_ | null_);
    if (c.has(StorageClass::text) || c.has(StorageClass::blob))
        out = out | number_ | null_;
    return out.empty() ? null_ : out;
}

Classes round_classes(Args args) { return strict(args, real_); }

// substr of an empty blob is NULL.
Classes substr_classes(Args args)
{
    const Classes c = args.front()->classes;
    Classes out = strict(args, c.without_null() == blob_ ? blob_ : text_);
    return c.has(StorageClass::blob) ? out | blob_ | null_ : out;
}

// With an empty pattern replace() gives its first argument as it is.
Classes replace_classes(Args args)
{
    if (const auto* pattern = args.size() > 1 ? as<Literal>(bare(*args[1])) : nullptr) {
        const auto* value = std::get_if<std::string>(&pattern->value);
        if (value && !value->empty())
            return strict(args, text_);
    }
    return strict(args, text_) | args.front()->classes;
}

Classes sum_classes(Args args)
{
    const Classes c = args.front()->classes.without_null();
    if (c == integer_)
        return integer_ | null_;
    return c == real_ ? real_ | null_ : number_ | null_;
}

Classes lag_classes(Args args) { return args.front()->classes | (args.size() > 2 ? args[2]->classes : null_); }

constexpr int any = -1;

FunctionInfo scalar(std::string_view name, int min, int max, Classes (*classes)(Args))
{
    return {name, Kind::scalar, min, max, true, true, false, classes};
}
// Computed once per statement: changes(), date('now').
FunctionInfo per_statement(std::string_view name, int min, int max, Classes (*classes)(Args))
{
    return {name, Kind::scalar, min, max, false, true, false, classes};
}
FunctionInfo per_row(std::string_view name, int min, int max, Classes (*classes)(Args))
{
    return {name, Kind::scalar, min, max, false, false, false, classes};
}
FunctionInfo json(std::string_view name, int min, int max, Classes (*classes)(Args))
{
    return {name, Kind::scalar, min, max, true, true, true, classes};
}
FunctionInfo aggregate(std::string_view name, int min, int max, Classes (*classes)(Args), bool json_result = false)
{
    return {name, Kind::aggregate, min, max, true, true, json_result, classes};
}
FunctionInfo window(std::string_view name, int min, int max, Classes (*classes)(Args))
{
    return {name, Kind::window, min, max, true, true, false, classes};
}
FunctionInfo table_valued(std::string_view name, int min, int max)
{
    return {name, Kind::table_valued, min, max, true, true, false, nullptr};
}

const FunctionInfo all_functions[] = {
    // lang_corefunc.html
    scalar("abs", 1, 1, abs_classes),
    per_statement("changes", 0, 0, integer),
    scalar("char", 0, any, text),
    scalar("coalesce", 2, any, coalesce_classes),
    scalar("format", 0, any, text_or_null),
    scalar("glob", 2, 2, integer_strict),
    scalar("hex", 1, 1, text),
    scalar("ifnull", 2, 2, coalesce_classes),
    scalar("iif", 3, 3, iif_classes),
    scalar("instr", 2, 2, integer_strict),
    per_statement("last_insert_rowid", 0, 0, integer),
    scalar("length", 1, 1, integer_strict),
    scalar("like", 2, 3, integer_strict),
    scalar("likelihood", 2, 2, first_argument),
    scalar("likely", 1, 1, first_argument),
    per_statement("load_extension", 1, 2, nullptr),
    scalar("lower", 1, 1, text_strict),
    scalar("ltrim", 1, 2, text_strict),
    scalar("max", 2, any, extreme_classes),
    scalar("min", 2, any, extreme_classes),
    scalar("nullif", 2, 2, first_or_null),
    scalar("printf", 0, any, text_or_null),
    scalar("quote", 1, 1, text),
    per_row("random", 0, 0, integer),
    per_row("randomblob", 1, 1, blob),
    scalar("replace", 3, 3, replace_classes),
    scalar("round", 1, 2, round_classes),
    scalar("rtrim", 1, 2, text_strict),
    scalar("sign", 1, 1, integer_or_null),
    scalar("soundex", 1, 1, text),
    per_statement("sqlite_compileoption_get", 1, 1, text_or_null),
    per_statement("sqlite_compileoption_used", 1, 1, integer_or_null),
    per_row("sqlite_log", 2, 2, nullptr),
    per_statement("sqlite_source_id", 0, 0, text),
    per_statement("sqlite_version", 0, 0, text),
    scalar("substr", 2, 3, substr_classes),
    scalar("substring", 2, 3, substr_classes),
    scalar("subtype", 1, 1, integer),
    per_statement("total_changes", 0, 0, integer),
    scalar("trim", 1, 2, text_strict),
    scalar("typeof", 1, 1, text),
    scalar("unicode", 1, 1, integer_or_null),
    scalar("unlikely", 1, 1, first_argument),
    scalar("upper", 1, 1, text_strict),
    scalar("zeroblob", 1, 1, blob),
    // lang_mathfunc.html
    scalar("acos", 1, 1, real_or_null),
    scalar("acosh", 1, 1, real_or_null),
    scalar("asin", 1, 1, real_or_null),
    scalar("asinh", 1, 1, real_or_null),
    scalar("atan", 1, 1, real_or_null),
    scalar("atan2", 2, 2, real_or_null),
    scalar("atanh", 1, 1, real_or_null),
    scalar("ceil", 1, 1, rounding_classes),
    scalar("ceiling", 1, 1, rounding_classes),
    scalar("cos", 1, 1, real_or_null),
    scalar("cosh", 1, 1, real_or_null),
    scalar("degrees", 1, 1, real_or_null),
    scalar("exp", 1, 1, real_or_null),
    scalar("floor", 1, 1, rounding_classes),
    scalar("ln", 1, 1, real_or_null),
    scalar("log", 1, 2, real_or_null),
    scalar("log10", 1, 1, real_or_null),
    scalar("log2", 1, 1, real_or_null),
    scalar("mod", 2, 2, real_or_null),
    scalar("pi", 0, 0, real),
    scalar("pow", 2, 2, real_or_null),
    scalar("power", 2, 2, real_or_null),
    scalar("radians", 1, 1, real_or_null),
    scalar("sin", 1, 1, real_or_null),
    scalar("sinh", 1, 1, real_or_null),
    scalar("sqrt", 1, 1, real_or_null),
    scalar("tan", 1, 1, real_or_null),
    scalar("tanh", 1, 1, real_or_null),
    scalar("trunc", 1, 1, rounding_classes),
    // lang_datefunc.html; CURRENT_DATE and its siblings are expressions of their own
    per_statement("date", 0, any, text_or_null),
    per_statement("datetime", 0, any, text_or_null),
    per_statement("julianday", 0, any, real_or_null),
    per_statement("strftime", 0, any, text_or_null),
    per_statement("time", 0, any, text_or_null),
    per_statement("unixepoch", 0, any, integer_or_null),
    // json1.html
    json("json", 1, 1, text_or_null),
    json("json_array", 0, any, text),
    scalar("json_array_length", 1, 2, integer_or_null),
    json("json_extract", 1, any, json_value),
    json("json_insert", 0, any, text_or_null),
    json("json_object", 0, any, text),
    json("json_patch", 2, 2, text_or_null),
    json("json_quote", 1, 1, text),
    json("json_remove", 0, any, text_or_null),
    json("json_replace", 0, any, text_or_null),
    json("json_set", 0, any, text_or_null),
    scalar("json_type", 1, 2, text_or_null),
    scalar("json_valid", 1, 1, integer),
    table_valued("json_each", 1, 2),
    table_valued("json_tree", 1, 2),
    // fts5.html, fts3.html
    scalar("bm25", 0, any, nullptr),
    scalar("highlight", 0, any, nullptr),
    scalar("match", 2, 2, nullptr),
    scalar("matchinfo", 1, 2, nullptr),
    scalar("offsets", 1, 1, nullptr),
    scalar("optimize", 1, 1, nullptr),
    scalar("snippet", 0, any, nullptr),
    // lang_aggfunc.html
    aggregate("avg", 1, 1, real_or_null),
    aggregate("count", 0, 1, integer),
    aggregate("group_concat", 1, 2, text_or_null),
    aggregate("json_group_array", 1, 1, text, true),
    aggregate("json_group_object", 2, 2, text, true),
    aggregate("max", 1, 1, first_or_null),
    aggregate("min", 1, 1, first_or_null),
    aggregate("sum", 1, 1, sum_classes),
    aggregate("total", 1, 1, real),
    // windowfunctions.html
    window("cume_dist", 0, 0, real),
    window("dense_rank", 0, 0, integer),
    window("first_value", 1, 1, first_or_null),
    window("lag", 1, 3, lag_classes),
    window("last_value", 1, 1, first_or_null),
    window("lead", 1, 3, lag_classes),
    window("nth_value", 2, 2, first_or_null),
    window("ntile", 1, 1, integer),
    window("percent_rank", 0, 0, real),
    window("rank", 0, 0, integer),
    window("row_number", 0, 0, integer),
};

bool accepts(const FunctionInfo& f, int args)
{
    return args >= f.min_args && (f.max_args == any || args <= f.max_args);
}

} // namespace

const FunctionInfo* find_function(std::string_view name, int args)
{
    static const auto by_name = [] {
        std::multimap<std::string, const FunctionInfo*, std::less<>> map;
        for (const FunctionInfo& f : all_functions)
            map.emplace(f.name, &f);
        return map;
    }();
    const auto [begin, end] = by_name.equal_range(fold(name));
    const auto found = std::find_if(begin, end, [&](const auto& entry) { return accepts(*entry.second, args); });
    return found == end ? nullptr : found->second;
}

} // namespace howdah::dialect
