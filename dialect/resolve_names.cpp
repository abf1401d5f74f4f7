// What a name means: the rules of lookupName() in SQLite's resolve.c (catalogue section 7).
//
// At each level of nesting, innermost first: the columns of FROM, the rowid, the result's aliases where they are
// visible. What is found nowhere is TRUE, FALSE, or a string when it stands in double quotes.
#include "dialect/functions.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver_impl.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

bool is_rowid(std::string_view name)
{
    return equal_names(name, "rowid") || equal_names(name, "oid") || equal_names(name, "_rowid_");
}

bool merges(const Scope::Entry& entry, std::string_view column)
{
    return std::any_of(entry.merged.begin(), entry.merged.end(),
                       [&](const std::string& name) { return equal_names(name, column); });
}

bool is_row_of_trigger(const Source& source)
{
    return source.kind == Source::Kind::trigger_row || source.kind == Source::Kind::excluded;
}

bool names_source(const ColumnRef& ref, const Source& source)
{
    if (ref.table.empty())
        return !is_row_of_trigger(source);
    if (!equal_names(ref.table.text, source.name))
        return false;
    return ref.schema.empty() || !source.table || equal_names(ref.schema.text, source.table->schema);
}

int find_column(const Source& source, std::string_view name)
{
    for (std::size_t i = 0; i < source.columns.size(); ++i)
        if (equal_names(source.columns[i].name, name))
            return static_cast<int>(i);
    return -1;
}

void leaves(const std::vector<Scope::Entry>& entries, std::vector<Source*>& out)
{
    for (const Scope::Entry& entry : entries)
        if (entry.source)
            out.push_back(entry.source);
        else
            leaves(entry.group, out);
}

bool opens_subquery(const Source& source)
{
    return source.kind == Source::Kind::subquery || source.kind == Source::Kind::common_table;
}

} // namespace

std::vector<ColumnMatch> Resolver::find(const Scope::Entry& entry, const ColumnRef& ref)
{
    if (!entry.source)
        return find(entry.group, ref);
    if (!names_source(ref, *entry.source))
        return {};
    const int index = find_column(*entry.source, ref.column.text);
    if (index < 0 || index == entry.source->row_number)
        return {};
    return {ColumnMatch{entry.source, index}};
}

std::vector<ColumnMatch> Resolver::find(const std::vector<Scope::Entry>& entries, const ColumnRef& ref)
{
    std::vector<ColumnMatch> matches;
    for (const Scope::Entry& entry : entries) {
        const bool is_left = entry.op.kind != JoinOp::Kind::right && entry.op.kind != JoinOp::Kind::full;
        if (!matches.empty() && is_left && merges(entry, ref.column.text))
            continue;
        std::vector<ColumnMatch> here = find(entry, ref);
        if (here.empty())
            continue;
        if (matches.empty()) {
            matches = std::move(here);
            continue;
        }
        if (!merges(entry, ref.column.text))
            throw Error("ambiguous column name: " + ref.column.text, ref.column.span);
        if (entry.op.kind == JoinOp::Kind::right)
            matches = std::move(here);
        else if (entry.op.kind == JoinOp::Kind::full)
            matches.insert(matches.end(), here.begin(), here.end());
    }
    return matches;
}

// A bare rowid needs a FROM of one table besides those WITHOUT ROWID; a subquery's is NULL (a match without a rowid).
std::vector<ColumnMatch> Resolver::find_rowid(const std::vector<Scope::Entry>& entries, const ColumnRef& ref)
{
    if (!is_rowid(ref.column.text))
        return {};
    std::vector<Source*> sources;
    leaves(entries, sources);
    std::vector<ColumnMatch> matches;
    for (Source* source : sources)
        if (names_source(ref, *source) && (source->has_rowid || source->kind != Source::Kind::table))
            matches.push_back({source, source->row_number});
    if (matches.size() != 1)
        return {};
    const Source& source = *matches.front().source;
    return source.has_rowid || source.row_number >= 0 || opens_subquery(source) ? matches : std::vector<ColumnMatch>{};
}

ExprPtr Resolver::column_expr(const std::vector<ColumnMatch>& matches, std::string_view name, Span span)
{
    auto e = std::make_unique<Expr>();
    e->span = span;
    ColumnRef ref;
    ref.column.text = name;
    e->node = std::move(ref);
    become(*e, matches, 0);
    return e;
}

