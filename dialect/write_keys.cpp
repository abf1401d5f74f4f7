// The uniqueness rules of a table; see write_keys.hpp.
#include "dialect/write_keys.hpp"

#include "dialect/conversions.hpp"
#include "dialect/lower.hpp"
#include "dialect/lower_create_index.hpp"
#include "dialect/parser.hpp"
#include "dialect/reads.hpp"
#include "dialect/resolver.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/table_expression.hpp"
#include "dialect/walk.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace howdah::dialect {

namespace {

// A column of a row that may not be stored yet.
Fragment row_value(const Table& table, int column, std::string_view alias, Lowering& lowering);

ConflictAction effective(ConflictAction statement, ConflictAction declared)
{
    if (statement != ConflictAction::unspecified)
        return statement;
    return declared == ConflictAction::unspecified ? ConflictAction::abort : declared;
}

bool replaces(const Index& index) { return index.conflict == ConflictAction::replace; }

// A schema expression over the row `alias`. The tree is made anew: the catalog's own is shared and never resolved.
// A row that is yet to be stored has no generated columns: they are computed where they are used.
template <typename Lower>
auto schema_expression(const Expr& expr, const Table& table, std::string_view alias, Lowering& lowering, Lower lower)
    -> decltype(lower(expr))
{
    const std::string text = unparse(expr);
    const ExprPtr copy = parse_expression(text);
    const ResolveRequest request{lowering.catalog(), {}, lowering.options(), nullptr, false, false, table.schema, text};
    const auto source = resolve_table_expression(*copy, table, alias, request);
    const auto outer = lowering.substitute;
    lowering.substitute = [&](const Expr& e) -> std::optional<Fragment> {
        const auto* column = as<ColumnRef>(e);
        if (column && column->source == source.get() && column->index >= 0)
            return row_value(table, column->index, alias, lowering);
        return std::nullopt;
    };
    auto result = lower(*copy);
    lowering.substitute = outer;
    return result;
}

Fragment row_value(const Table& table, int column, std::string_view alias, Lowering& lowering)
{
    if (column >= 0) {
        const Column& c = table.columns.at(static_cast<std::size_t>(column));
        if (c.generated != Column::Generated::no) {
            const Fragment f = schema_expression(*c.generated_as, table, alias, lowering,
                                                 [&](const Expr& e) { return to_value(lowering.value(e)); });
            return widen(with_affinity(f, c.affinity), c.storage);
        }
    }
    return row_column(table, column, alias);
}

Fragment key_column(const Table& table, const IndexColumn& column, std::string_view alias, Lowering& lowering)
{
    if (column.column >= -1 && !column.expr)
        return collation_key(row_value(table, column.column, alias, lowering), column.collation);
    const Fragment f = schema_expression(*column.expr, table, alias, lowering,
                                         [&](const Expr& e) { return to_value(lowering.value(e)); });
    return collation_key(f, column.collation);
}

std::string predicate(const Table& table, const Index& index, std::string_view alias, Lowering& lowering)
{
    return schema_expression(*index.where, table, alias, lowering,
                             [&](const Expr& e) { return lowering.condition(e).text; });
}

// Collects the target's columns that `expr` (of the conjunction WHERE) fixes to one value.
void fixed_columns(const Expr& expr, const Source& target, const std::vector<const Source*>& known,
                   std::set<int>& columns)
{
    const auto* e = as<Binary>(bare(expr));
    if (!e)
        return;
    if (e->op == BinaryOp::logical_and) {
        fixed_columns(*e->lhs, target, known, columns);
        fixed_columns(*e->rhs, target, known, columns);
        return;
    }
    if (e->op != BinaryOp::equal)
        return;
    const auto depends = [&](const Expr& side) {
        return any_expr(side, [&](const Expr& x) {
            const auto* column = as<ColumnRef>(x);
            const bool varies = column && column->source && column->source->kind != Source::Kind::trigger_row &&
                                std::find(known.begin(), known.end(), column->source) == known.end();
            return varies || select_of(x);
        });
    };
    const auto consider = [&](const Expr& side, const Expr& other) {
        const auto* column = as<ColumnRef>(bare(side));
        if (column && column->source == &target && !other.collation_explicit && !side.collation_explicit &&
            !depends(other))
            columns.insert(column->index == target.rowid_alias && target.rowid_alias >= 0 ? -1 : column->index);
    };
    consider(*e->lhs, *e->rhs);
    consider(*e->rhs, *e->lhs);
}

} // namespace

std::vector<Key> keys_of(const Table& table, bool as_declared)
{
    std::vector<Key> keys;
    const bool rowid_last = as_declared && table.primary_key_conflict == ConflictAction::replace;
    if (table.has_rowid() && !rowid_last)
        keys.push_back({});
    for (const bool replace : {false, true})
        for (auto index = table.indexes.rbegin(); index != table.indexes.rend(); ++index)
            if (index->unique && replaces(*index) == replace)
                keys.push_back({&*index});
    if (table.has_rowid() && rowid_last)
        keys.push_back({});
    return keys;
}

