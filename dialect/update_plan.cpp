// What an UPDATE changes, and how it must go about it; see update_plan.hpp.
#include "dialect/update_plan.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/reads.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/scope.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_order.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool is_one(const Expr* limit)
{
    const auto* literal = limit ? as<Literal>(bare(*limit)) : nullptr;
    const auto* n = literal ? std::get_if<std::int64_t>(&literal->value) : nullptr;
    return n && (*n == 0 || *n == 1);
}

// Whether each row of the target meets at most one row of FROM, by the keys that WHERE fixes.
bool meets_one(const Update& update)
{
    std::vector<const Source*> known{update.table.source.get()};
    for (const auto& item : update.from->items) {
        const Source* source = item.table.source.get();
        const bool inner = item.op.kind != JoinOp::Kind::left && item.op.kind != JoinOp::Kind::right &&
                           item.op.kind != JoinOp::Kind::full;
        if (!source || !source->table || source->kind != Source::Kind::table || !inner ||
            !at_most_one_row(update.where.get(), *source, *source->table, known))
            return false;
        known.push_back(source);
    }
    return true;
}

bool can_be_null(const Table& table, const std::vector<int>& columns)
{
    return std::any_of(columns.begin(), columns.end(),
                       [&](int c) { return c >= 0 && table.columns[static_cast<std::size_t>(c)].not_null; });
}

std::vector<int> columns_of(const Table& table, const Key& key, const std::vector<int>& changed)
{
    std::vector<int> columns;
    for (const int c : changed)
        if (key_uses(table, key, {c}))
            columns.push_back(c);
    return columns;
}

// A column that declares NOT NULL ON CONFLICT IGNORE.
// Whether a NULL in one of the columns leads to `action`.
bool null_leads_to(ConflictAction action, const Table& table, const std::vector<int>& columns, ConflictAction statement)
{
    return std::any_of(columns.begin(), columns.end(), [&](int c) {
        return c >= 0 && table.columns[static_cast<std::size_t>(c)].not_null &&
               not_null_conflict_of(table.columns[static_cast<std::size_t>(c)], statement) == action;
    });
}

bool sees_changes(const Expr& expr, const UpdatePlan& plan, Lowering& lowering)
{
    return has_subquery(expr) && reads_while_changing(expr, plan.table, plan.set.columns(), lowering.plan());
}

// WHERE, but for what can come true only by the change of another row.
std::string lasting_conditions(const UpdatePlan& plan, const Expr& where, Lowering& lowering)
{
    const auto* binary = as<Binary>(bare(where));
    if (!binary || binary->op != BinaryOp::logical_and)
        return sees_changes(where, plan, lowering) ? std::string() : lowering.where(&where);
    const std::string lhs = lasting_conditions(plan, *binary->lhs, lowering);
    const std::string rhs = lasting_conditions(plan, *binary->rhs, lowering);
    return lhs.empty() ? rhs : rhs.empty() ? lhs : lhs + " AND " + rhs;
}

} // namespace

