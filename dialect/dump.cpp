// Trees as text: (select (columns a (as (+ b 1) c)) (from t)).
#include "dialect/parser.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

constexpr std::size_t line_width = 110;

// A word, or a list in parentheses.
struct Item {
    std::string word;
    std::vector<Item> list;

    Item(std::string w) : word(std::move(w)) {} // NOLINT: a word is an item
    Item(const char* w) : word(w) {}            // NOLINT
    Item(std::string_view head, std::vector<Item> rest) : list(std::move(rest))
    {
        list.insert(list.begin(), std::string(head));
    }

    std::string line() const
    {
        if (list.empty())
            return word;
        std::string out = "(";
        for (const Item& item : list)
            out += (out.size() > 1 ? " " : "") + item.line();
        return out + ")";
    }
    void print(std::string& out, std::size_t indent) const
    {
        const std::string one = line();
        if (list.size() < 2 || indent + one.size() <= line_width) {
            out += one;
            return;
        }
        out += "(" + list.front().line();
        for (std::size_t i = 1; i < list.size(); ++i) {
            out += "\n" + std::string(indent + 2, ' ');
            list[i].print(out, indent + 2);
        }
        out += ")";
    }
};

using Items = std::vector<Item>;

Item item(const Expr& e);
Item item(const Select& s);
Item item(const TableRef& t);
Items items(const std::vector<OrderingTerm>& terms);
Items items(const std::vector<ResultColumn>& columns);

void add(Items& out, std::string_view head, const ExprPtr& e)
{
    if (e)
        out.push_back(Item(head, {item(*e)}));
}

void add_word(Items& out, std::string_view word, bool condition)
{
    if (condition)
        out.emplace_back(std::string(word));
}

// Quotes are shown where they mean something: "x" may be a string, [x] and `x` are names like any other.
std::string spelled(const Name& n)
{
    const std::string_view quote = n.quote == '"' || n.quote == '\'' ? "\"" : "";
    return std::string(quote) + n.text + std::string(quote);
}

std::string spelled(const QualifiedName& n)
{
    return n.schema.empty() ? spelled(n.name) : spelled(n.schema) + "." + spelled(n.name);
}

void add_name(Items& out, std::string_view head, const Name& n)
{
    if (!n.empty())
        out.push_back(Item(head, {spelled(n)}));
}

Items items(const std::vector<ExprPtr>& list)
{
    Items out;
    for (const ExprPtr& e : list)
        out.push_back(item(*e));
    return out;
}

Items items(const std::vector<Name>& list)
{
    Items out;
    for (const Name& n : list)
        out.emplace_back(spelled(n));
    return out;
}

template <typename List>
void add_list(Items& out, std::string_view head, const List& list)
{
    if (!list.empty())
        out.push_back(Item(head, items(list)));
}

std::string_view word(ConflictAction action)
{
    static constexpr std::string_view words[] = {"", "or-rollback", "or-abort", "or-fail", "or-ignore", "or-replace"};
    return words[static_cast<std::size_t>(action)];
}

std::string_view word(Direction direction)
{
    return direction == Direction::ascending ? "asc" : direction == Direction::descending ? "desc" : "";
}

Items items(const std::vector<OrderingTerm>& terms)
{
    Items out;
    for (const OrderingTerm& term : terms) {
        Items rest{item(*term.expr)};
        add_word(rest, word(term.direction), term.direction != Direction::unspecified);
        add_word(rest, term.nulls == Nulls::first ? "nulls-first" : "nulls-last", term.nulls != Nulls::unspecified);
        out.push_back(rest.size() == 1 ? std::move(rest.front()) : Item("by", std::move(rest)));
    }
    return out;
}

Items items(const std::vector<ResultColumn>& columns)
{
    Items out;
    for (const ResultColumn& column : columns) {
        if (column.star)
            out.emplace_back(column.star_of.empty() ? std::string("*") : spelled(column.star_of) + ".*");
        else if (column.alias.empty())
            out.push_back(item(*column.expr));
        else
            out.push_back(Item("as", {item(*column.expr), spelled(column.alias)}));
    }
    return out;
}

