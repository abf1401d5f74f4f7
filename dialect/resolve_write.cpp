// INSERT, UPDATE, DELETE and what belongs to them: UPSERT, RETURNING, triggers.
#include "dialect/catalog.hpp"
#include "dialect/full_text.hpp"
#include "dialect/parser.hpp"
#include "dialect/resolver_impl.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace howdah::dialect {

namespace {

// The table column of a name; -1 for the rowid.
int column_index(const Table& table, const Name& name)
{
    const int index = table.find_column(name.text);
    const bool rowid =
        equal_names(name.text, "rowid") || equal_names(name.text, "oid") || equal_names(name.text, "_rowid_");
    if (index < 0 && !(rowid && table.has_rowid()))
        throw Error("table " + table.name + " has no column named " + name.text, name.span);
    return index;
}

// INSERT INTO t SELECT * FROM u of two tables with the same columns, generated ones among them: SQLite copies the rows
// as they are (its transfer optimization), where it wants no values for generated columns of any other SELECT. Those of
// u are left out, and computed anew.
void leave_out_generated(Insert& insert, const Table& target, const Table* from)
{
    const auto is_generated = [](const Column& column) { return column.generated != Column::Generated::no; };
    if (!from || from->columns.size() != target.columns.size() ||
        std::none_of(target.columns.begin(), target.columns.end(), is_generated))
        return;
    SelectCore& core = insert.source->cores.front();
    const Span span = core.columns.front().span;
    core.columns.clear();
    for (std::size_t i = 0; i < target.columns.size(); ++i) {
        if (is_generated(target.columns[i]))
            continue;
        ColumnRef ref;
        ref.column.text = from->columns[i].name;
        ref.column.span = span;
        ResultColumn& column = core.columns.emplace_back();
        column.span = span;
        column.expr = std::make_unique<Expr>();
        column.expr->span = span;
        column.expr->node = std::move(ref);
    }
}

// u of INSERT INTO t SELECT * FROM u.
const TableRef* all_of_table(const Insert& insert)
{
    const Select* select = insert.source.get();
    if (!select || select->with || insert.with || !insert.columns.empty() || select->cores.size() != 1)
        return nullptr;
    const SelectCore& core = select->cores.front();
    if (core.columns.size() != 1 || !core.columns.front().star || !core.columns.front().star_of.empty() || !core.from ||
        core.from->items.size() != 1)
        return nullptr;
    const TableRef& table = core.from->items.front().table;
    return table.select || table.join || table.is_function ? nullptr : &table;
}

Scope::Entry entry_of(Source& source)
{
    Scope::Entry entry;
    entry.source = &source;
    return entry;
}

const Expr& without_collate(const Expr& term)
{
    const auto* collate = as<Collate>(bare(term));
    return collate ? bare(*collate->operand) : bare(term);
}

// Whether an expression of a conflict target means the same as one of an index, however its names are quoted.
using SameExpression = std::function<bool(const Expr& written, const Expr& of_index)>;

// Whether a conflict target's term is the index's column.
bool matches(const Expr& term, const IndexColumn& column, const SameExpression& same)
{
    const auto* collate = as<Collate>(bare(term));
    if (collate && collation_of(collate->collation.text) != column.collation)
        return false;
    const Expr& e = without_collate(term);
    if (column.column == -2)
        return column.expr && same(e, *column.expr);
    const auto* ref = as<ColumnRef>(e);
    return ref && ref->source && ref->index == column.column;
}

bool matches(const UpsertClause& clause, const Index& index, const SameExpression& same)
{
    if (index.columns.size() != clause.target.size() || !index.unique)
        return false;
    if (index.where && !(clause.target_where && same(*clause.target_where, *index.where)))
        return false;
    return std::all_of(index.columns.begin(), index.columns.end(), [&](const IndexColumn& column) {
        return std::any_of(clause.target.begin(), clause.target.end(),
                           [&](const UpsertClause::Target& t) { return matches(*t.expr, column, same); });
    });
}

} // namespace

const Table& Resolver::target_table(const QualifiedName& name)
{
    const Table* table = find_table(name);
    if (!table)
        throw Error("no such table: " + name.name.text, name.name.span);
    return *table;
}

