// date_function:  date(x, '+1 day')  =>  howdah.date_i(howdah.t2v(x), '+1 day')
//
// A port of SQLite's date.c. Calls that name 'now', 'localtime' or 'utc' are STABLE; the others are IMMUTABLE, under
// the same name in a query and in an index, so that the index serves.
#include "dialect/rules/patterns.hpp"
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

bool depends_on_the_session(const Expr& arg)
{
    const auto text = text_literal(arg);
    if (!text)
        return false;
    const std::string word = ascii_lower(*text);
    return word == "now" || word == "localtime" || word == "utc";
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"date", "time", "datetime", "julianday", "unixepoch", "strftime"});
    if (!n)
        return std::nullopt;
    const bool formats = function_name(*n) == "strftime";
    if (formats && n->args.empty())
        return null_of(PgType::text);
    std::vector<std::string> args;
    bool stable = n->args.size() == (formats ? 1 : 0);
    const std::size_t value = formats ? 1 : 0;
    for (std::size_t i = 0; i < n->args.size(); ++i) {
        stable = stable || depends_on_the_session(*n->args[i]);
        const Fragment f = lowering.value(*n->args[i]);
        args.push_back(i == value ? widen(f, PgType::v).text : to_text(f).text);
    }
    if (args.size() == value)
        args.push_back(widen(literal(std::string("now")), PgType::v).text);
    std::string name = "howdah." + std::string(function_name(*n)) + (stable ? "" : "_i");
    if (name == "howdah.time")
        name = "howdah.\"time\"";
    PgType type = PgType::text;
    if (function_name(*n) == "julianday")
        type = PgType::float8;
    else if (function_name(*n) == "unixepoch")
        type = PgType::int8;
    if (type != PgType::text)
        return Fragment{call(name, args), type, classes_of(type).with_null()};
    // Its arguments say no collation: where an index has "C" the query has to say so, too.
    return Fragment{"(" + call(name, args) + " COLLATE \"C\")", type, text_or_null, true};
}

} // namespace

const Rule date_function{"date_function", lower};

} // namespace howdah::dialect::rules