// The reference becomes resolved; one that a FULL JOIN merges becomes coalesce(left, right), as in SQLite.
void Resolver::become(Expr& expr, const std::vector<ColumnMatch>& matches, int depth)
{
    if (matches.size() > 1) {
        Call coalesce;
        coalesce.name.text = "coalesce";
        const std::string name = std::get<ColumnRef>(expr.node).column.text;
        for (const ColumnMatch& match : matches) {
            coalesce.args.push_back(column_expr({match}, name, expr.span));
            std::get<ColumnRef>(coalesce.args.back()->node).depth = depth;
        }
        coalesce.function = find_function("coalesce", static_cast<int>(coalesce.args.size()));
        expr.node = std::move(coalesce);
        return;
    }
    const ColumnMatch& match = matches.front();
    if (match.index < 0 && !match.source->has_rowid) {
        Literal none;
        none.is_rowid = !match.source->nullable;
        expr.node = none;
        return;
    }
    auto& ref = std::get<ColumnRef>(expr.node);
    ref.source = match.source;
    ref.index = match.index;
    ref.depth = depth;
    if (match.index >= 0)
        match.source->columns[static_cast<std::size_t>(match.index)].read = true;
    if (ref.table.empty())
        ref.table.text = match.source->name;
}

// Looks `ref` up from `scope` outwards and makes `expr` what it means. Marks every SELECT that was left on the way.
bool Resolver::lookup(Expr& expr, const ColumnRef& ref, Scope& scope)
{
    int depth = 0;
    for (Scope* level = &scope; level; level = level->outer, ++depth) {
        std::vector<ColumnMatch> matches = find(level->entries, ref);
        if (matches.empty())
            matches = find_rowid(level->entries, ref);
        const Scope::Alias* alias = nullptr;
        if (matches.empty() && level->aliases_visible && ref.table.empty())
            for (const Scope::Alias& a : level->aliases)
                if (!alias && equal_names(a.name->text, ref.column.text))
                    alias = &a;
        if (matches.empty() && !alias)
            continue;
        for (Scope* inner = &scope; inner != level; inner = inner->outer)
            if (inner->select)
                inner->select->correlated = true;
        if (alias) {
            auto& node = std::get<ColumnRef>(expr.node);
            node.alias_of = alias->expr;
            node.depth = depth;
            level->aggregates += alias->expr->has_aggregate ? 1 : 0;
            level->windows += alias->expr->has_window ? 1 : 0;
        } else {
            references_.push_back(level);
            become(expr, matches, depth);
        }
        return true;
    }
    return false;
}

void Resolver::column_ref(Expr& expr, Scope& scope)
{
    auto& ref = std::get<ColumnRef>(expr.node);
    // The name is copied: what it means may replace the node.
    ColumnRef wanted;
    wanted.schema = ref.schema;
    wanted.table = ref.table;
    wanted.column = ref.column;
    if (ref.source || lookup(expr, wanted, scope))
        return;
    const Name& name = wanted.column;
    const bool is_true = equal_names(name.text, "true");
    if (wanted.table.empty() && name.quote == 0 && (is_true || equal_names(name.text, "false")))
        expr.node = Literal{Literal::Form::boolean, std::int64_t{is_true ? 1 : 0}};
    else if (wanted.table.empty() && name.quote == '"')
        ref.as_string = true;
    else
        throw Error("no such column: " + (wanted.table.empty() ? "" : wanted.table.text + ".") + name.text, name.span);
}

// An aggregate belongs to the innermost level that its arguments speak of, to the level it stands in when they speak of
// none (sqlite3ReferencesSrcList).
void Resolver::call(Expr&, Call& call, Scope& scope)
{
    call.function = find_function(call.name.text, static_cast<int>(call.args.size()));
    const std::size_t before = references_.size();
    for (const ExprPtr& arg : call.args)
        expr(*arg, scope);
    if (call.filter)
        expr(*call.filter, scope);
    if (call.over) {
        ++scope.windows;
        window(*call.over, scope);
        return;
    }
    call.aggregate = call.function && call.function->kind == FunctionInfo::Kind::aggregate;
    if (!call.aggregate)
        return;
    Scope* owner = &scope;
    for (Scope* level = &scope; level; level = level->outer)
        if (std::find(references_.begin() + static_cast<std::ptrdiff_t>(before), references_.end(), level) !=
            references_.end()) {
            owner = level;
            break;
        }
    ++owner->aggregates;
}

// last_insert_rowid() in RETURNING of an INSERT: the row is in by then. It becomes `rowid | 0`, which has no affinity.
// A subquery is computed once, with the first row.
bool Resolver::inserted_rowid(Expr& e, Scope& scope)
{
    const auto* call = as<Call>(e);
    if (!returning_of_ || !call || !call->args.empty() || !equal_names(call->name.text, "last_insert_rowid"))
        return false;
    Source& row = *returning_of_->target;
    const bool updates = std::any_of(returning_of_->upserts.begin(), returning_of_->upserts.end(),
                                     [](const UpsertClause& clause) { return clause.do_update; });
    if (updates || scope.entries.size() != 1 || scope.entries.front().source != &row)
        throw refusal("last_insert_rowid() in RETURNING of an INSERT that may update, or in a subquery there", e.span);
    Binary rowid;
    rowid.op = BinaryOp::bit_or;
    rowid.lhs = column_expr({{&row, row.rowid_alias}}, "rowid", e.span);
    rowid.rhs = std::make_unique<Expr>();
    rowid.rhs->node = Literal{Literal::Form::number, std::int64_t{0}};
    references_.push_back(&scope);
    e.node = std::move(rowid);
    return true;
}

