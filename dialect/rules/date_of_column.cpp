// date_of_column:  date(d, '+1 day')  =>  CASE WHEN howdah.d_stamp(d) THEN left((d::timestamp + interval '1
// day')::text, 10)
//                                              ELSE howdah.date_i(howdah.t2v(d), '+1 day') END
//
// Modifiers and a format that are written out say what has to be done with all but a few odd values of a column, and
// PostgreSQL's operators do it many times faster than date_function. The count of a modifier may be the row's:
// date(d, '+' || n || ' days'), and with it date('now', n || ' days'). An index holds date_function's form, and by it
// the query has to ask, too; so has what is stored (a trigger, a view, a CHECK), where DateStyle may be another.
#include "dialect/rules/date_of_column.hpp"

#include "dialect/rules/date_moment.hpp"
#include "dialect/rules/index_form.hpp"
#include "dialect/rules/patterns.hpp"
#include "dialect/rules/rules.hpp"

#include <algorithm>

namespace howdah::dialect::rules {

namespace {

// ------------------------------------------------------------------------------------------------- where it applies

struct DateCall {
    std::string_view function;
    std::optional<std::string> format; // strftime's
    std::optional<std::string> moment; // what is written in the place of a column, because a modifier knows the row
    Fragment column;                   // bare: it may be printed many times
    std::vector<Modifier> modifiers;
};

std::optional<DateCall> date_call(const Expr& expr, Lowering& lowering)
{
    const Call* n = call_of(expr, {"date", "time", "datetime", "julianday", "unixepoch", "strftime"});
    if (!n || has_index_form(*n, lowering))
        return std::nullopt;
    DateCall out;
    out.function = function_name(*n);
    const std::size_t value = out.function == "strftime" ? 1 : 0;
    if (n->args.size() <= value)
        return std::nullopt;
    if (value == 1) {
        out.format = text_literal(*n->args[0]);
        if (!out.format)
            return std::nullopt;
    }
    for (std::size_t i = value + 1; i < n->args.size(); ++i) {
        auto modifier = date_modifier(*n->args[i], lowering);
        if (!modifier)
            return std::nullopt;
        out.modifiers.push_back(std::move(*modifier));
    }
    out.moment = text_literal(*n->args[value]);
    if (out.moment)
        return out;
    const auto* column = as<ColumnRef>(bare(*n->args[value]));
    if (!column || !column->source)
        return std::nullopt;
    out.column = lowering.value(*n->args[value]);
    if (!is_plain_column(out.column.text))
        return std::nullopt;
    return out;
}

// -------------------------------------------------------------------------------------------- what a format asks for

// "YYYY-MM-DD HH:MM:SS": where a field of strftime() stands in it, from 1.
struct Field {
    char name;
    int position, length;
    std::string_view pattern; // to_char()'s
};
constexpr Field fields[] = {{'Y', 1, 4, "YYYY"},  {'m', 6, 2, "MM"},  {'d', 9, 2, "DD"},
                            {'H', 12, 2, "HH24"}, {'M', 15, 2, "MI"}, {'S', 18, 2, "SS"}};
constexpr std::string_view between_fields = "    -  -     :  :";

const Field* field(char name)
{
    const auto* found =
        std::find_if(std::begin(fields), std::end(fields), [&](const Field& f) { return f.name == name; });
    return found == std::end(fields) ? nullptr : found;
}

// A part of what strftime() gives: of the moment's text, or as it stands.
struct Piece {
    int position = 0, length = 0; // 0: `literal`
    std::string literal;
};

// nullopt where the format asks for something that no part of the text is.
std::optional<std::vector<Piece>> pieces_of(std::string_view format)
{
    std::vector<Piece> out;
    const auto add_literal = [&](char c) {
        if (out.empty() || out.back().length > 0)
            out.push_back({});
        out.back().literal += c;
    };
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%') {
            add_literal(format[i]);
            continue;
        }
        const char name = ++i < format.size() ? format[i] : '\0';
        if (name == '%') {
            add_literal('%');
            continue;
        }
        const Field* f = field(name);
        if (!f)
            return std::nullopt;
        // "%Y-%m" is one part of the text. Before the time there is a blank or a T.
        if (out.size() > 1 && out.back().length == 0 && out.back().literal.size() == 1) {
            Piece& before = out[out.size() - 2];
            const int gap = before.position + before.length;
            if (before.length > 0 && gap + 1 == f->position && f->position != 12 &&
                between_fields[static_cast<std::size_t>(gap - 1)] == out.back().literal.front()) {
                before.length += 1 + f->length;
                out.pop_back();
                continue;
            }
        }
        out.push_back({f->position, f->length, {}});
    }
    return out.empty() ? std::nullopt : std::optional(std::move(out));
}

