// Foreign keys as triggers (catalogue 15): they are enforced where the transaction says so (howdah.fk), parents may be
// missing, and comparisons are SQLite's.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/compile.hpp"
#include "dialect/schema_objects.hpp"

#include <optional>
#include <string>
#include <vector>

namespace howdah::dialect {

// The parent of a foreign key and the columns of its key (-1: the rowid is never one). Nothing when the parent does not
// exist or has no such key ("foreign key mismatch"): SQLite says so when a statement is prepared, so does the mirror.
struct ParentKey {
    const Table* parent = nullptr;
    std::vector<int> columns;
};
std::optional<ParentKey> parent_key(const Catalog& catalog, const Table& child, const ForeignKey& key);

// The functions and triggers of the keys that `child` declares.
void add_foreign_keys(std::vector<SchemaObject>& out, const Catalog& catalog, const Table& child,
                      const Options& options);

// The constraints, quoted and qualified, that changing rows of `table` can violate and that are tested at the end of
// each PostgreSQL statement. A statement that runs row by row must put its rows between SET CONSTRAINTS … DEFERRED and
// SET CONSTRAINTS … IMMEDIATE, because SQLite tests at the end of the whole.
std::vector<std::string> immediate_foreign_keys(const Catalog& catalog, const Table& table);
// Those that are tested at COMMIT, of all tables: a list for SET CONSTRAINTS.
std::string deferred_foreign_keys(const Catalog& catalog);
// Before triggers of foreign keys are dropped: PostgreSQL forgets without a word the tests of theirs that wait.
std::string settle_keys_sql(const Catalog& catalog);

} // namespace howdah::dialect
