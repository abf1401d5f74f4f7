// See visit_full_text.hpp.
#include "dialect/visit_full_text.hpp"

#include "dialect/catalog.hpp"
#include "dialect/full_text.hpp"

#include <charconv>
#include <string_view>

namespace howdah::dialect {

bool begins_with_last(const Source& source, const VisitLoop* loop)
{
    if (source.kind != Source::Kind::table || !source.table || !source.table->full_text ||
        source.table->full_text->is_fts5())
        return false;
    constexpr std::string_view phrase = " VIRTUAL TABLE INDEX ";
    const auto at = loop ? loop->detail.rfind(phrase) : std::string::npos;
    if (at == std::string::npos)
        return source.table->full_text->descending;
    const std::string_view plan = std::string_view(loop->detail).substr(at + phrase.size());
    int number = 0;
    std::from_chars(plan.data(), plan.data() + plan.size(), number);
    if ((number & 0xffff) == 1 || plan.ends_with(":ASC"))
        return false;
    return plan.ends_with(":DESC") || source.table->full_text->descending;
}

} // namespace howdah::dialect
