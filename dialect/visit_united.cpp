// Which loops a SELECT has that SQLite has made a compound of; see visit_plan.hpp.
#include "dialect/select_lowering.hpp"
#include "dialect/visit_plan.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Its ORDER BY is of no use to a join.
bool is_union_all(const Select& select)
{
    return select.cores.size() > 1 && !select.limit &&
           std::all_of(select.operators.begin(), select.operators.end(),
                       [](CompoundOp op) { return op == CompoundOp::union_all; }) &&
           std::all_of(select.cores.begin(), select.cores.end(),
                       [](const SelectCore& core) { return core.from.has_value(); });
}

// What the plan calls the arms of a compound that only appends.
bool is_arm(const VisitGroup& group)
{
    return group.head == "LEFT-MOST SUBQUERY" || group.head == "UNION ALL" || group.head == "LEFT" ||
           group.head == "RIGHT";
}

// The choices of the first subquery change last, and the plan has their groups in this order. The right side of a LEFT
// JOIN is `nullable`: it stays whole, unless WHERE makes an inner join of it.
std::vector<UnitedArm> choices_of(const SelectCore& core, bool nullable)
{
    constexpr std::size_t most = 64;
    std::vector<UnitedArm> choices(1);
    for (const Source* source : sources_of(*core.from)) {
        const Select* inner = source && (nullable || !source->nullable) ? select_of(*source) : nullptr;
        if (!inner || !is_union_all(*inner) || choices.size() * inner->cores.size() > most)
            continue;
        std::vector<UnitedArm> more;
        for (UnitedArm& choice : choices)
            for (std::size_t arm = 0; arm < inner->cores.size(); ++arm) {
                choice.arms[source] = arm;
                more.push_back(choice);
            }
        choices = std::move(more);
    }
    return choices;
}

} // namespace

std::vector<UnitedArm> VisitPlan::united(const SelectCore& core) const
{
    // One that has a loop for each source, before those where SQLite has left a LEFT JOIN out.
    const std::size_t sources = sources_of(*core.from).size();
    for (const bool nullable : {true, false})
        for (const std::size_t least : {sources, std::size_t{1}}) {
            std::vector<UnitedArm> choices = choices_of(core, nullable);
            auto group = groups_.begin();
            for (UnitedArm& choice : choices) {
                group = std::find_if(group, groups_.end(), [&](const VisitGroup& g) {
                    std::set<const VisitLoop*> used;
                    return is_arm(g) && g.loops.size() >= least && covers(g, *core.from, used, choice.arms) &&
                           std::all_of(g.loops.begin(), g.loops.end(),
                                       [&](const VisitLoop& loop) { return used.count(&loop) != 0; });
                });
                choice.group = group == groups_.end() ? nullptr : &*group++;
            }
            if (choices.size() > 1 && choices.back().group)
                return choices;
        }
    return {};
}

} // namespace howdah::dialect
