// Which of a session's writes may share a transaction with other clients' (write_groups.hpp).
#include "proxy/session_impl.hpp"

#include <algorithm>

namespace howdah::proxy {

namespace {

// One that changes so many rows is about to be long.
constexpr std::int64_t most_rows = 64;
// Who wants to wait less than this for a lock does not wait for a group either.
constexpr std::int64_t least_busy_timeout_ms = 500;

} // namespace

// What a session has told the server for its transaction would hold for the others.
bool Session::Impl::may_join_group(const Sending& sending, WriteGroups::Clock::time_point now) const
{
    const CachedPlan& plan = *sending.planned.plan;
    const dialect::Step& step = plan.steps.front();
    return !lease && !own_catalog && step.role == dialect::Step::Role::write && !step.returns_rows && step.prepare &&
           (sending.lock || options.writers == dialect::Writers::concurrent) && !options.recursive_triggers &&
           !told_recursive_triggers && busy_timeout_ms >= least_busy_timeout_ms && !plan.estimate.fails() &&
           database->groups().takes(plan, now);
}

// Of a write, and of those that travel behind it.
WriteGroups::Keys Session::Impl::keys_of_group() const
{
    using Keys = WriteGroups::Keys;
    const auto meets_keys = [](const Sending& one) {
        return one.planned.plan->met_keys.tests != dialect::KeyTests::none;
    };
    const bool any =
        meets_keys(*sending) ||
        (ahead && std::any_of(ahead->statements.begin(), ahead->statements.end(),
                              [&](const SentAhead& next) { return next.sending && meets_keys(*next.sending); }));
    if (!any)
        return Keys::either;
    return options.foreign_keys ? Keys::enforced : Keys::ignored;
}

bool Session::Impl::start_in_group(ReplySink& sink, const RunOptions& run_options, Lookahead* lookahead)
{
    Sending& joining = *sending;
    if (!joining.writes || !joining.own_transaction)
        return false;
    const auto now = WriteGroups::Clock::now();
    WriteGroups& groups = database->groups();
    if (!may_join_group(joining, now) || groups.is_stuck(now))
        return false;
    if (!groups.is_busy(now) && (!joining.lock || try_turn())) {
        joining.alone.emplace(groups);
        return false;
    }
    joining.grouped = true;
    joining.lock = false;
    assemble(joining, sink, run_options);
    if (lookahead)
        send_ahead(*lookahead);
    held.start_in_group(groups, *joining.planned.plan, keys_of_group(), joining.packet.batch, *joining.sinks.front(),
                        now);
    way = Short::held;
    return true;
}

void Session::Impl::learn(Sending& sending, const Attempt& attempt)
{
    const CachedPlan& plan = *sending.planned.plan;
    if (!sending.writes || !sending.own_transaction || plan.steps.size() != 1 || attempt.at_lock)
        return;
    if (attempt.server)
        plan.estimate.failed();
    if (!attempt.ok())
        return;
    const auto now = WriteGroups::Clock::now();
    if (count_of(sending.result.results[sending.packet.steps_begin].tag) > most_rows)
        plan.estimate.was_long(sending.asked, now);
    else if (sending.alone)
        sending.alone->took(now - sending.asked);
}

} // namespace howdah::proxy
