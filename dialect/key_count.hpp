// SQLite's counter of rows without a parent (fkey.c), for transactions in which tests of foreign keys cannot wait on
// the tables themselves: runtime/76_keys.sql.
#pragma once

#include "dialect/catalog.hpp"

#include <functional>
#include <string>

namespace howdah::dialect {

// SELECT of how many rows have no parent, once for each of their keys. Of a parent that is missing, every row that
// refers to it; of one that has no such key, none: SQLite writes to neither of the two tables then.
std::string orphans_sql(const Catalog& catalog);

// The same of those keys alone that a change of the schema takes to another parent, before it and behind it; empty
// where there is none. `become`: the table of `to` that one of `from` is; null when it is dropped.
struct MovedKeys {
    std::string before, behind;
};
MovedKeys moved_keys(const Catalog& from, const Catalog& to, const std::function<const Table*(const Table&)>& become);

} // namespace howdah::dialect
