// GROUP BY and bare columns: SQLite lets a result name columns that are not grouped (catalogue section 7).
//
//   SELECT dept, max(pay), name … GROUP BY dept   name is of the row that has the maximum
//   SELECT dept, count(*), name … GROUP BY dept   name is of the group's first row
#include "dialect/catalog.hpp"
#include "dialect/conversions.hpp"
#include "dialect/reads.hpp"
#include "dialect/row_dependence.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// The columns an aggregate's arguments speak of, those of subqueries included.
class Mentioned : public Visitor {
public:
    std::set<const Source*> sources;
    bool enter(const Expr& e) override
    {
        if (const auto* ref = as<ColumnRef>(e)) {
            if (ref->source)
                sources.insert(ref->source);
            if (ref->alias_of)
                walk(*ref->alias_of, *this);
        }
        return true;
    }
};

const ColumnRef* column_of(const Expr& e)
{
    const auto* ref = as<ColumnRef>(bare(e));
    return ref && ref->alias_of ? column_of(*ref->alias_of) : ref;
}

bool is_never_null(const ColumnRef& ref)
{
    const Source* source = ref.source;
    if (!source || source->kind != Source::Kind::table || source->nullable)
        return false;
    return ref.index < 0 || ref.index == source->rowid_alias ||
           source->table->columns[static_cast<std::size_t>(ref.index)].not_null;
}

const ColumnRef* tested_column(const Expr& expr)
{
    const auto* test = as<Unary>(expr);
    return test && is_null_test(test->op) ? column_of(unsigned_operand(*test->operand)) : nullptr;
}

std::optional<Fragment> null_test_of(const Expr& expr)
{
    const ColumnRef* ref = tested_column(expr);
    if (!ref || !is_never_null(*ref))
        return std::nullopt;
    return Fragment{as<Unary>(expr)->op == UnaryOp::is_null ? "(1 = 0)" : "(1 = 1)", PgType::boolean,
                    StorageClass::integer};
}

// The sources, of the innermost SELECT, that an aggregate speaks of: it belongs to that SELECT.
class Innermost : public Visitor {
public:
    std::set<const Source*> sources;
    bool enter(const Expr& e) override
    {
        const auto* ref = as<ColumnRef>(e);
        if (ref && ref->source && (sources.empty() || ref->depth <= depth_)) {
            if (ref->depth < depth_)
                sources.clear();
            depth_ = ref->depth;
            sources.insert(ref->source);
        }
        if (ref && ref->alias_of)
            walk(*ref->alias_of, *this);
        return true;
    }
    bool enter(const Select&) override { return false; }

private:
    int depth_ = 0;
};

// The last min() or max() of a SELECT with these sources, be it in a subquery: where there are several, its row is the
// one SQLite remembers. The same call again is none.
class LastExtreme : public Visitor {
public:
    explicit LastExtreme(const std::set<const Source*>& of) : of_(of) {}
    const Call* call = nullptr;
    bool any_without_filter = false;
    bool enter(const Expr& e) override
    {
        const auto* c = as<Call>(e);
        const bool is_one = c && is_extreme(*c) && belongs(*c);
        any_without_filter = any_without_filter || (is_one && !c->filter);
        if (is_one && std::none_of(seen_.begin(), seen_.end(), [&](const Expr* s) { return same_expression(*s, e); })) {
            call = c;
            seen_.push_back(&e);
        }
        return !(c && c->aggregate);
    }
    bool enter(const Select& select) override
    {
        if (inside_ == &select)
            return true;
        const Select* around = std::exchange(inside_, &select);
        walk(select, *this);
        inside_ = around;
        return false;
    }

private:
    // One that speaks of no column is that of the SELECT it stands in.
    bool belongs(const Call& c) const
    {
        Innermost innermost;
        for (const ExprPtr& arg : c.args)
            walk(*arg, innermost);
        return innermost.sources.empty() ? !inside_
                                         : std::any_of(innermost.sources.begin(), innermost.sources.end(),
                                                       [&](const Source* s) { return of_.count(s) != 0; });
    }

    const std::set<const Source*>& of_;
    const Select* inside_ = nullptr;
    std::vector<const Expr*> seen_;
};

} // namespace

