// The beginning of every write; see write_target.hpp.
#include "dialect/write_target.hpp"

namespace howdah::dialect {

void begin_write(const Table& table, ConflictAction conflict, Lowering& lowering, Compiled& out)
{
    if (table.kind == Table::Kind::virtual_table)
        throw refusal("writing to virtual table " + table.name + " is not supported");
    out.kind = Compiled::Kind::write;
    out.read_only = false;
    const bool temporary = equal_names(table.schema, "temp");
    lowering.touches_temp = lowering.touches_temp || temporary;
    out.touches_temp = out.touches_temp || temporary;
    if (lowering.options().writers == Writers::single && (!temporary || !table.triggers.empty()))
        out.needs_writer_lock = true;
    out.conflict_named = conflict != ConflictAction::unspecified;
    out.rollback_on_constraint = conflict == ConflictAction::rollback;
}

} // namespace howdah::dialect
