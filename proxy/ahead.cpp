// See ahead.hpp.
#include "proxy/ahead.hpp"

#include <utility>

namespace howdah::proxy {

void KeptRows::tell(ReplySink& sink)
{
    if (const auto columns = std::exchange(columns_, std::nullopt))
        sink.on_columns(*columns);
    const std::size_t width = rows_ > 0 ? values_.size() / rows_ : 0;
    std::vector<ValueView> row(width);
    for (std::size_t r = 0; r < rows_; ++r) {
        for (std::size_t i = 0; i < width; ++i)
            row[i] = dialect::view(values_[r * width + i]);
        sink.on_row(row);
    }
    values_.clear();
    rows_ = bytes_ = 0;
}

const SentAhead* Ahead::at(std::size_t command) const
{
    if (command < commands_of_first)
        return nullptr;
    std::size_t end = commands_of_first;
    for (const SentAhead& statement : statements) {
        end += statement.commands;
        if (command < end)
            return &statement;
    }
    return nullptr;
}

pool::Result<pool::BatchResult> share_out(pool::Result<pool::BatchResult> whole, Ahead& ahead)
{
    if (whole.has_error()) {
        ahead.all_lost(whole.error());
        return whole;
    }
    const std::size_t answered = whole->results.size();
    // The answer to the commands from `begin` to `end`, none before which has failed.
    const auto share = [&](std::size_t begin, std::size_t end) {
        pool::BatchResult own;
        own.results = take_results(*whole, begin, end);
        if (answered < end) {
            own.error = whole->error;
            own.stale_plan = whole->stale_plan;
        }
        own.transaction_status = own.error ? whole->transaction_status : 'T';
        return own;
    };
    pool::BatchResult first = share(0, ahead.commands_of_first);
    bool skips = first.error.has_value();
    std::size_t begin = ahead.commands_of_first;
    auto next = ahead.statements.begin();
    for (; next != ahead.statements.end() && !skips; ++next) {
        pool::BatchResult own = share(begin, begin + next->commands);
        begin += next->commands;
        skips = own.error.has_value();
        next->answer = std::move(own);
    }
    ahead.statements.erase(next, ahead.statements.end());
    return first;
}

} // namespace howdah::proxy