Aggregation::Aggregation(const Select& select, const SelectCore& core, Lowering& lowering, RowOfNulls row_of_nulls,
                         const std::vector<SortKey>& visits)
    : core_(core), lowering_(lowering), row_of_nulls_(std::move(row_of_nulls)), around_(lowering.substitute)
{
    if (core.from)
        for (const Source* source : sources_of(*core.from))
            sources_.insert(source);
    for (std::size_t term = 0; term < core.group_by.size(); ++term) {
        const ExprPtr& e = core.group_by[term];
        if (e->constant || (as<ColumnRef>(bare(*e)) && as<ColumnRef>(bare(*e))->alias_of &&
                            as<ColumnRef>(bare(*e))->alias_of->constant))
            continue;
        Fragment value = lowering.value(*e);
        // Equality is by bytes under any collation: only the order says COLLATE "C".
        Fragment key = e->collation == Collation::binary ? value : collation_key(value, e->collation);
        keys_.push_back({e.get(), std::move(value), std::move(key), term});
    }
    row_order_ = join_keys(inside_groups(visits));
    find_extreme(select);
    lowering.substitute = [this](const Expr& e) { return (*this)(e); };
}

// The order of the rows of one group, which have its keys in common.
std::vector<SortKey> Aggregation::inside_groups(std::vector<SortKey> visits) const
{
    const auto is_grouped = [this](const SortKey& sort) {
        return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
            return sort.key.text == key.key.text || sort.key.text == collation_key(key.key, Collation::binary).text;
        });
    };
    std::erase_if(visits, is_grouped);
    return visits;
}

Aggregation::~Aggregation() { lowering_.substitute = around_; }

void Aggregation::find_extreme(const Select& select)
{
    LastExtreme visitor(sources_);
    for (const SelectCore::Output& output : core_.outputs)
        walk(*output.expr, visitor);
    if (select.cores.size() == 1)
        for (const OrderingTerm& term : select.order_by)
            walk(*term.expr, visitor);
    if (core_.having)
        walk(*core_.having, visitor);
    extreme_ = visitor.call;
    extreme_is_mixed_ = extreme_ && extreme_->filter && visitor.any_without_filter && core_.group_by.empty();
}

// An expression as PostgreSQL sees it before grouping: the argument of an aggregate.
Fragment Aggregation::without_this(const Expr& expr)
{
    const auto here = std::exchange(lowering_.substitute, around_);
    const std::string row_order = std::exchange(lowering_.row_order, row_order_); // it may stand in a subquery
    Fragment f = lowering_.any(expr);
    lowering_.substitute = here;
    lowering_.row_order = row_order;
    return f;
}

// The query around may group as well: its columns in the arguments are its own to choose, the aggregate is not.
Fragment Aggregation::own_aggregate(const Expr& call)
{
    const auto around = around_;
    around_ = [around, &call](const Expr& e) { return &e == &call || !around ? std::nullopt : around(e); };
    Fragment f = without_this(call);
    around_ = around;
    return f;
}

// An aggregate is this core's when it speaks of its rows, or of no rows at all.
bool Aggregation::owns(const Call& call) const
{
    Mentioned mentioned;
    for (const ExprPtr& arg : call.args)
        walk(*arg, mentioned);
    if (call.filter)
        walk(*call.filter, mentioned);
    return mentioned.sources.empty() || std::any_of(mentioned.sources.begin(), mentioned.sources.end(),
                                                    [&](const Source* s) { return sources_.count(s) != 0; });
}

// Whether a key is a value that one row of the source alone has.
bool Aggregation::determines(const Source& source) const
{
    return std::any_of(keys_.begin(), keys_.end(), [&](const Key& key) {
        const ColumnRef* ref = column_of(*key.expr);
        if (!ref || ref->source != &source || source.kind != Source::Kind::table)
            return false;
        if (ref->index < 0 || ref->index == source.rowid_alias)
            return true;
        const auto& column = source.table->columns[static_cast<std::size_t>(ref->index)];
        const auto& indexes = source.table->indexes;
        return column.not_null && std::any_of(indexes.begin(), indexes.end(), [&](const Index& i) {
                   return i.unique && !i.where && i.columns.size() == 1 && i.columns.front().column == ref->index &&
                          i.columns.front().collation == Collation::binary;
               });
    });
}

// The value that `value` has in the row that stands for the group, as long as its rows pass `filter`: all or none do.
Fragment Aggregation::representative(const Fragment& value, const std::string& filter)
{
    Fragment f = value;
    if (core_.group_by.empty())
        f.classes = f.classes.with_null();
    const std::string& order = row_order_;
    if (!extreme_) {
        f.text = "howdah.first(" + value.text + (order.empty() ? "" : " ORDER BY " + order) + ")" + filter;
        return f;
    }
    if (!extreme_order_)
        find_extreme_order();
    f.text =
        "(array_agg(" + value.text + " ORDER BY " + *extreme_order_ + ")" + filter + ")[" + extreme_index(filter) + "]";
    if (row_of_nulls_.place == RowOfNulls::Place::ordered && !extreme_all_null_.empty())
        f.text = "(CASE WHEN " + extreme_all_null_ + " THEN (array_agg(" + value.text + " ORDER BY " +
                 row_of_nulls_.order + "))[1] ELSE " + f.text + " END)";
    if (!extreme_filter_.empty())
        f.text = "(CASE WHEN " + extreme_filter_ + " THEN (array_agg(" + value.text +
                 (order.empty() ? "" : " ORDER BY " + order) + ") FILTER (WHERE " + extreme_passes_ + "))" + "[" +
                 extreme_rows_ + " FILTER (WHERE " + extreme_passes_ + ")] ELSE " + f.text + " END)";
    return f;
}

