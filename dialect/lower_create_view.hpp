// Views are expanded where they are used (catalogue D4). PostgreSQL has one only when it has INSTEAD OF triggers, to
// hang them on; each of its columns is howdah.v, because SQLite converts nothing on the way to NEW, or
// the trigger does.
#pragma once

#include "dialect/catalog.hpp"

#include <string>
#include <vector>

namespace howdah::dialect {

// Empty when the view does not compile now: a table of it is missing.
std::string create_view_sql(const Catalog& catalog, const Table& view);
// What an UPDATE does to the columns of NEW: the affinities of the SELECT's first arm, of the last where the view names
// its columns.
std::vector<Affinity> view_affinities(const Catalog& catalog, const Table& view);
std::string drop_view_sql(const Table& view);

} // namespace howdah::dialect
