// The order in which SQLite visits the rows of a SELECT, as sort keys: loop by loop, the outermost first, each in the
// order of the index that it reads, and then of the rowid.
#include "dialect/catalog.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/visit_full_text.hpp"
#include "dialect/walk.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>
#include <optional>

namespace howdah::dialect {

namespace {

// The order of a table that is read as it is stored: its rowid, or its primary key; nothing when it has neither.
std::vector<SortKey> own_order(const Source& source, bool backwards)
{
    std::vector<SortKey> keys;
    const auto add = [&](Fragment f) {
        SortKey key;
        key.key = std::move(f);
        key.descending = backwards;
        keys.push_back(std::move(key));
    };
    const std::string alias = quote_identifier(source.pg_alias) + ".";
    const Classes integer = StorageClass::integer;
    const Classes classes = source.nullable ? integer.with_null() : integer;
    if (source.kind == Source::Kind::table_function && source.columns.size() > 4 && source.columns[4].name == "id")
        add({alias + "\"id\"", PgType::int8, StorageClass::integer});
    if (source.kind != Source::Kind::table || !source.table)
        return keys;
    if (source.has_rowid) {
        add({alias + quote_identifier(source.rowid_pg), PgType::int8, classes});
        return keys;
    }
    const Table& table = *source.table;
    const auto primary = std::find_if(table.indexes.begin(), table.indexes.end(),
                                      [](const Index& i) { return i.origin == Index::Origin::primary_key; });
    for (const int column : row_identity(table)) {
        Collation collation = table.columns[static_cast<std::size_t>(column)].collation;
        bool descending = backwards;
        if (primary != table.indexes.end())
            for (const IndexColumn& c : primary->columns)
                if (c.column == column) {
                    collation = c.collation;
                    descending = backwards != c.descending;
                }
        add(collation_key(row_column(table, column, source.pg_alias), collation));
        if (!source.nullable)
            keys.back().key.classes = keys.back().key.classes.without_null();
        keys.back().descending = descending;
    }
    return keys;
}

bool has_key(const std::vector<SortKey>& keys, const std::string& text)
{
    return std::any_of(keys.begin(), keys.end(), [&](const SortKey& k) { return k.key.text == text; });
}

void append(std::vector<SortKey>& keys, std::vector<SortKey> more)
{
    for (SortKey& key : more)
        if (!has_key(keys, key.key.text))
            keys.push_back(std::move(key));
}

} // namespace

std::vector<SortKey> SelectLowering::index_order(const Index& index, const Source& source, bool backwards)
{
    std::vector<SortKey> keys;
    for (const IndexColumn& column : index.columns) {
        SortKey key;
        key.key = index_value(*source.table, column, source.pg_alias, l_);
        key.key.classes = key.key.classes.with_null();
        const bool required = !column.expr && (column.column < 0 ||
                                               source.table->columns[static_cast<std::size_t>(column.column)].not_null);
        if (required && !source.nullable)
            key.key.classes = key.key.classes.without_null();
        key.descending = column.descending != backwards;
        keys.push_back(std::move(key));
    }
    return keys;
}

std::vector<SortKey> SelectLowering::loop_order(const VisitLoop& loop, const Source& source, const Expr* where)
{
    std::vector<SortKey> keys;
    if (source.kind == Source::Kind::table && source.table && !source.table->full_text && !source.table->rtree) {
        if (!loop.alternatives.empty())
            keys = alternatives_order(loop, source, where);
        else if (const Index* index = loop.index(*source.table))
            keys = index_order(*index, source, loop.backwards);
        for (const int stored : loop.automatic_key) {
            // Columns that are computed are not stored.
            int column = -1;
            for (int seen = -1; column + 1 < static_cast<int>(source.table->columns.size()) && seen < stored;) {
                ++column;
                if (source.table->columns[static_cast<std::size_t>(column)].generated != Column::Generated::virtual_)
                    ++seen;
            }
            const IndexColumn part{.column = stored < 0 ? -1 : column, .expr = nullptr};
            Index index;
            index.columns.push_back(part);
            append(keys, index_order(index, source, loop.backwards));
        }
    }
    if (source.kind == Source::Kind::table && source.table && source.table->full_text && !loop.alternatives.empty())
        keys = alternatives_order(loop, source, where);
    append(keys, own_order(source, loop.backwards != begins_with_last(source, &loop)));
    return keys;
}

// The loops of a core's sources, in no order; those of a subquery that SQLite has made part of the core are its too.
std::vector<LoopKeys> SelectLowering::loops_of(const SelectCore& core)
{
    if (std::optional<LoopKeys> united = united_order(core))
        return {std::move(*united)};
    return loops_of(sources_of(*core.from), core.where.get());
}

// The order of the index that SQLite makes of what a subquery or a join gave: its columns in one row, all sources'.
std::vector<SortKey> SelectLowering::automatic_order(const VisitLoop& loop, const std::vector<const Source*>& sources)
{
    std::vector<SortKey> keys;
    for (int column : loop.automatic_key)
        for (const Source* source : sources) {
            const int count = static_cast<int>(source->columns.size());
            if (column >= 0 && column < count) {
                SortKey key;
                key.key = l_.column(*source, column);
                key.key.classes = key.key.classes.with_null();
                append(keys, {key});
            }
            column -= column < 0 ? 0 : count;
            if (column < 0)
                break;
        }
    return keys;
}

namespace {

bool is_single_row(const Source& source)
{
    const Select* select = select_of(source);
    return select && is_single_row(*select);
}

} // namespace

// The order of one source, which `loop` goes through; null: no loop is known.
LoopKeys SelectLowering::keys_of(const Source& source, const VisitLoop* loop, const Expr* where)
{
    const auto places = l_.places_.find(&source);
    if (places == l_.places_.end())
        return {loop, loop ? loop_order(*loop, source, where) : own_order(source, begins_with_last(source, nullptr)),
                is_single_row(source)};
    LoopKeys whole{loop, {}, is_single_row(source)};
    for (const LoopKeys& l : places->second->loops)
        append(whole.keys, l.keys);
    if (loop && loop->backwards)
        for (SortKey& key : whole.keys)
            key.descending = !key.descending;
    if (loop && loop->automatic) {
        std::vector<SortKey> keys = automatic_order(*loop, {&source});
        append(keys, std::move(whole.keys));
        whole.keys = std::move(keys);
    }
    return whole;
}

namespace {

// A parenthesised join that is made a table of first, and the loop that goes through that.
struct Joined {
    const VisitLoop* loop;
    const VisitGroup* group;
    std::vector<const Source*> sources;
    std::vector<LoopKeys> loops;
};

const VisitLoop* unused_loop(const VisitGroup& group, const Source& source, std::set<const VisitLoop*>& used)
{
    for (const VisitLoop& loop : group.loops)
        if (loop.is_of(source) && used.insert(&loop).second)
            return &loop;
    return nullptr;
}

// The outermost of the loops that an arm of a compound has in the group.
const VisitLoop* loop_of_arm(const VisitGroup& group, const SelectCore& arm, std::set<const VisitLoop*>& used)
{
    const VisitLoop* first = nullptr;
    for (const Source* source : sources_of(*arm.from)) {
        const VisitLoop* loop = unused_loop(group, *source, used);
        const Select* inner = select_of(*source);
        if (!loop && inner && inner->cores.size() == 1 && inner->cores.front().from)
            loop = loop_of_arm(group, inner->cores.front(), used);
        if (loop && (!first || loop < first))
            first = loop;
    }
    return first;
}

void sort_by_place(std::vector<LoopKeys>& loops, const VisitGroup* group)
{
    const auto place = [&](const LoopKeys& l) {
        return l.loop && group ? l.loop - group->loops.data() : std::ptrdiff_t{1000};
    };
    std::stable_sort(loops.begin(), loops.end(),
                     [&](const LoopKeys& a, const LoopKeys& b) { return place(a) < place(b); });
}

// The parenthesised join that has the source.
const FromClause* parenthesised(const FromClause& from, const Source& source)
{
    for (const FromClause::Item& item : from.items) {
        if (!item.table.join)
            continue;
        if (const FromClause* inside = parenthesised(*item.table.join, source))
            return inside;
        const std::vector<const Source*> sources = sources_of(*item.table.join);
        if (std::find(sources.begin(), sources.end(), &source) != sources.end())
            return item.table.join.get();
    }
    return nullptr;
}

} // namespace

// `arms`: of those that SQLite has taken apart. What a subquery gives beside them knows its place among itself.
std::vector<LoopKeys> SelectLowering::loops_of(const std::vector<const Source*>& sources, const Expr* where,
                                               const ArmOf& arms)
{
    const VisitGroup* group = l_.visits_.group;
    std::vector<LoopKeys> out;
    std::vector<Joined> joins;
    std::set<const VisitLoop*> used;
    if (group)
        for (const VisitLoop& loop : group->loops)
            if (const VisitGroup* join = l_.plan().joined(loop))
                joins.push_back({&loop, join, {}, {}});
    for (const Source* source : sources) {
        if (const auto common = l_.common_.find(source->common); common != l_.common_.end() && common->second.open)
            continue; // a recursive step has one row of it
        const auto arm = arms.find(source);
        const VisitLoop* loop = group && arm == arms.end() ? unused_loop(*group, *source, used) : nullptr;
        const Select* inner = loop || arms.empty() ? nullptr : select_of(*source);
        if (inner && (arm != arms.end() || (inner->cores.size() == 1 && inner->cores.front().from))) {
            out.push_back(keys_of(*source, nullptr, where));
            out.back().loop = loop_of_arm(*group, inner->cores[arm == arms.end() ? 0 : arm->second], used);
            continue;
        }
        const auto places = l_.places_.find(source);
        if (!loop && places != l_.places_.end() &&
            std::all_of(places->second->loops.begin(), places->second->loops.end(),
                        [](const LoopKeys& l) { return l.loop; })) {
            out.insert(out.end(), places->second->loops.begin(), places->second->loops.end());
            continue;
        }
        Joined* join = nullptr;
        for (Joined& j : joins)
            if (!loop && (loop = unused_loop(*j.group, *source, used)))
                join = &j;
        (join ? join->loops : out).push_back(keys_of(*source, loop, where));
        if (join)
            join->sources.push_back(source);
    }
    for (Joined& join : joins) {
        if (join.loops.empty())
            continue; // a subquery's that has said so itself
        sort_by_place(join.loops, join.group);
        LoopKeys whole{join.loop, automatic_order(*join.loop, join.sources)};
        if (const FromClause* inside = join_of(*join.sources.front()))
            append(whole.keys, rows_without_partner(*inside));
        for (LoopKeys& loop : join.loops)
            append(whole.keys, std::move(loop.keys));
        out.push_back(std::move(whole));
    }
    sort_by_place(out, group);
    return out;
}

// The join that SQLite runs as a subquery and that has the source: a parenthesised one, or all of an UPDATE's FROM.
const FromClause* SelectLowering::join_of(const Source& source) const
{
    const FromClause* const all = update_from_ ? update_from_ : l_.core_ ? &*l_.core_->from : nullptr;
    const FromClause* const inside = all ? parenthesised(*all, source) : nullptr;
    return inside ? inside : update_from_;
}

// The rows of a RIGHT or FULL JOIN's right side without a partner come behind all others, those of the first such join
// first, each in the order of a loop of its own.
std::vector<SortKey> SelectLowering::rows_without_partner(const FromClause& from)
{
    std::vector<SortKey> keys;
    std::vector<std::pair<std::string, const Source*>> kept; // when the row is one of these
    const auto is_there = [](const Source& source) {
        const std::vector<SortKey> own = own_order(source, begins_with_last(source, nullptr));
        return (own.empty() ? quote_identifier(source.pg_alias) : own.front().key.text) + " IS NOT NULL";
    };
    const Source& first = *sources_of(from).front();
    for (const FromClause::Item& item : from.items) {
        if (&item == from.items.data() || (item.op.kind != JoinOp::Kind::right && item.op.kind != JoinOp::Kind::full))
            continue;
        std::vector<const Source*> sources{item.table.source.get()};
        if (item.table.join)
            sources = sources_of(*item.table.join);
        std::vector<std::string> there;
        for (const Source* source : sources)
            there.push_back(is_there(*source));
        kept.emplace_back(join(there, " OR "), item.table.source.get());
    }
    if (kept.empty())
        return {};
    const std::vector<SortKey> own = own_order(first, begins_with_last(first, nullptr));
    std::string pass = "(" + (own.empty() ? quote_identifier(first.pg_alias) : own.front().key.text) + " IS NULL)";
    if (kept.size() > 1) {
        pass = "(CASE WHEN " + is_there(first) + " THEN 0";
        for (std::size_t i = 0; i < kept.size(); ++i)
            pass += " WHEN " + kept[i].first + " THEN " + std::to_string(i + 1);
        pass += " END)";
    }
    keys.emplace_back().key = {pass, PgType::int8, StorageClass::integer};
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const Source* right = kept[i].second;
        const VisitLoop* loop = right ? l_.plan().right_join(right->name) : nullptr;
        if (!loop || l_.places_.count(right) != 0)
            continue;
        std::vector<SortKey> alone = loop_order(*loop, *right, nullptr);
        for (SortKey& key : alone)
            key.key.text = "(CASE WHEN " + pass + (kept.size() > 1 ? " = " + std::to_string(i + 1) : "") + " THEN " +
                           key.key.text + " END)";
        append(keys, std::move(alone));
    }
    return keys;
}

