// A join with a subquery of UNION ALL: SQLite makes a compound of it, whose arms go through loops of their own.
#include "dialect/select_lowering.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Keys, and when they decide.
struct Alternative {
    std::vector<SortKey> keys;
    std::vector<std::string> conditions;
};

bool are_alike(const std::vector<SortKey>& a, const std::vector<SortKey>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SortKey& x, const SortKey& y) {
        return x.key.text == y.key.text && x.descending == y.descending;
    });
}

std::string arm_column(const Source& source) { return quote_identifier(source.pg_alias) + ".\"~arm\""; }

} // namespace

void SelectLowering::find_loops(const SelectCore& core)
{
    const VisitGroup* around = std::exchange(l_.group_around_, nullptr);
    const std::string name = std::exchange(l_.name_around_, {});
    l_.visits_.group = around ? around : l_.plan().find(core, name);
    if (!l_.visits_.group && core.from->items.size() > 1)
        l_.visits_.united = l_.plan().united(core);
}

// For each arm of a subquery that SQLite has taken apart, the loops it is part of: those that it begins before others.
std::vector<const VisitGroup*> SelectLowering::groups_of_arms(const Source& source, const Select& select) const
{
    const std::vector<UnitedArm>& united = l_.visits_.united;
    if (united.empty() || united.front().arms.count(&source) == 0)
        return {};
    std::vector<const VisitGroup*> groups(select.cores.size());
    std::vector<bool> begins(groups.size());
    for (const auto& [arms, group] : united) {
        const std::size_t arm = arms.at(&source);
        const std::vector<const Source*> inside = sources_of(*select.cores[arm].from);
        const bool is_outermost =
            std::any_of(inside.begin(), inside.end(), [&](const Source* s) { return group->loops.front().is_of(*s); });
        if (!groups[arm] || (is_outermost && !begins[arm]))
            groups[arm] = group;
        begins[arm] = begins[arm] || is_outermost;
    }
    return groups;
}

// Arm by arm, then in the order of that arm's loops; nothing where SQLite makes no compound of the core.
std::optional<LoopKeys> SelectLowering::united_order(const SelectCore& core)
{
    const std::vector<const Source*> sources = sources_of(*core.from);
    LoopKeys whole;
    if (l_.visits_.united.empty())
        return std::nullopt;
    for (const Source* source : sources) {
        if (l_.visits_.united.front().arms.count(source) == 0)
            continue;
        const auto places = l_.places_.find(source);
        if (places == l_.places_.end() || !places->second->tells_arm)
            return std::nullopt;
        const Classes classes = StorageClass::integer;
        whole.keys.emplace_back().key = {arm_column(*source), PgType::int8,
                                         source->nullable ? classes.with_null() : classes};
    }
    std::vector<Alternative> alternatives;
    for (const UnitedArm& united : l_.visits_.united) {
        std::vector<std::string> condition;
        for (const auto& [source, arm] : united.arms)
            condition.push_back(arm_column(*source) + " = " + std::to_string(arm + 1));
        const VisitGroup* around = std::exchange(l_.visits_.group, united.group);
        std::vector<SortKey> keys;
        for (LoopKeys& loop : loops_of(sources, core.where.get(), united.arms)) {
            if (loop.keys.empty() && !loop.is_single_row)
                break;
            keys.insert(keys.end(), loop.keys.begin(), loop.keys.end());
        }
        l_.visits_.group = around;
        const auto same = std::find_if(alternatives.begin(), alternatives.end(),
                                       [&](const Alternative& a) { return are_alike(a.keys, keys); });
        Alternative& alternative = same == alternatives.end() ? alternatives.emplace_back() : *same;
        alternative.keys = std::move(keys);
        alternative.conditions.push_back(join(condition, " AND "));
    }
    for (Alternative& alternative : alternatives)
        for (SortKey& key : alternative.keys) {
            if (alternatives.size() > 1) {
                key.key.text = "(CASE WHEN " + join(alternative.conditions, " OR ") + " THEN " + key.key.text + " END)";
                key.by_fields = false;
            }
            whole.keys.push_back(std::move(key));
        }
    return whole;
}

} // namespace howdah::dialect
