// See transaction.hpp.
#include "proxy/transaction.hpp"

#include <algorithm>
#include <utility>

namespace howdah::proxy {

namespace {

// No client's savepoint has such a name on the server, because those are numbered. Of the guards the first has a name
// of its own: releasing it releases all that came after.
constexpr std::string_view first_guard = "howdah_statement", later_guard = "howdah_statement_after";
constexpr std::string_view release_guards = "RELEASE SAVEPOINT howdah_statement";

bool same_name(std::string_view a, std::string_view b)
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

Transaction::Plan refused(std::string error)
{
    Transaction::Plan plan;
    plan.error = std::move(error);
    return plan;
}

} // namespace

std::optional<std::string> Transaction::begin()
{
    if (active_)
        return "cannot start a transaction within a transaction";
    active_ = true;
    by_savepoint_ = false;
    return std::nullopt;
}

std::vector<std::string> Transaction::savepoint(std::string_view name)
{
    if (!active_) {
        active_ = true;
        by_savepoint_ = true;
    }
    marks_.push_back({std::string(name), "s" + std::to_string(++counter_), writer_locked_});
    std::vector<std::string> send;
    if (!on_server_)
        return send;
    guard_is_fresh_ = false;
    if (std::exchange(guards_, 0) > 0)
        send.emplace_back(release_guards);
    send.push_back("SAVEPOINT " + marks_.back().server_name);
    return send;
}

Transaction::Guard Transaction::guard(bool first) const
{
    Guard guard;
    if (first && guard_is_fresh_) {
        guard.undo = "ROLLBACK TO SAVEPOINT " + std::string(guards_ == 1 ? first_guard : later_guard);
        return guard;
    }
    if (guards_ == most_guards)
        guard.make.emplace_back(release_guards);
    const std::string name(guards_ % most_guards == 0 ? first_guard : later_guard);
    guard.make.push_back("SAVEPOINT " + name);
    guard.undo = "ROLLBACK TO SAVEPOINT " + name;
    return guard;
}

Transaction::Plan Transaction::commit() const
{
    if (!active_)
        return refused("cannot commit - no transaction is active");
    Plan plan;
    plan.ends_transaction = true;
    if (on_server_)
        plan.send = {"COMMIT"};
    return plan;
}

Transaction::Plan Transaction::rollback() const
{
    if (!active_)
        return refused("cannot rollback - no transaction is active");
    Plan plan;
    plan.ends_transaction = true;
    if (on_server_)
        plan.send = {"ROLLBACK"};
    return plan;
}

Transaction::Plan Transaction::rollback_to(std::string_view name) const
{
    const auto found = find(name);
    if (!found)
        return refused("no such savepoint: " + std::string(name));
    Plan plan;
    plan.keep = *found + 1;
    plan.writer_locked = marks_[*found].writer_locked;
    if (on_server_)
        plan.send = {"ROLLBACK TO SAVEPOINT " + marks_[*found].server_name};
    return plan;
}

Transaction::Plan Transaction::release(std::string_view name) const
{
    const auto found = find(name);
    if (!found)
        return refused("no such savepoint: " + std::string(name));
    if (*found == 0 && by_savepoint_)
        return commit();
    Plan plan;
    plan.keep = *found;
    plan.writer_locked = writer_locked_;
    if (on_server_)
        plan.send = {"RELEASE SAVEPOINT " + marks_[*found].server_name};
    return plan;
}

void Transaction::done(const Plan& plan)
{
    if (plan.ends_transaction) {
        ended();
        return;
    }
    marks_.resize(plan.keep);
    guards_ = 0;
    guard_is_fresh_ = false;
    lock_timeout_.reset(); // rolled back, perhaps
    enforces_keys_ = false;
    counts_keys_.reset();
    writer_locked_ = plan.writer_locked;
}

void Transaction::ended() { *this = Transaction{}; }

std::vector<std::string> Transaction::opening(Isolation isolation) const
{
    if (!active_ || on_server_)
        return {};
    std::vector<std::string> statements{isolation == Isolation::repeatable_read
                                            ? "BEGIN ISOLATION LEVEL REPEATABLE READ"
                                            : "BEGIN ISOLATION LEVEL READ COMMITTED"};
    for (const Mark& mark : marks_)
        statements.push_back("SAVEPOINT " + mark.server_name);
    return statements;
}

void Transaction::restarted()
{
    on_server_ = false;
    writer_locked_ = false;
    lock_timeout_.reset();
    enforces_keys_ = false;
    guards_ = 0;
    guard_is_fresh_ = false;
    for (Mark& mark : marks_)
        mark.writer_locked = false;
}

std::optional<std::size_t> Transaction::find(std::string_view name) const
{
    for (std::size_t i = marks_.size(); i-- > 0;)
        if (same_name(marks_[i].name, name))
            return i;
    return std::nullopt;
}

std::string Transaction::describe() const
{
    if (!active_)
        return "autocommit";
    std::string text = by_savepoint_ ? "savepoint" : "begin";
    if (on_server_)
        text += ", on server";
    if (writer_locked_)
        text += ", writer";
    if (!marks_.empty()) {
        text += ", savepoints:";
        for (const Mark& mark : marks_)
            text += " " + mark.name;
    }
    return text;
}

} // namespace howdah::proxy