Item item(std::string_view head, const Window& w)
{
    static constexpr std::string_view units[] = {"rows", "range", "groups"};
    static constexpr std::string_view bounds[] = {"unbounded-preceding", "preceding", "current-row", "following",
                                                  "unbounded-following"};
    static constexpr std::string_view excludes[] = {"", "exclude-no-others", "exclude-current-row", "exclude-group",
                                                    "exclude-ties"};
    Items out;
    add_name(out, "name", w.reference);
    add_name(out, "base", w.base);
    add_list(out, "partition", w.partition_by);
    add_list(out, "order", w.order_by);
    if (w.frame) {
        Items frame;
        for (const auto& [kind, offset] : {std::pair{w.frame->start, w.frame->start_offset.get()},
                                           std::pair{w.frame->end, w.frame->end_offset.get()}}) {
            const std::string_view bound = bounds[static_cast<std::size_t>(kind)];
            frame.push_back(offset ? Item(bound, {item(*offset)}) : Item(std::string(bound)));
        }
        add_word(frame, excludes[static_cast<std::size_t>(w.frame->exclude)], w.frame->exclude != Exclude::none);
        out.push_back(Item(units[static_cast<std::size_t>(w.frame->unit)], std::move(frame)));
    }
    return Item(head, std::move(out));
}

struct ExprItem {
    const Expr& e;

    Item operator()(const Literal&) const { return unparse(e); }
    Item operator()(const CurrentTime&) const { return unparse(e); }
    Item operator()(const Parameter&) const { return unparse(e); }
    Item operator()(const ColumnRef& c) const
    {
        std::string out;
        for (const Name* n : {&c.schema, &c.table})
            if (!n->empty())
                out += spelled(*n) + ".";
        out += spelled(c.column);
        if (c.as_string)
            return Item("string", {out});
        if (c.alias_of)
            return Item("alias", {out});
        if (c.source)
            out +=
                "@" + c.source->name + "#" + std::to_string(c.index) + (c.depth ? "^" + std::to_string(c.depth) : "");
        return out;
    }
    Item operator()(const Unary& u) const
    {
        static constexpr std::string_view names[] = {"-", "+", "~", "not", "is-null", "not-null"};
        return Item(names[static_cast<std::size_t>(u.op)], {item(*u.operand)});
    }
    Item operator()(const Binary& b) const
    {
        static constexpr std::string_view names[] = {
            "+",  "-", "*",  "/", "%",  "||", "&",      "|",   "<<", ">>", "=",
            "<>", "<", "<=", ">", ">=", "is", "is-not", "and", "or", "->", "->>"};
        return Item(names[static_cast<std::size_t>(b.op)], {item(*b.lhs), item(*b.rhs)});
    }
    Item operator()(const Between& b) const
    {
        return Item(b.negated ? "not-between" : "between", {item(*b.operand), item(*b.low), item(*b.high)});
    }
    Item operator()(const In& in) const
    {
        Items out{item(*in.operand)};
        if (in.table_form)
            out.push_back(item(in.select->cores.front().from->items.front().table));
        else if (in.select)
            out.push_back(item(*in.select));
        else
            out.push_back(Item("list", items(in.list)));
        return Item(in.negated ? "not-in" : "in", std::move(out));
    }
    Item operator()(const Like& l) const
    {
        static constexpr std::string_view names[] = {"like", "glob", "regexp", "match"};
        Items out{item(*l.operand), item(*l.pattern)};
        add(out, "escape", l.escape);
        return Item((l.negated ? "not-" : "") + std::string(names[static_cast<std::size_t>(l.op)]), std::move(out));
    }
    Item operator()(const Case& c) const
    {
        Items out;
        add(out, "of", c.operand);
        for (const Case::When& when : c.whens)
            out.push_back(Item("when", {item(*when.condition), item(*when.result)}));
        add(out, "else", c.otherwise);
        return Item("case", std::move(out));
    }
    Item operator()(const Cast& c) const { return Item("cast", {item(*c.operand), "'" + c.type + "'"}); }
    Item operator()(const Collate& c) const { return Item("collate", {item(*c.operand), spelled(c.collation)}); }
    Item operator()(const Call& c) const
    {
        Items out{spelled(c.name)};
        add_word(out, "*", c.star);
        add_word(out, "distinct", c.distinct);
        for (const ExprPtr& arg : c.args)
            out.push_back(item(*arg));
        add(out, "filter", c.filter);
        if (c.over)
            out.push_back(item("over", *c.over));
        return Item("call", std::move(out));
    }
    Item operator()(const Exists& x) const { return Item(x.negated ? "not-exists" : "exists", {item(*x.select)}); }
    Item operator()(const Subquery& s) const { return Item("value", {item(*s.select)}); }
    Item operator()(const RowValue& r) const { return Item("row", items(r.members)); }
    Item operator()(const Raise& r) const
    {
        return Item("raise", {std::string(word(r.action)), "'" + r.message + "'"});
    }
    Item operator()(const Parenthesized& p) const { return item(*p.inner); }
};