std::vector<SortKey> SelectLowering::visiting_order(const SelectCore& core)
{
    std::vector<SortKey> keys = rows_without_partner(*core.from);
    for (LoopKeys& loop : loops_of(core)) {
        if (loop.keys.empty() && !loop.is_single_row)
            break;
        append(keys, std::move(loop.keys));
    }
    return keys;
}

// Whether each row's place can be told by keys of the rows it is made of.
bool SelectLowering::shows_places(const Select& select, bool ignores_order_by)
{
    const SelectCore& core = select.cores.front();
    return select.cores.size() == 1 && core.from && !core.aggregate && !core.distinct && !has_window(core) &&
           !select.limit && !select.offset && (select.order_by.empty() || ignores_order_by);
}

bool SelectLowering::is_part_of_core(const Source& source) const
{
    const Select* select = select_of(source);
    return select && !(source.common && source.common->recursive) && shows_places(*select, true) && l_.visits_.group &&
           !l_.visits_.group->find(source.name);
}

// Columns behind those of the SELECT, one for each key of the order in which its rows are visited that is not the
// SELECT's own.
void SelectLowering::show_places(Arm& arm, RowPlaces& places)
{
    const auto spelled_by = [&](const Fragment& key) -> std::optional<std::string> {
        for (std::size_t i = 0; i < places.columns.size(); ++i)
            for (const Collation collation : {Collation::binary, Collation::nocase, Collation::rtrim}) {
                Fragment column = arm.columns[i];
                if (collation_key(column, collation).text != key.text)
                    continue;
                column.text = places.alias + "." + quote_identifier(places.columns[i]);
                return collation_key(column, collation).text;
            }
        return std::nullopt;
    };
    for (LoopKeys& loop : arm.loops) {
        for (SortKey& key : loop.keys) {
            const std::optional<std::string> own = spelled_by(key.key);
            if (!own) {
                arm.columns.push_back(key.key);
                places.names.push_back("~place" + std::to_string(places.names.size() + 1));
            }
            key.key.text = own ? *own : places.alias + "." + quote_identifier(places.names.back());
        }
        places.loops.push_back(std::move(loop));
    }
}

