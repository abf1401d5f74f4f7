// current_time:  CURRENT_TIMESTAMP  =>  to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')
//
// Where a value cannot be computed beforehand: in a trigger, as a column's default. SQLite's is a text, in UTC.
#include "dialect/rules/rules.hpp"

namespace howdah::dialect::rules {

namespace {

std::optional<Fragment> lower(const Expr& expr, Lowering&)
{
    const auto* n = as<CurrentTime>(expr);
    if (!n)
        return std::nullopt;
    std::string_view format = "YYYY-MM-DD HH24:MI:SS";
    if (n->form == CurrentTime::Form::date)
        format = "YYYY-MM-DD";
    else if (n->form == CurrentTime::Form::time)
        format = "HH24:MI:SS";
    const std::string text = call("to_char", {"statement_timestamp() AT TIME ZONE 'UTC'", quote_string(format)});
    return Fragment{text, PgType::text, StorageClass::text};
}

} // namespace

const Rule current_time{"current_time", lower};

} // namespace howdah::dialect::rules
