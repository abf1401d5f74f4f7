// SELECT: its FROM, its result, the clauses that see the result's aliases, and ORDER BY (resolve.c of SQLite).
#include "dialect/catalog.hpp"
#include "dialect/parser.hpp"
#include "dialect/reads.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// The expression below COLLATE and parentheses.
Expr& below_collate(Expr& e)
{
    Expr& inside = bare(e);
    auto* collate = as<Collate>(inside);
    return collate ? below_collate(*collate->operand) : inside;
}

// A constant integer as GROUP BY and ORDER BY read it as a position: 2, +2, (2). 0 when it is none.
int position(const Expr& e)
{
    const Expr& inside = bare(e);
    if (const auto* unary = as<Unary>(inside))
        return unary->op == UnaryOp::plus ? position(*unary->operand) : 0;
    const auto* literal = as<Literal>(inside);
    const auto* value =
        literal && literal->form == Literal::Form::number ? std::get_if<std::int64_t>(&literal->value) : nullptr;
    return value && *value > 0 && *value < 1 << 16 ? static_cast<int>(*value) : 0;
}

const ColumnRef* bare_identifier(const Expr& e)
{
    const auto* ref = as<ColumnRef>(bare(e));
    return ref && ref->table.empty() && !ref->source ? ref : nullptr;
}

void stand_for(Expr& e, Expr& output)
{
    ColumnRef ref;
    ref.alias_of = &output;
    e.node = std::move(ref);
    e.has_aggregate = output.has_aggregate;
    e.has_window = output.has_window;
}

// The result column that a name of ORDER BY means: the first that is called so by AS, or by the * that it is a part of.
// 0 where there is none.
int named_output(const SelectCore& core, std::string_view name)
{
    const auto has_name = [&](const ResultColumn& column, const Expr* output) {
        return column.expr.get() == output && !column.alias.empty() && equal_names(column.alias.text, name);
    };
    for (std::size_t i = 0; i < core.outputs.size(); ++i) {
        const SelectCore::Output& output = core.outputs[i];
        const bool of_star = std::any_of(core.expanded.begin(), core.expanded.end(),
                                         [&](const ExprPtr& e) { return e.get() == output.expr; });
        if (of_star ? equal_names(output.name, name)
                    : std::any_of(core.columns.begin(), core.columns.end(),
                                  [&](const ResultColumn& column) { return has_name(column, output.expr); }))
            return static_cast<int>(i) + 1;
    }
    return 0;
}

bool is_column(const Expr& e, const std::vector<ColumnMatch>& matches)
{
    const auto* ref = as<ColumnRef>(bare(e));
    return ref && matches.size() == 1 && ref->source == matches.front().source && ref->index == matches.front().index;
}

} // namespace

std::string Resolver::output_name(const ResultColumn& column) const
{
    if (!column.alias.empty())
        return column.alias.text;
    if (const auto* ref = as<ColumnRef>(bare(*column.expr)); ref && ref->source) {
        const int index = ref->index < 0 ? ref->source->rowid_alias : ref->index;
        return index < 0 ? "rowid" : ref->source->columns[static_cast<std::size_t>(index)].name;
    }
    return std::string(column.span.of(text_));
}

void Resolver::result_columns(SelectCore& core, Scope& scope)
{
    for (ResultColumn& column : core.columns) {
        if (column.star) {
            expand_star(core, column, scope);
            continue;
        }
        expr(*column.expr, scope);
        const Expr* named = &bare(*column.expr);
        while (const auto* collate = as<Collate>(*named))
            named = &bare(*collate->operand);
        const auto* ref = as<ColumnRef>(*named);
        core.outputs.push_back({output_name(column), column.expr.get(),
                                column.alias.empty() && ref && !ref->alias_of ? ref->column.text : std::string()});
        if (!column.alias.empty())
            scope.aliases.push_back({&column.alias, column.expr.get()});
    }
    for (std::size_t row = 0; row < core.values.size(); ++row)
        for (std::size_t i = 0; i < core.values[row].size(); ++i) {
            expr(*core.values[row][i], scope);
            if (row == 0)
                core.outputs.push_back({"column" + std::to_string(i + 1), core.values[row][i].get()});
        }
}

void Resolver::core(Select& select, SelectCore& core, Scope& scope)
{
    scope.select = &select;
    if (core.from)
        from(*core.from, scope);
    result_columns(core, scope);
    scope.aliases_visible = true;
    if (core.from)
        from_conditions(*core.from, scope);
    if (core.where)
        expr(*core.where, scope);
    group_by(core, scope);
    if (core.having)
        expr(*core.having, scope);
    for (SelectCore::NamedWindow& named : core.windows)
        window(named.window, scope);
    full_text_conditions(core.from ? &*core.from : nullptr, core.where.get());
}

