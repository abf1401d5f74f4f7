#include "dialect/rules/date_moment.hpp"

#include "dialect/rules/patterns.hpp"
#include "dialect/rules/rules.hpp"

#include <algorithm>
#include <charconv>

namespace howdah::dialect::rules {

namespace {

// -------------------------------------------------------------------------------------------- a count of the row's

void split_concatenation(const Expr& expr, std::vector<const Expr*>& out)
{
    const Expr& inside = bare(expr);
    if (const auto* n = as<Binary>(inside); n && n->op == BinaryOp::concat) {
        split_concatenation(*n->lhs, out);
        split_concatenation(*n->rhs, out);
    } else {
        out.push_back(&inside);
    }
}

bool is_arithmetic(BinaryOp op)
{
    return op == BinaryOp::add || op == BinaryOp::subtract || op == BinaryOp::multiply || op == BinaryOp::divide ||
           op == BinaryOp::modulo;
}

// Arithmetic of columns: what may be printed several times.
bool is_cheap(const Expr& expr)
{
    const Expr& inside = bare(expr);
    if (const auto* n = as<Binary>(inside))
        return is_arithmetic(n->op) && is_cheap(*n->lhs) && is_cheap(*n->rhs);
    if (const auto* n = as<Unary>(inside))
        return n->op == UnaryOp::minus && is_cheap(*n->operand);
    if (const auto* column = as<ColumnRef>(inside))
        return column->source != nullptr;
    return as<Literal>(inside) != nullptr;
}

const Expr& without_text_cast(const Expr& expr)
{
    const auto* cast = as<Cast>(expr);
    return cast && affinity_of_type(cast->type) == Affinity::text ? bare(*cast->operand) : expr;
}

// '+' || n || ' days', n || ' days'
std::optional<Modifier> counted_modifier(const Expr& expr, Lowering& lowering)
{
    std::vector<const Expr*> parts;
    split_concatenation(expr, parts);
    if (parts.size() != 2 && parts.size() != 3)
        return std::nullopt;
    Modifier out;
    if (parts.size() == 3) {
        const auto sign = text_literal(*parts.front());
        if (sign != "+" && sign != "-")
            return std::nullopt;
        out.has_sign = true;
        out.is_negative = sign == "-";
    }
    const Expr& count = without_text_cast(*parts[parts.size() - 2]);
    const auto unit = text_literal(*parts.back());
    if (!unit || !unit->starts_with(' ') || !is_cheap(count))
        return std::nullopt;
    out.text = ascii_lower(*unit);
    out.count = lowering.value(count);
    return out.count->type == PgType::int8 ? std::optional(std::move(out)) : std::nullopt;
}

// ------------------------------------------------------------------------------------------------------ intervals

// 400 years: the guards leave as many to SQLite's first and last one.
constexpr std::int64_t most_days = 146000;
constexpr int most_copies = 6;

struct Unit {
    std::string_view name;
    std::int64_t per_day; // 0: it is days
    std::int64_t most_days_of_one;
    std::int64_t most; // that a row's count may be
    bool is_of_calendar() const { return per_day == 0; }
    std::int64_t days(std::int64_t count) const
    {
        return is_of_calendar() ? count * most_days_of_one : count / per_day + 1;
    }
};
constexpr Unit units[] = {{"second", 86400, 1, 999'999'999},
                          {"minute", 1440, 1, 99'999'999},
                          {"hour", 24, 1, 999'999},
                          {"day", 1, 1, 99'999},
                          {"month", 0, 31, 999},
                          {"year", 0, 366, 199}};

struct Step {
    const Unit* unit;
    std::int64_t size;    // at most
    std::string interval; // with its operator: "+ interval '7 days'"
};

const Unit* unit_of(std::string_view name)
{
    if (name.ends_with('s'))
        name.remove_suffix(1);
    const auto* found = std::find_if(std::begin(units), std::end(units), [&](const Unit& u) { return u.name == name; });
    return found == std::end(units) ? nullptr : found;
}

// "+7 days"
std::optional<Step> step_of(std::string_view modifier)
{
    const std::size_t blank = modifier.find(' ');
    const std::size_t name = modifier.find_first_not_of(' ', blank);
    const Unit* unit = name == std::string_view::npos ? nullptr : unit_of(modifier.substr(name));
    std::string_view digits = modifier.substr(0, blank);
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+'))
        digits.remove_prefix(1);
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (!unit || digits.empty() || digits.size() > 9 || error != std::errc() || end != digits.data() + digits.size() ||
        digits.front() == '-')
        return std::nullopt;
    const std::string interval = std::to_string(negative ? -count : count) + " " + std::string(unit->name) + "s";
    return Step{unit, count, "+ interval " + quote_string(interval)};
}

// A count with its unit. SQLite takes "+-7 days" for no modifier.
std::optional<Step> step_of(const Modifier& modifier, std::string& guard)
{
    if (!modifier.count)
        return step_of(modifier.text);
    const std::size_t name = modifier.text.find_first_not_of(' ');
    const Unit* unit = name == std::string::npos ? nullptr : unit_of(std::string_view(modifier.text).substr(name));
    if (!unit)
        return std::nullopt;
    const std::string& count = modifier.count->text;
    guard += (guard.empty() ? "" : " AND ") + count + " BETWEEN " +
             std::to_string(modifier.has_sign ? 0 : -unit->most) + " AND " + std::to_string(unit->most);
    return Step{unit, unit->most,
                (modifier.is_negative ? "- " : "+ ") + count + " * interval " +
                    quote_string("1 " + std::string(unit->name))};
}

bool add(Moment& m, const Modifier& modifier)
{
    const auto step = step_of(modifier, m.guard);
    if (!step)
        return false;
    m.days += step->unit->days(step->size);
    const std::string moved = "(" + m.at + " " + step->interval + ")";
    if (!step->unit->is_of_calendar()) {
        m.early = false;
        m.at = moved;
    } else if (m.early) {
        m.at = moved;
    } else { // the 31st of a month of 30 days is the next one's first
        m.at =
            "(" + moved + " + (date_part('day', " + m.at + ") - date_part('day', " + moved + ")) * interval '1 day')";
        m.copies *= 3;
    }
    return true;
}

bool apply(Moment& m, const Modifier& modifier)
{
    if (modifier.count)
        return add(m, modifier);
    const std::string_view text = modifier.text;
    constexpr std::string_view start_of = "start of ", weekday = "weekday ";
    if (text.starts_with(start_of)) {
        const std::string unit(text.substr(start_of.size()));
        if (unit != "day" && unit != "month" && unit != "year")
            return false;
        m.at = call("date_trunc", {quote_string(unit), m.at});
        m.early = m.early || unit != "day";
        return true;
    }
    if (text.starts_with(weekday)) {
        const std::string_view day = text.substr(weekday.size());
        if (day.size() != 1 || day.front() < '0' || day.front() > '6')
            return false;
        m.at = "(" + m.at + " + (" + std::to_string(7 + day.front() - '0') + " - date_part('dow', " + m.at +
               "))::int % 7 * interval '1 day')";
        m.early = false;
        m.copies *= 2;
        m.days += 6;
        return true;
    }
    return add(m, modifier);
}

} // namespace

std::optional<Modifier> date_modifier(const Expr& expr, Lowering& lowering)
{
    if (const auto text = text_literal(expr))
        return Modifier{ascii_lower(*text), {}};
    return counted_modifier(expr, lowering);
}

bool is_stamp(std::string_view text)
{
    constexpr std::string_view shape = "0000-00-00 00:00:00";
    const auto same_kind = [](char c, char of_shape) { return of_shape == '0' ? c >= '0' && c <= '9' : c == of_shape; };
    if (text.size() != 10 && text.size() != shape.size())
        return false;
    if (!std::equal(text.begin(), text.end(), shape.begin(), same_kind))
        return false;
    const auto field = [&](std::size_t at) { return text.substr(at, 2); };
    if (text < "1000" || text >= "9" || field(5) < "01" || field(5) > "12" || field(8) < "01" || field(8) > "28")
        return false;
    return text.size() == 10 || (field(11) <= "23" && field(14) <= "59" && field(17) <= "59");
}

bool modify(Moment& m, const Modifier& modifier)
{
    return apply(m, modifier) && m.days <= most_days && m.copies <= most_copies;
}

} // namespace howdah::dialect::rules
