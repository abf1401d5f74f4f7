// OVER (…).
//
// Among rows that ORDER BY takes for equal SQLite goes by the order it read them in; where a function's value depends
// on that and not on who is equal, the rowid is added to the window's ORDER BY.
#include "dialect/catalog.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// A window with its references followed: pointers into the tree.
struct WindowParts {
    const std::vector<ExprPtr>* partition_by = nullptr;
    const std::vector<OrderingTerm>* order_by = nullptr;
    const Frame* frame = nullptr;
};

WindowParts parts(const Window& window, const SelectCore* core)
{
    WindowParts out;
    const Name& base = window.reference.empty() ? window.base : window.reference;
    if (!base.empty() && core)
        for (const SelectCore::NamedWindow& named : core->windows)
            if (equal_names(named.name.text, base.text))
                out = parts(named.window, core);
    if (!window.partition_by.empty())
        out.partition_by = &window.partition_by;
    if (!window.order_by.empty())
        out.order_by = &window.order_by;
    if (window.frame)
        out.frame = &*window.frame;
    return out;
}

std::string bound_text(BoundKind kind, const std::string& offset)
{
    switch (kind) {
    case BoundKind::unbounded_preceding:
        return "UNBOUNDED PRECEDING";
    case BoundKind::preceding:
        return offset + " PRECEDING";
    case BoundKind::current_row:
        return "CURRENT ROW";
    case BoundKind::following:
        return offset + " FOLLOWING";
    case BoundKind::unbounded_following:
        break;
    }
    return "UNBOUNDED FOLLOWING";
}

std::string_view exclude_text(Exclude exclude)
{
    switch (exclude) {
    case Exclude::current_row:
        return " EXCLUDE CURRENT ROW";
    case Exclude::group:
        return " EXCLUDE GROUP";
    case Exclude::ties:
        return " EXCLUDE TIES";
    case Exclude::none:
    case Exclude::no_others:
        break;
    }
    return "";
}

// Functions that look at the position of the row alone, whoever its equals are.
bool goes_by_position(std::string_view function)
{
    return function == "row_number" || function == "ntile" || function == "lag" || function == "lead";
}

// Functions that look at how many rows come before the row's equals, whatever the frame.
bool is_rank(std::string_view function)
{
    return function == "rank" || function == "dense_rank" || function == "percent_rank" || function == "cume_dist";
}

bool excludes_equals(const Frame& frame) { return frame.exclude == Exclude::group || frame.exclude == Exclude::ties; }

// Whether more ORDER BY terms change nothing but the order among equals.
bool may_break_ties(std::string_view function, const Frame* frame)
{
    if (goes_by_position(function))
        return true;
    if (!frame)
        return function == "first_value";
    return frame->unit == FrameUnit::rows && !excludes_equals(*frame) && !is_rank(function);
}

// A frame that has all the equals of its row, and begins and ends with them or not at all.
bool goes_by_equals(const Frame* frame)
{
    return !frame || (frame->unit != FrameUnit::rows &&
                      (frame->start == BoundKind::unbounded_preceding || frame->start == BoundKind::current_row) &&
                      (frame->end == BoundKind::unbounded_following || frame->end == BoundKind::current_row) &&
                      (frame->exclude == Exclude::none || frame->exclude == Exclude::no_others));
}

bool depends_on_order(std::string_view function)
{
    return function == "first_value" || function == "last_value" || function == "nth_value" ||
           function == "group_concat" || function.starts_with("json_group_");
}

// Whether the place of a row among its equals decides what it is given.
bool depends_on_order(std::string_view function, const Frame* frame)
{
    const bool by_place = frame && frame->unit == FrameUnit::rows && excludes_equals(*frame);
    return depends_on_order(function) || (by_place && !goes_by_position(function) && !is_rank(function));
}

// A frame that has the whole partition where there is no ORDER BY: all its rows are equals.
bool is_whole_partition(const Frame* frame)
{
    return !frame ||
           (frame->unit != FrameUnit::rows && !frame->start_offset && !frame->end_offset && !excludes_equals(*frame));
}

bool is_number(PgType type) { return type == PgType::int8 || type == PgType::float8 || type == PgType::numeric; }

} // namespace

// SQLite adds nothing to what is no number, and has its equals alone in the frame then: they are a partition of their
// own, in which all keys are NULL, and the numbers are another one.
static void separate_numbers(const Frame& frame, Fragment& key, std::vector<std::string>& partition)
{
    if (frame.start == BoundKind::unbounded_preceding || frame.end == BoundKind::unbounded_following)
        throw refusal("RANGE with an offset and without an end over values that may be other than numbers");
    const bool mixed = key.type == PgType::v;
    partition.push_back(mixed ? "CASE WHEN (" + key.text + ").n IS NULL THEN " + key.text + " END" : key.text);
    key = mixed ? Fragment{"(" + key.text + ").n", PgType::numeric} : null_of(PgType::int8);
}