// The row is the first that has the extreme value. Where that is NULL, it is the last row that the aggregate looked at,
// which need not be the last there is; with a FILTER that no row passes, the first row.
void Aggregation::find_extreme_order()
{
    if (extreme_is_mixed_)
        throw refusal("a bare column beside several min() and max(), of which the last alone has a FILTER");
    const Expr& arg = *extreme_->args.front();
    const Fragment value = to_value(without_this(arg));
    SortKey key;
    key.key = collation_key(value, arg.collation);
    if (extreme_->filter) {
        extreme_passes_ = to_condition(without_this(*extreme_->filter)).text;
        key.key.text = "(CASE WHEN " + extreme_passes_ + " THEN " + key.key.text + " END)";
    }
    key.descending = equal_names(extreme_->name.text, "max");
    key.nulls = Nulls::last;
    key.key.classes = key.key.classes.with_null();
    extreme_order_ = key.text(true) + (row_order_.empty() ? "" : ", " + row_order_);
    if (!value.classes.nullable())
        return;
    // Counts all rows, and says whose: in a subquery count(*) would count the subquery's.
    extreme_rows_ = "count((" + value.text + ") IS NULL)";
    extreme_values_ = "count(" + value.text + ")";
    extreme_all_null_ = extreme_values_ + (extreme_->filter ? " FILTER (WHERE " + extreme_passes_ + ")" : "") + " = 0";
    if (row_of_nulls_.place == RowOfNulls::Place::unknown)
        throw refusal("which row " + extreme_->name.text + "() of NULLs takes of a join with IN is not known");
    if (extreme_->filter)
        extreme_filter_ = extreme_all_null_ + " AND " + extreme_rows_ + " FILTER (WHERE " + extreme_passes_ + ") > 0";
}

// Which row of those that pass `filter`, in that order.
std::string Aggregation::extreme_index(const std::string& filter) const
{
    if (extreme_values_.empty() || extreme_->filter || row_of_nulls_.place != RowOfNulls::Place::last)
        return "1";
    return "CASE WHEN " + extreme_values_ + filter + " = 0 THEN " + extreme_rows_ + filter + " ELSE 1 END";
}

// A grouped expression is its key, unless values that are equal as keys differ. In a subquery PostgreSQL knows no key
// but columns.
std::optional<Fragment> Aggregation::grouped(const Key& key)
{
    const bool is_known = SelectLowering(lowering_).is_at(core_) || is_plain_column(key.value.text);
    const bool folded = key.key.text != key.value.text;
    const bool mixed = (key.value.type == PgType::numeric || key.value.type == PgType::v) &&
                       key.value.classes.has(StorageClass::integer) && key.value.classes.has(StorageClass::real);
    if (!folded && !mixed) {
        Fragment f = key.value;
        if (!is_known)
            f.text = "howdah.first(" + f.text + ")";
        return f;
    }
    // PostgreSQL knows a subquery as its key nowhere but as a whole.
    if (folded || !is_known || key.value.type != PgType::v || key.value.text.find("(SELECT ") != std::string::npos)
        return representative(key.value);
    // Only numbers of two classes are equal.
    const std::string number = "(" + key.value.text + ").n";
    Fragment f = representative(key.value, " FILTER (WHERE " + number + " IS NOT NULL)");
    f.text = "(CASE WHEN " + number + " IS NULL THEN " + key.value.text + " ELSE " + f.text + " END)";
    return f;
}

std::optional<Fragment> Aggregation::bare_column(const Expr& expr, const ColumnRef& ref)
{
    const Fragment value = without_this(expr);
    if (core_.group_by.empty())
        if (const std::optional<Fragment> none = without_rows(ref);
            none && wider(none->type, value.type) == value.type) {
            Fragment f = representative(value);
            f.text = "(CASE WHEN count((" + value.text + ") IS NULL) = 0 THEN " + widen(*none, value.type).text +
                     " ELSE " + f.text + " END)";
            f.classes = f.classes | none->classes;
            return f;
        }
    if (!determines(*ref.source))
        return representative(value);
    dependent_.insert(value.text);
    return value;
}

