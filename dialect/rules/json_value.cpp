// See json_value.hpp.
#include "dialect/rules/json_value.hpp"

#include "dialect/catalog.hpp"
#include "dialect/functions.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver.hpp"
#include "dialect/rules/index_form.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/types.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <utility>

namespace howdah::dialect::rules {

namespace {

enum class Subtype : std::uint8_t {
    none,
    json,
    found, // JSON when it is an object or an array: json_extract(), and the values of json_each() and json_tree()
};

Subtype subtype_of(const Expr& expr, Lowering& lowering);

const Expr& named(const Expr& expr)
{
    const Expr& e = bare(expr);
    const auto* ref = as<ColumnRef>(e);
    return ref && ref->alias_of ? named(*ref->alias_of) : e;
}

// json_each(…).value
bool is_json_row_value(const ColumnRef& ref)
{
    return ref.source && ref.source->kind == Source::Kind::table_function && ref.index == 1 &&
           ref.source->columns[1].name == "value" && ref.source->columns[2].name == "type";
}

const ColumnRef* json_row_value(const Expr& expr)
{
    const auto* ref = as<ColumnRef>(named(expr));
    return ref && is_json_row_value(*ref) ? ref : nullptr;
}

// SQLite takes the subtype from what it reads through a column of a subquery, be it stored or computed in place. Left
// with theirs are, where they are computed in place, columns of virtual tables, subqueries, and what an outer join may
// make NULL.
Subtype subtype_through(const Source& source, const Expr& origin, const ColumnRef& ref, Lowering& lowering)
{
    const bool is_column = as<ColumnRef>(named(origin)) != nullptr;
    if (!source.nullable && !is_column && !as<Subquery>(bare(origin)))
        return Subtype::none;
    const std::optional<bool> in_place = SelectLowering(lowering).computes_in_place(source);
    const Subtype subtype = in_place == false ? Subtype::none : subtype_of(origin, lowering);
    if (subtype == Subtype::json && !in_place)
        throw refusal("a JSON value of this subquery may be seen as text or as JSON; write json(" + ref.column.text +
                          ")",
                      ref.column.span);
    return subtype;
}

// The expression of a virtual generated column, of the row that `ref` speaks of.
class VirtualColumn {
public:
    VirtualColumn(const ColumnRef& ref, Lowering& lowering)
    {
        const Source* source = ref.source;
        if (!source || !source->table || source->table->kind != Table::Kind::ordinary || ref.index < 0)
            return;
        const Column& column = source->table->columns[static_cast<std::size_t>(ref.index)];
        if (column.generated != Column::Generated::virtual_ || !column.generated_as)
            return;
        text_ = unparse(*column.generated_as);
        expr_ = parse_expression(text_);
        const ResolveRequest request{lowering.catalog(),    {},   lowering.options(), nullptr, false, false,
                                     source->table->schema, text_};
        row_ = resolve_table_expression(*expr_, *source->table, source->pg_alias, request);
        speak_of(*expr_, ref.source);
    }
    const Expr* expr() const { return expr_.get(); } // null: the column is none
    static bool is_indexed(const ColumnRef& ref)
    {
        const std::vector<Index>& indexes = ref.source->table->indexes;
        return std::any_of(indexes.begin(), indexes.end(), [&](const Index& index) {
            return std::any_of(index.columns.begin(), index.columns.end(),
                               [&](const IndexColumn& c) { return c.column == ref.index; });
        });
    }

private:
    static void speak_of(Expr& e, Source* source)
    {
        if (auto* column = as<ColumnRef>(e); column && column->source)
            column->source = source;
        for_each_child(e, [&](const Expr& child) { speak_of(const_cast<Expr&>(child), source); });
    }

