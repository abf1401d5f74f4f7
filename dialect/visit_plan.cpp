// See visit_plan.hpp. EXPLAIN QUERY PLAN names the loops, EXPLAIN tells their direction: the plan's line stands in the
// program where the loop begins.
#include "dialect/visit_plan.hpp"

#include "dialect/catalog.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/visit_program.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace howdah::dialect {

namespace {

bool starts_with_word(std::string_view text, std::string_view word)
{
    return text.size() >= word.size() && equal_names(text.substr(0, word.size()), word) &&
           (text.size() == word.size() || text[word.size()] == ' ');
}

// "SCAN t", "SEARCH t USING …": what follows the verb.
std::string_view loop_detail(std::string_view detail)
{
    for (const std::string_view verb : {"SCAN ", "SEARCH "})
        if (detail.starts_with(verb) && detail != "SCAN CONSTANT ROW")
            return detail.substr(verb.size());
    return {};
}

std::size_t count_of(std::string_view text, std::string_view part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

// Each SELECT of a statement where its text ends, which is when SQLite counts it.
class Ends : public Visitor {
public:
    std::vector<std::pair<std::uint32_t, const SelectCore*>> ends;
    bool enter(const Select& select) override
    {
        for (const SelectCore& core : select.cores) {
            const bool last = &core == &select.cores.back();
            const std::uint32_t end = last ? std::max(select.span.end, core.span.end) : core.span.end;
            for (std::size_t row = 1; row < core.values.size(); ++row)
                ends.emplace_back(end, nullptr);
            ends.emplace_back(end, &core);
        }
        return true;
    }
};

// The SELECTs of subqueries that stand in expressions.
class OfExpressions : public Visitor {
public:
    explicit OfExpressions(std::set<const SelectCore*>& cores) : cores_(cores) {}
    bool enter(const Expr& e) override
    {
        if (const Select* select = select_of(e)) {
            Ends inside;
            walk(*select, inside);
            for (const auto& [end, core] : inside.ends)
                cores_.insert(core);
        }
        return true;
    }

private:
    std::set<const SelectCore*>& cores_;
};

} // namespace

std::size_t VisitLoop::looked_up() const { return count_of(detail, "=?"); }

bool VisitLoop::is_of(std::string_view name) const
{
    const std::string& text = alternatives.empty() ? detail : alternatives.front().detail;
    if (starts_with_word(text, name))
        return true;
    const auto dot = text.find('.');
    return dot != std::string::npos && starts_with_word(std::string_view(text).substr(dot + 1), name);
}

bool VisitLoop::is_of(const Source& source) const
{
    const VisitLoop& loop = alternatives.empty() ? *this : alternatives.front();
    if (const Select* select = source.name.empty() ? select_of(source) : nullptr)
        return only_unnamed || &select->cores.back() == last_core;
    if (!is_of(source.name) || source.kind != Source::Kind::table || !source.table)
        return is_of(source.name);
    const auto goes_by = [&](std::string_view phrase) { return loop.detail.find(phrase) != std::string::npos; };
    if (goes_by(" USING INDEX ") || goes_by(" USING COVERING INDEX "))
        return loop.index(*source.table) != nullptr;
    const auto columns = static_cast<int>(source.table->columns.size());
    const auto has = [&](int column) { return column < 0 ? source.has_rowid : column < columns; };
    return (source.has_rowid || !goes_by(" USING INTEGER PRIMARY KEY")) &&
           (!source.has_rowid || !goes_by(" USING PRIMARY KEY")) &&
           std::all_of(loop.automatic_key.begin(), loop.automatic_key.end(), has);
}

const Index* VisitLoop::index(const Table& table) const
{
    for (const std::string_view phrase : {" USING INDEX ", " USING COVERING INDEX "}) {
        const auto at = detail.find(phrase);
        if (at == std::string::npos)
            continue;
        const std::string_view name = std::string_view(detail).substr(at + phrase.size());
        const Index* found = nullptr;
        for (const Index& index : table.indexes)
            if (starts_with_word(name, index.name) && (!found || index.name.size() > found->name.size()))
                found = &index;
        return found;
    }
    return nullptr;
}

const VisitLoop* VisitGroup::find(std::string_view name) const
{
    const auto loop = std::find_if(loops.begin(), loops.end(), [&](const VisitLoop& l) { return l.is_of(name); });
    return loop == loops.end() ? nullptr : &*loop;
}

// ------------------------------------------------------------------------------------------------ reading

VisitPlan::VisitPlan(const CompileRequest* request, const Statement* statement)
{
    if (!request)
        return;
    // Keys of the table itself would be looked for in loops of their own, beside those of an INSERT's source.
    if (statement && std::holds_alternative<Insert>(statement->node))
        request->catalog.mirror().enforce_foreign_keys(false);
    try {
        read_groups(*request);
        read_program(*request);
    } catch (const Error&) {
        groups_.clear(); // then the rowid's order has to do
        return;
    }
    if (statement)
        number_selects(*statement);
}

void VisitPlan::read_groups(const CompileRequest& request)
{
    request.catalog.mirror().query("EXPLAIN QUERY PLAN " + std::string(request.sql), request.parameters,
                                   request.session, [&](std::span<const ValueView> row) {
                                       nodes_.push_back({static_cast<int>(row[0].integer),
                                                         static_cast<int>(row[1].integer), std::string(row[3].bytes)});
                                   });
    std::map<int, std::size_t> group_of;                      // node -> the group its children are loops of
    std::map<int, std::pair<std::size_t, std::size_t>> or_of; // MULTI-INDEX OR and its INDEX n -> group and loop
    const auto group = [&](int parent) -> std::size_t {
        const auto [at, fresh] = group_of.emplace(parent, groups_.size());
        if (fresh) {
            groups_.emplace_back();
            for (const Node& node : nodes_)
                if (node.id == parent && parent != 0)
                    groups_.back().head = node.detail;
        }
        return at->second;
    };
    for (const Node& node : nodes_) {
        const std::string_view detail = loop_detail(node.detail);
        if (node.detail == "MULTI-INDEX OR") {
            const std::size_t g = group(node.parent);
            or_of[node.id] = {g, groups_[g].loops.size()};
            groups_[g].loops.emplace_back();
        } else if (const auto at = or_of.find(node.parent);
                   at != or_of.end() && (!detail.empty() || node.detail.starts_with("INDEX "))) {
            const auto [g, l] = at->second;
            if (detail.empty()) {
                or_of[node.id] = at->second;
                continue;
            }
            places_[node.id].push_back({g, l});
            groups_[g].loops[l].alternatives.emplace_back().detail = detail;
        } else if (!detail.empty()) {
            const std::size_t g = group(node.parent);
            places_[node.id].push_back({g, groups_[g].loops.size()});
            VisitLoop& loop = groups_[g].loops.emplace_back();
            loop.detail = detail;
            loop.automatic = detail.find(" USING AUTOMATIC ") != std::string_view::npos;
        } else if (node.detail.starts_with("USE TEMP B-TREE ")) {
            VisitGroup& sorted = groups_[group(node.parent)];
            sorted.groups_are_sorted = sorted.groups_are_sorted || node.detail.ends_with(" GROUP BY");
            sorted.rows_are_sorted = sorted.rows_are_sorted || node.detail.ends_with(" ORDER BY");
        }
    }
}

void VisitPlan::read_program(const CompileRequest& request)
{
    Program program;
    bool ended = false;
    request.catalog.mirror().query("EXPLAIN " + std::string(request.sql), request.parameters, request.session,
                                   [&](std::span<const ValueView> row) {
                                       // The programs of triggers follow, and count from 0 again.
                                       ended = ended || row[0].integer != static_cast<std::int64_t>(program.size());
                                       if (!ended)
                                           program.push_back(
                                               {std::string(row[1].bytes), static_cast<int>(row[2].integer),
                                                static_cast<int>(row[3].integer), static_cast<int>(row[4].integer)});
                                   });
    std::size_t seen = 0, before = 0;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> alternatives;
    std::map<std::size_t, std::size_t> begins; // group -> its outermost loop
    for (const Node& node : nodes_) {
        const auto address = static_cast<std::size_t>(std::max(node.id, 0)) -
                             std::min<std::size_t>(seen, std::size_t(std::max(node.id, 0)));
        ++seen;
        const auto place = places_.find(node.id);
        if (place != places_.end()) {
            const auto at = place->second.front();
            begins.emplace(at.first, address);
            VisitLoop& outer = groups_[at.first].loops[at.second];
            // A term of OR goes up: no order is asked of it. (Its line stands behind its first move.)
            const bool is_alternative = !outer.alternatives.empty();
            VisitLoop& loop = is_alternative ? outer.alternatives[alternatives[at]++] : outer;
            loop.backwards = !is_alternative && goes_down(program, address);
            if (loop.automatic)
                loop.automatic_key = automatic_key(program, before, address, loop.looked_up());
        }
        before = address;
    }
    for (const auto& [group, begin] : begins)
        groups_[group].stop = find_stop(program, begin);
    const std::size_t first =
        nodes_.empty() ? program.size() : static_cast<std::size_t>(std::max(nodes_.front().id, 0));
    for (std::size_t i = 0; i < program.size(); ++i)
        two_passes_ =
            two_passes_ || program[i].name == "RowSetAdd" || (i < first && program[i].name == "OpenEphemeral");
    if (!two_passes_)
        lookups_ = lookups_in_written(program);
}

void VisitPlan::number_selects(const Statement& statement)
{
    Ends visitor;
    walk(statement, visitor);
    std::stable_sort(visitor.ends.begin(), visitor.ends.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    int number = 0;
    for (const auto& [end, core] : visitor.ends) {
        ++number;
        if (core)
            numbers_[core] = number;
        last_ = core;
    }
    OfExpressions values(values_);
    walk(statement, values);
    for (VisitGroup& group : groups_)
        find_unnamed(group);
}

void VisitPlan::find_unnamed(VisitGroup& group) const
{
    std::vector<VisitLoop*> unknown;
    for (VisitLoop& loop : group.loops) {
        if (!loop.detail.starts_with("(subquery-"))
            continue;
        for (const auto& [core, n] : numbers_)
            if (starts_with_word(loop.detail, "(subquery-" + std::to_string(n) + ")"))
                loop.last_core = core;
        if (!loop.last_core)
            unknown.push_back(&loop);
    }
    if (unknown.size() == 1)
        unknown.front()->only_unnamed = true;
}

// ------------------------------------------------------------------------------------------------ asking

// Whether the group has a loop for each table of the FROM, `arms` of its compounds; they are `used` then. Unless
// `all`, SQLite may have left a LEFT JOIN with a subquery out.
bool VisitPlan::covers(const VisitGroup& group, const FromClause& from, std::set<const VisitLoop*>& used,
                       const ArmOf& arms, bool all) const
{
    const auto uses_loop = [&](const VisitGroup& of, const Source& source) {
        const auto loop = std::find_if(of.loops.begin(), of.loops.end(),
                                       [&](const VisitLoop& l) { return used.count(&l) == 0 && l.is_of(source); });
        return loop != of.loops.end() && used.insert(&*loop).second;
    };
    const auto uses_join = [&](const Source& source) {
        return std::any_of(group.loops.begin(), group.loops.end(), [&](const VisitLoop& loop) {
            const VisitGroup* join = joined(loop);
            return join && uses_loop(*join, source) && (used.insert(&loop), true);
        });
    };
    bool covered = true;
    for (const Source* source : sources_of(from)) {
        if (!source)
            return false; // nothing reads this common table, and its names have not been looked up
        const Select* inner = select_of(*source);
        if (uses_loop(group, *source) || uses_join(*source))
            continue;
        const auto arm = arms.find(source);
        if (arm != arms.end())
            covered = covers(group, *inner->cores[arm->second].from, used) && covered;
        else if (inner && inner->cores.size() == 1 && inner->cores.front().from && (all || !source->nullable))
            covered = covers(group, *inner->cores.front().from, used, {}, all) && covered;
        else if (!source->nullable)
            covered = false;
    }
    return covered;
}

const VisitGroup* VisitPlan::joined(const VisitLoop& loop) const
{
    if (!loop.detail.starts_with("(join-"))
        return nullptr;
    const std::string name = " " + loop.detail.substr(0, loop.detail.find(' '));
    const auto group =
        std::find_if(groups_.begin(), groups_.end(), [&](const VisitGroup& g) { return g.head.ends_with(name); });
    return group == groups_.end() ? nullptr : &*group;
}

std::vector<const VisitGroup*> VisitPlan::candidates(const SelectCore& core, std::string_view alias) const
{
    const std::vector<const VisitGroup*> whole = candidates(core, alias, true);
    return whole.empty() ? candidates(core, alias, false) : whole;
}

// Those that leave the fewest loops to others; the one that the plan calls by the core's number before all.
std::vector<const VisitGroup*> VisitPlan::candidates(const SelectCore& core, std::string_view alias, bool all) const
{
    std::vector<const VisitGroup*> best;
    if (!core.from)
        return best;
    const auto number = numbers_.find(&core);
    const std::string name = number == numbers_.end() ? "" : std::to_string(number->second);
    // Whether the plan calls the group by the number of a SELECT that this core is no part of.
    const auto is_of_another = [&](const VisitGroup& group) {
        if (name.empty())
            return false;
        return std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& entry) {
            const auto& [other, n] = entry;
            return group.head.ends_with("SUBQUERY " + std::to_string(n)) &&
                   !(other->span.begin <= core.span.begin && core.span.end <= other->span.end);
        });
    };
    std::size_t least = 0;
    for (const VisitGroup& group : groups_) {
        std::set<const VisitLoop*> used;
        if (!covers(group, *core.from, used, {}, all) || used.empty() || is_of_another(group) ||
            group.head.starts_with("RIGHT-JOIN "))
            continue;
        if (group.head.empty() && &core == last_)
            return {&group};
        if (group.head.empty() && values_.count(&core) != 0)
            continue;
        const auto space = group.head.find(' ');
        if (group.head.starts_with("CO-ROUTINE ") || group.head.starts_with("MATERIALIZE ")) {
            const std::string_view called = std::string_view(group.head).substr(space + 1);
            const auto dot = called.rfind('.');
            if (!alias.empty() && (equal_names(called, alias) ||
                                   (dot != std::string_view::npos && equal_names(called.substr(dot + 1), alias))))
                return {&group};
            if (group.head.find("(subquery-") == std::string::npos)
                continue;
        }
        if (!name.empty() &&
            (group.head.ends_with("SUBQUERY " + name) || group.head.ends_with("(subquery-" + name + ")")))
            return {&group};
        const auto left = static_cast<std::size_t>(std::count_if(
            group.loops.begin(), group.loops.end(), [&](const VisitLoop& l) { return used.count(&l) == 0; }));
        if (best.empty() || left < least)
            best.clear();
        if (best.empty() || left == least) {
            best.push_back(&group);
            least = left;
        }
    }
    return best;
}

