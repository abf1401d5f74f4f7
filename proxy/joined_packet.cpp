// See joined_packet.hpp.
#include "proxy/joined_packet.hpp"

#include "pool/wire.hpp"
#include "proxy/sending.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace howdah::proxy {

namespace {

// In PostgreSQL's binary format (array_recv).
pool::Param array_of(std::size_t parameter, std::span<const std::size_t> commands, const pool::Batch& batch)
{
    const pool::Oid element = batch.commands[commands.front()].params[parameter].type;
    pool::Param array;
    array.type = dialect::array_oid(element);
    std::string& out = array.bytes.emplace();
    pool::wire::put_array_begin(out, element, commands.size());
    for (const std::size_t i : commands)
        pool::wire::put_value(out, batch.commands[i].params[parameter].bytes);
    return array;
}

// As the server would say it of one row.
std::string tag_of_one(std::string_view tag) { return std::string(tag.substr(0, tag.rfind(' '))) + " 1"; }

} // namespace

std::optional<JoinedPacket> JoinedPacket::make(pool::Batch& batch, std::span<const CachedPlan* const> plans)
{
    JoinedPacket joined;
    std::vector<const CachedPlan*> seen; // of each of joined.of_
    for (std::size_t i = 0; i < plans.size(); ++i) {
        const auto same = plans[i] ? std::find(seen.begin(), seen.end(), plans[i]) : seen.end();
        if (same != seen.end()) {
            joined.of_[static_cast<std::size_t>(same - seen.begin())].push_back(i);
            continue;
        }
        seen.push_back(plans[i]);
        joined.of_.push_back({i});
    }
    if (seen.size() == plans.size())
        return std::nullopt;
    joined.count_ = plans.size();
    joined.rows_.resize(seen.size());
    joined.batch_.commands.resize(seen.size());
    for (std::size_t at = 0; at < seen.size(); ++at)
        if (joined.is_joined(at))
            joined.join(at, *seen[at], batch);
        else
            joined.batch_.commands[at] = std::move(batch.commands[joined.of_[at].front()]);
    return joined;
}

void JoinedPacket::join(std::size_t at, const CachedPlan& plan, const pool::Batch& batch)
{
    pool::Command& command = batch_.commands[at];
    command.known_sql = plan.steps.front().many;
    command.token = plan.many_token;
    command.prepare = true;
    for (std::size_t i = 0; i < plan.steps.front().slots.size(); ++i)
        command.params.push_back(array_of(i, of_[at], batch));
    if (!plan.steps.front().returns_rowid)
        return;
    rows_[at] = std::make_unique<Rows>();
    for (const std::size_t i : of_[at])
        rows_[at]->sinks.push_back(batch.commands[i].rows);
    command.rows = rows_[at].get();
}

std::size_t JoinedPacket::joined() const
{
    std::size_t count = 0;
    for (const auto& of : of_)
        count += of.size() > 1 ? of.size() : 0;
    return count;
}

void JoinedPacket::give_back(pool::Batch& batch)
{
    for (std::size_t at = 0; at < of_.size(); ++at)
        if (!is_joined(at))
            batch.commands[of_[at].front()] = std::move(batch_.commands[at]);
}

bool JoinedPacket::split(pool::BatchResult& result) const
{
    std::vector<pool::CommandResult> all(count_);
    for (std::size_t at = 0; at < result.results.size(); ++at) {
        pool::CommandResult& own = result.results[at];
        const std::size_t rows = of_[at].size();
        if (!is_joined(at)) {
            all[of_[at].front()] = std::move(own);
            continue;
        }
        if (count_of(own.tag) != static_cast<std::int64_t>(rows) || (rows_[at] && rows_[at]->seen != rows))
            return false;
        for (const std::size_t i : of_[at])
            all[i].tag = tag_of_one(own.tag);
    }
    if (result.results.size() < of_.size())
        all.resize(of_[result.results.size()].front());
    result.results = std::move(all);
    return true;
}

} // namespace howdah::proxy
