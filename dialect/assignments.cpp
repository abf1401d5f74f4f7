// SET lists; see assignments.hpp.
#include "dialect/assignments.hpp"

#include "dialect/conflict_trigger.hpp"
#include "dialect/full_text.hpp"
#include "dialect/insert_policy.hpp"
#include "dialect/lower.hpp"
#include "dialect/rowloop.hpp"
#include "dialect/store.hpp"
#include "dialect/write_effects.hpp"
#include "dialect/write_keys.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

// The expression of one column when it has one of its own: the value itself, or a member of a row value.
const Expr* own_expression(const SetClause& clause, std::size_t position)
{
    if (clause.columns.size() == 1)
        return clause.value.get();
    const auto* row = as<RowValue>(bare(*clause.value));
    return row ? row->members.at(position).get() : nullptr;
}

const Select& select_of(const SetClause& clause) { return *as<Subquery>(bare(*clause.value))->select; }

} // namespace

Assignments::Assignments(const std::vector<SetClause>& set, const Table& table, ConflictAction conflict)
    : table_(table), conflict_(conflict)
{
    for (const auto& clause : set) {
        for (std::size_t i = 0; i < clause.indexes.size(); ++i) {
            const int column = clause.indexes[i] == table.rowid_alias ? -1 : clause.indexes[i];
            std::erase_if(sources_, [&](const Source& s) { return s.column == column; });
            sources_.push_back({column, &clause, i});
        }
    }
    for (const auto& s : sources_)
        columns_.push_back(s.column);
    std::sort(columns_.begin(), columns_.end());
}

const Assignments::Source* Assignments::find(int column) const
{
    const auto at = std::find_if(sources_.begin(), sources_.end(), [&](const Source& s) { return s.column == column; });
    return at == sources_.end() ? nullptr : &*at;
}

Fragment Assignments::stored(const Expr& expr, int column, Lowering& lowering) const
{
    if (column >= 0)
        return not_null(store(expr, table_, column, lowering), column, lowering);
    const Fragment f = store_rowid(expr, table_, lowering);
    if (!f.classes.nullable())
        return f;
    if (table_.full_text && !table_.full_text->is_fts5()) // a docid of NULL stays as it is
        return {call("coalesce", {f.text, quote_identifier(table_.rowid_pg)}), PgType::int8, StorageClass::integer};
    return {call("howdah.rowid_not_null", {f.text}), PgType::int8, StorageClass::integer};
}

Fragment Assignments::not_null(const Fragment& value, int column, Lowering& lowering) const
{
    if (!value.classes.nullable() || !replaces_null(table_.columns[static_cast<std::size_t>(column)], conflict_))
        return value;
    const Fragment fallback = default_of(table_, column, lowering);
    if (looks_behind_before_triggers(table_, TriggerEvent::update))
        return value; // which the triggers see
    refuse_early_default(table_, TriggerEvent::update);
    return {call("coalesce", {value.text, fallback.text}), value.type, value.classes.without_null() | fallback.classes};
}

Fragment Assignments::value(int column, Lowering& lowering) const
{
    const Source* source = find(column);
    if (const Expr* expr = own_expression(*source->clause, source->position))
        return stored(*expr, column, lowering);
    const Select& select = select_of(*source->clause);
    const auto member = [&] { return member_of(select, source->position, column, lowering); };
    const Fragment f = lowering.once ? lowering.once->once(select, member) : member();
    return column < 0 ? f : not_null(f, column, lowering);
}

// What a column stores of the values of a SELECT's first row.
Fragment Assignments::member_of(const Select& select, std::size_t position, int column, Lowering& lowering) const
{
    std::vector<Output> outputs;
    const std::string query = lowering.first_row(select, nullptr, &outputs);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < outputs.size(); ++i)
        names.push_back("c" + std::to_string(i + 1));
    const Output& o = outputs.at(position);
    const Fragment member{"s." + names.at(position), o.type, o.classes};
    Fragment f = column < 0 ? store_rowid(member, table_) : store(member, table_, column, lowering);
    f.text = "(SELECT " + f.text + " FROM (" + query + ") AS s (" + join(names, ", ") + "))";
    f.classes = f.classes.with_null();
    if (column < 0)
        return {call("howdah.rowid_not_null", {f.text}), PgType::int8, StorageClass::integer};
    return f;
}

std::string Assignments::list(Lowering& lowering) const
{
    std::vector<std::string> parts;
    for (const auto& s : sources_)
        parts.push_back(column_text(table_, s.column) + " = " + value(s.column, lowering).text);
    return join(parts, ", ");
}

bool Assignments::any(const std::function<bool(const Expr&)>& test) const
{
    return std::any_of(sources_.begin(), sources_.end(), [&](const Source& s) { return test(*s.clause->value); });
}

bool Assignments::constant(const std::vector<int>& columns) const
{
    return std::all_of(columns.begin(), columns.end(), [&](int c) {
        const Source* s = find(c);
        const Expr* expr = s ? own_expression(*s->clause, s->position) : nullptr;
        return !s || (expr && expr->constant);
    });
}

} // namespace howdah::dialect
