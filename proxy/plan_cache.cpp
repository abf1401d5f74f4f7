// See plan_cache.hpp.
#include "proxy/plan_cache.hpp"

namespace howdah::proxy {

std::string plan_key(std::string_view sql, const dialect::Options& options, std::uint64_t catalog_id,
                     std::span<const dialect::Value> parameters)
{
    std::string key;
    key.reserve(sql.size() + parameters.size() + 12);
    key.append(reinterpret_cast<const char*>(&catalog_id), sizeof catalog_id);
    const unsigned bits = (options.case_sensitive_like ? 1U : 0U) | (options.foreign_keys ? 2U : 0U) |
                          (options.recursive_triggers ? 4U : 0U) | (options.exact_arithmetic ? 8U : 0U) |
                          (options.writers == dialect::Writers::concurrent ? 16U : 0U) |
                          (options.mismatch == dialect::Mismatch::reject ? 32U : 0U);
    key.push_back(static_cast<char>(bits));
    for (const dialect::Value& value : parameters)
        key.push_back(static_cast<char>('0' + value.index()));
    key.push_back('\0');
    key.append(sql);
    return key;
}

const std::vector<Plan>& PlanCache::find(const std::string& key)
{
    const auto found = index_.find(key);
    if (found == index_.end())
        return none_;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->plans;
}

void PlanCache::add(const std::string& key, Plan plan)
{
    const auto found = index_.find(key);
    if (found == index_.end()) {
        entries_.push_front({key, {std::move(plan)}});
        index_.emplace(entries_.front().key, entries_.begin());
        trim();
        return;
    }
    auto& plans = found->second->plans;
    if (plans.size() == variants)
        plans.pop_back();
    plans.insert(plans.begin(), std::move(plan));
}

void PlanCache::set_capacity(std::size_t capacity)
{
    capacity_ = capacity;
    trim();
}

void PlanCache::trim()
{
    while (entries_.size() > capacity_ && !entries_.empty()) {
        index_.erase(entries_.back().key);
        entries_.pop_back();
        ++evictions_;
    }
}

} // namespace howdah::proxy