// What SQLite's parser takes for false whatever is in it, and so never looks at: `x AND 0`, `x IN ()`.
static bool is_always_false(const Expr& expr)
{
    const Expr& e = bare(expr);
    if (const auto* literal = as<Literal>(e); literal && literal->form == Literal::Form::number) {
        const auto* integer = std::get_if<std::int64_t>(&literal->value);
        return integer && *integer == 0;
    }
    if (const auto* in = as<In>(e))
        return !in->negated && !in->select && in->list.empty();
    const auto* both = as<Binary>(e);
    return both && both->op == BinaryOp::logical_and && (is_always_false(*both->lhs) || is_always_false(*both->rhs));
}

// The constant that an expression is to SQLite's parser, though names may stand in it: even those of no column, and
// aggregates, which then do not make a SELECT one of groups.
static std::optional<Literal> constant_of(const Expr& e)
{
    if (const auto* in = as<In>(e); in && !in->select && in->list.empty())
        return Literal{Literal::Form::boolean, std::int64_t{in->negated}};
    if (as<Binary>(e) && is_always_false(e))
        return Literal{Literal::Form::number, std::int64_t{0}};
    return std::nullopt;
}

void Resolver::expr(Expr& e, Scope& scope)
{
    if (std::optional<Literal> constant = constant_of(e)) {
        e.node = std::move(*constant);
        return;
    }
    const int aggregates = scope.aggregates;
    const int windows = scope.windows;
    if (const auto* literal = as<Literal>(e); literal && literal->form == Literal::Form::boolean) {
        ColumnRef ref; // a column may be called true
        ref.column.text = std::get<std::int64_t>(literal->value) != 0 ? "true" : "false";
        ref.column.span = e.span;
        e.node = std::move(ref);
    }
    if (as<ColumnRef>(e)) {
        column_ref(e, scope);
    } else if (inserted_rowid(e, scope)) {
        ; // resolved
    } else if (auto* n = as<Call>(e)) {
        call(e, *n, scope);
    } else {
        struct Inside {
            Resolver& resolver;
            Scope& scope;
            void operator()(const ExprPtr& child) const
            {
                if (child)
                    resolver.expr(*child, scope);
            }
            void operator()(const SelectPtr& select) const
            {
                if (select)
                    resolver.select(*select, &scope);
            }
        } inside{*this, scope};
        std::visit(
            [&](auto& n) {
                using Node = std::remove_cvref_t<decltype(n)>;
                if constexpr (std::is_same_v<Node, Unary> || std::is_same_v<Node, Cast> ||
                              std::is_same_v<Node, Collate>) {
                    inside(n.operand);
                } else if constexpr (std::is_same_v<Node, Binary>) {
                    inside(n.lhs);
                    inside(n.rhs);
                } else if constexpr (std::is_same_v<Node, Between>) {
                    inside(n.operand);
                    inside(n.low);
                    inside(n.high);
                } else if constexpr (std::is_same_v<Node, In>) {
                    inside(n.operand);
                    std::for_each(n.list.begin(), n.list.end(), inside);
                    inside(n.select);
                } else if constexpr (std::is_same_v<Node, Like>) {
                    inside(n.operand);
                    inside(n.pattern);
                    inside(n.escape);
                } else if constexpr (std::is_same_v<Node, Case>) {
                    inside(n.operand);
                    for (Case::When& when : n.whens) {
                        inside(when.condition);
                        inside(when.result);
                    }
                    inside(n.otherwise);
                } else if constexpr (std::is_same_v<Node, Exists> || std::is_same_v<Node, Subquery>) {
                    inside(n.select);
                } else if constexpr (std::is_same_v<Node, RowValue>) {
                    std::for_each(n.members.begin(), n.members.end(), inside);
                } else if constexpr (std::is_same_v<Node, Parenthesized>) {
                    inside(n.inner);
                }
            },
            e.node);
    }
    if (const auto* test = as<Unary>(e); test && is_null_test(test->op)) {
        const auto* literal = as<Literal>(unsigned_operand(*test->operand));
        if (literal && literal->is_rowid)
            e.node = Literal{Literal::Form::boolean, std::int64_t{test->op == UnaryOp::not_null}};
    }
    e.has_aggregate = scope.aggregates != aggregates;
    e.has_window = scope.windows != windows;
}

} // namespace howdah::dialect