    std::string text_;
    ExprPtr expr_;
    std::unique_ptr<Source> row_;
};

// SQLite computes a virtual column where it is read, unless an index has its values.
Subtype subtype_of_virtual_column(const ColumnRef& ref, Lowering& lowering)
{
    const VirtualColumn column(ref, lowering);
    if (!column.expr() || SelectLowering(lowering).reads_sorted_rows(*ref.source))
        return Subtype::none;
    const Subtype subtype = subtype_of(*column.expr(), lowering);
    if (subtype == Subtype::json && VirtualColumn::is_indexed(ref))
        throw refusal("a JSON value of this column may be seen as text or as JSON; write json(" + ref.column.text + ")",
                      ref.column.span);
    return subtype;
}

Subtype subtype_of_column(const ColumnRef& ref, Lowering& lowering)
{
    if (ref.alias_of)
        return subtype_of(*ref.alias_of, lowering);
    if (!ref.source || ref.index < 0)
        return Subtype::none;
    if (is_json_row_value(ref))
        return SelectLowering(lowering).reads_sorted_rows(*ref.source) ? Subtype::none : Subtype::found;
    if (ref.source->table && ref.source->kind != Source::Kind::subquery)
        return subtype_of_virtual_column(ref, lowering);
    const Expr* origin = ref.source->columns[static_cast<std::size_t>(ref.index)].origin;
    return origin ? subtype_through(*ref.source, *origin, ref, lowering) : Subtype::none;
}

// Of the values an expression chooses from.
Subtype subtype_of_choice(const std::vector<const Expr*>& choices, Span span, Lowering& lowering)
{
    std::optional<Subtype> common;
    for (const Expr* e : choices) {
        if (e->classes.without_null().empty())
            continue;
        const Subtype subtype = subtype_of(*e, lowering);
        if (common && *common != subtype)
            throw refusal("JSON and text are mixed in one expression; write json(…) around it", span);
        common = subtype;
    }
    return common.value_or(Subtype::none);
}

// Of its first row's first value: what has gone through a sorter, or the tree that makes UNION's rows unique, is text.
Subtype subtype_of_subquery(const Subquery& subquery, Span span, Lowering& lowering)
{
    const Select& select = *subquery.select;
    const SelectCore& core = select.cores.front();
    if (core.outputs.empty() || !core.outputs.front().expr)
        return Subtype::none;
    for (const CompoundOp op : select.operators)
        if (op != CompoundOp::union_all)
            return Subtype::none;
    const Subtype subtype = subtype_of(*core.outputs.front().expr, lowering);
    if (subtype == Subtype::none || select.order_by.empty())
        return subtype;
    const VisitGroup* group = lowering.plan().find(core, {});
    if (!group)
        throw refusal(
            "a JSON value of a subquery with ORDER BY may be seen as text or as JSON; write json(…) around it", span);
    return group->rows_are_sorted ? Subtype::none : subtype;
}

Subtype subtype_of(const Expr& expr, Lowering& lowering)
{
    const Expr& e = bare(expr);
    if (const auto* ref = as<ColumnRef>(e))
        return subtype_of_column(*ref, lowering);
    if (const auto* binary = as<Binary>(e)) {
        const bool is_json = binary->op == BinaryOp::arrow && !SelectLowering(lowering).reads_from_index(e);
        return is_json ? Subtype::json : Subtype::none;
    }
    if (const auto* collate = as<Collate>(e))
        return subtype_of(*collate->operand, lowering);
    if (const auto* cast = as<Cast>(e)) {
        // A text stays the value it is.
        const bool stays = affinity_of_type(cast->type) == Affinity::text;
        return stays ? subtype_of(*cast->operand, lowering) : Subtype::none;
    }
    if (const auto* unary = as<Unary>(e))
        return unary->op == UnaryOp::plus ? subtype_of(*unary->operand, lowering) : Subtype::none;
    if (const auto* choice = as<Case>(e)) {
        std::vector<const Expr*> results;
        for (const Case::When& when : choice->whens)
            results.push_back(when.result.get());
        if (choice->otherwise)
            results.push_back(choice->otherwise.get());
        return subtype_of_choice(results, expr.span, lowering);
    }
    if (const auto* subquery = as<Subquery>(e))
        return subtype_of_subquery(*subquery, expr.span, lowering);
    const auto* call = as<Call>(e);
    if (!call || !call->function)
        return Subtype::none;
    const std::string_view name = call->function->name;
    if (call->function->json_result) {
        if (!call->aggregate && SelectLowering(lowering).reads_from_index(e))
            return Subtype::none;
        return name == "json_extract" && call->args.size() == 2 ? Subtype::found : Subtype::json;
    }
    const bool extreme = name == "max" || name == "min";
    if (name == "coalesce" || name == "ifnull" || name == "iif" || (extreme && call->args.size() > 1)) {
        std::vector<const Expr*> choices;
        for (std::size_t i = name == "iif" ? 1 : 0; i < call->args.size(); ++i)
            choices.push_back(call->args[i].get());
        return subtype_of_choice(choices, expr.span, lowering);
    }
    if (name == "likely" || name == "unlikely" || name == "likelihood" || name == "nullif" ||
        (call->aggregate && extreme))
        return subtype_of(*call->args.front(), lowering);
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
    } else if (const auto* subquery = as<Subquery>(expr)) {
        const SelectCore& core = subquery->select->cores.front();
        if (subquery->select->cores.size() == 1 && subquery->select->order_by.empty() && !core.distinct &&
            !core.aggregate && !core.outputs.empty() && core.outputs.front().expr)
            choices.push_back(core.outputs.front().expr);
    }
    return choices;
}

bool is_mixed(const Expr& expr, Lowering& lowering)
{
    std::optional<Subtype> common;
    for (const Expr* e : choices_of(bare(expr))) {
        if (is_mixed(*e, lowering))
            return true;
        if (e->classes.without_null().empty())
            continue;
        const Subtype subtype = subtype_of(*e, lowering);
        if (subtype == Subtype::found || (common && *common != subtype))
            return true;
        common = subtype;
    }
    return false;
}

bool is_known(const Expr& path)
{
    return as<Literal>(bare(path)) || text_literal(path) || (path.constant && is_fixed(path));
}

// A JSON path that is no literal in an expression that an index has.
class HasPathOfRow : public Visitor {
public:
    static bool in_indexes(const Catalog& catalog)
    {
        HasPathOfRow visitor;
        for (const std::unique_ptr<Table>& table : catalog.tables())
            walk_indexes(*table, visitor);
        return visitor.found_;
    }

