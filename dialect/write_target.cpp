// The beginning of every write; see write_target.hpp.
#include "dialect/write_target.hpp"

#include "dialect/full_text.hpp"

namespace howdah::dialect {

void begin_write(const Table& table, ConflictAction conflict, Lowering& lowering, Compiled& out)
{
    if (table.kind == Table::Kind::virtual_table)
        throw refusal("writing to the table " + table.name + ", in which SQLite keeps a virtual table's data");
    out.kind = Compiled::Kind::write;
    out.read_only = false;
    const bool temporary = table.is_private();
    lowering.touches_temp = lowering.touches_temp || temporary;
    out.touches_temp = out.touches_temp || temporary;
    if (lowering.options().writers == Writers::single && (!temporary || !table.triggers.empty()))
        out.needs_writer_lock = true;
    out.conflict_named = conflict != ConflictAction::unspecified;
    out.rollback_on_constraint = conflict == ConflictAction::rollback;
}

void refuse_shadow_table(const Statement& statement, const Catalog& catalog)
{
    std::string_view schema, name;
    if (const auto* drop = std::get_if<Drop>(&statement.node); drop && drop->kind == Drop::Kind::table) {
        schema = drop->name.schema.text;
        name = drop->name.name.text;
    } else if (const auto* alter = std::get_if<AlterTable>(&statement.node)) {
        schema = alter->table.schema.text;
        name = alter->table.name.text;
    } else if (const auto* trigger = std::get_if<CreateTrigger>(&statement.node)) {
        schema = trigger->table.schema.text;
        name = trigger->table.name.text;
    } else if (const auto* index = std::get_if<CreateIndex>(&statement.node)) {
        schema = index->name.schema.text;
        name = index->table.text;
    }
    const Table* table = name.empty() ? nullptr : catalog.find_table(schema, name);
    if (table && table->kind == Table::Kind::virtual_table && !table->full_text && !table->rtree)
        throw refusal("changing the table " + table->name + ", in which SQLite keeps a virtual table's data",
                      statement.span);
}

std::string rowid_left_behind(const Table& table, bool is_update)
{
    if (table.rtree)
        return "1::bigint";
    if (table.full_text && table.full_text->module == FullText::Module::fts4)
        return "0::bigint";
    return table.full_text && is_update ? quote_identifier(table.rowid_pg) : std::string();
}

Step write_leaving_rowid(const std::string& sql, const std::string& rowid, Lowering& lowering)
{
    Step step = lowering.step("WITH \"howdah changed\" AS (" + sql + " RETURNING " + rowid +
                                  " AS r) SELECT r FROM \"howdah changed\" ORDER BY r",
                              Step::Role::write);
    step.returns_rowid = true;
    return step;
}

} // namespace howdah::dialect