std::optional<std::vector<Piece>> pieces_of(const DateCall& n)
{
    if (n.function == "date")
        return pieces_of("%Y-%m-%d");
    if (n.function == "time")
        return pieces_of("%H:%M:%S");
    return n.format ? pieces_of(*n.format) : std::nullopt;
}

std::string part(const std::string& text, const Piece& piece)
{
    if (piece.length == 0)
        return quote_string(piece.literal) + "::text";
    const std::string length = std::to_string(piece.length);
    return piece.position == 1 ? call("left", {text, length})
                               : call("substr", {text, std::to_string(piece.position), length});
}

bool asks_for_time(const std::vector<Piece>& pieces)
{
    return std::any_of(pieces.begin(), pieces.end(), [](const Piece& p) { return p.position > 10; });
}

// to_char()'s pattern for a format; nullopt when there is none. A "" is between two fields: DD and DDD are not DDDDD.
std::optional<std::string> pattern_of(std::string_view format)
{
    std::string out, literal;
    const auto end_literal = [&] {
        if (!literal.empty() || !out.empty())
            out += '"' + std::exchange(literal, {}) + '"';
    };
    for (std::size_t i = 0; i < format.size(); ++i) {
        char c = format[i];
        if (c == '%') {
            c = ++i < format.size() ? format[i] : '\0';
            const Field* f = field(c);
            if (c != '%' && c != 'j' && c != 'f' && !f)
                return std::nullopt;
            if (c != '%') {
                end_literal();
                out += c == 'j' ? "DDD" : c == 'f' ? "SS.MS" : f->pattern;
                continue;
            }
        }
        if (c == '"' || c == '\\')
            return std::nullopt;
        literal += c;
    }
    if (!literal.empty())
        end_literal();
    return out.empty() ? std::nullopt : std::optional(std::move(out));
}

// --------------------------------------------------------------------------------------------------- what is copied

struct Quick {
    std::string guard, value;
};

// Without a modifier a plain text's date and time stay as they are written, even the 30th of February.
std::optional<Quick> copied(const DateCall& n)
{
    if (n.moment || n.column.type != PgType::text || !n.modifiers.empty())
        return std::nullopt;
    const std::string& x = n.column.text;
    const std::string plain = call("howdah.d_plain", {x});
    const std::string with_seconds = plain + " AND octet_length(" + x + ") >= 19";
    if (n.function == "datetime")
        return Quick{with_seconds, "CASE WHEN " + x + " LIKE '__________ %' AND octet_length(" + x + ") = 19 THEN " +
                                       x + " ELSE left(" + x + ", 10) || ' ' || substr(" + x + ", 12, 8) END"};
    const auto pieces = pieces_of(n);
    if (!pieces)
        return std::nullopt;
    std::vector<std::string> parts;
    for (const Piece& piece : *pieces)
        parts.push_back(part(x, piece));
    return Quick{asks_for_time(*pieces) ? with_seconds : plain, join(parts, " || ")};
}

// ------------------------------------------------------------------------------------------------- what is computed

std::optional<Moment> written_moment(const DateCall& n)
{
    const auto knows_row = [](const Modifier& m) { return m.count.has_value(); };
    if (std::none_of(n.modifiers.begin(), n.modifiers.end(), knows_row))
        return std::nullopt;
    if (ascii_lower(*n.moment) == "now")
        return Moment{"", "date_trunc('milliseconds', statement_timestamp() AT TIME ZONE 'UTC')"};
    if (is_stamp(*n.moment))
        return Moment{"", "timestamp " + quote_string(*n.moment)};
    return std::nullopt;
}