// Where an index has the rows in the order of min() or max(), SQLite goes no further than to the first, or the first of
// each value of an IN: the last value is that of the row it remembers.
Aggregation::RowOfNulls SelectLowering::row_of_nulls(const SelectCore& core)
{
    using Place = Aggregation::RowOfNulls::Place;
    if (!core.from || !core.group_by.empty() || !l_.visits_.group)
        return {};
    if (l_.visits_.group->stop != VisitGroup::Stop::first_row_of_each)
        return {l_.visits_.group->stop == VisitGroup::Stop::never ? Place::last : Place::first, {}};
    std::vector<LoopKeys> loops = loops_of(core);
    if (loops.size() != 1 || !loops.front().loop)
        return {Place::unknown, {}};
    std::size_t looked_up = loops.front().loop->looked_up();
    for (SortKey& key : loops.front().keys)
        if (looked_up > 0 && looked_up-- > 0)
            key.descending = !key.descending;
    return {Place::ordered, join_keys(loops.front().keys)};
}

// What a core gives when no order is asked for.
std::vector<SortKey> SelectLowering::natural_order(const SelectCore& core)
{
    if (!core.from || finds_one_row(core))
        return {};
    return visiting_order(core);
}

// Keys behind those that tell rows apart to the eye would sort rows that look alike.
void SelectLowering::leave_out_what_is_not_seen(Arm& arm, const SelectCore& core)
{
    std::set<std::string> shown;
    for (std::size_t i = 0; i < arm.columns.size(); ++i)
        if (has_variants(arm.columns[i], Collation::binary))
            return;
        else if (!core.outputs[i].expr->constant)
            shown.insert(arm.columns[i].text);
    std::size_t needed = 0;
    for (; needed < arm.order.size() && !shown.empty(); ++needed)
        shown.erase(arm.order[needed].key.text);
    if (shown.empty())
        arm.order.resize(needed);
}

