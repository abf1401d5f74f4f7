// What the columns of a SELECT can be, and of everything a statement is made of.
#include "dialect/resolver_impl.hpp"
#include "dialect/walk.hpp"

namespace howdah::dialect {

namespace {

void infer_list(Inference& inference, std::vector<ExprPtr>& list)
{
    for (const ExprPtr& e : list)
        inference.expr(*e);
}

void infer_optional(Inference& inference, const ExprPtr& e)
{
    if (e)
        inference.expr(*e);
}

// Several rows of VALUES are arms of a compound, too.
bool is_compound(const Select& select) { return select.cores.size() > 1 || select.cores.front().values.size() > 1; }

// What has the affinity and collation of a column: the expression of the first arm or the last; null for a column that
// is none of a SELECT's.
const Expr* typing_expr(const Select& select, std::size_t column)
{
    const SelectCore& arm = select.typed_by_last ? select.cores.back() : select.cores.front();
    if (column >= arm.outputs.size())
        return nullptr;
    return select.typed_by_last && !arm.values.empty() ? arm.values.back()[column].get() : arm.outputs[column].expr;
}

} // namespace

// ------------------------------------------------------------------------------------------------ FROM

void Inference::columns_of(Source& source, const Select& select) const
{
    std::vector<std::string> names;
    for (const SourceColumn& column : source.columns)
        names.push_back(column.name);
    const std::vector<std::string> pg = pg_column_names(names);
    for (std::size_t i = 0; i < source.columns.size() && i < select.result.size(); ++i) {
        SourceColumn& column = source.columns[i];
        column.pg = pg[i];
        column.affinity = select.result[i].affinity;
        // A subquery's column has a collation, BINARY by default; what a compound compares by may be a later arm's.
        const Expr* typing = typing_expr(select, i);
        column.collation = typing && typing->has_collation ? typing->collation : Collation::binary;
        column.has_collation = true;
        column.classes = select.result[i].classes;
        // SQLite may convert the other arms' values to the affinity of that one (SelectLowering::as_stored).
        if (is_compound(select) && is_numeric(column.affinity) && column.classes.has(StorageClass::text))
            column.classes = column.classes | Classes(StorageClass::integer) | Classes(StorageClass::real);
        if (column.affinity == Affinity::numeric && column.classes.has(StorageClass::real))
            column.classes = column.classes | Classes(StorageClass::integer);
        // A column of affinity REAL is read as REAL, also where another arm of a compound gave an INTEGER.
        column.read_as_real = column.affinity == Affinity::real && is_compound(select);
        if (column.read_as_real && column.classes.has(StorageClass::integer))
            column.classes = column.classes.without(StorageClass::integer) | Classes(StorageClass::real);
        column.type = pg_type_of(column.classes);
        column.origin = select.cores.size() == 1 ? select.cores.front().outputs[i].expr : nullptr;
    }
}

void Inference::table_ref(TableRef& ref)
{
    if (ref.join)
        return from(*ref.join);
    Source& source = *ref.source;
    if (source.kind == Source::Kind::subquery) {
        select(*source.select);
        columns_of(source, *source.select);
    } else if (source.kind == Source::Kind::common_table) {
        Select& body = *source.common->select;
        if (open_.count(&body) == 0 && done_.insert(&body).second) {
            if (source.common->recursive)
                recursive(body);
            else
                select(body);
        }
        columns_of(source, body);
    }
}

void Inference::from(FromClause& clause)
{
    for (FromClause::Item& item : clause.items)
        table_ref(item.table);
}

// What stands in FROM may name the result's aliases, so this comes after the result.
void Inference::conditions(FromClause& clause)
{
    for (FromClause::Item& item : clause.items) {
        if (item.table.join)
            conditions(*item.table.join);
        infer_list(*this, item.table.args);
        infer_optional(*this, item.on);
    }
}

// ------------------------------------------------------------------------------------------------ SELECT

void Inference::window(Window& window)
{
    infer_list(*this, window.partition_by);
    order_by(window.order_by);
    if (window.frame) {
        infer_optional(*this, window.frame->start_offset);
        infer_optional(*this, window.frame->end_offset);
    }
}

void Inference::outputs(std::vector<SelectCore::Output>& outputs)
{
    for (SelectCore::Output& output : outputs)
        expr(*output.expr);
}

void Inference::core(SelectCore& core)
{
    if (core.from)
        from(*core.from);
    for (std::vector<ExprPtr>& row : core.values)
        infer_list(*this, row);
    if (core.values.empty())
        outputs(core.outputs);
    if (core.from)
        conditions(*core.from);
    infer_optional(*this, core.where);
    infer_list(*this, core.group_by);
    infer_optional(*this, core.having);
    for (SelectCore::NamedWindow& named : core.windows)
        window(named.window);
}

void Inference::order_by(std::vector<OrderingTerm>& terms)
{
    for (OrderingTerm& term : terms)
        expr(*term.expr);
}

// Affinity and collation are the first arm's (see typing_expr), the collation of a later one when it has none; the
// classes are anyone's.
void Inference::result(Select& select)
{
    const std::size_t columns = select.result.size();
    for (std::size_t i = 0; i < columns; ++i) {
        Select::Column& column = select.result[i];
        column.classes = Classes::from_bits(0);
        column.has_collation = false;
        column.collation = Collation::binary;
        if (const Expr* typing = typing_expr(select, i))
            column.affinity = typing->affinity;
        for (const SelectCore& core : select.cores) {
            if (i >= core.outputs.size())
                continue;
            const Expr& e = *core.outputs[i].expr;
            if (!column.has_collation && (e.has_collation || is_subquery_arm(select, core))) {
                column.has_collation = true;
                column.collation = e.collation;
            }
            // A rowid has no collation, but for one beside windows: SQLite reads it from a subquery then.
            const auto is_windowed = [](const SelectCore::Output& o) { return o.expr->has_window; };
            if (as<ColumnRef>(e) && std::any_of(core.outputs.begin(), core.outputs.end(), is_windowed))
                column.has_collation = true;
            if (core.values.empty())
                column.classes = column.classes | e.classes;
            // Without GROUP BY there is a row even when there was nothing to aggregate.
            if (core.aggregate && core.group_by.empty() && !as<Call>(bare(e)))
                column.classes = column.classes.with_null();
            for (const std::vector<ExprPtr>& row : core.values)
                column.classes = column.classes | row[i]->classes;
        }
    }
}

void Inference::select(Select& select)
{
    for (SelectCore& c : select.cores)
        core(c);
    result(select);
    order_by(select.order_by);
    infer_optional(*this, select.limit);
    infer_optional(*this, select.offset);
}

// The anchor first; then all arms again and again, each time with the columns being what they were found to be, until
// they are nothing more. At most five classes a column can be added.
void Inference::recursive(Select& select)
{
    open_.insert(&select);
    core(select.cores.front());
    for (Select::Column& column : select.result)
        column.classes = Classes::from_bits(0);
    for (std::size_t i = 0; i < select.result.size(); ++i) {
        const SelectCore& anchor = select.cores.front();
        const Expr& e = *anchor.outputs[i].expr;
        select.result[i].affinity = e.affinity;
        select.result[i].classes = e.classes;
        for (const std::vector<ExprPtr>& row : anchor.values)
            select.result[i].classes = select.result[i].classes | row[i]->classes;
    }
    for (bool grew = true; grew;) {
        std::vector<Classes> before;
        for (const Select::Column& column : select.result)
            before.push_back(column.classes);
        for (SelectCore& c : select.cores)
            core(c);
        result(select);
        grew = false;
        for (std::size_t i = 0; i < before.size(); ++i)
            grew = grew || !(select.result[i].classes == before[i]);
    }
    order_by(select.order_by);
    infer_optional(*this, select.limit);
    infer_optional(*this, select.offset);
    open_.erase(&select);
}

// ------------------------------------------------------------------------------------------------ writes

void Inference::set(std::vector<SetClause>& clauses)
{
    for (SetClause& clause : clauses)
        expr(*clause.value);
}

void Inference::returning(std::vector<SelectCore::Output>& list, const Source& target)
{
    returned_ = &target;
    outputs(list);
    returned_ = nullptr;
}

void Inference::insert(Insert& insert)
{
    if (insert.source)
        select(*insert.source);
    for (UpsertClause& clause : insert.upserts) {
        for (UpsertClause::Target& target : clause.target)
            expr(*target.expr);
        infer_optional(*this, clause.target_where);
        set(clause.set);
        infer_optional(*this, clause.where);
    }
    returning(insert.returning_outputs, *insert.target);
}

void Inference::update(Update& update)
{
    if (update.from) {
        from(*update.from);
        conditions(*update.from);
    }
    set(update.set);
    infer_optional(*this, update.where);
    order_by(update.order_by);
    infer_optional(*this, update.limit);
    infer_optional(*this, update.offset);
    returning(update.returning_outputs, *update.table.source);
}

void Inference::delete_(Delete& del)
{
    infer_optional(*this, del.where);
    order_by(del.order_by);
    infer_optional(*this, del.limit);
    infer_optional(*this, del.offset);
    returning(del.returning_outputs, *del.table.source);
}

void Inference::statement(Statement& statement)
{
    if (auto* n = std::get_if<SelectPtr>(&statement.node))
        select(**n);
    else if (auto* n = std::get_if<Insert>(&statement.node))
        insert(*n);
    else if (auto* n = std::get_if<Update>(&statement.node))
        update(*n);
    else if (auto* n = std::get_if<Delete>(&statement.node))
        delete_(*n);
    else if (auto* n = std::get_if<CreateTable>(&statement.node); n && n->as_select)
        select(*n->as_select);
}

void Inference::trigger(CreateTrigger& trigger)
{
    infer_optional(*this, trigger.when);
    for (TriggerStatement& statement : trigger.body) {
        if (auto* n = std::get_if<Insert>(&statement))
            insert(*n);
        else if (auto* n = std::get_if<Update>(&statement))
            update(*n);
        else if (auto* n = std::get_if<Delete>(&statement))
            delete_(*n);
        else
            select(*std::get<SelectPtr>(statement));
    }
}

} // namespace howdah::dialect