UpdatePlan::UpdatePlan(const Update& u, const Table& t, Lowering& lowering)
    : update(u), table(t), set(u.set, t, u.conflict)
{
    const Source& source = *update.table.source;
    one_row = is_one(update.limit.get()) || (!update.from && at_most_one_row(update.where.get(), source, table));
    one_match = !update.from || meets_one(update);
    for (const Key& key : keys_of(table, update.conflict == ConflictAction::unspecified))
        if (key_uses(table, key, set.columns()))
            rules.push_back({key, conflict_of(table, key, update.conflict), nullptr});

    const auto some = [&](ConflictAction action) {
        return std::any_of(rules.begin(), rules.end(), [&](const KeyRule& r) { return r.action == action; });
    };
    const bool breakable = !rules.empty() || can_be_null(table, set.columns()) || !table.checks.empty();
    // What BEFORE triggers did for a row that fails stays, too.
    const bool keeps = !one_row || looks_behind_before_triggers(table, TriggerEvent::update);
    fails = keeps && (some(ConflictAction::fail) || (update.conflict == ConflictAction::fail && breakable) ||
                      null_leads_to(ConflictAction::fail, table, set.columns(), update.conflict));
    if ((update.conflict == ConflictAction::ignore && breakable))
        conflict = Conflict::ignore;
    else if (some(ConflictAction::ignore) || some(ConflictAction::replace) ||
             null_leads_to(ConflictAction::ignore, table, set.columns(), update.conflict) ||
             (looks_behind_before_triggers(table, TriggerEvent::update) &&
              puts_defaults(table, update.conflict, &set.columns())))
        conflict = Conflict::probe;

    // Which of two rows is changed first decides whether a key is broken on the way, unless all get the same value.
    const bool shifts = std::any_of(rules.begin(), rules.end(), [&](const KeyRule& r) {
        return !set.constant(columns_of(table, r.key, set.columns()));
    });
    // Rows that are shown in their order must still have what they are ordered by.
    const std::vector<int> identity = row_identity(table);
    const bool moves = !update.returning_outputs.empty() && std::any_of(identity.begin(), identity.end(), [&](int c) {
        const std::vector<int>& columns = set.columns();
        return std::find(columns.begin(), columns.end(), c) != columns.end();
    });
    const bool fires = !triggers_on(table, TriggerEvent::update, &set.columns()).empty();
    if (!lowering.in_trigger)
        returning = returning_view(update.returning_outputs, table, {TriggerEvent::update}, &set.columns(), lowering);
    chooses_while_changing = !one_row && !update.from && !update.limit && update.where && !lowering.in_trigger &&
                             sees_changes(*update.where, *this, lowering) && !lowering.plan().two_passes();
    const auto changes = [&](const Expr& e) { return sees_changes(e, *this, lowering); };
    // An AFTER trigger's OLD is the row as it was before its BEFORE triggers.
    const auto triggers = triggers_on(table, TriggerEvent::update, &set.columns());
    fires_apart = conflict == Conflict::raise && !fails && !chooses_while_changing && !update.from &&
                  looks_behind_before_triggers(table, TriggerEvent::update) &&
                  std::none_of(triggers.begin(), triggers.end(),
                               [](const Trigger* t) { return t->definition->time == CreateTrigger::Time::after; }) &&
                  before_triggers_write_table(table, TriggerEvent::update, &set.columns(), lowering.catalog());
    row_by_row = conflict != Conflict::raise || fires_apart || fails || returning.looks || chooses_while_changing ||
                 (!one_row && (shifts || moves || fires || (!update.from && set.any(changes))));
}

std::string target_text(const Table& table, const Source& source)
{
    return pg_name(table) + " AS " + quote_identifier(source.pg_alias);
}

std::string other_rows(const Update& update, Lowering& lowering)
{
    return update.from ? lowering.from_for_update(*update.from, meets_one(update)) : std::string();
}

std::string changed_rows(const UpdatePlan& plan, const std::vector<std::string>& values, const std::string& others,
                         Lowering& lowering)
{
    const Update& update = plan.update;
    const Source& source = *update.table.source;
    const std::string keys = identity_list(plan.table, source.pg_alias);
    const std::string order = visit_order(source, update.where.get(), lowering);
    std::string from = target_text(plan.table, source);
    if (!others.empty())
        from += ", " + others;
    const std::string where = plan.chooses_while_changing ? lasting_conditions(plan, *update.where, lowering)
                                                          : lowering.where(update.where.get());
    const std::string body = " FROM " + from + (where.empty() ? "" : " WHERE " + where);
    const std::string list = join(values, ", ");
    const std::string selected = keys + (list.empty() ? "" : ", " + list);
    if (update.from && !plan.one_match) {
        // SQLite keeps the last of several rows that meet the same row of the target.
        std::vector<std::string> last{order}, identity;
        for (const VisitTerm& term : visit_terms(source, update.where.get(), lowering))
            identity.push_back(term.key);
        const std::string distinct = join(identity, ", ");
        last.push_back(latest_match_first(source, *update.from, update.where.get(), lowering));
        return "SELECT DISTINCT ON (" + distinct + ") " + selected + body + " ORDER BY " + join(last, ", ");
    }
    if (!update.limit)
        return "SELECT " + selected + body + " ORDER BY " + order;
    // The LIMIT chooses rows by the statement's own ORDER BY; they are visited in the table's order all the same.
    const std::string chosen = update.order_by.empty() ? order : lowering.order_by(update.order_by) + ", " + order;
    return "SELECT * FROM (SELECT " + selected + body + " ORDER BY " + chosen +
           lowering.limit(update.limit.get(), update.offset.get()) + ") AS s ORDER BY " + identity_order(plan.table);
}

} // namespace howdah::dialect
