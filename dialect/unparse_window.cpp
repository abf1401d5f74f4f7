// Window definitions, frames and ORDER BY as SQLite's SQL.
#include "dialect/unparser.hpp"

namespace howdah::dialect {

void Unparser::window(const Window& w)
{
    if (!w.base.empty())
        name(w.base);
    if (!w.partition_by.empty()) {
        word("PARTITION BY ");
        exprs(w.partition_by);
    }
    if (!w.order_by.empty()) {
        word("ORDER BY ");
        ordering(w.order_by);
    }
    if (w.frame)
        frame(*w.frame);
}

void Unparser::frame(const Frame& f)
{
    static constexpr std::string_view units[] = {"ROWS BETWEEN ", "RANGE BETWEEN ", "GROUPS BETWEEN "};
    static constexpr std::string_view excludes[] = {"", " EXCLUDE NO OTHERS", " EXCLUDE CURRENT ROW", " EXCLUDE GROUP",
                                                    " EXCLUDE TIES"};
    word(units[static_cast<std::size_t>(f.unit)]);
    bound(f.start, f.start_offset);
    raw(" AND ");
    bound(f.end, f.end_offset);
    raw(excludes[static_cast<std::size_t>(f.exclude)]);
}

void Unparser::bound(BoundKind kind, const ExprPtr& offset)
{
    static constexpr std::string_view bounds[] = {"UNBOUNDED PRECEDING", " PRECEDING", "CURRENT ROW", " FOLLOWING",
                                                  "UNBOUNDED FOLLOWING"};
    if (offset)
        operand(*offset);
    raw(bounds[static_cast<std::size_t>(kind)]);
}

void Unparser::ordering(const std::vector<OrderingTerm>& terms)
{
    list(terms, [this](const OrderingTerm& term) {
        expr(*term.expr);
        direction(term.direction);
        if (term.nulls != Nulls::unspecified)
            raw(term.nulls == Nulls::first ? " NULLS FIRST" : " NULLS LAST");
    });
}

void Unparser::direction(Direction d)
{
    if (d != Direction::unspecified)
        raw(d == Direction::ascending ? " ASC" : " DESC");
}

} // namespace howdah::dialect