ConflictAction conflict_of(const Table& table, const Key& key, ConflictAction statement)
{
    return effective(statement, key.index ? key.index->conflict : table.primary_key_conflict);
}

ConflictAction not_null_conflict_of(const Column& column, ConflictAction statement)
{
    return effective(statement, column.not_null_conflict);
}

bool key_uses(const Table& table, const Key& key, const std::vector<int>& columns)
{
    const auto changed = [&](int c) {
        if (c == table.rowid_alias && c >= 0)
            c = -1;
        return std::any_of(columns.begin(), columns.end(),
                           [&](int x) { return x == c || (c == -1 && x == table.rowid_alias && x >= 0); });
    };
    if (!key.index)
        return changed(-1);
    const std::function<bool(const Expr&)> mentions = [&](const Expr& expr) {
        return any_expr(expr, [&](const Expr& e) {
            const auto* name = as<ColumnRef>(e);
            if (!name)
                return false;
            const int c = table.find_column(name->column.text);
            const Expr* generated = c < 0 ? nullptr : table.columns[static_cast<std::size_t>(c)].generated_as;
            return changed(c) || (generated && mentions(*generated));
        });
    };
    if (key.index->where && mentions(*key.index->where))
        return true;
    return std::any_of(key.index->columns.begin(), key.index->columns.end(), [&](const IndexColumn& c) {
        const Expr* generated = c.column < 0 ? nullptr : table.columns[static_cast<std::size_t>(c.column)].generated_as;
        return (c.expr && mentions(*c.expr)) || (generated && mentions(*generated)) || (!c.expr && changed(c.column));
    });
}

Fragment row_column(const Table& table, int column, std::string_view alias)
{
    const std::string prefix = alias.empty() ? std::string() : quote_identifier(alias) + ".";
    if (column < 0)
        return {prefix + quote_identifier(table.rowid_pg), PgType::int8, StorageClass::integer, false};
    const Column& c = table.columns.at(static_cast<std::size_t>(column));
    return {prefix + quote_identifier(c.pg), c.storage, classes_of(c.storage).with_null(), true};
}

Fragment new_row_value(const Table& table, int column, std::string_view alias, Lowering& lowering)
{
    return row_value(table, column, alias, lowering);
}

std::vector<Fragment> key_values(const Table& table, const Key& key, std::string_view alias, Lowering& lowering)
{
    if (!key.index)
        return {row_column(table, -1, alias)};
    std::vector<Fragment> values;
    for (const auto& column : key.index->columns)
        values.push_back(key_column(table, column, alias, lowering));
    return values;
}

std::string same_key(const Table& table, const Key& key, std::string_view row, std::string_view other,
                     Lowering& lowering)
{
    std::vector<std::string> parts;
    const std::vector<Fragment> values = key_values(table, key, row, lowering);
    const std::vector<Fragment> others = key_values(table, key, other, lowering);
    for (std::size_t i = 0; i < values.size(); ++i)
        parts.push_back(values[i].text + " = " + others[i].text);
    if (key.index && key.index->where) {
        parts.push_back(predicate(table, *key.index, row, lowering));
        parts.push_back(predicate(table, *key.index, other, lowering));
    }
    return join(parts, " AND ");
}

// PostgreSQL keeps an index's expression without its outermost COLLATE, and finds the index only so.
static std::string inferred(const std::string& expression)
{
    constexpr std::string_view collate = " COLLATE \"C\")";
    if (!expression.starts_with("(") || !expression.ends_with(collate))
        return parens(expression);
    return parens(expression.substr(1, expression.size() - 1 - collate.size())) + " COLLATE \"C\"";
}

std::string conflict_target(const Table& table, const Key& key, const Catalog& catalog)
{
    if (!key.index)
        return parens(quote_identifier(table.rowid_pg));
    std::vector<std::string> parts;
    for (const auto& column : key.index->columns) {
        const Fragment f = unique_key(catalog, table, column);
        const bool plain = !column.expr && f.text == table_column(table, column.column).text;
        parts.push_back(plain ? f.text : inferred(f.text));
    }
    std::string text = parens(join(parts, ", "));
    if (key.index->where)
        text += " WHERE " + index_condition(catalog, table, *key.index);
    return text;
}

std::string column_text(const Table& table, int column)
{
    return quote_identifier(column < 0 ? table.rowid_pg : table.columns.at(static_cast<std::size_t>(column)).pg);
}

std::vector<int> row_identity(const Table& table)
{
    if (table.has_rowid())
        return {-1};
    std::vector<int> key;
    for (std::size_t i = 0; i < table.columns.size(); ++i)
        if (table.columns[i].primary_key > 0)
            key.push_back(static_cast<int>(i));
    const auto place = [&](int c) { return table.columns[static_cast<std::size_t>(c)].primary_key; };
    std::sort(key.begin(), key.end(), [&](int a, int b) { return place(a) < place(b); });
    return key;
}

