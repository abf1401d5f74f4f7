// WITH: a common table is printed when it is first referred to, under a name of its own, and once.
#include "dialect/catalog.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <span>

namespace howdah::dialect {

namespace {

class RefersTo : public Visitor {
public:
    explicit RefersTo(const CommonTable& table) : table_(table) {}
    bool found = false;
    bool enter(const TableRef& ref) override
    {
        found = found || (ref.source && ref.source->common == &table_);
        return !found;
    }

private:
    const CommonTable& table_;
};

bool refers_to(const FromClause& from, const CommonTable& table)
{
    RefersTo visitor(table);
    walk(from, visitor);
    return visitor.found;
}

std::string column_list(const CommonTable& table, const std::vector<std::string>& more = {})
{
    std::vector<std::string> quoted;
    for (const std::string& name : pg_column_names(column_names(*table.select, table.columns)))
        quoted.push_back(quote_identifier(name));
    for (const std::string& name : more)
        quoted.push_back(quote_identifier(name));
    return "(" + join(quoted, ", ") + ")";
}

std::string_view materialized(CommonTable::Materialize m)
{
    switch (m) {
    case CommonTable::Materialize::yes:
        return " AS MATERIALIZED ";
    case CommonTable::Materialize::no:
        return " AS NOT MATERIALIZED ";
    case CommonTable::Materialize::unspecified:
        break;
    }
    return " AS ";
}

// A column that is NULL here and now, but a number by its expression, is given the number's type: others rely on it.
bool gives_nulls_their_type(const Select& select, std::vector<PgType>& types)
{
    bool changed = false;
    for (std::size_t i = 0; i < types.size() && i < select.result.size(); ++i) {
        const PgType expected = pg_type_of(select.result[i].classes);
        if (types[i] == PgType::text && expected != PgType::v && !select.result[i].classes.has(StorageClass::text)) {
            changed = changed || expected != types[i];
            types[i] = expected;
        }
    }
    return changed;
}

} // namespace

namespace {

// The order of a recursive SELECT's rows is that of its queue: as they were found, without ORDER BY. Where the first
// term of ORDER BY counts the steps (n + 1 of itself), DESC goes depth first, ASC breadth first, and the other terms
// order the children of a row, or the rows of a step. Any other order is that of a queue from which rows are taken out
// of turn (lower_recursive_queue.cpp).
enum class TreeOrder : std::uint8_t { found, depth_first, breadth_first, out_of_turn };

bool counts_steps(const Expr& e, const CommonTable& table, int column)
{
    const auto* sum = as<Binary>(bare(e));
    if (!sum || sum->op != BinaryOp::add)
        return false;
    for (const auto& [a, b] : {std::pair{&sum->lhs, &sum->rhs}, std::pair{&sum->rhs, &sum->lhs}}) {
        const auto* ref = as<ColumnRef>(bare(**a));
        const bool counts = (*b)->constant && (*b)->classes.only(StorageClass::integer);
        if (ref && ref->source && ref->source->common == &table && ref->index == column && counts)
            return true;
    }
    return false;
}

std::size_t recursive_steps(const CommonTable& table)
{
    return static_cast<std::size_t>(
        std::count_if(table.select->cores.begin(), table.select->cores.end(),
                      [&](const SelectCore& core) { return core.from && refers_to(*core.from, table); }));
}

TreeOrder tree_order(const CommonTable& table)
{
    const Select& select = *table.select;
    if (select.order_by.empty())
        return TreeOrder::found;
    if (recursive_steps(table) > 1)
        return TreeOrder::out_of_turn;
    const OrderingTerm& first = select.order_by.front();
    const SelectCore& step = select.cores.back();
    const auto column = static_cast<std::size_t>(first.result_column) - 1;
    if (column >= step.outputs.size() || !counts_steps(*step.outputs[column].expr, table, static_cast<int>(column)))
        return TreeOrder::out_of_turn;
    if (first.direction != Direction::descending)
        return TreeOrder::breadth_first;
    // A row's path would make equal rows differ.
    return select.operators.back() == CompoundOp::union_all ? TreeOrder::depth_first : TreeOrder::out_of_turn;
}

// Whether its rows, or which of them there are, depend on the queue that SQLite takes them from.
bool needs_queue(const CommonTable& table, bool ordered)
{
    const bool limited = table.select->limit || table.select->offset;
    const TreeOrder order = tree_order(table);
    if (order == TreeOrder::out_of_turn)
        return ordered || limited;
    return limited && (order == TreeOrder::depth_first || recursive_steps(table) > 1);
}

} // namespace

const std::string& SelectLowering::common_table(const CommonTable& table, const Source* source, bool in_order)
{
    const auto found = l_.common_.find(&table);
    const bool is_step = found != l_.common_.end() && found->second.open;
    const bool ordered = in_order || (l_.visits_.wants == Lowering::Places::all && !l_.visits_.for_ties);
    const bool queued = table.recursive && !is_step && needs_queue(table, ordered);
    if (found != l_.common_.end() && queued && !found->second.queued)
        throw refusal("ORDER BY of a recursive common table that goes neither depth first nor breadth first; order "
                      "the SELECT that reads it");
    if (found != l_.common_.end())
        return found->second.name;
    Lowering::CommonText& text = l_.common_[&table]; // stays where it is: a map's nodes do
    text.name = l_.fresh(pg_identifier(table.name.text));
    text.queued = queued;
    // The body stands outside of everything that is being lowered now, unless it looks there.
    const auto substitute = l_.substitute;
    if (!table.select->correlated)
        l_.substitute = {};
    const std::string row_order = std::exchange(l_.row_order, {});
    std::string printed;
    if (table.recursive) {
        RowPlaces places;
        places.alias = "\"\1\"";
        if (l_.visits_.wants == Lowering::Places::all)
            places.names.emplace_back("~place");
        printed = recursive_table(table, places);
        if (!places.loops.empty())
            text.places = std::make_shared<RowPlaces>(places);
    } else {
        std::vector<Output> outputs;
        RowPlaces places;
        places.alias = "\"\1\""; // of each reference to come
        places.columns = pg_column_names(column_names(*table.select, table.columns));
        std::string body = source ? placed(*table.select, *source, in_order, outputs, places)
                                  : query(*table.select, nullptr, &outputs, {});
        const std::string computed = body;
        body = as_stored(*table.select, table.name.text, std::move(body), outputs, places.names);
        for (const Output& output : outputs)
            text.types.push_back(output.type);
        std::vector<PgType> types = text.types;
        if (places.loops.empty() && body == computed && gives_nulls_their_type(*table.select, types)) {
            body = query(*table.select, &types, nullptr, {});
            text.types = types;
        }
        if (!places.loops.empty())
            text.places = std::make_shared<RowPlaces>(places);
        printed = quote_identifier(text.name) + column_list(table, places.names) +
                  std::string(materialized(table.materialize)) + parens(body);
    }
    l_.common_text_.emplace_back(&table, std::move(printed));
    l_.substitute = substitute;
    l_.row_order = row_order;
    return text.name;
}

// SQLite's queue has the collation of the first SELECT that gives the column one, as a compound's ORDER BY has.
SortKey SelectLowering::queue_key(const CommonTable& table, const OrderingTerm& term,
                                  const std::vector<Fragment>& columns) const
{
    const auto column = static_cast<std::size_t>(term.result_column) - 1;
    SortKey key = sort_key(term, columns[column]);
    if (!term.collates)
        key.key = collation_key(columns[column], table.select->result[column].collation);
    return key;
}

// The place of a row among the rows found with it, which is its place among its siblings.
std::string SelectLowering::place(const CommonTable& table, const std::vector<Fragment>& columns,
                                  const std::string& row_order) const
{
    std::vector<std::string> keys;
    for (const OrderingTerm& term : std::span(table.select->order_by).subspan(1))
        keys.push_back(queue_key(table, term, columns).text(true));
    if (!row_order.empty())
        keys.push_back(row_order);
    return "row_number() OVER (" + (keys.empty() ? "" : "ORDER BY " + join(keys, ", ")) + ")";
}

// The first rows, in the order in which they are put into the queue. ORDER BY … DESC gives each row its path from the
// root, an array of places, which sorts as a tree is walked.
std::string SelectLowering::anchor(const CommonTable& table, std::vector<Arm>& arms, const std::vector<PgType>& types)
{
    const Select& select = *table.select;
    const TreeOrder order = tree_order(table);
    const std::string text = first_arms(select, arms, types);
    if (order == TreeOrder::found || order == TreeOrder::out_of_turn)
        return parens(text);
    std::vector<std::string> names;
    std::vector<Fragment> columns;
    for (std::size_t i = 0; i < types.size(); ++i) {
        names.push_back(quote_identifier("c" + std::to_string(i + 1)));
        columns.push_back({names.back(), types[i], select.result[i].classes});
    }
    const std::string list = join(names, ", ");
    const std::string rows = "(SELECT *, row_number() OVER () AS \"~place\" FROM (" + text + ") AS " +
                             quote_identifier(l_.fresh("rows")) + "(" + list + ")) AS " +
                             quote_identifier(l_.fresh("anchor"));
    if (order == TreeOrder::depth_first)
        return "SELECT " + list + ", ARRAY[" + place(table, columns, "\"~place\"") + "] FROM " + rows;
    std::vector<SortKey> keys;
    for (const OrderingTerm& term : select.order_by)
        keys.push_back(queue_key(table, term, columns));
    return "(SELECT " + list + " FROM " + rows + " ORDER BY " + join_keys(keys) + ", \"~place\")";
}

// What is found for the rows of a step, in their order and each row's in that of the loops that find it.
std::string SelectLowering::step_in_order(const CommonTable& table, Arm& step)
{
    std::vector<SortKey> keys;
    const std::vector<OrderingTerm>& terms = table.select->order_by;
    for (std::size_t i = 1; i < terms.size() && tree_order(table) == TreeOrder::breadth_first; ++i)
        keys.push_back(queue_key(table, terms[i], step.columns));
    for (const Source* source : sources_of(*table.select->cores.back().from))
        if (source->common == &table) {
            SortKey place;
            place.key = {quote_identifier(source->pg_alias) + ".\"~place\"", PgType::int8, StorageClass::integer};
            keys.push_back(std::move(place));
        }
    step.order.insert(step.order.begin(), keys.begin(), keys.end());
    return "SELECT * FROM (" + print(step) + ") AS " + quote_identifier(l_.fresh("found"));
}

void SelectLowering::add_path(const CommonTable& table, Arm& step)
{
    const std::string place_of = place(table, step.columns, step.row_order);
    for (const Source* source : sources_of(*table.select->cores.back().from))
        if (source->common == &table)
            step.columns.push_back(
                {"(" + quote_identifier(source->pg_alias) + ".\"~path\" || " + place_of + ")", PgType::v});
}

namespace {

// PostgreSQL's UNION in a recursion knows a row again only when it is the same to the byte.
void check_union(const Select& select)
{
    for (std::size_t i = 0; i < select.result.size(); ++i)
        if (select.operators.back() == CompoundOp::union_ && select.result[i].collation != Collation::binary &&
            select.result[i].classes.has(StorageClass::text))
            throw refusal("a recursive common table whose UNION compares texts under NOCASE or RTRIM");
}

} // namespace

// anchor UNION [ALL] recursive. PostgreSQL takes the columns' types from the anchor, so every arm is given the types
// that all arms need, found by trying.
std::string SelectLowering::recursive_body(const CommonTable& table, std::vector<PgType>& types)
{
    const Select& select = *table.select;
    const auto is_recursive = [&](const SelectCore& core) { return core.from && refers_to(*core.from, table); };
    const auto recursive = std::find_if(select.cores.begin(), select.cores.end(), is_recursive);
    const auto steps = static_cast<std::size_t>(select.cores.end() - recursive);
    if (!std::all_of(recursive, select.cores.end(), is_recursive))
        throw refusal("a recursive common table with a SELECT behind the recursive ones");
    const bool queued = l_.common_[&table].queued;
    // PostgreSQL reads the table once: several steps share a row of it.
    const std::string name = l_.common_[&table].name;
    const std::string row = steps > 1 || queued ? l_.fresh("row") : std::string();
    if (!row.empty())
        l_.common_[&table].name = row;
    check_union(select);
    const TreeOrder order = tree_order(table);
    const bool has_path = order == TreeOrder::depth_first && !queued;
    // A step that reads nothing else finds its rows in their order.
    const bool orders = steps == 1 && !has_path && !queued && order != TreeOrder::out_of_turn &&
                        (recursive->from->items.size() > 1 || select.order_by.size() > 1);
    l_.common_[&table].numbered = orders;
    for (;;) {
        l_.common_[&table].types = types;
        std::vector<Arm> arms;
        for (const SelectCore& core : select.cores) {
            arms.push_back(arm(select, core, {}, {!has_path || !is_recursive(core), false}));
            for (Fragment& column : arms.back().columns)
                if (column.type == PgType::text)
                    column = {parens(column.text + " COLLATE \"C\""), column.type, column.classes, true};
        }
        const std::vector<PgType> wanted = column_types(arms, &types);
        if (wanted != types) {
            types = wanted;
            continue;
        }
        for (Arm& a : arms) {
            widen_columns(a, wanted);
            for (std::vector<Fragment>& row : a.rows)
                for (Fragment& f : row)
                    if (f.type == PgType::text)
                        f.text = parens(f.text + " COLLATE \"C\"");
        }
        if (has_path)
            add_path(table, arms.back());
        std::vector<Arm> last(std::make_move_iterator(arms.end() - static_cast<std::ptrdiff_t>(steps)),
                              std::make_move_iterator(arms.end()));
        arms.resize(arms.size() - steps);
        const bool all = select.operators.back() == CompoundOp::union_all;
        if (!all && select.operators.back() != CompoundOp::union_)
            throw refusal("a recursive common table that is no UNION");
        l_.common_[&table].name = name;
        if (queued)
            return queue(table, first_arms(select, arms, types), last, quote_identifier(row) + column_list(table),
                         types);
        if (!orders && steps == 1)
            last.front().order.clear();
        return anchor(table, arms, types) + (all ? " UNION ALL " : " UNION ") +
               (steps > 1 ? steps_of_a_row(table, last, row)
                : orders  ? step_in_order(table, last.front())
                          : print(last.front()));
    }
}

// SELECT found.* FROM n AS r, LATERAL (WITH row AS (SELECT r.*) one step UNION ALL another …) AS found
std::string SelectLowering::steps_of_a_row(const CommonTable& table, const std::vector<Arm>& steps,
                                           const std::string& row)
{
    const std::string columns = column_list(table);
    const std::string of_table = quote_identifier(l_.fresh("of table")), found = quote_identifier(l_.fresh("found"));
    std::vector<std::string> texts;
    for (const Arm& step : steps)
        texts.push_back(parens(print(step)));
    return "SELECT " + found + ".* FROM " + quote_identifier(l_.common_[&table].name) + " AS " + of_table +
           ", LATERAL (WITH " + quote_identifier(row) + columns + " AS (SELECT " + of_table + ".*) " +
           join(texts, " UNION ALL ") + ") AS " + found;
}

// LIMIT ends the recursion: a second table takes so many rows of the first, and PostgreSQL computes no more of them.
// The second table has the order of a walk through the tree, too, and the rows' places where they are asked for.
std::string SelectLowering::recursive_table(const CommonTable& table, RowPlaces& places)
{
    const Select& select = *table.select;
    std::vector<PgType> types;
    for (const Select::Column& column : select.result)
        types.push_back(pg_type_of(column.classes));
    const bool limited = select.limit || select.offset;
    const bool queued = l_.common_[&table].queued;
    const bool has_path = tree_order(table) == TreeOrder::depth_first && !queued;
    const std::string name = l_.common_[&table].name;
    const bool numbers = !places.names.empty();
    const std::string all = limited || has_path || numbers || queued ? name + "+" : name;
    const std::string columns = column_list(table);
    l_.common_[&table].name = all;
    l_.common_[&table].open = true;
    const std::string body = recursive_body(table, types);
    l_.common_[&table].open = false;
    l_.common_[&table].name = name;
    const std::string all_columns = queued     ? queue_columns(table)
                                    : has_path ? columns.substr(0, columns.size() - 1) + ", \"~path\")"
                                               : columns;
    const std::string text = quote_identifier(all) + all_columns + " AS " + parens(body);
    if (all == name)
        return text;
    const std::string taken =
        queued ? taken_from_queue(quote_identifier(all), types)
               : "SELECT " + columns.substr(1, columns.size() - 2) + " FROM " + quote_identifier(all);
    std::string rows = taken + limit(select.limit.get(), select.offset.get()) + (has_path ? " ORDER BY \"~path\"" : "");
    if (numbers) {
        SortKey number;
        number.key = {places.alias + ".\"~place\"", PgType::int8, StorageClass::integer};
        places.loops.push_back({nullptr, {number}});
        rows = "SELECT *, row_number() OVER () FROM (" + rows + ") AS " + quote_identifier(l_.fresh("rows"));
    }
    return text + ", " + quote_identifier(name) + column_list(table, places.names) + " AS (" + rows + ")";
}

std::string SelectLowering::with_clause(const With* with)
{
    if (!with)
        return "";
    std::vector<std::string> texts;
    bool recursive = false;
    for (const auto& [table, text] : l_.common_text_) {
        if (table < with->tables.data() || table >= with->tables.data() + with->tables.size())
            continue;
        texts.push_back(text);
        recursive = recursive || table->recursive;
    }
    if (texts.empty())
        return "";
    return (recursive ? "WITH RECURSIVE " : "WITH ") + join(texts, ", ") + " ";
}

std::string Lowering::with_clause(const With* with) { return SelectLowering(*this).with_clause(with); }

} // namespace howdah::dialect
