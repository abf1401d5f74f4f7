// FROM: every join is nested explicitly, because PostgreSQL binds commas looser than JOIN and SQLite does not.
#include "dialect/catalog.hpp"
#include "dialect/full_text.hpp"
#include "dialect/lower_full_text.hpp"
#include "dialect/parser.hpp"
#include "dialect/pragma_rows.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/rules/json_value.hpp"
#include "dialect/rules/rules.hpp"
#include "dialect/select_lowering.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <cctype>

namespace howdah::dialect {

namespace {

void collect(const FromClause& from, std::vector<const Source*>& out)
{
    for (const FromClause::Item& item : from.items)
        if (item.table.join)
            collect(*item.table.join, out);
        else
            out.push_back(item.table.source.get());
}

class ReadsSource : public Visitor {
public:
    explicit ReadsSource(std::vector<const Source*> sources) : sources_(std::move(sources)) {}
    bool found = false;
    bool enter(const Expr& e) override
    {
        if (const auto* ref = as<ColumnRef>(e)) {
            found = found || std::find(sources_.begin(), sources_.end(), ref->source) != sources_.end();
            if (ref->alias_of)
                walk(*ref->alias_of, *this);
        }
        return !found;
    }

private:
    std::vector<const Source*> sources_;
};

std::string columns_alias(const Source& source, const std::vector<std::string>& more = {})
{
    std::vector<std::string> names;
    for (const SourceColumn& column : source.columns)
        names.push_back(quote_identifier(column.pg));
    for (const std::string& name : more)
        names.push_back(quote_identifier(name));
    return " AS " + quote_identifier(source.pg_alias) + "(" + join(names, ", ") + ")";
}

} // namespace

std::vector<const Source*> sources_of(const FromClause& from)
{
    std::vector<const Source*> sources;
    collect(from, sources);
    return sources;
}

// ------------------------------------------------------------------------------------------------ sources

std::string SelectLowering::table(const Source& source)
{
    const Table& table = *source.table;
    if (table.kind == Table::Kind::virtual_table)
        throw refusal("the virtual table " + table.name + " is not supported in a query");
    l_.touches_temp = l_.touches_temp || table.is_private();
    if (table.full_text)
        return full_text_table(source, l_);
    const std::string name = qualified(table.pg_schema, table.pg);
    return source.pg_alias == table.pg ? name : name + " AS " + quote_identifier(source.pg_alias);
}

// Whether SQLite sorts the rows of FROM's subquery although the SELECT around it has no need of that: those of one that
// is MATERIALIZED, read twice, or joined by RIGHT and FULL.
bool SelectLowering::is_sorted(const Select& select, const std::string& name)
{
    if (select.order_by.empty() || select.cores.size() != 1 || !select.cores.front().from)
        return false;
    // Each window sorts in a co-routine of its own, from which the SELECT reads.
    const std::size_t windows = window_count(select);
    const VisitGroup* group = l_.plan().reader(l_.plan().find(select.cores.front(), name), windows);
    const bool is_of_another =
        group && windows == 0 && !name.empty() && group->head.find("(subquery-") != std::string::npos;
    return group && group != l_.visits_.group && group->rows_are_sorted && !is_of_another;
}

// A subquery of FROM, with what tells each row's place behind its columns, where that is asked for.
std::string SelectLowering::placed(const Select& select, const Source& source, bool in_order,
                                   std::vector<Output>& outputs, RowPlaces& places)
{
    const Lowering::Places wanted = l_.visits_.wants;
    const std::string name = source.common ? source.common->name.text : source.table ? source.table->name : source.name;
    places.ignores_order_by = l_.visits_.ignores_inner_order && !select.limit && !is_sorted(select, name);
    const bool shows = wanted != Lowering::Places::none && shows_places(select, places.ignores_order_by);
    const bool numbers = wanted == Lowering::Places::all && !shows && !is_single_row(select);
    if (shows && l_.visits_.group && !l_.visits_.group->find(source.name))
        l_.group_around_ = l_.visits_.group;
    l_.name_around_ = name;
    const std::vector<const VisitGroup*> arms = groups_of_arms(source, select);
    places.tells_arm = numbers && !arms.empty();
    std::string text = query(select, nullptr, &outputs,
                             {(in_order && !shows) || numbers, false, shows ? &places : nullptr,
                              numbers && places.ignores_order_by, false, places.tells_arm ? &arms : nullptr});
    l_.name_around_.clear();
    l_.group_around_ = nullptr;
    if (!numbers)
        return text;
    // What a row's place depends on is not to be seen from outside.
    SortKey number;
    if (places.tells_arm)
        places.names.emplace_back("~arm");
    places.names.emplace_back("~place");
    number.key = {places.alias + ".\"~place\"", PgType::int8, StorageClass::integer};
    places.loops.push_back({nullptr, {number}});
    const std::string rows = quote_identifier(l_.fresh("rows"));
    return "SELECT " + rows + ".*, row_number() OVER () FROM (" + text + ") AS " + rows;
}

// The same places for a source that reads the subquery under an alias of its own.
void SelectLowering::keep_places(const Source& source, const RowPlaces& places)
{
    if (places.loops.empty())
        return;
    const auto own = std::make_shared<RowPlaces>(places);
    const std::string alias = quote_identifier(source.pg_alias);
    for (LoopKeys& loop : own->loops)
        for (SortKey& key : loop.keys) {
            for (auto at = key.key.text.find(places.alias); at != std::string::npos;
                 at = key.key.text.find(places.alias, at + alias.size()))
                key.key.text.replace(at, places.alias.size(), alias);
            key.by_fields = false;
            if (source.nullable)
                key.key.classes = key.key.classes.with_null();
        }
    l_.places_[&source] = own;
}

std::string SelectLowering::derived(Source& source, const Select& select, bool in_order)
{
    std::vector<Output> outputs;
    const std::string row_order = std::exchange(l_.row_order, {});
    RowPlaces places;
    places.alias = quote_identifier(source.pg_alias);
    for (const SourceColumn& column : source.columns)
        places.columns.push_back(column.pg);
    std::string text = placed(select, source, in_order, outputs, places);
    l_.row_order = row_order;
    text = as_stored(select, source.table ? source.table->name : source.name, std::move(text), outputs, places.names);
    keep_places(source, places);
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
        source.columns[i].type = outputs[i].type;
        source.columns[i].classes = outputs[i].classes;
        source.columns[i].collated = false;
    }
    return parens(text) + columns_alias(source, places.names);
}

