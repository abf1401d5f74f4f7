// Whether a trigger can come to fire itself, through the statements of its body, other triggers and foreign keys.
#pragma once

#include "dialect/catalog.hpp"

namespace howdah::dialect {

// True when some chain of events leads from the trigger back to it: then it needs the guard that recursive_triggers =
// OFF asks for. Conditions are not looked at, so it may be true of a trigger that never does.
bool may_fire_itself(const Catalog& catalog, const Table& table, const Trigger& trigger);

} // namespace howdah::dialect
