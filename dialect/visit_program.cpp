// See visit_program.hpp.
#include "dialect/visit_program.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace howdah::dialect {

namespace {

// The register that an operation puts a column, or the rowid (-1), of its cursor into.
std::optional<std::pair<int, int>> column_put(const ProgramStep& op)
{
    if (op.name == "Column")
        return std::pair{op.p3, op.p2};
    if (op.name == "Rowid")
        return std::pair{op.p2, -1};
    return std::nullopt;
}

// Whether the operation at `at` ends a loop that goes around `inside`.
bool ends_loop_around(const Program& program, std::size_t at, std::size_t inside)
{
    const std::string& name = program[at].name;
    return (name == "Next" || name == "Prev" || name == "VNext" || name == "SorterNext" || name == "Goto") &&
           at > inside && program[at].p2 >= 0 && static_cast<std::size_t>(program[at].p2) <= inside;
}

// Where the loops go on when the aggregate at `step` has taken a row.
VisitGroup::Stop stop_after(const Program& program, std::size_t step, std::size_t final)
{
    const auto goes_on = [&](std::size_t from) {
        for (std::size_t i = from; i < final; ++i)
            if (ends_loop_around(program, i, step))
                return true;
        return false;
    };
    for (std::size_t i = step + 1; i < final && !ends_loop_around(program, i, step); ++i) {
        const auto target = static_cast<std::size_t>(std::max(program[i].p2, 0));
        if (program[i].name != "Goto" || target <= i || target > final)
            continue;
        for (std::size_t k = i; k < target; ++k)
            if (ends_loop_around(program, k, step))
                return goes_on(target) ? VisitGroup::Stop::first_row_of_each : VisitGroup::Stop::first_row;
    }
    return VisitGroup::Stop::never;
}

} // namespace

bool goes_down(const Program& program, std::size_t from)
{
    std::set<int> lists;
    for (std::size_t i = from; i < program.size() && i < from + 400; ++i) {
        const ProgramStep& op = program[i];
        const auto target = static_cast<std::size_t>(std::max(op.p2, 0));
        if (op.name == "OpenEphemeral")
            lists.insert(op.p1);
        if ((op.name == "Once" || op.name == "InitCoroutine") && target > i) {
            for (std::size_t k = i; k < target && k < program.size(); ++k)
                if (program[k].name == "OpenEphemeral" || program[k].name == "OpenRead") // a table may be its own list
                    lists.insert(program[k].p1);
            i = target - 1;
            continue;
        }
        if (lists.count(op.p1) != 0)
            continue;
        if (op.name == "Last" || op.name == "SeekLE" || op.name == "SeekLT")
            return true;
        if (op.name == "Rewind" || op.name == "SeekGE" || op.name == "SeekGT" || op.name == "SeekRowid" ||
            op.name == "NotExists" || op.name == "VFilter" || op.name == "Yield" || op.name == "Sort")
            return false;
    }
    return false;
}

std::vector<int> automatic_key(const Program& program, std::size_t begin, std::size_t end, std::size_t searched)
{
    std::size_t open = end, record = end;
    for (std::size_t i = begin; i < end && i < program.size(); ++i)
        if (program[i].name == "OpenAutoindex")
            open = i;
    for (std::size_t i = open; i < end; ++i)
        if (program[i].name == "IdxInsert" && program[i].p1 == program[open].p1)
            for (record = i; record > open && program[record].name != "MakeRecord";)
                --record;
    std::vector<int> key;
    for (std::size_t part = searched; record < end && part < static_cast<std::size_t>(program[record].p2); ++part) {
        const int wanted = program[record].p1 + static_cast<int>(part);
        std::optional<int> column;
        for (std::size_t i = open; i < record; ++i)
            if (const auto put = column_put(program[i]); put && put->first == wanted)
                column = put->second;
        if (!column)
            return {};
        key.push_back(*column);
    }
    return key;
}

VisitGroup::Stop find_stop(const Program& program, std::size_t begin)
{
    for (std::size_t step = begin; step < program.size(); ++step) {
        if (program[step].name == "AggFinal")
            break;
        if (program[step].name != "AggStep")
            continue;
        std::size_t final = step;
        while (final < program.size() && !(program[final].name == "AggFinal" && program[final].p1 == program[step].p3))
            ++final;
        bool inside = false;
        for (std::size_t i = final; i < program.size(); ++i)
            inside = inside || (ends_loop_around(program, i, step) && static_cast<std::size_t>(program[i].p2) >= begin);
        if (!inside)
            return stop_after(program, step, final);
        step = final;
    }
    return VisitGroup::Stop::never;
}

LookupsInWritten lookups_in_written(const Program& program)
{
    std::set<int> written, cursors;
    for (const ProgramStep& step : program)
        if (step.name == "OpenWrite")
            written.insert(step.p2);
    LookupsInWritten found;
    int subroutines = 0;
    for (const ProgramStep& step : program) {
        subroutines += step.name == "BeginSubrtn" ? 1 : 0;
        subroutines -= step.name == "Return" && subroutines > 0 ? 1 : 0;
        if (subroutines == 0 && step.name == "OpenRead" && written.count(step.p2) != 0) {
            found.roots.insert(step.p2);
            cursors.insert(step.p1);
        }
    }
    for (const ProgramStep& step : program)
        found.goes_through =
            found.goes_through || ((step.name == "Next" || step.name == "Prev") && cursors.count(step.p1) != 0);
    return found;
}

} // namespace howdah::dialect