namespace {

// The path of a json_tree() that spells it as it is written: '$', '$.a', '$.a.b', …
std::optional<std::string> plain_path(const TableRef& ref)
{
    const std::optional<std::string> path = ref.args.size() == 1 ? "$" : rules::text_literal(*ref.args[1]);
    if (!path || !path->starts_with('$'))
        return std::nullopt;
    for (std::string_view rest = std::string_view(*path).substr(1); !rest.empty();) {
        const std::string_view step = rest.substr(1, rest.find('.', 1) - 1);
        const auto is_plain = [](unsigned char c) { return c < 128 && std::isalnum(c); };
        if (rest.front() != '.' || step.empty() || std::isdigit(static_cast<unsigned char>(step.front())) ||
            !std::all_of(step.begin(), step.end(), is_plain))
            return std::nullopt;
        rest.remove_prefix(1 + step.size());
    }
    return path;
}

// The arguments of howdah.json_nodes() behind the piece.
std::vector<std::string> place_in_tree(const std::string& path)
{
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos)
        return {"NULL::howdah.v", "'$'::text", "'$'::text"};
    const auto text = [](const std::string& value) { return "'" + value + "'::text"; };
    return {call("howdah.t2v", {text(path.substr(dot + 1))}), text(path), text(path.substr(0, dot))};
}

} // namespace

