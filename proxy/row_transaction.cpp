// See row_transaction.hpp.
#include "proxy/row_transaction.hpp"

#include <algorithm>
#include <utility>

namespace howdah::proxy {

namespace {

using Kind = dialect::PointAccess::Kind;

using Key = dialect::PointAccess::Key;

const Value& value_of(const dialect::PointAccess::Part& part, const Planned& planned)
{
    return part.slot >= 0 ? planned.slots[static_cast<std::size_t>(part.slot)] : part.literal;
}

std::size_t bytes_of(const Planned& planned)
{
    std::size_t bytes = 0;
    for (const Value& value : planned.slots) {
        if (const auto* text = std::get_if<std::string>(&value))
            bytes += text->size();
        else if (const auto* blob = std::get_if<dialect::Blob>(&value))
            bytes += blob->bytes.size();
    }
    return bytes;
}

// Whether the row that `earlier` has locked is the one that `read` looks for. `inserted`: its rowid, as far as it is
// known.
bool has_locked(const Planned& earlier, std::optional<std::int64_t> inserted, const Planned& read)
{
    const dialect::PointAccess& point = *earlier.plan->point;
    if (point.table != read.plan->point->table || point.kind == Kind::read)
        return false;
    const Key& wanted = read.plan->point->keys.front();
    if (inserted && wanted.name.empty() && Value(*inserted) == value_of(wanted.parts.front(), read))
        return true;
    return std::any_of(point.keys.begin(), point.keys.end(), [&](const Key& key) {
        return key.name == wanted.name &&
               std::equal(key.parts.begin(), key.parts.end(), wanted.parts.begin(), wanted.parts.end(),
                          [&](const auto& a, const auto& b) { return value_of(a, earlier) == value_of(b, read); });
    });
}

} // namespace

bool RowTransaction::may_begin(const Planned& first)
{
    const CachedPlan& plan = *first.plan;
    if (!plan.point || plan.point->kind == Kind::read)
        return false;
    if (plan.misfits > 0)
        --plan.misfits;
    return plan.misfits == 0;
}

bool RowTransaction::takes(const Planned& next, std::span<const Planned* const> unanswered) const
{
    const auto& point = next.plan->point;
    std::size_t bytes = bytes_ + bytes_of(next);
    for (const Planned* const earlier : unanswered)
        bytes += bytes_of(*earlier);
    if (!point || statements_.size() + unanswered.size() >= most_statements || bytes > most_bytes)
        return false;
    return point->kind != Kind::read ||
           std::any_of(
               statements_.begin(), statements_.end(),
               [&](const Statement& earlier) { return has_locked(earlier.planned, earlier.answer.rowid, next); }) ||
           std::any_of(unanswered.begin(), unanswered.end(),
                       [&](const Planned* earlier) { return has_locked(*earlier, std::nullopt, next); });
}

bool RowTransaction::holds(const Planned& planned, std::int64_t changes)
{
    return planned.plan->point->kind == Kind::read || changes == 1;
}

void RowTransaction::ran(Planned planned, const Answer& answer)
{
    bytes_ += bytes_of(planned);
    statements_.push_back({std::move(planned), answer});
}

std::vector<RowTransaction::Statement> RowTransaction::take()
{
    std::vector<Statement> statements = std::move(statements_);
    end();
    // Transactions that begin like this one mostly go on like it: for a while they begin as others do.
    constexpr int transactions_to_skip = 50;
    if (!statements.empty())
        statements.front().planned.plan->misfits = transactions_to_skip;
    return statements;
}

std::string RowTransaction::repeated_sql(const Statement& statement)
{
    std::string sql = statement.planned.plan->steps.front().sql;
    const std::string& drawn = statement.planned.plan->point->draws_rowid;
    if (!drawn.empty() && statement.answer.rowid)
        sql.replace(sql.find(drawn), drawn.size(), std::to_string(*statement.answer.rowid) + "::bigint");
    return sql;
}

} // namespace howdah::proxy