// What a column of a subquery that is part of this core is where there is no row: its expression of NULLs. Nothing
// where that cannot be told from a NULL.
std::optional<Fragment> Aggregation::without_rows(const ColumnRef& ref)
{
    const Source& source = *ref.source;
    if (ref.index < 0 || source.nullable || !SelectLowering(lowering_).is_part_of_core(source))
        return std::nullopt;
    const Expr* origin = source.columns[static_cast<std::size_t>(ref.index)].origin;
    const auto depends = [](const Expr& e) { return select_of(e) && select_of(e)->correlated; };
    if (!origin || any_expr(*origin, depends))
        return std::nullopt;
    const Select& select = source.common ? *source.common->select : *source.select;
    const std::vector<const Source*> inside = sources_of(*select.cores.front().from);
    const auto here = std::exchange(lowering_.substitute, [&](const Expr& e) -> std::optional<Fragment> {
        if (std::optional<Fragment> decided = null_test_of(e))
            return decided;
        const auto* column = as<ColumnRef>(e);
        if (!column || std::find(inside.begin(), inside.end(), column->source) == inside.end())
            return std::nullopt;
        const std::optional<Fragment> deeper = without_rows(*column);
        return deeper ? deeper : null_of(lowering_.column(*column->source, column->index).type);
    });
    Fragment f = lowering_.value(*origin);
    lowering_.substitute = here;
    return rules::only_null(f) ? std::nullopt : std::optional(std::move(f));
}

// SQLite decides a null test of a column that is never NULL before it looks for a row: also where there is none.
std::optional<Fragment> Aggregation::decided_null_test(const Expr& expr) const
{
    const ColumnRef* ref = core_.group_by.empty() ? tested_column(expr) : nullptr;
    return ref && sources_.count(ref->source) != 0 ? null_test_of(expr) : std::nullopt;
}

std::string Aggregation::having()
{
    const auto after = std::exchange(conversions, {});
    std::string text = lowering_.condition(*core_.having).text;
    conversions = after;
    return text;
}

std::optional<Fragment> Aggregation::operator()(const Expr& expr)
{
    std::optional<Fragment> f = unconverted(expr);
    const GroupConversion* conversion = f ? conversion_of(conversions, expr) : nullptr;
    return conversion ? with_affinity(*f, conversion->to) : f;
}

std::optional<Fragment> Aggregation::unconverted(const Expr& expr)
{
    if (std::optional<Fragment> decided = decided_null_test(expr))
        return decided;
    if (const auto* call = as<Call>(expr); call && call->aggregate && owns(*call)) {
        const Fragment f = own_aggregate(expr);
        aggregates_.push_back(f.text);
        return f;
    }
    for (const Key& key : keys_)
        if (same_expression(expr, *key.expr))
            return grouped(key);
    if (const auto* ref = as<ColumnRef>(expr); ref && ref->source && sources_.count(ref->source) != 0)
        return bare_column(expr, *ref);
    return around_ ? around_(expr) : std::nullopt;
}

bool Aggregation::is_seen_in(std::string_view text) const
{
    return std::any_of(aggregates_.begin(), aggregates_.end(),
                       [&](const std::string& a) { return text.find(a) != std::string_view::npos; });
}

std::string Aggregation::group_by_text(bool aggregate_is_seen) const
{
    std::vector<std::string> texts;
    for (const Key& key : keys_)
        texts.push_back(key.key.text);
    for (const std::string& column : dependent_)
        if (std::find(texts.begin(), texts.end(), column) == texts.end())
            texts.push_back(column);
    if (texts.empty())
        return !aggregate_is_seen && core_.group_by.empty() ? " GROUP BY ()" : "";
    return " GROUP BY " + join(texts, ", ");
}

// An ORDER BY of as many terms turns the tree's columns round where it says DESC, whatever its terms are.
std::vector<SortKey> Aggregation::natural_order(const std::vector<SortKey>& visits, bool sorts,
                                                const std::vector<bool>& descending) const
{
    std::vector<SortKey> keys;
    for (const Key& key : keys_) {
        SortKey sort;
        sort.key = collation_key(key.key, Collation::binary);
        sort.descending = descending.size() == core_.group_by.size() && descending[key.term];
        keys.push_back(std::move(sort));
    }
    if (sorts)
        return keys;
    std::vector<SortKey> by_index;
    for (const SortKey& visit : visits) {
        const auto same =
            std::find_if(keys.begin(), keys.end(), [&](const SortKey& k) { return k.key.text == visit.key.text; });
        if (same == keys.end())
            continue;
        by_index.push_back(visit);
        keys.erase(same);
    }
    by_index.insert(by_index.end(), keys.begin(), keys.end());
    return by_index;
}

} // namespace howdah::dialect