void Resolver::group_by(SelectCore& core, Scope& scope)
{
    for (const ExprPtr& term : core.group_by) {
        const int n = position(below_collate(*term));
        if (n > 0 && n <= static_cast<int>(core.outputs.size()))
            stand_for(below_collate(*term), *core.outputs[static_cast<std::size_t>(n) - 1].expr);
        else
            expr(*term, scope);
    }
}

void Resolver::window(Window& window, Scope& scope)
{
    for (const ExprPtr& e : window.partition_by)
        expr(*e, scope);
    for (const OrderingTerm& term : window.order_by)
        expr(*term.expr, scope);
    if (window.frame && window.frame->start_offset)
        expr(*window.frame->start_offset, scope);
    if (window.frame && window.frame->end_offset)
        expr(*window.frame->end_offset, scope);
}

// A bare identifier is an alias first and a column second; anything else sees columns first.
void Resolver::order_by(std::vector<OrderingTerm>& terms, SelectCore& core, Scope& scope)
{
    for (OrderingTerm& term : terms) {
        Expr& inside = below_collate(*term.expr);
        int n = 0;
        if (const ColumnRef* name = bare_identifier(inside)) {
            n = named_output(core, name->column.text);
            if (n > 0 && is_column(*core.outputs[static_cast<std::size_t>(n) - 1].expr, find_quietly(scope, *name)))
                n = 0; // nothing but that column, which indexes know
        } else {
            n = position(inside);
        }
        if (n > 0 && n <= static_cast<int>(core.outputs.size())) {
            Expr& output = *core.outputs[static_cast<std::size_t>(n) - 1].expr;
            scope.aggregates += output.has_aggregate ? 1 : 0;
            scope.windows += output.has_window ? 1 : 0;
            stand_for(inside, output);
            term.result_column = n;
        } else {
            expr(*term.expr, scope);
        }
    }
}

// The expression as it reads when its names are those of one arm; empty when the arm has no such names.
std::string Resolver::as_resolved(const std::string& text, Scope& scope)
{
    const int aggregates = scope.aggregates, windows = scope.windows;
    std::string out;
    try {
        const ExprPtr copy = parse_expression(text);
        expr(*copy, scope);
        out = unparse(*copy);
    } catch (const Error&) {
        out.clear();
    }
    scope.aggregates = aggregates;
    scope.windows = windows;
    return out;
}

// The columns that a term of a compound's ORDER BY may mean in one arm; none where the arm has several of that name.
std::vector<ColumnMatch> Resolver::find_quietly(const Scope& scope, const ColumnRef& name)
{
    try {
        return find(scope.entries, name);
    } catch (const Error&) {
        return {};
    }
}

// The terms of a compound's ORDER BY are result columns: by number, by an alias of an arm, or by being the expression
// of an arm; the arms are asked from left to right.
void Resolver::compound_order_by(Select& select, std::vector<std::unique_ptr<Scope>>& scopes)
{
    for (OrderingTerm& term : select.order_by) {
        Expr& inside = below_collate(*term.expr);
        term.collates = any_expr(*term.expr, [](const Expr& e) { return as<Collate>(e) != nullptr; });
        term.result_column = position(inside);
        const std::string text = unparse(inside);
        for (std::size_t arm = 0; arm < select.cores.size() && term.result_column == 0; ++arm) {
            SelectCore& core = select.cores[arm];
            const ColumnRef* name = as<ColumnRef>(inside);
            if (const ColumnRef* bare_name = bare_identifier(inside))
                term.result_column = named_output(core, bare_name->column.text);
            if (term.result_column != 0)
                break; // the arm's tables may have several columns of that name
            const std::string resolved = name ? std::string() : as_resolved(text, *scopes[arm]);
            const std::vector<ColumnMatch> matches =
                name ? find_quietly(*scopes[arm], *name) : std::vector<ColumnMatch>{};
            for (std::size_t i = 0; i < core.outputs.size() && term.result_column == 0; ++i) {
                const bool same_column = is_column(*core.outputs[i].expr, matches);
                const bool same_name =
                    name && name->table.empty() && equal_names(core.outputs[i].name, name->column.text);
                if (same_column || (same_name && matches.empty()) ||
                    (!name && equal_names(resolved, unparse(*core.outputs[i].expr))))
                    term.result_column = static_cast<int>(i) + 1;
            }
        }
        if (term.result_column == 0)
            throw refusal("an ORDER BY term of a compound SELECT that is no plain result column");
        stand_for(inside, *select.cores.front().outputs[static_cast<std::size_t>(term.result_column) - 1].expr);
    }
}

void Resolver::name_result(Select& select)
{
    select.result.clear();
    for (std::string& name : column_names(select, {}))
        select.result.emplace_back().name = std::move(name);
}

