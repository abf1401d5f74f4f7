// SELECT as PostgreSQL text: one core, its select list, DISTINCT and LIMIT. FROM, GROUP BY, ORDER BY, compounds, common
// tables and windows have files of their own.
#include "dialect/catalog.hpp"
#include "dialect/reads.hpp"
#include "dialect/row_dependence.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <tuple>

namespace howdah::dialect {

namespace {

// What a core changes in the Lowering while it is lowered, put back at its end.
template <typename... State>
class CoreState {
public:
    explicit CoreState(State&... state) : state_(state...), old_(std::exchange(state, State{})...) {}
    ~CoreState() { state_ = std::move(old_); }
    CoreState(const CoreState&) = delete;
    CoreState& operator=(const CoreState&) = delete;

private:
    std::tuple<State&...> state_;
    std::tuple<State...> old_;
};

} // namespace

bool has_window(const SelectCore& core)
{
    return std::any_of(core.outputs.begin(), core.outputs.end(), [](const auto& o) { return o.expr->has_window; });
}

// ------------------------------------------------------------------------------------------------ one core

SelectLowering::Arm SelectLowering::values(const SelectCore& core)
{
    const CoreState state(l_.core_);
    Arm arm;
    for (const std::vector<ExprPtr>& row : core.values) {
        std::vector<Fragment>& fragments = arm.rows.emplace_back();
        for (const ExprPtr& e : row)
            fragments.push_back(l_.value(*e));
    }
    return arm;
}

// What the subqueries of the core's FROM have to tell of their order, and whose loops they may be part of.
void SelectLowering::choose_places(const SelectCore& core, const std::vector<OrderingTerm>& terms, Needs needs)
{
    find_loops(core);
    // A subquery in WHERE may become a join, which keeps no order. An index that SQLite makes of a subquery has its
    // own.
    const bool is_indexed =
        l_.visits_.group && std::any_of(l_.visits_.group->loops.begin(), l_.visits_.group->loops.end(),
                                        [](const VisitLoop& loop) { return loop.automatic; });
    const bool joins = core.from->items.size() > 1 || (core.where && has_subquery(*core.where)) || is_indexed;
    const bool sorts =
        !terms.empty() || core.distinct || joins || has_window(core) || row_dependence(core) == RowDependence::sorted;
    if (needs.places || ((needs.in_order || needs.one_row || core.aggregate) && sorts))
        l_.visits_.wants = Lowering::Places::all;
    else if (needs.in_order || needs.one_row || core.aggregate)
        l_.visits_.wants = Lowering::Places::cheap;
    l_.visits_.for_ties = !terms.empty();
    l_.visits_.ignores_inner_order = (!terms.empty() || core.from->items.size() > 1) && !is_order_sensitive(core);
}

// SELECT max(v) FROM t, whose aggregate is none of PostgreSQL's: the first of the column's values in their order, which
// an index may have. Of equal ones that is the one at which SQLite comes first.
std::optional<Fragment> SelectLowering::lone_extreme(const SelectCore& core, const std::string& from)
{
    if (!core.aggregate || core.outputs.size() != 1 || core.where || core.having || !core.group_by.empty() ||
        !core.from || l_.row_order.empty())
        return std::nullopt;
    const std::vector<const Source*> sources = sources_of(*core.from);
    const auto* call = as<Call>(bare(*core.outputs.front().expr));
    if (sources.size() != 1 || sources.front()->kind != Source::Kind::table || !call || !is_extreme(*call) ||
        call->filter || call->over)
        return std::nullopt;
    const Expr& arg = *call->args.front();
    const auto* column = as<ColumnRef>(bare(arg));
    if (!column || column->source != sources.front())
        return std::nullopt;
    const Fragment x = l_.value(arg);
    const Fragment key = collation_key(x, arg.collation);
    const bool has_own = x.type == PgType::text ? key.text == x.text : x.type != PgType::v;
    if (has_own || !is_plain_column(x.text))
        return std::nullopt;
    l_.fired("extreme");
    const bool max = rules::function_name(*call) == "max";
    SortKey first; // as the index has it
    first.key = key;
    first.descending = max;
    return Fragment{"(SELECT " + x.text + from + (max ? "" : " WHERE " + rules::is_not_null(x)) + " ORDER BY " +
                        first.text(true) + ", " + l_.row_order + " LIMIT 1)",
                    x.type, x.classes.with_null(), x.collated};
}

void SelectLowering::note_grouped(const SelectCore& core, bool all)
{
    if (!core.from || core.group_by.empty())
        return;
    for (const Source* source : sources_of(*core.from)) {
        if (all)
            l_.grouped_.insert(source);
        else
            l_.grouped_.erase(source);
    }
}

SelectLowering::Arm SelectLowering::arm(const Select& select, const SelectCore& core,
                                        const std::vector<OrderingTerm>& terms, Needs needs)
{
    if (!core.values.empty())
        return values(core);
    std::vector<Lowering::Reader> readers = readers_of(select, core);
    const CoreState state(l_.row_order, l_.postponed_, l_.core_, l_.visits_, l_.sorted_, l_.readers_);
    l_.core_ = &core;
    l_.readers_ = std::move(readers);
    for (const OrderingTerm& term : terms) {
        const auto column = static_cast<std::size_t>(output_of(core, term));
        l_.sorted_.push_back(column > 0 ? core.outputs[column - 1].expr : term.expr.get());
    }
    const bool natural = (needs.in_order || needs.one_row) && terms.empty();
    Arm arm;
    std::vector<SortKey> rows;
    bool groups_all = false;
    if (core.from) {
        choose_places(core, terms, needs);
        arm.rest = " FROM " + from(*core.from, (natural && !core.aggregate) || is_order_sensitive(core) ||
                                                   row_dependence(core) != RowDependence::none);
        groups_all = !core.group_by.empty() && !select.limit;
        note_grouped(core, groups_all);
        rows = visiting_order(core);
        l_.row_order = join_keys(rows);
        if (needs.places)
            arm.loops = loops_of(core);
        if (std::vector<SortKey> passes = rows_without_partner(*core.from); needs.places && !passes.empty())
            arm.loops.insert(arm.loops.begin(), {l_.visits_.group ? l_.visits_.group->loops.data() : nullptr, passes});
    }
    note_grouped(core, false); // what finds them
    if (const std::string where = l_.where(core.where.get()); !where.empty())
        arm.rest += " WHERE " + where;
    note_grouped(core, groups_all);
    if (std::optional<Fragment> extreme =
            terms.empty() && !needs.places ? lone_extreme(core, arm.rest) : std::nullopt) {
        arm.columns.push_back(std::move(*extreme));
        arm.rest.clear();
        return arm;
    }
    std::optional<Aggregation> aggregation;
    if (core.aggregate) {
        aggregation.emplace(select, core, l_, row_of_nulls(core), rows);
        aggregation->conversions = converted_by_having(core, terms, l_.sorted_, needs.any_type);
    } else {
        arm.row_order = l_.row_order;
    }
    if (aggregation && core.from && has_window(core))
        l_.row_order = join_keys(order_of_groups(core, terms, *aggregation)); // the rows of windows are groups
    for (const SelectCore::Output& output : core.outputs)
        arm.columns.push_back(l_.value(*output.expr));
    output_order(core, terms, arm);
    if (!terms.empty() && (needs.in_order || needs.one_row))
        break_ties(core, terms, aggregation, arm);
    std::string having = !core.having ? "" : aggregation ? aggregation->having() : l_.condition(*core.having).text;
    if (natural) {
        const std::vector<SortKey> visits = core.from ? natural_order(core) : std::vector<SortKey>{};
        std::vector<SortKey> keys;
        for (const auto& [call, order] : window_orders(core))
            keys.insert(keys.end(), order.begin(), order.end());
        const std::vector<SortKey> last = aggregation ? order_of_groups(core, terms, *aggregation) : visits;
        keys.insert(keys.end(), last.begin(), last.end());
        for (SortKey& key : keys)
            if (std::none_of(arm.order.begin(), arm.order.end(),
                             [&](const SortKey& k) { return k.key.text == key.key.text; }))
                arm.order.push_back(std::move(key));
        leave_out_what_is_not_seen(arm, core);
    }
    if (aggregation) {
        if (aggregation->needs_a_row())
            having = having.empty() ? "count(*) > 0" : having + " AND count(*) > 0";
        const bool seen = aggregation->is_seen_in(having) ||
                          std::any_of(arm.columns.begin(), arm.columns.end(),
                                      [&](const Fragment& f) { return aggregation->is_seen_in(f.text); });
        arm.rest += aggregation->group_by_text(seen);
    }
    if (!having.empty())
        arm.rest += " HAVING " + having;
    // Rows that an index has in the order of ORDER BY come in that order, be it NULLS LAST.
    if (core.distinct && !aggregation && !terms.empty() && l_.visits_.group && !l_.visits_.group->rows_are_sorted) {
        std::vector<SortKey> visits = arm.order;
        std::erase_if(visits, [](const SortKey& key) { return key.column > 0; });
        const std::string first = join_keys(visits);
        arm.row_order = first + (first.empty() || arm.row_order.empty() ? "" : ", ") + arm.row_order;
    }
    if (!needs.repeats)
        distinct(core, arm);
    return arm;
}

// Rows that differ in no column are one: once the keys have named all columns the others decide nothing. A key that is
// a column is known by its number.
void SelectLowering::leave_out_ties_of_equals(Arm& arm)
{
    std::vector<bool> named(arm.columns.size());
    for (auto key = arm.order.begin(); key != arm.order.end(); ++key) {
        for (std::size_t i = 0; i < arm.columns.size() && key->column == 0; ++i)
            if (arm.columns[i].text == key->key.text && is_plain_column(key->key.text))
                key->column = static_cast<int>(i + 1);
        if (key->column > 0)
            named[static_cast<std::size_t>(key->column) - 1] = true;
        if (std::all_of(named.begin(), named.end(), [](bool n) { return n; })) {
            arm.order.erase(key + 1, arm.order.end());
            return;
        }
    }
}

// DISTINCT keeps the first of the rows it takes for equal, and sorts by that row's keys even where they are not
// selected.
void SelectLowering::distinct(const SelectCore& core, Arm& arm)
{
    if (!core.distinct)
        return;
    leave_out_ties_of_equals(arm);
    bool simple = std::all_of(arm.order.begin(), arm.order.end(), [](const SortKey& k) { return k.column > 0; });
    for (std::size_t i = 0; i < arm.columns.size(); ++i)
        simple = simple && !has_variants(arm.columns[i], core.outputs[i].expr->collation);
    if (simple) {
        arm.distinct = "DISTINCT ";
        return;
    }
    for (std::size_t i = 0; i < arm.columns.size(); ++i)
        arm.unique_keys.push_back(collation_key(arm.columns[i], core.outputs[i].expr->collation).text);
}

std::string SelectLowering::print(const Arm& arm)
{
    if (!arm.rows.empty()) {
        std::vector<std::string> rows;
        for (const std::vector<Fragment>& row : arm.rows) {
            std::vector<std::string> values;
            for (const Fragment& f : row)
                values.push_back(f.text);
            rows.push_back(parens(join(values, ", ")));
        }
        return "VALUES " + join(rows, ", ");
    }
    if (!arm.unique_keys.empty())
        return print_unique(arm);
    std::vector<std::string> columns;
    for (const Fragment& f : arm.columns)
        columns.push_back(f.text);
    std::vector<std::string> order;
    for (const SortKey& key : arm.order) {
        const bool by_position = key.column > 0 && (!arm.distinct.empty() || !is_plain_column(key.key.text));
        order.push_back(by_position ? key.text_of(std::to_string(key.column), true) : key.text());
    }
    std::string text = "SELECT " + arm.distinct + join(columns, ", ") + arm.rest;
    if (!order.empty())
        text += " ORDER BY " + join(order, ", ");
    return text;
}

// SELECT c FROM (SELECT DISTINCT ON (keys) c, hidden … ORDER BY keys, rowid) ORDER BY hidden
std::string SelectLowering::print_unique(const Arm& arm)
{
    std::vector<std::string> inner;
    std::vector<std::string> names;
    std::vector<std::string> shown;
    std::vector<std::string> order;
    for (std::size_t i = 0; i < arm.columns.size(); ++i) {
        inner.push_back(arm.columns[i].text);
        names.push_back(quote_identifier("c" + std::to_string(i + 1)));
        shown.push_back(names.back());
    }
    for (const SortKey& key : arm.order) {
        if (key.column > 0) {
            order.push_back(key.text_of(names[static_cast<std::size_t>(key.column) - 1], false));
            continue;
        }
        inner.push_back(key.key.text);
        names.push_back(quote_identifier("k" + std::to_string(names.size() + 1)));
        order.push_back(key.text_of(names.back(), false));
    }
    std::string first = join(arm.unique_keys, ", ");
    if (!arm.row_order.empty())
        first += ", " + arm.row_order;
    const std::string alias = quote_identifier(l_.fresh("unique")) + "(" + join(names, ", ") + ")";
    std::string text = "SELECT " + join(shown, ", ") + " FROM (SELECT DISTINCT ON (" + join(arm.unique_keys, ", ") +
                       ") " + join(inner, ", ") + arm.rest + " ORDER BY " + first + ") AS " + alias;
    if (!order.empty())
        text += " ORDER BY " + join(order, ", ");
    return text;
}

// ------------------------------------------------------------------------------------------------ column types

namespace {

void take(std::optional<PgType>& type, const Fragment& f)
{
    if (f.classes.without_null().empty())
        return;
    type = type ? wider(*type, f.type) : f.type;
}

} // namespace

std::vector<PgType> SelectLowering::column_types(const std::vector<Arm>& arms, const std::vector<PgType>* types)
{
    std::vector<std::optional<PgType>> found;
    const auto row = [&found](const std::vector<Fragment>& fragments) {
        found.resize(fragments.size());
        for (std::size_t i = 0; i < fragments.size(); ++i)
            take(found[i], fragments[i]);
    };
    for (const Arm& arm : arms) {
        if (arm.rows.empty())
            row(arm.columns);
        for (const std::vector<Fragment>& fragments : arm.rows)
            row(fragments);
    }
    std::vector<PgType> out;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (types && i < types->size())
            out.push_back(found[i] ? wider((*types)[i], *found[i]) : (*types)[i]);
        else
            out.push_back(found[i].value_or(PgType::text));
    }
    return out;
}