// Known classes as letters behind a colon: i r t b, with n when it may be NULL. Nothing is known: nothing is said.
std::string classes_suffix(const Expr& e)
{
    if (e.classes == Classes::any())
        return {};
    std::string out = ":";
    for (const auto& [c, letter] :
         {std::pair{StorageClass::integer, 'i'}, std::pair{StorageClass::real, 'r'}, std::pair{StorageClass::text, 't'},
          std::pair{StorageClass::blob, 'b'}, std::pair{StorageClass::null, 'n'}})
        if (e.classes.has(c))
            out += letter;
    return out;
}

Item item(const Expr& e)
{
    Item out = std::visit(ExprItem{e}, e.node);
    (out.list.empty() ? out.word : out.list.front().word) += as<Parenthesized>(e) ? "" : classes_suffix(e);
    return out;
}

Item item(const FromClause& from)
{
    static constexpr std::string_view kinds[] = {",", "join", "inner", "cross", "left", "right", "full"};
    Items out;
    for (std::size_t i = 0; i < from.items.size(); ++i) {
        const FromClause::Item& each = from.items[i];
        if (i == 0) {
            out.push_back(item(each.table));
            continue;
        }
        Items joined{item(each.table)};
        add(joined, "on", each.on);
        add_list(joined, "using", each.using_columns);
        out.push_back(
            Item((each.op.natural ? "natural-" : "") + std::string(kinds[static_cast<std::size_t>(each.op.kind)]),
                 std::move(joined)));
    }
    return Item("from", std::move(out));
}

Item item(const TableRef& t)
{
    Items rest;
    if (t.is_function)
        rest.push_back(Item("args", items(t.args)));
    add_name(rest, "as", t.alias);
    add_name(rest, "indexed-by", t.indexed_by);
    add_word(rest, "not-indexed", t.not_indexed);
    if (t.select)
        rest.insert(rest.begin(), item(*t.select));
    else if (t.join)
        rest.insert(rest.begin(), item(*t.join));
    if (t.select || t.join)
        return Item("in", std::move(rest));
    return rest.empty() ? Item(spelled(t.table)) : Item("table", [&] {
        rest.insert(rest.begin(), spelled(t.table));
        return std::move(rest);
    }());
}

Item item(const SelectCore& core)
{
    Items out;
    if (!core.values.empty()) {
        for (const auto& row : core.values)
            out.push_back(Item("row", items(row)));
        return Item("values", std::move(out));
    }
    add_word(out, "distinct", core.distinct);
    out.push_back(Item("columns", items(core.columns)));
    if (core.from)
        out.push_back(item(*core.from));
    add(out, "where", core.where);
    add_list(out, "group", core.group_by);
    add(out, "having", core.having);
    for (const auto& named : core.windows)
        out.push_back(Item("window", {spelled(named.name), item("as", named.window)}));
    return Item("select", std::move(out));
}

Item item(const With& with)
{
    Items out;
    add_word(out, "recursive", with.recursive);
    for (const CommonTable& table : with.tables) {
        Items parts{spelled(table.name)};
        add_list(parts, "columns", table.columns);
        add_word(parts, table.materialize == CommonTable::Materialize::yes ? "materialized" : "not-materialized",
                 table.materialize != CommonTable::Materialize::unspecified);
        parts.push_back(item(*table.select));
        out.push_back(Item("table", std::move(parts)));
    }
    return Item("with", std::move(out));
}

void add(Items& out, const std::unique_ptr<With>& with)
{
    if (with)
        out.push_back(item(*with));
}

void add_tail(Items& out, const std::vector<OrderingTerm>& order_by, const ExprPtr& limit, const ExprPtr& offset)
{
    add_list(out, "order", order_by);
    add(out, "limit", limit);
    add(out, "offset", offset);
}

