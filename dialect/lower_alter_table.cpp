// See lower_alter_table.hpp.
#include "dialect/lower_alter_table.hpp"

#include "dialect/full_text.hpp"
#include "dialect/long_keys.hpp"
#include "dialect/lower_create_table.hpp"
#include "dialect/printer.hpp"
#include "dialect/rowid.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/table_expression.hpp"

#include <algorithm>

namespace howdah::dialect {

namespace {

using Statements = std::vector<std::string>;

std::string alter(const Table& table) { return "ALTER TABLE " + pg_name(table) + " "; }

std::string rename_column_sql(const Table& table, const std::string& from, const std::string& to)
{
    return alter(table) + "RENAME COLUMN " + quote_identifier(from) + " TO " + quote_identifier(to);
}

// SQLite evaluates a new column's DEFAULT once, without a program: literals with signs and casts, nothing else
// (sqlite3ValueFromExpr).
bool is_plain_default(const Expr& expr)
{
    const Expr& e = bare(expr);
    if (const auto* sign = as<Unary>(e))
        return (sign->op == UnaryOp::minus || sign->op == UnaryOp::plus) && is_plain_default(*sign->operand);
    if (const auto* cast = as<Cast>(e))
        return is_plain_default(*cast->operand);
    return as<Literal>(e) != nullptr;
}

bool is_null(const Expr& expr)
{
    const auto* literal = as<Literal>(bare(expr));
    return literal && literal->form == Literal::Form::null;
}

bool has_foreign_key(const Table& table, int column)
{
    return std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(), [&](const ForeignKey& key) {
        return std::find(key.columns.begin(), key.columns.end(), column) != key.columns.end();
    });
}

// sqlite3AlterFinishAddColumn: what only matters when the table has rows, which the mirror does not have.
void refuse_for_rows(Statements& out, const Table& was, const Catalog& to, const Table& is, int added,
                     bool foreign_keys)
{
    const Column& c = is.columns[static_cast<std::size_t>(added)];
    if (c.generated == Column::Generated::stored) {
        out.push_back(raise_if_any_row(was, "", "cannot add a STORED column"));
        return;
    }
    if (c.generated != Column::Generated::no)
        return;
    const bool has_default = c.default_value && !is_null(*c.default_value);
    if (foreign_keys && has_default && has_foreign_key(is, added))
        out.push_back(raise_if_any_row(was, "", "Cannot add a REFERENCES column with non-NULL default value"));
    if (c.not_null && !has_default)
        out.push_back(raise_if_any_row(was, "", "Cannot add a NOT NULL column with default value NULL"));
    if (has_default && !is_plain_default(*c.default_value))
        out.push_back(raise_if_any_row(was, "", "Cannot add a column with non-constant default"));
    // Only a STRICT table has columns that are not widened for their DEFAULT.
    if (has_default && default_sql(to, is, added).empty())
        out.push_back(raise_if_any_row(was, "",
                                       "howdah: the DEFAULT of " + is.name + "." + c.name +
                                           " has not the type of the column, and the table has rows"));
}

// What the rows that are there have in a new column whose DEFAULT is a REAL literal: SQLite reads its text as the
// column's affinity has it, and as NUMERIC where there is none. Nothing where they have what later rows get, too.
std::string default_of_old_rows(const Table& table, int column)
{
    const Column& c = table.columns[static_cast<std::size_t>(column)];
    const Expr* e = c.default_value ? &bare(*c.default_value) : nullptr;
    bool negative = false;
    for (const Unary* sign; e && (sign = as<Unary>(*e)); e = &bare(*sign->operand)) {
        if (sign->op != UnaryOp::minus && sign->op != UnaryOp::plus)
            return {};
        negative = negative != (sign->op == UnaryOp::minus);
    }
    const auto* literal_value = e ? as<Literal>(*e) : nullptr;
    const auto* real = literal_value ? std::get_if<double>(&literal_value->value) : nullptr;
    if (!real)
        return {};
    if (c.affinity == Affinity::text) {
        const std::string_view text = c.default_text;
        const std::size_t begin = text.find_first_of("0123456789."), end = text.find_last_of("0123456789.");
        const bool signed_once = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(begin), '-') < 2;
        const std::string digits(text.substr(begin, end + 1 - begin));
        return signed_once ? widen(literal(Value((negative ? "-" : "") + digits)), c.storage).text : std::string();
    }
    if (c.affinity != Affinity::blob)
        return {};
    const Value value = apply_affinity(negative ? -*real : *real, Affinity::numeric);
    return std::holds_alternative<std::int64_t>(value) ? widen(literal(value), c.storage).text : std::string();
}

// Checks of `is` that `was` does not have: those of an added column stand together, before the table's own.
struct NewChecks {
    std::size_t first = 0, count = 0; // from 0
};

NewChecks new_checks(const Table& was, const Table& is)
{
    NewChecks out;
    while (out.first < was.checks.size() && out.first < is.checks.size() &&
           was.checks[out.first].text == is.checks[out.first].text)
        ++out.first;
    out.count = is.checks.size() > was.checks.size() ? is.checks.size() - was.checks.size() : 0;
    return out;
}

std::string rename_check(const Table& table, std::size_t from, std::size_t to)
{
    return alter(table) + "RENAME CONSTRAINT " + quote_identifier(check_constraint_name(from)) + " TO " +
           quote_identifier(check_constraint_name(to));
}