// json_each(x), json_each(x, path), json_tree(…): howdah's functions of the same columns. Without its `id`, which only
// tells the rows' order then, json_each() of each row of a table is cheaper, and json_tree() without `parent`, too; of
// one list the planner had better know that it is short.
std::string SelectLowering::json_rows(const TableRef& ref, const Source& source)
{
    if (ref.args.empty() || ref.args.size() > 2)
        throw refusal(ref.table.name.text + " without its argument in parentheses");
    std::vector<std::string> args;
    for (const ExprPtr& arg : ref.args)
        args.push_back(to_text(l_.value(*arg)).text);
    std::string function = "howdah." + fold(ref.table.name.text) + "_";
    const SourceColumn& row_number = source.columns[static_cast<std::size_t>(source.row_number)];
    const bool each = fold(ref.table.name.text) == "json_each", in_order = !source.columns[4].read && !row_number.read;
    const std::optional<std::string> path = plain_path(ref);
    if (in_order && !ref.args[0]->constant && (each || (path && !source.columns[5].read))) {
        function = each ? "howdah.json_elements" : "howdah.json_nodes";
        args.resize(2, "'$'::text");
        const std::string node =
            ref.args.size() == 2 ? rules::path_function("json_node", *ref.args[1], l_) : "howdah.json_node";
        args[0] = call(node, args);
        if (!each) {
            args.resize(1);
            for (std::string& place : place_in_tree(*path))
                args.push_back(std::move(place));
        }
    }
    std::string text = call(function, args);
    if (row_number.read)
        text = "LATERAL (SELECT e.*, row_number() OVER (ORDER BY e.id) - 1 FROM " + text + " AS e)";
    std::vector<std::string> names;
    for (const SourceColumn& column : source.columns)
        if (!column.hidden || (row_number.read && &column == &row_number))
            names.push_back(quote_identifier(column.pg));
    return text + " AS " + quote_identifier(source.pg_alias) + "(" + join(names, ", ") + ")";
}

std::string SelectLowering::pragma_rows(const TableRef& ref, Source& source)
{
    std::vector<std::string> args;
    for (const ExprPtr& arg : ref.args) {
        const auto value = l_.known_value(*arg);
        const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
        if (!text)
            throw refusal(ref.table.name.text + "() with an argument that is no text");
        args.push_back(*text);
    }
    const PragmaRows rows = live_pragma_rows(ref.table.name.text, args, l_.catalog());
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
        source.columns[i].type = rows.types.at(i);
        source.columns[i].classes =
            Classes(rows.types[i] == PgType::text ? StorageClass::text : StorageClass::integer).with_null();
        source.columns[i].collated = false;
    }
    return "(" + rows.query + ")" + columns_alias(source);
}

// sqlite_schema and pragma_…(): the mirror has the rows, and a plan is for one schema, so they are written out.
std::string SelectLowering::mirror_rows(const TableRef& ref, Source& source)
{
    std::vector<std::string> args;
    for (const ExprPtr& arg : ref.args) {
        if (!as<Literal>(bare(*arg)))
            throw refusal(ref.table.name.text + "() with an argument that is no literal, together with stored tables");
        args.push_back(unparse(*arg));
    }
    if (is_live_pragma(ref.table.name.text))
        return pragma_rows(ref, source);
    std::string sql = "SELECT * FROM ";
    if (!ref.table.schema.empty())
        sql += quote_identifier(ref.table.schema.text) + ".";
    sql += quote_identifier(ref.table.name.text);
    if (!args.empty())
        sql += "(" + join(args, ", ") + ")";

    std::vector<std::vector<Value>> rows;
    l_.catalog().mirror().query(sql, {}, l_.request().session, [&](std::span<const ValueView> row) {
        std::vector<Value>& values = rows.emplace_back();
        for (const ValueView& value : row)
            values.push_back(to_value(value));
    });
    for (std::size_t i = 0; i < source.columns.size(); ++i) {
        Classes classes = Classes::from_bits(0);
        for (const std::vector<Value>& row : rows)
            classes = classes | Classes(storage_class(row[i]));
        source.columns[i].classes = rows.empty() ? Classes(StorageClass::null) : classes;
        source.columns[i].type = pg_type_of(classes);
        source.columns[i].collated = false;
    }
    std::vector<std::string> texts;
    for (const std::vector<Value>& row : rows) {
        std::vector<std::string> values;
        for (std::size_t i = 0; i < row.size(); ++i)
            values.push_back(widen(literal(row[i]), source.columns[i].type).text);
        texts.push_back(parens(join(values, ", ")));
    }
    if (texts.empty()) {
        std::vector<std::string> nulls;
        for (const SourceColumn& column : source.columns)
            nulls.push_back(null_of(column.type).text);
        return "(SELECT " + join(nulls, ", ") + " WHERE false)" + columns_alias(source);
    }
    return "(VALUES " + join(texts, ", ") + ")" + columns_alias(source);
}

