#include "pool/prepared.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace howdah::pool {

namespace {

Oid type_of(const Param& param) { return param.type; }
Oid type_of(Oid type) { return type; }

template <typename T>
void make_key(std::string& key, std::string_view sql, std::span<const T> types)
{
    key.assign(sql);
    for (const T& each : types) {
        const Oid type = type_of(each);
        key.push_back('\0');
        key.append(reinterpret_cast<const char*>(&type), sizeof type);
    }
}

} // namespace

bool Prepared::find(std::uint64_t token)
{
    const auto found = token != 0 ? by_token_.find(token) : by_token_.end();
    if (found == by_token_.end())
        return false;
    if (found->second != entries_.begin())
        entries_.splice(entries_.begin(), entries_, found->second);
    return true;
}

Prepared::Use Prepared::use_again()
{
    Entry& entry = entries_.front();
    // What this batch has used is closed before it begins.
    const bool again = ++entry.uses > entry.planned_for && entry.batch != batch_;
    entry.batch = batch_;
    if (!again) {
        ++hits;
        return {entry.name, false};
    }
    ++misses;
    closing_.push_back(std::exchange(entry.name, next_name()));
    unconfirmed_.push_back(entry.name);
    entry.uses = 1;
    entry.planned_for = std::min(entry.planned_for * growth_of_uses, uses_of_plan);
    return {entry.name, true};
}

Prepared::Use Prepared::use(std::uint64_t token, std::string_view sql, std::span<const Param> params)
{
    if (find(token))
        return use_again();
    make_key(key_, sql, params);
    return use_key(token);
}

Prepared::Use Prepared::use(std::uint64_t token, std::string_view sql, std::span<const Oid> types)
{
    if (find(token))
        return use_again();
    make_key(key_, sql, types);
    return use_key(token);
}

void Prepared::remove(Entries::iterator entry)
{
    if (entry->token != 0)
        by_token_.erase(entry->token);
    by_key_.erase(entry->key);
    entries_.erase(entry);
}

Prepared::Use Prepared::use_key(std::uint64_t token)
{
    Use use;
    if (const auto found = by_key_.find(key_); found != by_key_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        use = use_again();
    } else {
        ++misses;
        entries_.push_front({key_, next_name(), batch_, 0, 1});
        by_key_.emplace(entries_.front().key, entries_.begin());
        unconfirmed_.push_back(entries_.front().name);
        use = {entries_.front().name, true};
        evict();
    }
    Entry& entry = entries_.front();
    if (token != 0) {
        if (entry.token != 0)
            by_token_.erase(entry.token);
        entry.token = token;
        by_token_.emplace(token, entries_.begin());
    }
    return use;
}

void Prepared::evict()
{
    while (entries_.size() > limit_ && entries_.back().batch != batch_) {
        closing_.push_back(entries_.back().name);
        remove(std::prev(entries_.end()));
        ++evictions;
    }
}

Prepared::Entries::iterator Prepared::find_name(std::string_view name)
{
    return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.name == name; });
}

void Prepared::confirm(std::string_view name)
{
    // Statements are prepared in the order of their Parses.
    if (!unconfirmed_.empty() && unconfirmed_.front() == name)
        unconfirmed_.erase(unconfirmed_.begin());
}

void Prepared::end_batch()
{
    for (const std::string& name : unconfirmed_) {
        const auto entry = find_name(name);
        if (entry == entries_.end())
            continue;
        remove(entry);
    }
    unconfirmed_.clear();
}

void Prepared::forget(std::string_view name)
{
    const auto entry = find_name(name);
    if (entry == entries_.end())
        return;
    closing_.push_back(entry->name);
    remove(entry);
}

void Prepared::drop(std::string_view name)
{
    std::erase(unconfirmed_, name);
    const auto entry = find_name(name);
    if (entry == entries_.end())
        return;
    remove(entry);
}

void Prepared::forget_all()
{
    by_key_.clear();
    by_token_.clear();
    entries_.clear();
    unconfirmed_.clear();
    closing_.clear();
}

std::vector<std::string> Prepared::take_closing() { return std::exchange(closing_, {}); }

} // namespace howdah::pool