Item item(const Select& s)
{
    static constexpr std::string_view operators[] = {"union", "union-all", "intersect", "except"};
    Item result = item(s.cores.front());
    for (std::size_t i = 1; i < s.cores.size(); ++i)
        result = Item(operators[static_cast<std::size_t>(s.operators[i - 1])], {std::move(result), item(s.cores[i])});
    Items out;
    add(out, s.with);
    out.push_back(std::move(result));
    add_tail(out, s.order_by, s.limit, s.offset);
    return out.size() == 1 ? std::move(out.front()) : Item("query", std::move(out));
}

Items items(const std::vector<SetClause>& clauses)
{
    Items out;
    for (const SetClause& set : clauses)
        out.push_back(
            Item("=", {set.columns.size() == 1 ? Item(spelled(set.columns.front())) : Item("row", items(set.columns)),
                       item(*set.value)}));
    return out;
}

struct StatementItem {
    Item operator()(const SelectPtr& s) const { return item(*s); }
    Item operator()(const Insert& s) const
    {
        Items out;
        add(out, s.with);
        add_word(out, word(s.conflict), s.conflict != ConflictAction::unspecified);
        out.emplace_back(spelled(s.table));
        add_name(out, "as", s.alias);
        add_list(out, "columns", s.columns);
        out.push_back(s.source ? item(*s.source) : Item("default-values"));
        for (const UpsertClause& u : s.upserts) {
            Items parts, target;
            for (const auto& t : u.target)
                target.push_back(t.direction == Direction::unspecified
                                     ? item(*t.expr)
                                     : Item("by", {item(*t.expr), std::string(word(t.direction))}));
            if (!target.empty())
                parts.push_back(Item("target", std::move(target)));
            add(parts, "target-where", u.target_where);
            if (u.do_update)
                parts.push_back(Item("set", items(u.set)));
            else
                parts.emplace_back("nothing");
            add(parts, "where", u.where);
            out.push_back(Item("on-conflict", std::move(parts)));
        }
        add_list(out, "returning", s.returning);
        return Item("insert", std::move(out));
    }
    Item operator()(const Update& s) const
    {
        Items out;
        add(out, s.with);
        add_word(out, word(s.conflict), s.conflict != ConflictAction::unspecified);
        out.push_back(item(s.table));
        out.push_back(Item("set", items(s.set)));
        if (s.from)
            out.push_back(item(*s.from));
        add(out, "where", s.where);
        add_list(out, "returning", s.returning);
        add_tail(out, s.order_by, s.limit, s.offset);
        return Item("update", std::move(out));
    }
    Item operator()(const Delete& s) const
    {
        Items out;
        add(out, s.with);
        out.push_back(item(s.table));
        add(out, "where", s.where);
        add_list(out, "returning", s.returning);
        add_tail(out, s.order_by, s.limit, s.offset);
        return Item("delete", std::move(out));
    }
    Item operator()(const CreateTrigger& s) const
    {
        static constexpr std::string_view times[] = {"before", "after", "instead-of"};
        static constexpr std::string_view events[] = {"insert", "update", "delete"};
        Items out{spelled(s.name), std::string(times[static_cast<std::size_t>(s.time)]),
                  std::string(events[static_cast<std::size_t>(s.event)])};
        add_list(out, "of", s.update_of);
        out.push_back(Item("on", {spelled(s.table)}));
        add(out, "when", s.when);
        for (const TriggerStatement& step : s.body)
            out.push_back(std::visit(StatementItem{text}, step));
        return Item("create-trigger", std::move(out));
    }
    Item operator()(const CreateView& s) const
    {
        Items out{spelled(s.name)};
        add_list(out, "columns", s.columns);
        out.push_back(item(*s.select));
        return Item("create-view", std::move(out));
    }
    // The rest says in a tree what it says as text.
    template <typename Other>
    Item operator()(const Other&) const
    {
        return text;
    }

    std::string text;
};

std::string print(const Item& root)
{
    std::string out;
    root.print(out, 0);
    return out;
}

} // namespace

std::string dump(const Expr& expr) { return print(item(expr)); }
std::string dump(const Select& select) { return print(item(select)); }

std::string dump(const Statement& statement)
{
    Item root = std::visit(StatementItem{unparse(statement)}, statement.node);
    if (statement.explain == Statement::Explain::no || root.list.empty())
        return print(root);
    return print(
        Item(statement.explain == Statement::Explain::explain ? "explain" : "explain-query-plan", {std::move(root)}));
}

} // namespace howdah::dialect