void Resolver::set_clause(SetClause& clause, const Table& table, Scope& scope)
{
    for (const Name& name : clause.columns)
        clause.indexes.push_back(column_index(table, name));
    expr(*clause.value, scope);
}

// RETURNING sees the columns of the target alone, under the table's own name.
void Resolver::returning(std::vector<ResultColumn>& columns, Source& target, Scope* outer,
                         std::vector<SelectCore::Output>& outputs, std::vector<ExprPtr>& expanded)
{
    if (columns.empty())
        return;
    Scope scope;
    scope.outer = outer;
    scope.entries.push_back(entry_of(target));
    SelectCore core;
    core.columns = std::move(columns);
    std::string alias = std::exchange(target.name, target.table->name);
    result_columns(core, scope);
    target.name = std::move(alias);
    columns = std::move(core.columns);
    outputs = std::move(core.outputs);
    expanded = std::move(core.expanded);
}

void Resolver::upsert(UpsertClause& clause, const Insert& insert, Scope& scope, Scope& both)
{
    const Table& table = *insert.target->table;
    for (const UpsertClause::Target& target : clause.target)
        expr(*target.expr, scope);
    if (clause.target_where)
        expr(*clause.target_where, scope);
    const SameExpression same = [&](const Expr& written, const Expr& of_index) {
        const ExprPtr copy = parse_expression(unparse(of_index));
        expr(*copy, scope);
        return same_expression(*copy, written);
    };
    for (const Index& index : table.indexes)
        if (!clause.target.empty() && clause.index.empty() && matches(clause, index, same))
            clause.index = index.name;
    for (SetClause& set : clause.set)
        set_clause(set, table, both);
    if (clause.where)
        expr(*clause.where, both);
}

// fts5 has no say in what becomes of a statement whose row it refuses: every clause but REPLACE is ABORT.
static void leave_to_fts5(const Table& table, ConflictAction& conflict)
{
    if (table.full_text && table.full_text->is_fts5() && conflict != ConflictAction::replace)
        conflict = ConflictAction::unspecified;
}

void Resolver::insert(Insert& insert, Scope* outer)
{
    Environment here{environment_, insert.with.get(), outer};
    const Environment* around = environment_;
    if (insert.with)
        environment_ = &here;
    const Table& table = target_table(insert.table);
    leave_to_fts5(table, insert.conflict);
    // An fts4 table without rows of its own has none to replace.
    if (table.full_text && !table.full_text->is_fts5() && table.full_text->content != FullText::Content::own &&
        insert.conflict == ConflictAction::replace)
        insert.conflict = ConflictAction::unspecified;
    insert.target = table_source(table, Source::Kind::table, insert.alias.empty() ? table.name : insert.alias.text);
    insert.excluded = make_table_source(table, Source::Kind::excluded, "excluded", "excluded");
    for (const Name& name : insert.columns)
        insert.column_indexes.push_back(column_index(table, name));
    if (insert.columns.empty() && insert.source)
        for (std::size_t i = 0; i < table.columns.size(); ++i)
            if (table.columns[i].generated == Column::Generated::no && !table.columns[i].hidden)
                insert.column_indexes.push_back(static_cast<int>(i));
    if (const TableRef* ref = all_of_table(insert))
        leave_out_generated(insert, table, find_table(ref->table));
    if (insert.source)
        rows(*insert.source, outer);
    environment_ = around;

    Scope scope;
    scope.outer = outer;
    scope.entries.push_back(entry_of(*insert.target));
    Scope both;
    both.outer = outer;
    both.entries = scope.entries;
    both.entries.push_back(entry_of(*insert.excluded));
    for (UpsertClause& clause : insert.upserts)
        upsert(clause, insert, scope, both);
    returning_of_ = table.has_rowid() && table.kind == Table::Kind::ordinary ? &insert : nullptr;
    returning(insert.returning, *insert.target, outer, insert.returning_outputs, insert.returning_expanded);
    returning_of_ = nullptr;
}

