// See json_value.hpp.
#include "dialect/rules/json_value.hpp"

#include "dialect/functions.hpp"
#include "dialect/rules/rules.hpp"

#include <algorithm>
#include <utility>

namespace howdah::dialect::rules {

namespace {

enum class Subtype : std::uint8_t {
    none,
    json,
    extracted, // json_extract(): JSON when it is an object or an array
};

Subtype subtype_of(const Expr& expr);

// Whether SQLite computes the SELECT's columns where they are used, so that a value keeps its subtype.
bool is_flattened(const Select& select)
{
    if (select.cores.size() != 1 || select.limit || select.offset || select.with)
        return false;
    const SelectCore& core = select.cores.front();
    return !core.distinct && !core.aggregate && core.windows.empty() && core.values.empty();
}

Subtype subtype_of_column(const ColumnRef& ref)
{
    if (ref.alias_of)
        return subtype_of(*ref.alias_of);
    if (!ref.source || ref.index < 0)
        return Subtype::none;
    const Expr* origin = ref.source->columns[static_cast<std::size_t>(ref.index)].origin;
    const Subtype subtype = origin ? subtype_of(*origin) : Subtype::none;
    const Select* select = ref.source->select ? ref.source->select : ref.source->view_select.get();
    if (subtype != Subtype::none && (!select || !is_flattened(*select)))
        throw refusal("a JSON value of this subquery may be seen as text or as JSON; write json(" + ref.column.text +
                          ")",
                      ref.column.span);
    return subtype;
}

// Of the values an expression chooses from.
Subtype subtype_of_choice(const std::vector<const Expr*>& choices, Span span)
{
    std::optional<Subtype> common;
    for (const Expr* e : choices) {
        if (e->classes.without_null().empty())
            continue;
        const Subtype subtype = subtype_of(*e);
        if (common && *common != subtype)
            throw refusal("JSON and text are mixed in one expression; write json(…) around it", span);
        common = subtype;
    }
    return common.value_or(Subtype::none);
}

Subtype subtype_of(const Expr& expr)
{
    const Expr& e = bare(expr);
    if (const auto* ref = as<ColumnRef>(e))
        return subtype_of_column(*ref);
    if (const auto* binary = as<Binary>(e))
        return binary->op == BinaryOp::arrow ? Subtype::json : Subtype::none;
    if (const auto* choice = as<Case>(e)) {
        std::vector<const Expr*> results;
        for (const Case::When& when : choice->whens)
            results.push_back(when.result.get());
        if (choice->otherwise)
            results.push_back(choice->otherwise.get());
        return subtype_of_choice(results, expr.span);
    }
    if (const auto* subquery = as<Subquery>(e)) {
        const auto& outputs = subquery->select->cores.front().outputs;
        return outputs.empty() || !outputs.front().expr ? Subtype::none : subtype_of(*outputs.front().expr);
    }
    const auto* call = as<Call>(e);
    if (!call || !call->function)
        return Subtype::none;
    const std::string_view name = call->function->name;
    if (name == "json_extract" && call->args.size() == 2)
        return Subtype::extracted;
    if (call->function->json_result)
        return Subtype::json;
    if (name == "coalesce" || name == "ifnull" || name == "iif") {
        std::vector<const Expr*> choices;
        for (std::size_t i = name == "iif" ? 1 : 0; i < call->args.size(); ++i)
            choices.push_back(call->args[i].get());
        return subtype_of_choice(choices, expr.span);
    }
    if (name == "likely" || name == "unlikely" || name == "likelihood" ||
        (call->aggregate && (name == "max" || name == "min")))
        return subtype_of(*call->args.front());
    return Subtype::none;
}

// The values that an expression chooses from; empty for one that does not choose.
std::vector<const Expr*> choices_of(const Expr& expr)
{
    std::vector<const Expr*> choices;
    if (const auto* choice = as<Case>(expr)) {
        for (const Case::When& when : choice->whens)
            choices.push_back(when.result.get());
        if (choice->otherwise)
            choices.push_back(choice->otherwise.get());
    } else if (const Call* call = call_of(expr, {"coalesce", "ifnull", "iif"})) {
        const bool condition_first = equal_names(call->name.text, "iif");
        for (std::size_t i = condition_first ? 1 : 0; i < call->args.size(); ++i)
            choices.push_back(call->args[i].get());
    }
    return choices;
}

bool is_mixed(const Expr& expr)
{
    std::optional<Subtype> common;
    for (const Expr* e : choices_of(bare(expr))) {
        if (is_mixed(*e))
            return true;
        if (e->classes.without_null().empty())
            continue;
        const Subtype subtype = subtype_of(*e);
        if (subtype == Subtype::extracted || (common && *common != subtype))
            return true;
        common = subtype;
    }
    return false;
}

std::string or_null(const std::string& text, const Fragment& f)
{
    return f.classes.nullable() ? call("COALESCE", {text, "'null'::text"}) : text;
}

// JSON and other values in one choice: each is written as JSON where it is chosen.
std::string chosen_json(const Expr& expr, Lowering& lowering)
{
    const std::vector<const Expr*> choices = choices_of(bare(expr));
    const bool first_that_is = call_of(bare(expr), {"coalesce", "ifnull"}) != nullptr;
    const auto outer = lowering.substitute;
    lowering.substitute = [&, outer](const Expr& e) -> std::optional<Fragment> {
        if (std::find(choices.begin(), choices.end(), &e) == choices.end())
            return outer ? outer(e) : std::nullopt;
        const auto here = std::exchange(lowering.substitute, outer);
        std::string text = as_json(e, lowering);
        if (first_that_is && is_volatile(e))
            throw refusal("coalesce(random(), …) as JSON would be computed twice", e.span);
        if (first_that_is)
            text = "(CASE WHEN " + lowering.value(e).text + " IS NULL THEN NULL ELSE " + text + " END)";
        lowering.substitute = here;
        return Fragment{text, PgType::text, text_or_null};
    };
    struct Restore {
        Lowering& lowering;
        std::function<std::optional<Fragment>(const Expr&)> was;
        ~Restore() { lowering.substitute = std::move(was); }
    } const restore{lowering, outer};
    return call("COALESCE", {to_text(lowering.value(expr)).text, "'null'::text"});
}

} // namespace

std::string as_json(const Expr& expr, Lowering& lowering)
{
    if (is_mixed(expr) && !is_constant(expr, lowering))
        return chosen_json(expr, lowering);
    const Subtype subtype = subtype_of(expr);
    if (subtype == Subtype::extracted) {
        if (const Call* extract = call_of(bare(expr), {"json_extract"}); extract && !is_constant(expr, lowering))
            return call("COALESCE", {call("howdah.json_extracted", {to_text(lowering.value(*extract->args[0])).text,
                                                                    to_text(lowering.value(*extract->args[1])).text}),
                                     "'null'::text"});
        throw refusal("whether this value is JSON is known only when it runs; write json(…) around it", expr.span);
    }
    const Fragment f = lowering.value(expr);
    if (only_null(f))
        return "'null'::text";
    if (subtype == Subtype::json)
        return or_null(to_text(f).text, f);
    switch (f.type) {
    case PgType::int8:
    case PgType::float8:
    case PgType::numeric:
        return or_null(to_text(f).text, f);
    case PgType::text:
        return or_null(call("howdah.t2j", {f.text}), f);
    default:
        return call("howdah.v2j", {widen(f, PgType::v).text});
    }
}

} // namespace howdah::dialect::rules