// The moment of the column, and whether the first modifier is part of that.
std::optional<std::pair<Moment, bool>> start(const DateCall& n)
{
    if (n.moment) {
        auto moment = written_moment(n);
        return moment ? std::optional(std::pair(std::move(*moment), false)) : std::nullopt;
    }
    const std::string& x = n.column.text;
    if (n.column.type == PgType::text)
        return std::pair(Moment{call("howdah.d_stamp", {x}), x + "::timestamp"}, false);
    if (n.modifiers.empty() || n.modifiers.front().text != "unixepoch" || n.modifiers.front().count)
        return std::nullopt;
    const std::string epoch = "(timestamp '1970-01-01' + ";
    if (n.column.type == PgType::int8) // the years 1000 to 8999
        return std::pair(Moment{x + " BETWEEN -30610224000 AND 221845391999", epoch + x + " * interval '1 second')"},
                         true);
    // While microseconds are exact.
    if (n.column.type == PgType::float8)
        return std::pair(Moment{x + " BETWEEN -9000000000 AND 9000000000",
                                epoch + "(trunc(" + x +
                                    " * 1000 + 210866760000000 + 0.5) - 210866760000000) * interval '1 millisecond')"},
                         true);
    return std::nullopt;
}

std::optional<Quick> computed(const DateCall& n)
{
    auto found = start(n);
    if (!found)
        return std::nullopt;
    auto& [m, is_used] = *found;
    for (std::size_t i = is_used ? 1 : 0; i < n.modifiers.size(); ++i)
        if (!modify(m, n.modifiers[i]))
            return std::nullopt;
    const std::string seconds = "date_part('epoch', " + m.at + ")";
    if (n.function == "julianday")
        return Quick{m.guard, "(round(" + seconds + " * 1000) + 210866760000000) / 86400000"};
    if (n.function == "unixepoch")
        return Quick{m.guard, "floor(" + seconds + ")::bigint"};
    if (n.format == "%s")
        return Quick{m.guard, "floor(" + seconds + ")::bigint::text"};
    if (n.format == "%w")
        return Quick{m.guard, "date_part('dow', " + m.at + ")::text"};
    if (n.function == "datetime")
        return Quick{m.guard, "left(" + m.at + "::text, 19)"};
    if (const auto pieces = pieces_of(n); pieces && pieces->size() == 1 && pieces->front().length > 0)
        return Quick{m.guard, part(m.at + "::text", pieces->front())};
    const auto pattern = n.format ? pattern_of(*n.format) : std::nullopt;
    return pattern ? std::optional(Quick{m.guard, call("to_char", {m.at, quote_string(*pattern)})}) : std::nullopt;
}

std::optional<Fragment> lower(const Expr& expr, Lowering& lowering)
{
    const auto n = date_call(expr, lowering);
    if (!n)
        return std::nullopt;
    std::optional<Quick> quick = copied(*n);
    if (!quick)
        quick = computed(*n);
    if (!quick)
        return std::nullopt;
    Fragment f = *date_function.lower(expr, lowering);
    f.text = "(CASE WHEN " + quick->guard + " THEN " + quick->value + " ELSE " + f.text + " END)";
    return f;
}

} // namespace

std::optional<DateCopy> date_copy(const Expr& expr, Lowering& lowering)
{
    const auto n = date_call(expr, lowering);
    const auto quick = n ? copied(*n) : std::nullopt;
    if (!quick)
        return std::nullopt;
    const std::string& x = n->column.text;
    const auto pieces = pieces_of(*n);
    // A text of such a shape and length has no time zone, which is what could lead to another day.
    if (pieces && !asks_for_time(*pieces))
        return DateCopy{x + " LIKE '____-__-__%' AND octet_length(" + x + ") <= 20",
                        {parens(quick->value), PgType::text, StorageClass::text}};
    return DateCopy{x + " LIKE '____-__-__ __:__:__'",
                    {n->function == "datetime" ? x : parens(quick->value), PgType::text, StorageClass::text}};
}

const Rule date_of_column{"date_of_column", lower};

} // namespace howdah::dialect::rules