    bool enter(const Expr& e) override
    {
        if (const auto* binary = as<Binary>(e))
            see(binary->op == BinaryOp::arrow || binary->op == BinaryOp::long_arrow ? binary->rhs.get() : nullptr);
        if (const auto* call = as<Call>(e); call && call->args.size() > 1 && fold(call->name.text).starts_with("json_"))
            see(call->args[1].get());
        return !found_;
    }

private:
    void see(const Expr* path) { found_ = found_ || (path && !is_known(*path)); }

    bool found_ = false;
};

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

// Where what was found comes from, behind functions that hand on their first argument.
const Expr& origin_of(const Expr& expr)
{
    const Expr& e = named(expr);
    if (const auto* collate = as<Collate>(e))
        return origin_of(*collate->operand);
    if (const auto* cast = as<Cast>(e))
        return origin_of(*cast->operand);
    if (const auto* unary = as<Unary>(e))
        return origin_of(*unary->operand);
    if (const Call* call = call_of(e, {"likely", "unlikely", "likelihood", "nullif"}))
        return origin_of(*call->args.front());
    return e;
}

// An expression without JSON's subtype.
std::string plain_json(const Fragment& f)
{
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

bool converts(const ColumnRef& ref)
{
    const Affinity affinity = ref.source->table->columns[static_cast<std::size_t>(ref.index)].affinity;
    return is_numeric(affinity) || affinity == Affinity::text;
}

// The JSON type of what `expr` finds, as SQL; empty where only the value can tell.
std::string type_found(const Expr& expr, Lowering& lowering)
{
    const Expr& origin = origin_of(expr);
    const auto text = [&](const Expr& e) { return to_text(lowering.value(e)).text; };
    if (const Call* extract = call_of(origin, {"json_extract"}); extract && !is_constant(expr, lowering))
        return call(path_function("json_type", *extract->args[1], lowering),
                    {text(*extract->args[0]), text(*extract->args[1])});
    if (const ColumnRef* value = json_row_value(origin)) {
        Expr column;
        column.node = *value;
        column.span = expr.span;
        as<ColumnRef>(column)->index = 2;
        column.classes = value->source->columns[2].classes;
        return text(column);
    }
    if (const auto* ref = as<ColumnRef>(named(expr)))
        if (const VirtualColumn column(*ref, lowering); column.expr() && !VirtualColumn::is_indexed(*ref))
            return type_found(*column.expr(), lowering);
    return {};
}

// JSON where it is an object or an array, and written as JSON where it is anything else.
std::string found_json(const Expr& expr, Lowering& lowering)
{
    const Expr& e = named(expr);
    if (const Call* extract = call_of(e, {"json_extract"}); extract && !is_constant(expr, lowering))
        return call("COALESCE", {call(path_function("json_extracted", *extract->args[1], lowering),
                                      {to_text(lowering.value(*extract->args[0])).text,
                                       to_text(lowering.value(*extract->args[1])).text}),
                                 "'null'::text"});
    if (const auto* ref = as<ColumnRef>(e))
        if (const VirtualColumn column(*ref, lowering);
            column.expr() && !VirtualColumn::is_indexed(*ref) && !converts(*ref))
            return found_json(*column.expr(), lowering);
    const Fragment f = lowering.value(expr);
    const std::string type = type_found(expr, lowering);
    if (type.empty())
        return call("howdah.found2j", {widen(f, PgType::v).text});
    return "(CASE WHEN " + type + " IN ('object', 'array') THEN " + or_null(to_text(f).text, f) + " ELSE " +
           plain_json(f) + " END)";
}

} // namespace

std::string path_function(std::string_view name, const Expr& path, const Lowering& lowering)
{
    const bool of_row = !path.constant && (lowering.in_trigger || HasPathOfRow::in_indexes(lowering.catalog()));
    return "howdah." + std::string(name) + (is_known(path) || of_row ? "" : "_at");
}

std::string as_json(const Expr& expr, Lowering& lowering)
{
    if (is_mixed(expr, lowering) && !is_constant(expr, lowering))
        return chosen_json(expr, lowering);
    const Subtype subtype = subtype_of(expr, lowering);
    if (subtype == Subtype::found)
        return found_json(expr, lowering);
    const Fragment f = lowering.value(expr);
    if (only_null(f))
        return "'null'::text";
    return subtype == Subtype::json ? or_null(to_text(f).text, f) : plain_json(f);
}

} // namespace howdah::dialect::rules
