// Where SQLite takes the values from that a core reads: a subquery that it has made part of the core, a sorter, an
// index. JSON's subtype depends on it.
#include "dialect/catalog.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>

namespace howdah::dialect {

bool VisitPlan::materializes(const Select& select, std::string_view name) const
{
    const auto number = numbers_.find(&select.cores.back());
    const std::string numbered = number == numbers_.end() ? "" : "(subquery-" + std::to_string(number->second) + ")";
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
        if (!node.detail.starts_with("MATERIALIZE "))
            return false;
        const std::string_view called = std::string_view(node.detail).substr(node.detail.find(' ') + 1);
        const auto dot = called.rfind('.');
        return name.empty() ? called == numbered
                            : equal_names(called, name) ||
                                  (dot != std::string_view::npos && equal_names(called.substr(dot + 1), name));
    });
}

namespace {

// CAST(2.0 AS NUMERIC) is 2.0, and 2 where it is stored.
bool is_cast_to_numeric(const Expr& expr)
{
    const Expr& e = bare(expr);
    if (as<Cast>(e))
        return e.affinity == Affinity::numeric;
    const auto* ref = as<ColumnRef>(e);
    const bool derived = ref && ref->source && ref->index >= 0 && select_of(*ref->source);
    const Expr* origin = derived ? ref->source->columns[static_cast<std::size_t>(ref->index)].origin : nullptr;
    return origin && is_cast_to_numeric(*origin);
}

// Whether a column may have values that are not of its affinity.
bool mixes_affinities(const Select& select)
{
    const SelectCore& core = select.cores.front();
    return select.cores.size() > 1 || core.values.size() > 1 ||
           std::any_of(core.outputs.begin(), core.outputs.end(),
                       [](const SelectCore::Output& output) { return is_cast_to_numeric(*output.expr); });
}

} // namespace

// Rows that are stored before they are read: with the affinities of the columns. Otherwise values are as they are.
// `more`: further columns of the text.
std::string SelectLowering::as_stored(const Select& select, std::string_view name, std::string text,
                                      std::vector<Output>& outputs, const std::vector<std::string>& more)
{
    if (!mixes_affinities(select) || !l_.plan().materializes(select, name))
        return text;
    const std::string rows = quote_identifier(l_.fresh("stored"));
    std::vector<std::string> names, values;
    std::vector<Fragment> stored;
    bool converts = false;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        names.push_back("\"c" + std::to_string(i + 1) + "\"");
        const Fragment f{rows + "." + names.back(), outputs[i].type, outputs[i].classes};
        stored.push_back(with_affinity(f, select.result[i].affinity));
        values.push_back(stored.back().text);
        converts = converts || stored.back().text != f.text;
    }
    if (!converts)
        return text;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        outputs[i].type = stored[i].type;
        outputs[i].classes = stored[i].classes;
    }
    for (const std::string& extra : more) {
        names.push_back(quote_identifier(extra));
        values.push_back(rows + "." + names.back());
    }
    return "SELECT " + join(values, ", ") + " FROM (" + text + ") AS " + rows + "(" + join(names, ", ") + ")";
}

std::optional<bool> SelectLowering::computes_in_place(const Source& source) const
{
    const Select* select = select_of(source);
    if (!select)
        return std::nullopt;
    const SelectCore& core = select->cores.front();
    if (select->cores.size() > 1 || core.distinct || core.aggregate || has_window(core))
        return false;
    if (l_.core_ && l_.core_->aggregate && !select->order_by.empty()) // SQLite does not unite the two
        return false;
    if (!l_.visits_.group)
        return std::nullopt;
    const std::vector<VisitLoop>& loops = l_.visits_.group->loops;
    return std::none_of(loops.begin(), loops.end(), [&](const VisitLoop& loop) {
        return source.name.empty() ? loop.detail.starts_with("(subquery-") : loop.is_of(source.name);
    });
}

bool SelectLowering::reads_from_index(const Expr& expr)
{
    if (!l_.core_ || !l_.core_->from || !l_.visits_.group)
        return false;
    for (const Source* source : sources_of(*l_.core_->from)) {
        const VisitLoop* loop = source->table && !source->nullable ? l_.visits_.group->find(source->name) : nullptr;
        const Index* index = loop ? loop->index(*source->table) : nullptr;
        if (index && std::any_of(index->columns.begin(), index->columns.end(), [&](const IndexColumn& column) {
                return column.expr && index_value(*source->table, column, source->pg_alias, l_).text ==
                                          collation_key(l_.value(expr), column.collation).text;
            }))
            return true;
    }
    return false;
}

bool SelectLowering::reads_sorted_rows(const Source& source) const
{
    if (!l_.core_ || !l_.core_->from)
        return false;
    const std::vector<const Source*> sources = sources_of(*l_.core_->from);
    if (std::find(sources.begin(), sources.end(), &source) == sources.end())
        return false;
    const bool grouped = !l_.core_->group_by.empty();
    return has_window(*l_.core_) || (grouped && (!l_.visits_.group || l_.visits_.group->groups_are_sorted));
}

} // namespace howdah::dialect
