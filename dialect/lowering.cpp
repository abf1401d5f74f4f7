// What every lowering shares: slots, steps, fresh names; see lower.hpp.
#include "dialect/catalog.hpp"
#include "dialect/functions.hpp"
#include "dialect/lower.hpp"
#include "dialect/parser.hpp"
#include "dialect/text.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// Whether an expression has the same value whenever it is computed: no 'now', no changes().
class SameAlways : public Visitor {
public:
    bool same = true;
    bool enter(const Expr& e) override
    {
        if (as<CurrentTime>(e) || as<Parameter>(e))
            same = false;
        if (const auto* call = as<Call>(e))
            same = same && call->function && call->function->deterministic;
        return same;
    }
};

} // namespace

bool Lowering::foldable(const Expr& expr) const
{
    if (!expr.constant)
        return false;
    if (!in_trigger)
        return true;
    SameAlways visitor;
    walk(expr, visitor);
    return visitor.same;
}

std::optional<Value> Lowering::known_value(const Expr& expr)
{
    if (!expr.constant)
        return std::nullopt;
    const Expr& inside = bare(expr);
    if (const auto* literal = as<Literal>(inside))
        return literal->value;
    if (const auto* parameter = as<Parameter>(inside)) {
        const auto index = static_cast<std::size_t>(parameter->index);
        return index > 0 && index <= request_.parameters.size() ? request_.parameters[index - 1] : Value{};
    }
    const std::string text = unparse(inside);
    if (const auto found = known_.find(text); found != known_.end())
        return found->second;
    try {
        Value value = catalog().mirror().evaluate(text, request_.parameters, request_.session);
        return known_.emplace(text, std::move(value)).first->second;
    } catch (const Error&) {
        return std::nullopt;
    }
}

Fragment Lowering::slot(const Expr& expr, Affinity affinity)
{
    const Expr& inside = bare(expr);
    std::optional<Value> value = known_value(inside);
    if (!value) // the error is the client's: SQLite says it again
        value = catalog().mirror().evaluate(unparse(inside), request_.parameters, request_.session);
    *value = apply_affinity(std::move(*value), affinity);
    if (as<Literal>(inside) || in_trigger)
        return constant(*value);
    if (const auto* text = std::get_if<std::string>(&*value); text && !is_storable_text(*text))
        throw refusal(
            "a text value with a NUL character or invalid UTF-8 cannot be stored in PostgreSQL text; use a BLOB");

    Slot slot;
    if (const auto* parameter = as<Parameter>(inside))
        slot.parameter = parameter->index;
    else
        slot.expression = unparse(inside);
    slot.affinity = affinity;
    slot.guard = storage_class(*value);
    slot.type = pg_type_of(slot.guard);
    const std::string key = std::to_string(static_cast<int>(affinity)) + " " +
                            (slot.parameter > 0 ? "?" + std::to_string(slot.parameter) : slot.expression);
    const auto [found, is_new] = slot_index_.try_emplace(key, static_cast<int>(slots_.size()));
    if (is_new)
        slots_.push_back(slot);
    if (slot.guard == StorageClass::null) // guarded all the same: the plan is for NULL alone
        return null_of(PgType::text);
    if (name_slot)
        return {name_slot(found->second, slot.type) + "::" + std::string(plain_type_name(slot.type)), slot.type,
                slot.guard};
    auto position = std::find(step_slots_.begin(), step_slots_.end(), found->second);
    if (position == step_slots_.end())
        position = step_slots_.insert(step_slots_.end(), found->second);
    const std::string n = std::to_string(position - step_slots_.begin() + 1);
    const std::string given = slots_of.empty() ? "$" + n : std::string(slots_of) + ".p" + n;
    return {given + "::" + std::string(plain_type_name(slot.type)), slot.type, slot.guard};
}

int Lowering::add_constant(const Value& value)
{
    Slot slot;
    slot.literal = value;
    slot.guard = storage_class(value);
    slot.type = pg_type_of(slot.guard);
    slots_.push_back(std::move(slot));
    return static_cast<int>(slots_.size()) - 1;
}

Fragment Lowering::constant(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (!name_slot || storage_class(value) == StorageClass::null || (text && !is_storable_text(*text)))
        return literal(value);
    const int slot = add_constant(value);
    const Slot& added = slots_.back();
    return {name_slot(slot, added.type) + "::" + std::string(plain_type_name(added.type)), added.type, added.guard};
}

std::string Lowering::array(PgType type, std::vector<int> slots)
{
    Slot slot;
    slot.type = type;
    slot.elements = std::move(slots);
    slots_.push_back(std::move(slot));
    step_slots_.push_back(static_cast<int>(slots_.size()) - 1);
    return "$" + std::to_string(step_slots_.size()) + "::" + slot_type_name(step_slots_.back());
}

std::string Lowering::slot_type_name(int slot) const
{
    const Slot& known = slots_.at(static_cast<std::size_t>(slot));
    return std::string(plain_type_name(known.type)) + (known.is_array() ? "[]" : "");
}

std::vector<PgType> Lowering::slot_types() const
{
    std::vector<PgType> types;
    for (const int slot : step_slots_)
        types.push_back(slots_[static_cast<std::size_t>(slot)].type);
    return types;
}

void Lowering::begin_step()
{
    step_slots_.clear();
    common_.clear();
    common_text_.clear();
}

Step Lowering::step(std::string sql, Step::Role role)
{
    Step step;
    step.sql = std::move(sql);
    step.slots = std::move(step_slots_);
    step.role = role;
    step_slots_.clear();
    return step;
}

std::string Lowering::fresh(std::string_view stem) { return std::string(stem) + "#" + std::to_string(++fresh_); }

} // namespace howdah::dialect