// Without those that the plan calls by the number of a subquery that the core is no part of, unless that leaves none.
std::vector<const VisitGroup*> VisitPlan::without_others(const std::vector<const VisitGroup*>& groups,
                                                         const SelectCore& core) const
{
    const auto is_of_another = [&](const VisitGroup* group) {
        return std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& entry) {
            const auto& [other, n] = entry;
            return group->head.ends_with("(subquery-" + std::to_string(n) + ")") &&
                   !(other->span.begin <= core.span.begin && core.span.end <= other->span.end);
        });
    };
    std::vector<const VisitGroup*> own;
    std::copy_if(groups.begin(), groups.end(), std::back_inserter(own), std::not_fn(is_of_another));
    return own.empty() ? groups : own;
}

const VisitGroup* VisitPlan::find(const SelectCore& core, std::string_view name) const
{
    std::vector<const VisitGroup*> best = candidates(core, name);
    const auto are_alike = [&] {
        return std::all_of(best.begin(), best.end(), [&](const VisitGroup* g) {
            return g->loops == best.front()->loops && g->groups_are_sorted == best.front()->groups_are_sorted;
        });
    };
    if (last_ && &core != last_ && !are_alike()) // the outermost is the last one's
        std::erase_if(best, [](const VisitGroup* g) { return g->head.empty(); });
    if (best.empty())
        return nullptr;
    if (are_alike())
        return best.front();
    best = without_others(best, core);
    if (best.size() == 1)
        return best.front();
    // As many SELECTs as groups: the plan has them in the order of the text.
    std::vector<std::pair<int, const SelectCore*>> alike;
    for (const auto& [other, number] : numbers_)
        if (without_others(candidates(*other, {}), *other) == best)
            alike.emplace_back(number, other);
    if (alike.size() != best.size())
        return nullptr;
    std::sort(alike.begin(), alike.end());
    for (std::size_t i = 0; i < alike.size(); ++i)
        if (alike[i].second == &core)
            return best[i];
    return nullptr;
}