void Resolver::select(Select& select, Scope* outer)
{
    Environment here{environment_, select.with.get(), outer};
    const Environment* around = environment_;
    if (select.with)
        environment_ = &here;
    std::vector<std::unique_ptr<Scope>> scopes;
    for (SelectCore& c : select.cores) {
        scopes.push_back(std::make_unique<Scope>());
        scopes.back()->outer = outer;
        core(select, c, *scopes.back());
        if (scopes.size() == 1)
            name_result(select);
    }
    if (select.cores.size() > 1)
        compound_order_by(select, scopes);
    else
        order_by(select.order_by, select.cores.front(), *scopes.front());
    for (std::size_t i = 0; i < scopes.size(); ++i)
        select.cores[i].aggregate = !select.cores[i].group_by.empty() || scopes[i]->aggregates > 0;
    Scope nothing; // LIMIT sees no column at all
    if (select.limit)
        expr(*select.limit, nothing);
    if (select.offset)
        expr(*select.offset, nothing);
    environment_ = around;
}

// ------------------------------------------------------------------------------------------------ LIMIT

namespace {

// Rows of sources as they are: what SQLite makes part of the SELECT around it.
bool is_plain(const Select& select)
{
    const SelectCore& core = select.cores.front();
    return select.cores.size() == 1 && core.from && !core.distinct && !core.aggregate && !select.offset &&
           std::none_of(core.outputs.begin(), core.outputs.end(), [](const auto& o) { return o.expr->has_window; });
}

// The subquery, view or common table that is all that the SELECT reads.
Select* only_source(const Select& select)
{
    const std::vector<FromClause::Item>& items = select.cores.front().from->items;
    if (items.size() != 1 || items.front().table.join || !items.front().table.source)
        return nullptr;
    const TableRef& ref = items.front().table;
    if (!ref.source->common)
        return ref.select ? ref.select.get() : ref.source->view_select.get();
    if (select.with)
        for (CommonTable& table : select.with->tables)
            if (&table == ref.source->common && !table.recursive && table.uses == 1 &&
                table.materialize != CommonTable::Materialize::yes)
                return table.select.get();
    return nullptr;
}

// SELECT x FROM (SELECT x FROM t LIMIT 5) ORDER BY x: SQLite makes one SELECT of the two, which sorts before it counts.
void lift_limit(Select& select)
{
    if (select.order_by.empty() || select.limit || !is_plain(select))
        return;
    for (const Select* around = &select; !around->cores.front().where;) {
        Select* inner = only_source(*around);
        if (!inner || !is_plain(*inner) || !inner->order_by.empty())
            return;
        if (inner->limit) {
            select.limit = std::move(inner->limit);
            return;
        }
        around = inner;
    }
}

} // namespace

void Resolver::rows(Select& select, Scope* outer)
{
    this->select(select, outer);
    lift_limit(select);
}

// ------------------------------------------------------------------------------------------------ column names

namespace {

// SQLite tells a repeated name apart with ":1", ":2", …
std::string made_unique(std::string name, const std::set<std::string>& taken)
{
    for (int n = 1; taken.count(fold(name)) != 0; ++n) {
        const std::size_t colon = name.find_last_of(':');
        const bool numbered = colon != std::string::npos && colon + 1 < name.size() &&
                              name.find_first_not_of("0123456789", colon + 1) == std::string::npos;
        name = (numbered ? name.substr(0, colon) : name) + ":" + std::to_string(n);
    }
    return name;
}

} // namespace

std::vector<std::string> column_names(const Select& select, const std::vector<Name>& given, bool of_view)
{
    std::vector<std::string> names;
    std::set<std::string> taken;
    const std::vector<SelectCore::Output>& outputs = select.cores.front().outputs;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const std::string& own = of_view || outputs[i].written.empty() ? outputs[i].name : outputs[i].written;
        std::string name = i < given.size() ? given[i].text : own;
        if (name.empty() || equal_names(name, "true") || equal_names(name, "false"))
            name = "column" + std::to_string(i + 1);
        name = made_unique(std::move(name), taken);
        taken.insert(fold(name));
        names.push_back(std::move(name));
    }
    return names;
}

// A plain identifier keeps its name; an expression's text gives way to c1, c2, ….
std::vector<std::string> pg_column_names(const std::vector<std::string>& names)
{
    std::vector<std::string> out;
    std::set<std::string> taken;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const bool plain =
            !names[i].empty() && names[i].size() < 60 && std::all_of(names[i].begin(), names[i].end(), [](char c) {
                return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            });
        std::string name = plain ? fold(names[i]) : "c" + std::to_string(i + 1);
        while (!taken.insert(name).second)
            name += "_";
        out.push_back(std::move(name));
    }
    return out;
}

} // namespace howdah::dialect
