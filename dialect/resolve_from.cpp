// The FROM clause: what each table is, what its columns are called, what `*` expands to, and which columns USING and
// NATURAL merge (sqlite3ProcessJoin and selectExpander in SQLite's select.c).
#include "dialect/catalog.hpp"
#include "dialect/functions.hpp"
#include "dialect/parser.hpp"
#include "dialect/reads.hpp"
#include "dialect/resolver_impl.hpp"

#include <algorithm>
#include <set>

namespace howdah::dialect {

namespace {

// SQLite stops at 65,535 references to one table. PostgreSQL has no such limit and would plan for minutes, as howdah
// would.
constexpr std::size_t most_sources = 1000;

bool contains(const std::vector<std::string>& names, std::string_view name)
{
    return std::any_of(names.begin(), names.end(), [&](const std::string& n) { return equal_names(n, name); });
}

bool keeps_right(const JoinOp& op) { return op.kind == JoinOp::Kind::right || op.kind == JoinOp::Kind::full; }

void make_nullable(const Scope::Entry& entry)
{
    if (entry.source)
        entry.source->nullable = true;
    for (const Scope::Entry& inner : entry.group)
        make_nullable(inner);
}

SourceColumn fixed_column(std::string_view name, PgType type, bool nullable, bool hidden = false)
{
    SourceColumn column;
    column.name = name;
    column.pg = pg_identifier(name);
    column.affinity = Affinity::blob;
    column.has_collation = true;
    column.type = type;
    column.classes = nullable ? classes_of(type).with_null() : classes_of(type).without_null();
    column.hidden = hidden;
    return column;
}

ColumnRef bare_name(std::string_view name)
{
    ColumnRef ref;
    ref.column.text = name;
    return ref;
}

} // namespace

std::string Resolver::unique_alias(std::string_view name)
{
    if (aliases_.size() >= most_sources)
        throw refusal("a statement that reads more than " + std::to_string(most_sources) +
                      " tables, those of its views counted each time");
    std::string alias = pg_identifier(name);
    int& n = last_number_[alias];
    for (n = std::max(n, 1); !aliases_.insert(alias).second;)
        alias = pg_identifier(std::string(name) + "_" + std::to_string(++n));
    return alias;
}

std::unique_ptr<Source> Resolver::make_table_source(const Table& table, Source::Kind kind, std::string_view name,
                                                    std::string_view pg_alias)
{
    auto source = std::make_unique<Source>();
    source->kind = kind;
    source->name = name;
    source->pg_alias = pg_alias;
    source->table = &table;
    source->has_rowid = table.has_rowid();
    source->rowid_pg = table.rowid_pg;
    source->rowid_alias = table.rowid_alias;
    for (const Column& column : table.columns) {
        SourceColumn c;
        c.name = column.name;
        c.pg = column.pg;
        c.type = column.storage;
        c.hidden = column.hidden;
        const bool is_rowid = table.rowid_alias == static_cast<int>(&column - table.columns.data());
        // NEW, OLD and `excluded` are registers to SQLite: they have no affinity (but the rowid of a trigger's row),
        // and `excluded` no collation either.
        const bool is_register = kind == Source::Kind::excluded || (kind == Source::Kind::trigger_row && !is_rowid);
        c.affinity = is_register ? Affinity::none : column.affinity;
        c.collation = kind == Source::Kind::excluded ? Collation::binary : column.collation;
        c.has_collation = !is_rowid && kind != Source::Kind::excluded; // SQLite reads it as the rowid, which has none
        const Classes classes = classes_of(column.storage);
        c.classes = column.not_null || is_rowid ? classes.without_null() : classes.with_null();
        source->columns.push_back(std::move(c));
    }
    return source;
}

std::unique_ptr<Source> Resolver::table_source(const Table& table, Source::Kind kind, std::string_view name)
{
    return make_table_source(table, kind, name, unique_alias(name));
}

const Table* Resolver::find_table(const QualifiedName& name) const
{
    if (name.schema.empty() && !home_schema_.empty() && !equal_names(home_schema_, "temp"))
        return request_.catalog.find_table(home_schema_, name.name.text);
    return request_.catalog.find_table(name.schema.text, name.name.text);
}

bool Resolver::is_full_text(const QualifiedName& name) const
{
    const Table* table = find_table(name);
    return table && table->full_text;
}

// ------------------------------------------------------------------------------------------------ one table

Scope::Entry Resolver::table_ref(TableRef& ref, Scope& scope)
{
    Scope::Entry entry;
    if (ref.join && !ref.alias.empty()) {
        // (a JOIN b) AS x: a subquery that selects everything.
        auto all = std::make_unique<Select>();
        SelectCore core;
        core.columns.emplace_back();
        core.columns.back().star = true;
        core.from = std::move(*ref.join);
        ref.join.reset();
        all->cores.push_back(std::move(core));
        ref.select = std::move(all);
        aliased_joins_.insert(ref.select.get());
    }
    if (ref.join) {
        from_entries(*ref.join, entry.group, scope);
        return entry;
    }
    if (ref.select) {
        subquery(ref, scope.outer);
        // What it finds is around this SELECT, too, which its scope has passed over.
        if (scope.select && ref.select->correlated)
            scope.select->correlated = true;
    } else if (ref.is_function && !is_full_text(ref.table))
        table_function(ref);
    else
        named_table(ref, scope);
    entry.source = ref.source.get();
    return entry;
}

void Resolver::subquery(TableRef& ref, Scope* outer)
{
    auto source = std::make_unique<Source>();
    source->kind = Source::Kind::subquery;
    rows(*ref.select, outer);
    source->select = ref.select.get();
    source->name = ref.alias.text;
    source->pg_alias = unique_alias(ref.alias.empty() ? "subquery" : ref.alias.text);
    for (const Select::Column& column : ref.select->result)
        source->columns.emplace_back().name = column.name;
    ref.source = std::move(source);
}

bool Resolver::common_table(TableRef& ref, const Scope& scope)
{
    if (!ref.table.schema.empty())
        return false;
    const Environment* environment = environment_;
    CommonTable* common = nullptr;
    for (; environment && !common; environment = common ? environment : environment->outer)
        for (CommonTable& table : environment->with->tables)
            if (equal_names(table.name.text, ref.table.name.text)) {
                common = &table;
                break;
            }
    if (!common)
        return false;
    const auto found = common_.find(common);
    if (found == common_.end()) {
        common_[common] = State::open;
        const Environment* here = std::exchange(environment_, environment);
        rows(*common->select, environment->scope);
        environment_ = here;
        common_[common] = State::done;
    } else if (found->second == State::open) {
        if (common->select->result.empty())
            throw refusal("the common table " + common->name.text + " refers to itself before its first SELECT ends");
        common->recursive = true;
    }
    for (const Scope* level = &scope; common->select->correlated && level && level != environment->scope;
         level = level->outer)
        if (level->select)
            level->select->correlated = true;
    auto source = std::make_unique<Source>();
    source->kind = Source::Kind::common_table;
    source->common = common;
    ++common->uses;
    source->name = ref.alias.empty() ? ref.table.name.text : ref.alias.text;
    source->pg_alias = unique_alias(source->name);
    for (std::string& name : column_names(*common->select, common->columns))
        source->columns.emplace_back().name = std::move(name);
    ref.source = std::move(source);
    return true;
}

void Resolver::named_table(TableRef& ref, const Scope& scope)
{
    if (common_table(ref, scope))
        return;
    const std::string& name = ref.table.name.text;
    if (is_schema_table(name) || fold(name).starts_with("pragma_") || equal_names(name, "json_each") ||
        equal_names(name, "json_tree")) {
        if (!find_table(ref.table))
            return table_function(ref);
    }
    const Table* table = find_table(ref.table);
    if (!table)
        throw Error("no such table: " + (ref.table.schema.empty() ? "" : ref.table.schema.text + ".") + name,
                    ref.table.name.span);
    if (table->kind == Table::Kind::view)
        return view(ref, *table);
    ref.source = table_source(*table, Source::Kind::table, ref.alias.empty() ? table->name : ref.alias.text);
}

// A view is its SELECT, read in the schema that the view is in and without the WITH clauses around it (catalogue D4).
void Resolver::view(TableRef& ref, const Table& table)
{
    auto source = std::make_unique<Source>();
    source->kind = Source::Kind::subquery;
    source->name = ref.alias.empty() ? table.name : ref.alias.text;
    source->table = &table;
    std::optional<Statement> definition = parse(table.sql);
    auto* create = definition ? std::get_if<CreateView>(&definition->node) : nullptr;
    if (!create)
        throw Error("malformed database schema (" + table.name + ")");
    source->view_select = std::move(create->select);
    source->view_select->typed_by_last = !create->columns.empty();
    source->select = source->view_select.get();

    const std::string_view text = std::exchange(text_, table.sql);
    const std::string home = std::exchange(home_schema_, table.schema);
    const Environment* environment = std::exchange(environment_, nullptr);
    rows(*source->view_select, nullptr);
    text_ = text;
    home_schema_ = home;
    environment_ = environment;

    for (std::string& name : column_names(*source->select, create->columns, true))
        source->columns.emplace_back().name = std::move(name);
    source->pg_alias = unique_alias(source->name);
    ref.source = std::move(source);
}

void Resolver::table_function(TableRef& ref)
{
    auto source = std::make_unique<Source>();
    source->kind = Source::Kind::table_function;
    source->name = ref.alias.empty() ? ref.table.name.text : ref.alias.text;
    source->pg_alias = unique_alias(source->name);
    const std::string name = fold(ref.table.name.text);
    if (name == "json_each" || name == "json_tree") {
        source->columns = {fixed_column("key", PgType::v, true),
                           fixed_column("value", PgType::v, true),
                           fixed_column("type", PgType::text, false),
                           fixed_column("atom", PgType::v, true),
                           fixed_column("id", PgType::int8, false),
                           fixed_column("parent", PgType::int8, true),
                           fixed_column("fullkey", PgType::text, false),
                           fixed_column("path", PgType::text, false),
                           fixed_column("json", PgType::v, true, true),
                           fixed_column("root", PgType::v, true, true),
                           fixed_column("rowid", PgType::int8, false, true)};
        source->row_number = static_cast<int>(source->columns.size()) - 1;
        source->columns.back().affinity = Affinity::integer;
        source->columns.back().has_collation = false;
    } else {
        // The mirror has the rows and knows the columns; see lower_from.
        const std::string table = is_schema_table(name) && !ref.table.schema.empty()
                                      ? ref.table.schema.text + "." + name
                                      : ref.table.name.text;
        for (const std::string& column : request_.catalog.mirror().prepare("SELECT * FROM " + table).columns)
            source->columns.push_back(fixed_column(column, PgType::v, true));
    }
    ref.source = std::move(source);
}

// ------------------------------------------------------------------------------------------------ joins

void Resolver::from(FromClause& clause, Scope& scope) { from_entries(clause, scope.entries, scope); }

void Resolver::from_entries(FromClause& clause, std::vector<Scope::Entry>& entries, Scope& scope)
{
    for (FromClause::Item& item : clause.items) {
        Scope::Entry entry = table_ref(item.table, scope);
        entry.op = entries.empty() ? JoinOp{} : item.op;
        if (entry.op.kind == JoinOp::Kind::left || entry.op.kind == JoinOp::Kind::full)
            make_nullable(entry);
        if (keeps_right(entry.op))
            std::for_each(entries.begin(), entries.end(), make_nullable);
        entries.push_back(std::move(entry));
        if (item.op.natural || !item.using_columns.empty())
            merge_columns(item, entries);
    }
}

// USING and NATURAL: the columns both sides have become one, and the condition is spelled out in `on`.
void Resolver::merge_columns(FromClause::Item& item, std::vector<Scope::Entry>& entries)
{
    std::vector<Scope::Entry> left(entries.begin(), entries.end() - 1);
    Scope::Entry& right = entries.back();
    if (item.op.natural) {
        for (const StarColumn& column : star({right}, true))
            if (!contains(right.merged, column.name) &&
                std::any_of(left.begin(), left.end(),
                            [&](const Scope::Entry& e) { return !find(e, bare_name(column.name)).empty(); }))
                right.merged.push_back(fold(column.name));
    } else {
        for (const Name& name : item.using_columns)
            right.merged.push_back(fold(name.text));
    }
    const bool outer_right =
        std::any_of(entries.begin() + 1, entries.end(), [](const Scope::Entry& e) { return keeps_right(e.op); });
    item.on = merged_condition(left, right, outer_right);
    item.on_is_resolved = true;
}

// The column of a parenthesised join that USING means: the first one, where several have the name.
std::vector<ColumnMatch> Resolver::first_of(const Scope::Entry& join, const std::string& name)
{
    for (StarColumn& column : star(join.group, true))
        if (equal_names(column.name, name))
            return std::move(column.matches);
    return {};
}

ExprPtr Resolver::merged_condition(const std::vector<Scope::Entry>& left, const Scope::Entry& right, bool outer_right)
{
    ExprPtr all;
    for (const std::string& name : right.merged) {
        const ColumnRef ref = bare_name(name);
        std::vector<ColumnMatch> matches;
        for (const Scope::Entry& entry : left) {
            const std::vector<ColumnMatch> here = find(entry, ref);
            if (matches.empty() || outer_right)
                matches.insert(matches.end(), here.begin(), here.end());
        }
        const std::vector<ColumnMatch> other = right.source ? find(right, ref) : first_of(right, name);
        if (matches.empty() || other.empty())
            throw Error("cannot join using column " + name + " - column not present in both tables");
        Binary equal;
        equal.op = BinaryOp::equal;
        equal.lhs = column_expr(matches, name, {});
        equal.rhs = column_expr(other, name, {});
        auto e = std::make_unique<Expr>();
        e->node = std::move(equal);
        if (!all) {
            all = std::move(e);
            continue;
        }
        Binary both;
        both.op = BinaryOp::logical_and;
        both.lhs = std::move(all);
        both.rhs = std::move(e);
        all = std::make_unique<Expr>();
        all->node = std::move(both);
    }
    return all;
}

// A table-valued function whose argument is a column of its own has no such argument: it is a condition on its rows.
// None has a JSON text then, so it has no rows.
static void take_own_columns(TableRef& table)
{
    const auto is_own = [&](const Expr& e) {
        const auto* ref = as<ColumnRef>(e);
        return ref && ref->source && ref->source == table.source.get();
    };
    for (std::size_t i = 0; i < table.args.size(); ++i) {
        if (!any_expr(*table.args[i], is_own))
            continue;
        if (i > 0)
            throw refusal("a path that is a column of " + table.source->name + " itself", table.args[i]->span);
        table.args[i]->node = Literal{};
        table.args[i]->classes = StorageClass::null;
    }
}

// ON conditions and the arguments of table-valued functions, which see the result's aliases.
void Resolver::from_conditions(FromClause& clause, Scope& scope)
{
    for (FromClause::Item& item : clause.items) {
        if (item.table.join)
            from_conditions(*item.table.join, scope);
        for (const ExprPtr& arg : item.table.args)
            expr(*arg, scope);
        if (item.table.source && item.table.source->kind == Source::Kind::table_function)
            take_own_columns(item.table);
        table_arguments(item.table);
        if (item.on)
            expr(*item.on, scope);
    }
}

// ------------------------------------------------------------------------------------------------ *

// The columns of a FROM clause in the order that `*` has them. A parenthesised join (`nested`) begins each table with
// the columns that USING merges, and keeps the originals for t.* alone.
std::vector<Resolver::StarColumn> Resolver::star(const std::vector<Scope::Entry>& entries, bool nested)
{
    std::vector<StarColumn> columns;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Scope::Entry& entry = entries[i];
        const std::vector<std::string>* next = i + 1 < entries.size() ? &entries[i + 1].merged : nullptr;
        if (nested && next)
            for (const std::string& name : *next) {
                const bool again = std::any_of(columns.begin(), columns.end(), [&](const StarColumn& column) {
                    return !column.source && equal_names(column.name, name);
                });
                columns.push_back({name, find(entries, bare_name(name)), again, nullptr});
            }
        std::vector<StarColumn> own;
        if (entry.source) {
            for (std::size_t j = 0; j < entry.source->columns.size(); ++j)
                if (!entry.source->columns[j].hidden)
                    own.push_back({entry.source->columns[j].name,
                                   {ColumnMatch{entry.source, static_cast<int>(j)}},
                                   false,
                                   entry.source});
        } else {
            own = star(entry.group, true);
        }
        const bool left_of_right = std::any_of(entries.begin() + static_cast<std::ptrdiff_t>(i) + 1, entries.end(),
                                               [](const Scope::Entry& e) { return keeps_right(e.op); });
        std::set<std::string> met; // of several columns of one name in a parenthesised join, only the first is merged
        for (StarColumn& column : own) {
            const bool is_merged = contains(entry.merged, column.name);
            const bool is_first = met.insert(fold(column.name)).second;
            const bool merged_later =
                std::any_of(entries.begin() + static_cast<std::ptrdiff_t>(i) + 1, entries.end(),
                            [&](const Scope::Entry& e) { return contains(e.merged, column.name); });
            if (is_first && (is_merged || (nested && next && contains(*next, column.name))))
                column.repeated = true;
            else if (!is_merged && !nested && left_of_right && merged_later)
                column.matches = find(entries, bare_name(column.name));
            columns.push_back(std::move(column));
        }
    }
    return columns;
}

void Resolver::expand_star(SelectCore& core, const ResultColumn& column, Scope& scope)
{
    for (const StarColumn& c : star(scope.entries, aliased_joins_.count(scope.select) != 0)) {
        if (column.star_of.empty() ? c.repeated : !c.source || !equal_names(c.source->name, column.star_of.text))
            continue;
        core.expanded.push_back(column_expr(c.matches, c.name, column.span));
        core.outputs.push_back({c.name, core.expanded.back().get()});
    }
}

} // namespace howdah::dialect
