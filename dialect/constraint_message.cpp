// PostgreSQL's run-time errors in SQLite's words; see constraint_message.hpp.
#include "dialect/constraint_message.hpp"

#include "dialect/full_text.hpp"
#include "dialect/schema_names.hpp"
#include "dialect/token.hpp"

#include <algorithm>
#include <optional>

namespace howdah::dialect {

namespace {

namespace extended {
constexpr int check = 275, foreign_key = 787, not_null = 1299, primary_key = 1555, trigger = 1811, unique = 2067;
constexpr int rowid = 2579, datatype = 3091, busy_snapshot = 517;
} // namespace extended

const Column* find_column(const Table& table, const std::string& pg)
{
    const auto at =
        std::find_if(table.columns.begin(), table.columns.end(), [&](const Column& c) { return c.pg == pg; });
    return at == table.columns.end() ? nullptr : &*at;
}

const Index* find_index(const Table& table, const std::string& pg)
{
    const auto at =
        std::find_if(table.indexes.begin(), table.indexes.end(), [&](const Index& i) { return i.pg == pg; });
    return at == table.indexes.end() ? nullptr : &*at;
}

bool is_rowid_index(const Table& table, const std::string& constraint)
{
    return table.has_rowid() && constraint == rowid_index_name(table);
}

std::string column_list(const Table& table, const Index& index)
{
    std::string list;
    for (const auto& column : index.columns) {
        if (!list.empty())
            list += ", ";
        list += table.name + ".";
        list += column.column < 0 ? "rowid" : table.columns[static_cast<std::size_t>(column.column)].name;
    }
    return list;
}

Error error(const ServerFailure& failure, int code, std::string message)
{
    return Error(std::move(message), {}, code, failure.sqlstate);
}

Error unknown(const ServerFailure& failure)
{
    const bool named = failure.message.starts_with("howdah: ");
    return error(failure, code::error, (named ? "" : "howdah: ") + failure.message);
}

Error unique_error(const Table& table, const ServerFailure& failure)
{
    const std::string prefix = "UNIQUE constraint failed: ";
    if (table.full_text && !table.full_text->is_fts5() && table.full_text->content != FullText::Content::own)
        return error(failure, code::error, "howdah: a docid that an fts4 table without content of its own has already");
    if (table.full_text)
        return error(failure, code::constraint, "constraint failed");
    if (is_rowid_index(table, failure.constraint)) {
        if (table.rtree)
            return error(failure, code::constraint, prefix + table.name + "." + table.columns.front().name);
        if (table.rowid_alias < 0)
            return error(failure, extended::rowid, prefix + table.name + ".rowid");
        const auto& alias = table.columns[static_cast<std::size_t>(table.rowid_alias)];
        return error(failure, extended::primary_key, prefix + table.name + "." + alias.name);
    }
    const Index* index = find_index(table, failure.constraint);
    if (!index)
        return unknown(failure);
    const bool expression = std::any_of(index->columns.begin(), index->columns.end(),
                                        [](const IndexColumn& c) { return c.expr != nullptr || c.column == -2; });
    const int code = index->origin == Index::Origin::primary_key ? extended::primary_key : extended::unique;
    return error(failure, code, prefix + (expression ? "index '" + index->name + "'" : column_list(table, *index)));
}

Error constraint_error(const Table& table, const ServerFailure& failure)
{
    if (failure.sqlstate == "23505")
        return unique_error(table, failure);
    if (failure.sqlstate == "23502") {
        const Column* column = find_column(table, failure.column);
        return column ? error(failure, extended::not_null,
                              "NOT NULL constraint failed: " + table.name + "." + column->name)
                      : unknown(failure);
    }
    const auto number = check_constraint_number(failure.constraint);
    if (!number || *number > table.checks.size())
        return unknown(failure);
    const Check& check = table.checks[*number - 1];
    if (table.rtree)
        return error(failure, code::constraint, "rtree constraint failed: " + table.name + ".(" + check.text + ")");
    // A check without a name goes by its text, which SQLite takes the quotes off as off a name: CHECK ("a" > 0) is a.
    return error(failure, extended::check,
                 "CHECK constraint failed: " + (check.name.empty() ? unquoted(check.text) : check.name));
}

struct Translation {
    std::string_view sqlstate;
    int code;
    std::string_view message; // empty: PostgreSQL's own, which is SQLite's already
};

constexpr Translation translations[] = {
    {"23503", extended::foreign_key, "FOREIGN KEY constraint failed"},
    {"HW001", code::error, ""},
    {"HW011", 267, ""},
    {"HW013", 13, ""},
    {"HW019", extended::trigger, ""},
    {"HW01F", extended::trigger, ""},
    {"HW01R", extended::trigger, ""},
    {"HW020", code::mismatch, ""},
    {"HW0PI", 2835, ""}, // SQLITE_CONSTRAINT_PINNED
    {"HW0NU", code::mismatch, ""},
    {"HW0ST", extended::datatype, ""},
    {"22003", code::error, "integer overflow"},
    {"22021", code::mismatch,
     "howdah: a text value with a NUL character or invalid UTF-8 cannot be stored in PostgreSQL text; use a BLOB"},
    {"22014", code::error, "argument of ntile must be a positive integer"},
    {"22016", code::error, "second argument to nth_value must be a positive integer"},
    {"22032", code::error, "malformed JSON"},
    {"25006", code::readonly, "attempt to write a readonly database"},
    {"27000", code::error, "howdah: a BEFORE trigger that changes the row which it fires for; use an AFTER trigger"},
    {"3B001", code::error, "no such savepoint"},
    {"40001", extended::busy_snapshot, "database is locked"},
    {"40P01", 5, "database is locked"},
    {"53100", 13, "database or disk is full"},
    {"53200", 7, "out of memory"},
    {"54000", code::toobig, "string or blob too big"},
    {"55P03", 5, "database is locked"},
    {"57014", 9, "interrupted"},
};

} // namespace

const Table* find_table(const Catalog& catalog, const ServerFailure& failure)
{
    // Each session's pg_temp has a name of its own: pg_temp_3.
    const std::string schema = failure.schema.starts_with("pg_temp_") ? "pg_temp" : failure.schema;
    for (const auto& row : catalog.rows()) {
        if (row.type != "table")
            continue;
        const Table* table = catalog.find_table(row.schema, row.name);
        if (table && table->pg == failure.table && table->pg_schema == schema)
            return table;
    }
    return nullptr;
}

Error constraint_message(const Catalog& catalog, const ServerFailure& failure)
{
    const bool constraint = failure.sqlstate == "23505" || failure.sqlstate == "23502" || failure.sqlstate == "23514";
    if (constraint) {
        const Table* table = find_table(catalog, failure);
        return table ? constraint_error(*table, failure) : unknown(failure);
    }
    if (failure.sqlstate == "22P02" && failure.message.find("type json") != std::string::npos)
        return error(failure, code::error, "malformed JSON");
    for (const auto& t : translations)
        if (t.sqlstate == failure.sqlstate)
            return error(failure, t.code, t.message.empty() ? failure.message : std::string(t.message));
    if (failure.sqlstate.starts_with("08") || failure.sqlstate.starts_with("57P0"))
        return error(failure, 10, "disk I/O error");
    return unknown(failure);
}

namespace {

// In what a foreign key does, or in a trigger that a DELETE has fired: the clause of the statement has no part in it.
bool is_ungoverned(const Catalog& catalog, const ServerFailure& failure)
{
    const auto was_in = [&](const std::string& function) {
        const std::string frame = "PL/pgSQL function ";
        for (std::size_t at = failure.context.find(frame); at != std::string::npos;
             at = failure.context.find(frame, at + 1)) {
            const bool begins_line = at == 0 || failure.context[at - 1] == '\n';
            const std::string line = failure.context.substr(at, failure.context.find('\n', at) - at);
            if (begins_line && line.find(function) != std::string::npos)
                return true;
        }
        return false;
    };
    if (was_in("howdah_fk_"))
        return true;
    for (const auto& table : catalog.tables())
        for (const Trigger& trigger : table->triggers)
            if (trigger.definition->event == CreateTrigger::Event::delete_ &&
                was_in(pg_identifier(table->pg_prefix + "howdah_trigger_" + trigger.name)))
                return true;
    return false;
}

} // namespace

bool ends_transaction(const Catalog& catalog, const Compiled& statement, const ServerFailure& failure)
{
    if (failure.sqlstate == "HW01R")
        return true;
    if (failure.sqlstate != "23505" && failure.sqlstate != "23502" && failure.sqlstate != "23514")
        return false;
    if (failure.datatype == rollback_mark || failure.datatype == abort_mark)
        return failure.datatype == rollback_mark;
    if (statement.conflict_named)
        return statement.rollback_on_constraint && !is_ungoverned(catalog, failure);
    const Table* table = find_table(catalog, failure);
    if (!table)
        return false;
    if (failure.sqlstate == "23502") {
        const Column* column = find_column(*table, failure.column);
        return column && column->not_null_conflict == ConflictAction::rollback;
    }
    if (is_rowid_index(*table, failure.constraint))
        return table->primary_key_conflict == ConflictAction::rollback;
    const Index* index = find_index(*table, failure.constraint);
    return index && index->conflict == ConflictAction::rollback;
}

std::optional<Promotion> promotion_needed(const Catalog& catalog, const ServerFailure& failure)
{
    if (failure.sqlstate != "HW0PR")
        return std::nullopt;
    // howdah.misfit() says SQLite's names.
    const Table* table = catalog.find_table(failure.schema, failure.table);
    const int column = table ? table->find_column(failure.column) : -1;
    if (column < 0)
        return std::nullopt;
    return Promotion{table->schema, table->name, table->columns[static_cast<std::size_t>(column)].name,
                     failure.datatype == "numeric" ? PgType::numeric : PgType::v};
}

} // namespace howdah::dialect