void Resolver::update(Update& update, Scope* outer)
{
    Environment here{environment_, update.with.get(), outer};
    const Environment* around = environment_;
    if (update.with)
        environment_ = &here;
    const Table& table = target_table(update.table.table);
    leave_to_fts5(table, update.conflict);
    update.table.source =
        table_source(table, Source::Kind::table, update.table.alias.empty() ? table.name : update.table.alias.text);
    Scope scope;
    scope.outer = outer;
    scope.entries.push_back(entry_of(*update.table.source));
    if (update.from) {
        Scope others;
        others.outer = outer;
        from(*update.from, others);
        scope.entries.insert(scope.entries.end(), others.entries.begin(), others.entries.end());
        from_conditions(*update.from, scope);
    }
    for (SetClause& set : update.set)
        set_clause(set, table, scope);
    if (update.where)
        expr(*update.where, scope);
    full_text_conditions(update.from ? &*update.from : nullptr, update.where.get());
    for (OrderingTerm& term : update.order_by)
        expr(*term.expr, scope);
    Scope nothing;
    if (update.limit)
        expr(*update.limit, nothing);
    if (update.offset)
        expr(*update.offset, nothing);
    returning(update.returning, *update.table.source, outer, update.returning_outputs, update.returning_expanded);
    environment_ = around;
}

void Resolver::delete_(Delete& del, Scope* outer)
{
    Environment here{environment_, del.with.get(), outer};
    const Environment* around = environment_;
    if (del.with)
        environment_ = &here;
    const Table& table = target_table(del.table.table);
    del.table.source =
        table_source(table, Source::Kind::table, del.table.alias.empty() ? table.name : del.table.alias.text);
    Scope scope;
    scope.outer = outer;
    scope.entries.push_back(entry_of(*del.table.source));
    if (del.where)
        expr(*del.where, scope);
    full_text_conditions(nullptr, del.where.get());
    for (OrderingTerm& term : del.order_by)
        expr(*term.expr, scope);
    Scope nothing;
    if (del.limit)
        expr(*del.limit, nothing);
    if (del.offset)
        expr(*del.offset, nothing);
    returning(del.returning, *del.table.source, outer, del.returning_outputs, del.returning_expanded);
    environment_ = around;
}

void Resolver::statement(Statement& statement)
{
    if (auto* n = std::get_if<SelectPtr>(&statement.node))
        rows(**n, nullptr);
    else if (auto* n = std::get_if<Insert>(&statement.node))
        insert(*n, nullptr);
    else if (auto* n = std::get_if<Update>(&statement.node))
        update(*n, nullptr);
    else if (auto* n = std::get_if<Delete>(&statement.node))
        delete_(*n, nullptr);
    else if (auto* n = std::get_if<CreateTable>(&statement.node); n && n->as_select)
        rows(*n->as_select, nullptr);
}

// NEW and OLD are around every statement of the body, and are always named in full.
void Resolver::trigger(CreateTrigger& trigger, const Table& table, TriggerScope& rows)
{
    Scope scope;
    if (trigger.event != CreateTrigger::Event::delete_) {
        rows.new_row = make_table_source(table, Source::Kind::trigger_row, "new", "new");
        scope.entries.push_back(entry_of(*rows.new_row));
        for (SourceColumn& column : rows.new_row->columns)
            if (trigger.time == CreateTrigger::Time::before) // NOT NULL is tested when it has run
                column.classes = column.classes.with_null();
    }
    if (trigger.event != CreateTrigger::Event::insert) {
        rows.old_row = make_table_source(table, Source::Kind::trigger_row, "old", "old");
        scope.entries.push_back(entry_of(*rows.old_row));
    }
    for (Source* row : {rows.new_row.get(), rows.old_row.get()})
        for (std::size_t i = 0; row && request_.rows_have_affinity && i < row->columns.size(); ++i)
            row->columns[i].affinity = table.columns[i].affinity;
    if (home_schema_.empty())
        home_schema_ = table.schema;
    if (trigger.when)
        expr(*trigger.when, scope);
    for (TriggerStatement& statement : trigger.body) {
        if (auto* n = std::get_if<Insert>(&statement))
            insert(*n, &scope);
        else if (auto* n = std::get_if<Update>(&statement))
            update(*n, &scope);
        else if (auto* n = std::get_if<Delete>(&statement))
            delete_(*n, &scope);
        else
            select(*std::get<SelectPtr>(statement), &scope);
    }
}

} // namespace howdah::dialect