// t('query'): the rows of a full-text table that match.
std::string SelectLowering::matched_table(const TableRef& ref, const Source& source)
{
    const std::string alias = quote_identifier(source.pg_alias);
    const std::string rows = table(source);
    l_.fired("full_text_match");
    const Fragment match = full_text_condition(source, source.table->full_text->table_column(), *ref.args.front(), l_);
    return "(SELECT " + alias + ".* FROM " + rows + " WHERE " + match.text + ") AS " + alias;
}

std::string SelectLowering::table_ref(const TableRef& ref, bool in_order)
{
    if (ref.join)
        return parens(from(*ref.join, false));
    Source& source = *ref.source;
    switch (source.kind) {
    case Source::Kind::subquery:
        return derived(source, *source.select, in_order);
    case Source::Kind::common_table: {
        const std::string name = common_table(*source.common, &source, in_order);
        if (const auto& places = l_.common_[source.common].places)
            keep_places(source, *places);
        const std::vector<PgType>& types = l_.common_[source.common].types;
        for (std::size_t i = 0; i < source.columns.size(); ++i) {
            source.columns[i].type = types[i];
            source.columns[i].collated = false;
        }
        const std::string alias = " AS " + quote_identifier(source.pg_alias);
        if (l_.common_[source.common].open && l_.common_[source.common].numbered)
            return "(SELECT *, row_number() OVER () AS \"~place\" FROM " + quote_identifier(name) + ")" + alias;
        return quote_identifier(name) + alias;
    }
    case Source::Kind::table_function:
        return fold(ref.table.name.text).starts_with("json_") ? json_rows(ref, source) : mirror_rows(ref, source);
    default:
        return ref.args.empty() ? table(source) : matched_table(ref, source);
    }
}

// ------------------------------------------------------------------------------------------------ joins

// SQLite moves the condition of an inner join to WHERE, so it may speak of tables that are joined later.
bool SelectLowering::reads_further_right(const Expr& condition, const FromClause& from, std::size_t item)
{
    std::vector<const Source*> later;
    for (std::size_t i = item + 1; i < from.items.size(); ++i)
        if (from.items[i].table.join)
            collect(*from.items[i].table.join, later);
        else
            later.push_back(from.items[i].table.source.get());
    ReadsSource visitor(std::move(later));
    walk(condition, visitor);
    return visitor.found;
}

std::string SelectLowering::full_condition(const FromClause::Item& item)
{
    return item.op.kind == JoinOp::Kind::full && item.on ? l_.condition(*item.on).text : std::string();
}

// Whether PostgreSQL can find the rows of a FULL JOIN that have no partner: it needs an equality of something on the
// right with something on the left, to hash or to sort by.
static bool is_equality(std::string_view condition, const Source* right)
{
    const auto at = condition.find(" = ");
    if (!right || at == std::string_view::npos)
        return false;
    for (const std::string_view word : {" AND ", " OR ", "CASE ", "SELECT ", "NOT ", " IS ", " IN "})
        if (condition.find(word) != std::string_view::npos)
            return false;
    const std::string alias = quote_identifier(right->pg_alias) + ".";
    const auto count = [](std::string_view side, std::string_view text) {
        int n = 0;
        for (auto p = side.find(text); p != std::string_view::npos; p = side.find(text, p + text.size()))
            ++n;
        return n;
    };
    const auto names = [&](std::string_view side) { return count(side, "\".\""); };
    const auto of_right = [&](std::string_view side) { return names(side) > 0 && count(side, alias) == names(side); };
    const auto of_left = [&](std::string_view side) { return names(side) > 0 && count(side, alias) == 0; };
    const std::string_view a = condition.substr(0, at), b = condition.substr(at + 3);
    return b.find(" = ") == std::string_view::npos && ((of_left(a) && of_right(b)) || (of_right(a) && of_left(b)));
}