// ROWS, RANGE or GROUPS. A RANGE goes by the value of the one key it has.
std::string SelectLowering::frame(const Frame& frame, std::vector<SortKey>& keys, std::vector<std::string>& partition)
{
    std::vector<Fragment> offsets;
    const bool by_value = frame.unit == FrameUnit::range && (frame.start_offset || frame.end_offset);
    for (const ExprPtr* e : {&frame.start_offset, &frame.end_offset}) {
        offsets.push_back(*e ? to_value(l_.value(**e)) : null_of(PgType::int8));
        if (!*e || by_value || offsets.back().type == PgType::int8)
            continue;
        if (l_.foldable(**e))
            offsets.back() = l_.slot(**e, Affinity::integer); // '1' and 1.0 are integers
        if (offsets.back().type != PgType::int8)
            throw Error("frame " + std::string(e == &frame.start_offset ? "starting" : "ending") +
                            " offset must be a non-negative integer",
                        (*e)->span);
    }
    if (by_value && keys.size() != 1)
        throw refusal("RANGE with an offset over no value");
    if (by_value && !is_number(keys.front().key.type)) {
        separate_numbers(frame, keys.front().key, partition);
        keys.front().by_fields = false;
    }
    PgType type = by_value ? keys.front().key.type : PgType::int8;
    for (const Fragment& offset : offsets) {
        if (!is_number(offset.type))
            throw refusal("a frame offset that is no number");
        if (type == PgType::int8 && offset.type != PgType::int8)
            type = PgType::numeric; // 2.5 PRECEDING of an integer
    }
    if (by_value)
        keys.front().key = widen(keys.front().key, type);
    for (Fragment& offset : offsets)
        offset = type == PgType::float8 ? to_real(offset) : widen(offset, type);
    const std::string_view unit = frame.unit == FrameUnit::rows    ? " ROWS "
                                  : frame.unit == FrameUnit::range ? " RANGE "
                                                                   : " GROUPS ";
    return std::string(unit) + "BETWEEN " + bound_text(frame.start, offsets[0].text) + " AND " +
           bound_text(frame.end, offsets[1].text) + std::string(exclude_text(frame.exclude));
}

// SQLite computes min() and max() over a frame whose start moves from an index of the frame's values, and enters those
// that the FILTER refuses too.
static bool overlooks_filter(const std::string& function, const Frame* frame)
{
    return (function == "min" || function == "max") && frame && frame->start != BoundKind::unbounded_preceding &&
           frame->exclude == Exclude::none;
}

namespace {

class Windows : public Visitor {
public:
    std::vector<const Call*> calls;
    bool enter(const Expr& e) override
    {
        if (const auto* call = as<Call>(e); call && call->over)
            calls.push_back(call);
        return true;
    }
    bool enter(const Select&) override { return false; }
};

} // namespace

// What keeps the partitions apart; a constant does not.
std::vector<SortKey> SelectLowering::partition_keys(const std::vector<ExprPtr>* partition_by)
{
    std::vector<SortKey> keys;
    if (!partition_by)
        return keys;
    for (const ExprPtr& e : *partition_by)
        if (!e->constant)
            keys.emplace_back().key = collation_key(l_.value(*e), e->collation);
    return keys;
}

namespace {

// The frame as SQLite takes it: that of some functions is their own, whatever the window says.
Frame shape_of(const Call& call, const Frame* frame)
{
    using B = BoundKind;
    const std::string function = fold(call.name.text);
    const auto own = [](FrameUnit unit, B start, B end) {
        Frame f;
        f.unit = unit;
        f.start = start;
        f.end = end;
        return f;
    };
    if (function == "row_number" || function == "lag")
        return own(FrameUnit::rows, B::unbounded_preceding, B::current_row);
    if (function == "rank" || function == "dense_rank")
        return own(FrameUnit::range, B::unbounded_preceding, B::current_row);
    if (function == "percent_rank")
        return own(FrameUnit::groups, B::current_row, B::unbounded_following);
    if (function == "cume_dist")
        return own(FrameUnit::groups, B::following, B::unbounded_following);
    if (function == "ntile")
        return own(FrameUnit::rows, B::current_row, B::unbounded_following);
    if (function == "lead")
        return own(FrameUnit::rows, B::unbounded_preceding, B::unbounded_following);
    Frame f;
    if (frame) {
        f = own(frame->unit, frame->start, frame->end);
        f.exclude = frame->exclude;
    }
    return f;
}

bool same_offset(const ExprPtr& a, const ExprPtr& b) { return a && b ? same_expression(*a, *b) : !a && !b; }

template <typename T, typename Same>
bool same_list(const std::vector<T>* a, const std::vector<T>* b, Same same)
{
    if (!a || !b)
        return (!a || a->empty()) && (!b || b->empty());
    return std::equal(a->begin(), a->end(), b->begin(), b->end(), same);
}

// Whether SQLite computes the two in one go.
bool same_window(const Call& a, const Call& b, const SelectCore& core)
{
    const WindowParts x = parts(*a.over, &core), y = parts(*b.over, &core);
    const Frame f = shape_of(a, x.frame), g = shape_of(b, y.frame);
    if (f.unit != g.unit || f.start != g.start || f.end != g.end || f.exclude != g.exclude)
        return false;
    if (x.frame && y.frame &&
        (!same_offset(x.frame->start_offset, y.frame->start_offset) ||
         !same_offset(x.frame->end_offset, y.frame->end_offset)))
        return false;
    return same_list(x.partition_by, y.partition_by,
                     [](const ExprPtr& e, const ExprPtr& other) { return same_expression(*e, *other); }) &&
           same_list(x.order_by, y.order_by, [](const OrderingTerm& t, const OrderingTerm& other) {
               return t.direction == other.direction && t.nulls == other.nulls && same_expression(*t.expr, *other.expr);
           });
}

} // namespace

