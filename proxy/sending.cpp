// See sending.hpp.
#include "proxy/sending.hpp"

#include "dialect/result_values.hpp"
#include "pool/wire.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace howdah::proxy {

pool::Command control(std::string sql)
{
    pool::Command command;
    command.sql = std::move(sql);
    command.prepare = true;
    return command;
}

std::int64_t count_of(std::string_view tag)
{
    const auto space = tag.rfind(' ');
    std::int64_t count = 0;
    if (space != std::string_view::npos)
        std::from_chars(tag.data() + space + 1, tag.data() + tag.size(), count);
    return count;
}

std::vector<pool::CommandResult> take_results(pool::BatchResult& from, std::size_t begin, std::size_t end)
{
    const auto at = [&](std::size_t i) {
        return std::make_move_iterator(from.results.begin() +
                                       static_cast<std::ptrdiff_t>(std::min(i, from.results.size())));
    };
    return {at(begin), at(end)};
}

pool::Param slot_param(const CachedPlan& plan, std::span<const Value> values, int slot)
{
    const dialect::Slot& sent = plan.slots[static_cast<std::size_t>(slot)];
    if (!sent.is_array()) {
        dialect::EncodedParameter encoded =
            dialect::encode_parameter(values[static_cast<std::size_t>(slot)], sent.type);
        return {std::move(encoded.bytes), encoded.oid, true};
    }
    const pool::Oid element = dialect::parameter_oid(sent.type);
    pool::Param array{std::string(), dialect::array_oid(element), true};
    pool::wire::put_array_begin(*array.bytes, element, sent.elements.size());
    for (const int of : sent.elements) {
        const Value null;
        const Value& value = of == dialect::no_slot ? null : values[static_cast<std::size_t>(of)];
        pool::wire::put_value(*array.bytes, dialect::encode_parameter(value, sent.type).bytes);
    }
    return array;
}

pool::Command step_command(const Planned& planned, const dialect::Step& step)
{
    pool::Command command;
    command.known_sql = step.sql;
    if (planned.plan->steps.size() == 1)
        command.token = planned.plan->token;
    command.params.reserve(step.slots.size());
    for (const int slot : step.slots)
        command.params.push_back(slot_param(*planned.plan, planned.slots, slot));
    return command;
}

std::size_t bytes_of(const pool::Batch& batch)
{
    constexpr std::size_t of_command = 64, of_parameter = 8;
    std::size_t bytes = 0;
    for (const pool::Command& command : batch.commands) {
        bytes += of_command;
        for (const pool::Param& param : command.params)
            bytes += of_parameter + (param.bytes ? param.bytes->size() : 0);
    }
    return bytes;
}

} // namespace howdah::proxy
