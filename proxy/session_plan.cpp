// A statement's plan, from the cache or compiled, and what can be told of it before it runs.
#include "dialect/script.hpp"
#include "proxy/session_impl.hpp"

namespace asio = boost::asio;

namespace howdah::proxy {

std::optional<std::vector<Value>> Session::Impl::slot_values(const dialect::Compiled& plan,
                                                             std::span<const Value> parameters)
{
    std::vector<Value> computed;
    computed.reserve(plan.slots.size());
    for (const dialect::Slot& slot : plan.slots) {
        Value value;
        if (!slot.expression.empty()) {
            try {
                value = catalog()->mirror().evaluate(slot.expression, parameters, values);
            } catch (const dialect::Error&) {
                return std::nullopt; // the compiler finds out how SQLite answers this
            }
        } else if (slot.parameter > 0) {
            if (static_cast<std::size_t>(slot.parameter) <= parameters.size())
                value = parameters[static_cast<std::size_t>(slot.parameter) - 1];
        } else {
            value = slot.literal;
        }
        if (slot.affinity != dialect::Affinity::none)
            value = dialect::apply_affinity(std::move(value), slot.affinity);
        if (dialect::storage_class(value) != slot.guard)
            return std::nullopt;
        computed.push_back(std::move(value));
    }
    return computed;
}

std::optional<Planned> Session::Impl::find_plan(std::string_view sql, std::span<const Value> parameters,
                                                const dialect::Options& with)
{
    plan_key(key, sql, with, catalog()->id(), parameters);
    for (const Plan& cached : database->plans().find(key))
        if (auto computed = slot_values(*cached, parameters))
            return Planned{cached, std::move(*computed)};
    return std::nullopt;
}

std::optional<Planned> Session::Impl::find_known(std::string_view sql, std::span<const Value> parameters)
{
    std::optional<Planned> found;
    if (parameters.empty() && dialect::lift_literals(sql, shape))
        found = find_plan(shape.text, shape.values, options);
    if (!found)
        found = find_plan(sql, parameters, options);
    const bool fits = found && parameters.size() <= static_cast<std::size_t>(found->plan->parameter_count);
    return fits ? std::move(found) : std::nullopt;
}

std::variant<Planned, dialect::Error> Session::Impl::plan(std::string_view sql, std::span<const Value> parameters,
                                                          const dialect::Options& with)
{
    if (auto found = find_plan(sql, parameters, with)) {
        ++shared.totals.plan_hits;
        return std::move(*found);
    }
    ++shared.totals.plan_misses;
    auto compiled = dialect::compile({sql, *catalog(), parameters, with, values});
    if (compiled.has_error()) {
        shared.totals.refused += compiled.error().refused ? 1 : 0;
        return compiled.error();
    }
    auto fresh = std::make_shared<const CachedPlan>(std::move(*compiled));
    auto computed = slot_values(*fresh, parameters);
    if (!computed)
        return dialect::refusal("the statement's constants changed their type while it was compiled; run it again");
    // A statement that changes the schema is never run twice against the same catalog.
    using Kind = dialect::Compiled::Kind;
    if (fresh->kind != Kind::schema && fresh->kind != Kind::promote)
        database->plans().add(plan_key(sql, with, catalog()->id(), parameters), fresh);
    return Planned{std::move(fresh), std::move(*computed)};
}

Session::Impl::Text Session::Impl::text_to_plan(std::string_view sql, std::span<const Value> parameters,
                                                const dialect::Options& with)
{
    const Text as_it_is{sql, parameters};
    if (!parameters.empty() || !dialect::lift_literals(sql, shape))
        return as_it_is;
    const Text lifted{shape.text, shape.values};
    const auto is_cached = [&](const Text& text) {
        plan_key(key, text.sql, with, catalog()->id(), text.parameters);
        return !database->plans().find(key).empty();
    };
    if (is_cached(lifted))
        return lifted;
    if (is_cached(as_it_is))
        return as_it_is;
    // What cannot be compiled, and what SQLite itself answers, is told from the client's own text.
    const auto planning = plan(lifted.sql, lifted.parameters, with);
    const auto* planned = std::get_if<Planned>(&planning);
    using Kind = dialect::Compiled::Kind;
    const bool fits = planned && (planned->plan->kind == Kind::query || planned->plan->kind == Kind::write ||
                                  planned->plan->kind == Kind::promote);
    return fits ? lifted : as_it_is;
}

// -------------------------------------------------------------------------------------------------------- as a Session

asio::awaitable<Description> Session::describe(std::string_view sql, std::span<const Value> parameters)
{
    Impl& s = *impl_;
    Description d;
    s.cancelled = false;
    if (is_blank(sql))
        co_return d;
    if (auto error = co_await s.ready()) {
        d.error = std::move(error);
        co_return d;
    }
    if (s.is_raw(sql))
        co_return co_await s.describe_raw(sql);
    auto planning = s.plan(sql, parameters, s.options);
    if (auto* error = std::get_if<dialect::Error>(&planning)) {
        d.error = client_error(*error, sql);
        co_return d;
    }
    const CachedPlan& compiled = *std::get<Planned>(planning).plan;
    d.parameter_count = compiled.parameter_count;
    d.parameter_names = compiled.parameter_names;
    d.columns =
        compiled.kind == dialect::Compiled::Kind::local ? s.local_columns(sql, parameters, compiled) : compiled.output;
    d.has_columns = !d.columns.empty();
    s.describe_as_set(sql, d);
    co_return d;
}

asio::awaitable<Description> Session::describe_parameters(std::string_view sql)
{
    Impl& s = *impl_;
    if (const auto known = s.parameter_names.find(sql); known != s.parameter_names.end()) {
        Description d;
        d.parameter_count = static_cast<int>(known->second.size());
        d.parameter_names = known->second;
        co_return d;
    }
    auto error = co_await s.ready();
    if (!error && !is_blank(sql) && !s.is_raw(sql)) {
        const dialect::Mirror::Answer answer = s.catalog()->mirror().prepare(sql);
        if (!answer.error) {
            Description d;
            d.parameter_count = answer.parameter_count;
            d.parameter_names = answer.parameter_names;
            d.parameter_names.resize(static_cast<std::size_t>(answer.parameter_count));
            constexpr std::size_t most = 1000;
            if (s.parameter_names.size() >= most)
                s.parameter_names.clear();
            s.parameter_names.emplace(sql, d.parameter_names);
            co_return d;
        }
    }
    auto described = describe(sql, {});
    co_return co_await std::move(described);
}

} // namespace howdah::proxy