// A FULL JOIN under any condition: the rows on the left with their partners are one side, the rows on the right that
// have none the other. A side without rows is not there.
std::string SelectLowering::full_join(const std::string& left, bool left_is_join, const std::string& right,
                                      const std::string& condition)
{
    const std::string side = quote_identifier(l_.fresh("side"));
    const std::string partner = "EXISTS (SELECT FROM " + left + " WHERE " + condition + ")";
    return "(SELECT 1 AS n WHERE EXISTS (SELECT FROM " + left + ") UNION ALL SELECT 2 WHERE EXISTS (SELECT FROM " +
           right + " WHERE NOT " + partner + ")) AS " + side + " LEFT JOIN " + (left_is_join ? parens(left) : left) +
           " ON " + side + ".n = 1 LEFT JOIN " + right + " ON CASE " + side + ".n WHEN 1 THEN " + condition +
           " ELSE NOT " + partner + " END";
}

std::string SelectLowering::from(const FromClause& from, bool in_order)
{
    std::string text;
    for (std::size_t i = 0; i < from.items.size(); ++i) {
        const FromClause::Item& item = from.items[i];
        const std::string right = table_ref(item.table, in_order && from.items.size() == 1);
        if (i == 0) {
            text = right;
            continue;
        }
        std::string_view join = " JOIN ";
        bool inner = false;
        switch (item.op.kind) {
        case JoinOp::Kind::left:
            join = " LEFT JOIN ";
            break;
        case JoinOp::Kind::right:
            join = " RIGHT JOIN ";
            break;
        case JoinOp::Kind::full:
            join = " FULL JOIN ";
            break;
        default:
            inner = true;
        }
        if (inner && item.on && reads_further_right(*item.on, from, i)) {
            l_.postponed_.push_back(l_.filter(*item.on));
            text += " CROSS JOIN " + right;
        } else if (inner && !item.on) {
            text += " CROSS JOIN " + right;
        } else if (const std::string on = full_condition(item);
                   !on.empty() && !is_equality(on, item.table.source.get())) {
            text = full_join(text, i > 1, right, on);
        } else {
            text += std::string(join) + right + " ON " + (item.on ? l_.filter(*item.on) : "true");
        }
    }
    return text;
}

// ------------------------------------------------------------------------------------------------ Lowering

std::string Lowering::from_for_update(const FromClause& from, bool one_match)
{
    const Visits around = std::exchange(visits_, {});
    if (!one_match) {
        visits_.group = plan().outermost();
        visits_.wants = Places::all;
    }
    std::string text = SelectLowering(*this).from(from, false);
    visits_ = around;
    return text;
}

std::string Lowering::table_ref(const TableRef& ref) { return SelectLowering(*this).table_ref(ref, false); }

Fragment Lowering::column(const Source& source, int index)
{
    const std::string alias = source.pg_alias.empty() ? "" : quote_identifier(source.pg_alias) + ".";
    if (index < 0) {
        const Classes integer = StorageClass::integer;
        return {alias + quote_identifier(source.rowid_pg), PgType::int8,
                source.nullable ? integer.with_null() : integer};
    }
    const SourceColumn& column = source.columns[static_cast<std::size_t>(index)];
    if (source.kind == Source::Kind::table_function && column.hidden && index != source.row_number)
        throw refusal("the hidden column " + source.name + "." + column.name + " of a table-valued function");
    if (source.kind == Source::Kind::table && source.table->full_text) {
        const FullText& text = *source.table->full_text;
        if (column.hidden)
            return full_text_column(source, index, *this);
        if (!text.is_fts5() && text.content == FullText::Content::none)
            throw refusal("a column of an fts4 table without content, which SQLite answers with \"SQL logic error\"");
    }
    const Classes classes = source.nullable ? column.classes.with_null() : column.classes;
    const Fragment f{alias + quote_identifier(column.pg), column.type, classes,
                     column.collated && column.type == PgType::text};
    return column.read_as_real ? integers_to_real(f) : f;
}

} // namespace howdah::dialect