std::string identity_list(const Table& table, std::string_view alias)
{
    std::vector<std::string> parts;
    for (const int column : row_identity(table))
        parts.push_back(row_column(table, column, alias).text + " AS k" + std::to_string(parts.size() + 1));
    return join(parts, ", ");
}

namespace {

struct IdentityPart {
    int column = -1;
    Collation collation = Collation::binary; // the primary key's
    bool descending = false;
};

std::vector<IdentityPart> identity_parts(const Table& table)
{
    const auto primary = std::find_if(table.indexes.begin(), table.indexes.end(),
                                      [](const Index& i) { return i.origin == Index::Origin::primary_key; });
    std::vector<IdentityPart> parts;
    for (const int column : row_identity(table)) {
        IdentityPart& part = parts.emplace_back(IdentityPart{.column = column});
        if (column < 0)
            continue;
        part.collation = table.columns[static_cast<std::size_t>(column)].collation;
        if (primary == table.indexes.end())
            continue;
        const auto indexed = std::find_if(primary->columns.begin(), primary->columns.end(),
                                          [&](const IndexColumn& i) { return i.column == column; });
        if (indexed != primary->columns.end()) {
            part.collation = indexed->collation;
            part.descending = indexed->descending;
        }
    }
    return parts;
}

} // namespace

std::string identity_order(const Table& table)
{
    std::vector<std::string> parts;
    for (const IdentityPart& part : identity_parts(table)) {
        Fragment key = row_column(table, part.column, {});
        key.text = "k" + std::to_string(parts.size() + 1);
        parts.push_back(collation_key(key, part.collation).text + (part.descending ? " DESC" : ""));
    }
    return join(parts, ", ");
}

std::string identity_condition(const Table& table, std::string_view alias, std::string_view record)
{
    std::vector<std::string> parts;
    for (const IdentityPart& part : identity_parts(table)) {
        const Fragment column = row_column(table, part.column, alias);
        Fragment kept = column;
        kept.text = std::string(record) + ".k" + std::to_string(parts.size() + 1);
        parts.push_back(collation_key(column, part.collation).text + " = " + collation_key(kept, part.collation).text);
    }
    return join(parts, " AND ");
}

Fragment index_value(const Table& table, const IndexColumn& column, std::string_view alias, Lowering& lowering)
{
    if (!column.expr)
        return collation_key(row_column(table, column.column, alias), column.collation);
    const std::string text = unparse(*column.expr);
    const ExprPtr copy = parse_expression(text);
    const ResolveRequest request{lowering.catalog(), {}, lowering.options(), nullptr, false, false, table.schema, text};
    const auto source = resolve_table_expression(*copy, table, alias, request);
    return collation_key(to_value(lowering.value(*copy)), column.collation);
}

std::string check_text(const Table& table, const Check& check, std::string_view alias, Lowering& lowering)
{
    return schema_expression(*check.expr, table, alias, lowering,
                             [&](const Expr& e) { return lowering.condition(e).text; });
}

std::string raise_violation(const Table& table, std::string_view condition, const std::string& what)
{
    return "RAISE " + std::string(condition) + " USING SCHEMA = " + quote_string(table.pg_schema) +
           ", TABLE = " + quote_string(table.pg) + ", " + what + ";\n";
}

std::string raise_null(const Table& table, int column, std::string_view row)
{
    const std::string& name = table.columns[static_cast<std::size_t>(column)].pg;
    return "IF " + std::string(row) + "." + quote_identifier(name) + " IS NULL THEN\n" +
           raise_violation(table, "not_null_violation", "COLUMN = " + quote_string(name)) + "END IF;\n";
}

std::string raise_checks(const Table& table, std::string_view row, Lowering& lowering)
{
    std::string text;
    for (std::size_t i = 0; i < table.checks.size(); ++i)
        text +=
            "IF NOT " + parens(check_text(table, table.checks[i], row, lowering)) + " THEN\n" +
            raise_violation(table, "check_violation", "CONSTRAINT = " + quote_string(check_constraint_name(i + 1))) +
            "END IF;\n";
    return text;
}

bool at_most_one_row(const Expr* where, const Source& target, const Table& table,
                     const std::vector<const Source*>& known)
{
    std::set<int> fixed;
    if (where)
        fixed_columns(*where, target, known, fixed);
    for (const auto& key : keys_of(table)) {
        if (!key.index) {
            if (fixed.contains(-1))
                return true;
            continue;
        }
        // A comparison goes by the column's own collation; an index under another one could hold several such rows.
        const bool all =
            !key.index->where &&
            std::all_of(key.index->columns.begin(), key.index->columns.end(), [&](const IndexColumn& c) {
                return c.column >= 0 && fixed.contains(c.column) &&
                       (c.collation == Collation::binary
                            ? table.columns[static_cast<std::size_t>(c.column)].collation == Collation::binary
                            : true);
            });
        if (all)
            return true;
    }
    return false;
}

} // namespace howdah::dialect
