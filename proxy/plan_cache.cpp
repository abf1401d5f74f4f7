// See plan_cache.hpp.
#include "proxy/plan_cache.hpp"

#include "dialect/result_values.hpp"
#include "proxy/command_tag.hpp"

#include <algorithm>

namespace howdah::proxy {

namespace {

ColumnKind kind_of(dialect::PgType type)
{
    switch (type) {
    case dialect::PgType::boolean:
    case dialect::PgType::int8:
        return ColumnKind::integer;
    case dialect::PgType::float8:
        return ColumnKind::real;
    case dialect::PgType::text:
        return ColumnKind::text;
    case dialect::PgType::bytea:
        return ColumnKind::blob;
    case dialect::PgType::numeric:
        return ColumnKind::number;
    case dialect::PgType::v:
        break;
    }
    return ColumnKind::dynamic;
}

bool has_same_bytes(dialect::PgType type)
{
    return type == dialect::PgType::int8 || type == dialect::PgType::text || type == dialect::PgType::bytea;
}

bool may_ask_counters(const dialect::Slot& slot)
{
    const std::string expression = dialect::fold(slot.expression);
    return expression.find("changes") != std::string::npos || expression.find("last_insert_rowid") != std::string::npos;
}

std::size_t bytes_of(const dialect::Slot& slot)
{
    const auto* text = std::get_if<std::string>(&slot.literal);
    return sizeof slot + slot.expression.size() + (text ? text->size() : 0) + slot.elements.size() * sizeof(int);
}

std::size_t bytes_of(const CachedPlan& plan)
{
    std::size_t bytes = sizeof plan;
    for (const dialect::Step& step : plan.steps)
        bytes += sizeof step + step.sql.size() + step.many.size() + step.slots.size() * sizeof(int);
    for (const dialect::Slot& slot : plan.slots)
        bytes += bytes_of(slot);
    for (const std::string& name : plan.parameter_names)
        bytes += sizeof name + name.size();
    return bytes + plan.columns.size() * (sizeof(dialect::Output) + sizeof(Column));
}

} // namespace

CachedPlan::CachedPlan(dialect::Compiled compiled) : dialect::Compiled(std::move(compiled)), verb(command_verb(*this))
{
    if (kind == Kind::query || kind == Kind::write)
        statement.reset();
    asks_counters = std::any_of(slots.begin(), slots.end(), may_ask_counters);
    static std::uint64_t last_token = 0; // one thread compiles
    token = ++last_token;
    many_token = ++last_token;
    forwardable = true;
    for (const dialect::Output& column : columns) {
        output.push_back({column.name, column.decltype_, kind_of(column.type)});
        forwardable = forwardable && has_same_bytes(column.type);
    }
    shares = kind == Kind::query && steps.size() == 1 && steps.front().role == dialect::Step::Role::rows &&
             steps.front().prepare && !touches_temp && !needs_writer_lock;
    if (shares)
        for (const int slot : steps.front().slots) {
            const dialect::Slot& sent = slots[static_cast<std::size_t>(slot)];
            const pool::Oid type = dialect::parameter_oid(sent.type);
            parameter_types.push_back(sent.is_array() ? dialect::array_oid(type) : type);
        }
    bytes = bytes_of(*this);
}

void plan_key(std::string& key, std::string_view sql, const dialect::Options& options, std::uint64_t catalog_id,
              std::span<const dialect::Value> parameters)
{
    key.clear();
    key.append(reinterpret_cast<const char*>(&catalog_id), sizeof catalog_id);
    const unsigned bits = (options.case_sensitive_like ? 1U : 0U) | (options.foreign_keys ? 2U : 0U) |
                          (options.recursive_triggers ? 4U : 0U) | (options.exact_arithmetic ? 8U : 0U) |
                          (options.writers == dialect::Writers::concurrent ? 16U : 0U) |
                          (options.mismatch == dialect::Mismatch::reject ? 32U : 0U) |
                          (options.any_row_order ? 64U : 0U) | (options.legacy_alter_table ? 128U : 0U);
    key.push_back(static_cast<char>(bits));
    if (options.keys_at_end)
        key.push_back('~');
    for (const dialect::Value& value : parameters)
        key.push_back(static_cast<char>('0' + value.index()));
    key.push_back('\0');
    key.append(sql);
}

std::string plan_key(std::string_view sql, const dialect::Options& options, std::uint64_t catalog_id,
                     std::span<const dialect::Value> parameters)
{
    std::string key;
    plan_key(key, sql, options, catalog_id, parameters);
    return key;
}

const std::vector<Plan>& PlanCache::find(std::string_view key)
{
    const auto found = index_.find(key);
    if (found == index_.end())
        return none_;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->plans;
}

void PlanCache::add(const std::string& key, Plan plan)
{
    constexpr std::size_t least_kept = 16; // of the largest
    if (key.size() + plan->bytes > most_bytes_ / least_kept)
        return;
    const auto found = index_.find(key);
    if (found == index_.end()) {
        entries_.push_front({key, {std::move(plan)}});
        index_.emplace(entries_.front().key, entries_.begin());
        bytes_ += entries_.front().bytes();
        trim();
        return;
    }
    Entry& entry = *found->second;
    bytes_ -= entry.bytes();
    if (entry.plans.size() == variants)
        entry.plans.pop_back();
    entry.plans.insert(entry.plans.begin(), std::move(plan));
    bytes_ += entry.bytes();
    trim();
}

std::size_t PlanCache::Entry::bytes() const
{
    std::size_t bytes = sizeof(Entry) + key.size();
    for (const Plan& plan : plans)
        bytes += plan->bytes;
    return bytes;
}

void PlanCache::set_capacity(std::size_t capacity)
{
    capacity_ = capacity;
    trim();
}

void PlanCache::trim()
{
    while ((entries_.size() > capacity_ || bytes_ > most_bytes_) && !entries_.empty()) {
        bytes_ -= entries_.back().bytes();
        index_.erase(entries_.back().key);
        entries_.pop_back();
        ++evictions_;
    }
}

} // namespace howdah::proxy