void add_column(Statements& out, const Table& was, const Catalog& to, const Table& is, bool foreign_keys)
{
    const int added = static_cast<int>(is.columns.size()) - 1;
    refuse_for_rows(out, was, to, is, added, foreign_keys);
    if (was.rowid_pg != is.rowid_pg)
        out.push_back(rename_column_sql(is, was.rowid_pg, is.rowid_pg));
    std::string column = column_sql(to, is, added);
    const std::string later = "DEFAULT (" + default_sql(to, is, added) + ")";
    const std::string old = default_of_old_rows(is, added);
    const std::size_t at = old.empty() ? std::string::npos : column.rfind(later);
    if (at != std::string::npos)
        column.replace(at, later.size(), "DEFAULT (" + old + ")");
    out.push_back(alter(is) + "ADD COLUMN " + column);
    if (at != std::string::npos)
        out.push_back(alter(is) + "ALTER COLUMN " + quote_identifier(is.columns.back().pg) + " SET " + later);
    const NewChecks checks = new_checks(was, is);
    if (checks.count != 0)
        for (std::size_t n = was.checks.size(); n > checks.first; --n)
            out.push_back(rename_check(is, n, n + checks.count));
    for (std::size_t n = checks.first + 1; n <= checks.first + checks.count; ++n) {
        const std::string condition = table_condition(to, is, *is.checks[n - 1].expr, Arithmetic::exact);
        out.push_back(raise_if_any_row(is, "NOT (" + condition + ")", "CHECK constraint failed"));
        out.push_back(alter(is) + "ADD " + check_sql(to, is, n));
    }
}

void drop_column(Statements& out, const AlterTable& statement, const Table& was, const Table& is)
{
    const int gone = was.find_column(statement.column.text);
    out.push_back(alter(is) + "DROP COLUMN " + quote_identifier(was.columns.at(static_cast<std::size_t>(gone)).pg));
    if (was.rowid_pg != is.rowid_pg)
        out.push_back(rename_column_sql(is, was.rowid_pg, is.rowid_pg));
    // PostgreSQL has dropped the column's own checks with it; those behind them move down.
    std::size_t kept = 0;
    for (std::size_t n = 0; n < was.checks.size() && kept < is.checks.size(); ++n) {
        if (was.checks[n].text != is.checks[kept].text)
            continue;
        if (n != kept)
            out.push_back(rename_check(is, n + 1, kept + 1));
        ++kept;
    }
}

void rename_column(Statements& out, const Table& was, const Table& is)
{
    // The hidden rowid makes room for a column that takes its name, or takes the name that a column gives up.
    const bool hidden = was.rowid_alias < 0 && was.rowid_pg != is.rowid_pg;
    const bool after = hidden && was.find_column(is.rowid_pg) >= 0;
    if (hidden && !after)
        out.push_back(rename_column_sql(is, was.rowid_pg, is.rowid_pg));
    for (std::size_t i = 0; i < is.columns.size(); ++i)
        if (was.columns[i].pg != is.columns[i].pg)
            out.push_back(rename_column_sql(is, was.columns[i].pg, is.columns[i].pg));
    if (after)
        out.push_back(rename_column_sql(is, was.rowid_pg, is.rowid_pg));
}

void rename_index(Statements& out, const Table& is, const std::string& from, const std::string& to)
{
    if (from != to)
        out.push_back("ALTER INDEX " + qualified(is.pg_schema, from) + " RENAME TO " + quote_identifier(to));
}

void rename_table(Statements& out, const Table& was, const Catalog& to, const Table& is)
{
    if (was.pg != is.pg)
        out.push_back(alter(was) + "RENAME TO " + quote_identifier(is.pg));
    for (std::size_t i = 0; i < is.indexes.size() && i < was.indexes.size(); ++i) {
        rename_index(out, is, was.indexes[i].pg, is.indexes[i].pg);
        rename_index(out, is, long_key_index_name(was, was.indexes[i]), long_key_index_name(is, is.indexes[i]));
    }
    rename_index(out, is, rowid_index_name(was), rowid_index_name(is));
    if (has_rowid_sequence(is) && rowid_sequence_name(was) != rowid_sequence_name(is))
        out.push_back("ALTER SEQUENCE IF EXISTS " + qualified(is.pg_schema, rowid_sequence_name(was)) + " RENAME TO " +
                      quote_identifier(rowid_sequence_name(is)));
    if (is.full_text)
        rename_index(out, is, full_text_index(was), full_text_index(is));
    if (const Table* sequence = is.autoincrement ? to.find_table(is.schema, "sqlite_sequence") : nullptr) {
        const PgType type = sequence->columns[0].storage;
        const std::string name = quote_identifier(sequence->columns[0].pg);
        out.push_back("UPDATE " + pg_name(*sequence) + " SET " + name + " = " + widen(literal(is.name), type).text +
                      " WHERE " + name + " = " + widen(literal(was.name), type).text);
    }
}

} // namespace

std::string raise_if_any_row(const Table& table, std::string_view condition, std::string_view message)
{
    std::string sql = "SELECT howdah.err(" + quote_string(message) + ", 'HW001') FROM " + pg_name(table);
    if (!condition.empty())
        sql += " WHERE " + std::string(condition);
    return sql + " LIMIT 1";
}

std::vector<std::string> alter_table_statements(const AlterTable& statement, const Table& was, const Catalog& to,
                                                const Table& is, bool foreign_keys)
{
    Statements out;
    switch (statement.action) {
    case AlterTable::Action::rename_table:
        rename_table(out, was, to, is);
        break;
    case AlterTable::Action::rename_column:
        rename_column(out, was, is);
        break;
    case AlterTable::Action::add_column:
        add_column(out, was, to, is, foreign_keys);
        break;
    case AlterTable::Action::drop_column:
        drop_column(out, statement, was, is);
        break;
    }
    return out;
}

} // namespace howdah::dialect