// SQLite sorts for the first window of the SELECT last: its order is that of the rows, and the next one's among rows
// that are equal under it.
// The first call of each window: of the results', and then of those in ORDER BY alone.
static std::vector<const Call*> windows_of(const SelectCore& core, const std::vector<const Expr*>& sorted)
{
    Windows windows;
    for (const SelectCore::Output& output : core.outputs)
        walk(*output.expr, windows);
    for (const Expr* e : sorted)
        walk(*e, windows);
    std::vector<const Call*> first;
    for (const Call* call : windows.calls)
        if (std::none_of(first.begin(), first.end(), [&](const Call* c) { return same_window(*c, *call, core); }))
            first.push_back(call);
    return first;
}

// SQLite computes the first window last, from what the others have given, but for what ORDER BY names of it: that is
// computed once more, before all others, and shown.
static bool is_computed_first(const Call& call, const std::vector<const Expr*>& sorted, const SelectCore& core)
{
    const std::vector<const Call*> windows = windows_of(core, sorted);
    const auto is_named = [&](const SelectCore::Output& output) {
        Windows inside;
        walk(*output.expr, inside);
        return std::find(sorted.begin(), sorted.end(), output.expr) != sorted.end() &&
               std::find(inside.calls.begin(), inside.calls.end(), &call) != inside.calls.end();
    };
    return !windows.empty() && same_window(*windows.front(), call, core) &&
           std::any_of(core.outputs.begin(), core.outputs.end(), is_named);
}

std::size_t window_count(const Select& select)
{
    std::vector<const Expr*> sorted;
    for (const OrderingTerm& term : select.order_by)
        sorted.push_back(term.expr.get());
    return windows_of(select.cores.front(), sorted).size();
}

std::vector<SelectLowering::WindowOrder> SelectLowering::window_orders(const SelectCore& core)
{
    static const std::vector<const Expr*> none;
    const std::vector<const Expr*>& sorted = l_.core_ == &core ? l_.sorted_ : none;
    std::vector<const Call*> calls = windows_of(core, sorted);
    Windows named;
    for (const Expr* e : sorted)
        walk(*e, named);
    const auto again = std::find_if(named.calls.begin(), named.calls.end(),
                                    [&](const Call* call) { return is_computed_first(*call, sorted, core); });
    if (again != named.calls.end() && calls.size() > 1)
        calls.push_back(*again);
    std::vector<WindowOrder> orders;
    for (const Call* call : calls) {
        const WindowParts window = parts(*call->over, &core);
        std::vector<SortKey> keys = partition_keys(window.partition_by);
        if (window.order_by)
            for (SortKey& key : sort_keys(*window.order_by))
                keys.push_back(std::move(key));
        orders.push_back({call, std::move(keys)});
    }
    return orders;
}

// The order of the rows that come to a window: that of the windows behind it, and then of the rows themselves.
std::string SelectLowering::later_order(const Call& call, const std::vector<SortKey>& own)
{
    if (!l_.core_ || l_.row_order.empty())
        return l_.row_order;
    const auto is_row = [this](const SortKey& key) { return key.key.text == l_.row_order; };
    if (std::any_of(own.begin(), own.end(), is_row))
        return {};
    if (is_computed_first(call, l_.sorted_, *l_.core_))
        return l_.row_order;
    // What all the equals have in common decides nothing among them; and PostgreSQL would take NULLS FIRST of such a
    // key for its PARTITION BY, too, and sort for a window without that key again.
    const auto is_common = [&](const SortKey& key) {
        return std::any_of(own.begin(), own.end(), [&](const SortKey& o) { return o.key.text == key.key.text; });
    };
    std::string text;
    bool behind = false;
    for (WindowOrder& order : window_orders(*l_.core_)) {
        std::erase_if(order.keys, is_common);
        if (behind && !order.keys.empty())
            text += (text.empty() ? "" : ", ") + join_keys(order.keys, true);
        if (behind && std::any_of(order.keys.begin(), order.keys.end(), is_row))
            return text;
        behind = behind || same_window(*order.call, call, *l_.core_);
    }
    return text.empty() ? l_.row_order : text + ", " + l_.row_order;
}