const VisitGroup* VisitPlan::reader(const VisitGroup* group, std::size_t levels) const
{
    for (; group && levels > 0; --levels) {
        const std::string_view name = std::string_view(group->head).substr(group->head.find(' ') + 1);
        const auto outer = std::find_if(groups_.begin(), groups_.end(), [&](const VisitGroup& g) {
            return group->head.starts_with("CO-ROUTINE ") &&
                   std::any_of(g.loops.begin(), g.loops.end(),
                               [&](const VisitLoop& loop) { return starts_with_word(loop.detail, name); });
        });
        group = outer == groups_.end() ? nullptr : &*outer;
    }
    return group;
}

const VisitLoop* VisitPlan::right_join(std::string_view name) const
{
    for (const VisitGroup& group : groups_)
        if (group.head.starts_with("RIGHT-JOIN "))
            if (const VisitLoop* loop = group.find(name))
                return loop;
    return nullptr;
}

const VisitLoop* VisitPlan::loop(const SelectCore& core, const Source& source) const
{
    const VisitGroup* group = find(core, {});
    if (!group)
        return nullptr;
    const auto loop =
        std::find_if(group->loops.begin(), group->loops.end(), [&](const VisitLoop& l) { return l.is_of(source); });
    return loop == group->loops.end() ? nullptr : &*loop;
}

const VisitGroup* VisitPlan::outermost() const
{
    const auto group = std::find_if(groups_.begin(), groups_.end(), [](const VisitGroup& g) { return g.head.empty(); });
    return group == groups_.end() ? nullptr : &*group;
}

} // namespace howdah::dialect