// The loops of an UPDATE or DELETE.
std::vector<SortKey> SelectLowering::write_order(const std::vector<const Source*>& sources, const Expr* where,
                                                 const FromClause* from)
{
    update_from_ = from;
    const Lowering::Visits around = std::exchange(l_.visits_, {});
    l_.visits_.group = l_.plan().outermost();
    std::vector<SortKey> keys;
    for (LoopKeys& loop : loops_of(sources, where))
        append(keys, std::move(loop.keys));
    l_.visits_ = around;
    return keys;
}

std::vector<SortKey> rows_to_write(const Source& target, const Expr* where, Lowering& lowering)
{
    if (lowering.in_trigger || lowering.plan().two_passes())
        return own_order(target, begins_with_last(target, nullptr));
    return SelectLowering(lowering).write_order({&target}, where);
}

std::string latest_match_first(const Source& target, const FromClause& from, const Expr* where, Lowering& lowering)
{
    std::vector<const Source*> sources = sources_of(from);
    sources.insert(sources.begin(), &target);
    std::vector<SortKey> keys = SelectLowering(lowering).write_order(sources, where, &from);
    for (SortKey& key : keys) {
        key.descending = !key.descending;
        key.nulls = Nulls::unspecified;
    }
    return join_keys(keys, true);
}

const VisitPlan& Lowering::plan()
{
    if (!plan_)
        plan_.emplace(in_trigger ? nullptr : &request_, statement_);
    return *plan_;
}

} // namespace howdah::dialect