std::string SelectLowering::over(const Call& call)
{
    const WindowParts window = parts(*call.over, l_.core_);
    const std::string function = fold(call.name.text);
    std::string text;
    std::vector<SortKey> whole = partition_keys(window.partition_by);
    std::vector<std::string> partition;
    for (const SortKey& key : whole)
        partition.push_back(key.key.text);

    std::vector<SortKey> keys = window.order_by ? sort_keys(*window.order_by) : std::vector<SortKey>{};
    whole.insert(whole.end(), keys.begin(), keys.end());
    const Frame* frame = window.frame;
    std::vector<std::string> apart = partition;
    std::string frame_text;
    std::string ties = later_order(call, whole);
    if (!keys.empty() && !ties.empty() && goes_by_equals(frame)) {
        // The first or last of the row's equals, or of all rows, whatever other rows the frame has.
        const bool of_equals = function == "first_value" ? frame && frame->start == BoundKind::current_row
                                                         : !frame || frame->end == BoundKind::current_row;
        if (of_equals)
            for (const SortKey& key : keys)
                partition.push_back(key.key.text);
        if (function == "first_value" || function == "last_value")
            return " OVER (" + (partition.empty() ? "" : "PARTITION BY " + join(partition, ", ") + " ") + "ORDER BY " +
                   (of_equals ? "" : join_keys(keys, true) + ", ") + ties +
                   " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)";
    }
    if (is_whole_partition(frame) && keys.empty() && depends_on_order(function) && !ties.empty()) {
        frame_text = " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING";
        frame_text += frame ? exclude_text(frame->exclude) : "";
    } else {
        if (!may_break_ties(function, frame))
            ties.clear();
        if (frame && !goes_by_position(function))
            frame_text = this->frame(*frame, keys, apart);
    }
    if (!apart.empty())
        text = "PARTITION BY " + join(apart, ", ");
    std::string order = join_keys(keys, true);
    if (order.empty() && ties.empty() && frame_text.starts_with(" GROUPS"))
        order = "NULL"; // all rows are equals; PostgreSQL wants to be told
    if (!ties.empty())
        order += (order.empty() ? "" : ", ") + ties;
    if (!order.empty())
        text += (text.empty() ? "" : " ") + ("ORDER BY " + order);
    text += text.empty() && !frame_text.empty() ? frame_text.substr(1) : frame_text;
    const bool filtered = call.filter && !overlooks_filter(function, frame);
    return (filtered ? " FILTER (WHERE " + l_.condition(*call.filter).text + ")" : std::string()) + " OVER (" + text +
           ")";
}

// PostgreSQL sorts for the longest ORDER BY, and again only for one that does not begin it: a window that goes on with
// the order of the rows brings the equals of the other into that order. It is there for that, its value for nothing.
std::string SelectLowering::among_equals(const Call& call, std::string text)
{
    const WindowParts window = parts(*call.over, l_.core_);
    const std::string function = fold(call.name.text);
    if (!depends_on_order(function, window.frame) || may_break_ties(function, window.frame) ||
        (!window.order_by && is_whole_partition(window.frame)))
        return text;
    if ((function == "first_value" || function == "last_value") && goes_by_equals(window.frame))
        return text;
    std::vector<SortKey> keys = partition_keys(window.partition_by);
    std::vector<std::string> partition;
    for (const SortKey& key : keys)
        partition.push_back(key.key.text);
    std::vector<SortKey> order = window.order_by ? sort_keys(*window.order_by) : std::vector<SortKey>{};
    keys.insert(keys.end(), order.begin(), order.end());
    const std::string ties = later_order(call, keys);
    if (ties.empty())
        return text;
    return "(CASE WHEN row_number() OVER (" +
           (partition.empty() ? std::string() : "PARTITION BY " + join(partition, ", ") + " ") + "ORDER BY " +
           join_keys(order, true) + (order.empty() ? "" : ", ") + ties + ") > 0 THEN " + text + " END)";
}

std::string Lowering::among_equals(const Call& call, std::string text)
{
    return SelectLowering(*this).among_equals(call, std::move(text));
}

const Frame* Lowering::frame(const Call& call) const { return call.over ? parts(*call.over, core_).frame : nullptr; }

std::string Lowering::over(const Call& call) { return SelectLowering(*this).over(call); }

} // namespace howdah::dialect