void SelectLowering::widen_columns(Arm& arm, const std::vector<PgType>& types)
{
    for (std::size_t i = 0; i < arm.columns.size(); ++i)
        arm.columns[i] = widen(arm.columns[i], types[i]);
    for (std::vector<Fragment>& row : arm.rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            row[i] = widen(row[i], types[i]);
}

void SelectLowering::report(const std::vector<Arm>& arms, const std::vector<PgType>& types,
                            std::vector<Output>* outputs)
{
    if (!outputs)
        return;
    outputs->clear();
    for (std::size_t i = 0; i < types.size(); ++i) {
        Output output;
        output.type = types[i];
        output.classes = Classes::from_bits(0);
        for (const Arm& arm : arms) {
            if (arm.rows.empty())
                output.classes = output.classes | arm.columns[i].classes;
            for (const std::vector<Fragment>& row : arm.rows)
                output.classes = output.classes | row[i].classes;
        }
        outputs->push_back(std::move(output));
    }
}

// ------------------------------------------------------------------------------------------------ the whole

std::string SelectLowering::end(const Select& select, std::string text, Needs needs)
{
    const std::string limited = limit(select.limit.get(), select.offset.get());
    text += limited;
    if (needs.one_row && !is_single_row(select)) {
        if (!limited.empty())
            text = "SELECT * FROM (" + text + ") AS " + quote_identifier(l_.fresh("first"));
        text += " LIMIT 1";
    }
    return text;
}

std::string SelectLowering::plain(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs,
                                  Needs needs)
{
    Needs inside = needs;
    inside.in_order = needs.in_order || select.limit;
    std::vector<Arm> arms;
    static const std::vector<OrderingTerm> none;
    const bool ordered = !needs.unsorted && (!needs.places || !needs.places->ignores_order_by);
    arms.push_back(arm(select, select.cores.front(), ordered ? select.order_by : none, inside));
    const std::vector<PgType> wanted = column_types(arms, types);
    widen_columns(arms.front(), wanted);
    report(arms, wanted, outputs);
    if (needs.places)
        show_places(arms.front(), *needs.places);
    return end(select, print(arms.front()), needs);
}

std::string SelectLowering::query(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs,
                                  Needs needs)
{
    const std::string text =
        select.cores.size() == 1 ? plain(select, types, outputs, needs) : compound(select, types, outputs, needs);
    return with_clause(select.with.get()) + text;
}

// ------------------------------------------------------------------------------------------------ Lowering

std::string Lowering::select(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs)
{
    return SelectLowering(*this).query(select, types, outputs, {});
}

std::string Lowering::select_in_order(const Select& select, const std::vector<PgType>* types,
                                      std::vector<Output>* outputs)
{
    return SelectLowering(*this).query(select, types, outputs, {true, false});
}

std::string Lowering::first_row(const Select& select, const std::vector<PgType>* types, std::vector<Output>* outputs)
{
    return SelectLowering(*this).query(select, types, outputs, {false, true});
}

Fragment Lowering::scalar(const Select& select)
{
    std::vector<Output> outputs;
    const std::string text = first_row(select, nullptr, &outputs);
    Fragment f{parens(text), outputs.front().type, outputs.front().classes};
    const SelectCore& core = select.cores.front();
    if (!is_single_row(select) || core.where || core.having || select.limit)
        f.classes = f.classes.with_null();
    return f;
}

void Lowering::note_filters(const Expr& expr)
{
    const Expr& e = bare(expr);
    filters_.insert(&e);
    const auto* binary = as<Binary>(e);
    if (!binary || (binary->op != BinaryOp::logical_and && binary->op != BinaryOp::logical_or))
        return;
    note_filters(*binary->lhs);
    note_filters(*binary->rhs);
}

std::string Lowering::filter(const Expr& expr)
{
    note_filters(expr);
    return condition(expr).text;
}

std::string Lowering::where(const Expr* where)
{
    std::vector<std::string> conditions = std::exchange(postponed_, {});
    if (where)
        conditions.insert(conditions.begin(), filter(*where));
    return join(conditions, " AND ");
}

std::string Lowering::outputs(const std::vector<SelectCore::Output>& list, std::vector<Output>* outputs)
{
    std::vector<std::string> texts;
    for (const SelectCore::Output& output : list) {
        const Fragment f = value(*output.expr);
        texts.push_back(f.text);
        if (outputs) {
            Output out;
            out.name = output.name;
            out.type = f.type;
            out.classes = f.classes;
            outputs->push_back(std::move(out));
        }
    }
    return join(texts, ", ");
}

std::string Lowering::order_by(const std::vector<OrderingTerm>& terms)
{
    return join_keys(SelectLowering(*this).sort_keys(terms));
}

void lower_query(const Select& select, Lowering& lowering, Compiled& out)
{
    lowering.begin_step();
    std::vector<Output> outputs;
    const Needs needs{.in_order = !lowering.options().any_row_order, .any_type = true};
    const std::string text = SelectLowering(lowering).query(select, nullptr, &outputs, needs);
    if (out.columns.empty())
        out.columns.resize(outputs.size()); // inside a trigger no one announced any
    if (outputs.size() != out.columns.size())
        throw refusal("the result's columns are not the ones SQLite announces");
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        out.columns[i].type = outputs[i].type;
        out.columns[i].classes = outputs[i].classes;
    }
    out.kind = Compiled::Kind::query;
    out.steps.push_back(lowering.step(text, Step::Role::rows));
}

} // namespace howdah::dialect
