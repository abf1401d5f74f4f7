// What howdah keeps on the server about each database, as PostgreSQL text: tables, rows, the version, the writer lock.
//
//   howdah.runtime  (version)                                    what is installed in the schema `howdah`
//   howdah.database (db, pg_schema, version, user_version, …)    one row per database; `db` is its PostgreSQL schema
//   howdah.schema   (db, seq, type, name, tbl_name, sql, storage) sqlite_schema, with the columns' PostgreSQL types
//   howdah."writer_<db>" (v)                                     one row: the database's writer lock (catalogue D6)
//
// A database is known by its PostgreSQL schema, so two names for one schema are one database.
#pragma once

#include "dialect/catalog.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

// SQLSTATE of a schema change whose catalog is not the newest: nothing was done; load the catalog and compile again.
inline constexpr std::string_view stale_schema_sqlstate = "HW0SC";
// Changes whenever install_bookkeeping_sql() does.
inline constexpr std::string_view bookkeeping_version = "2";
// The channel on which a schema change sends "<db> <version>" when it commits.
inline constexpr std::string_view schema_channel = "howdah_schema";

// Takes the lock under which the runtime and databases are installed; held until the transaction ends.
std::string install_lock_sql();
// One row, one column: the installed runtime's version; an error 42P01 or 3F000 when nothing is installed.
std::string runtime_version_sql();
// Makes the schema `howdah` and its tables where they are missing: several statements, safe to repeat, no superuser.
std::string install_bookkeeping_sql();
// Drops what an older runtime left, as far as nothing depends on it: a function whose result has another type now
// cannot be replaced. What an index or a constraint uses stays, and is replaced.
std::string drop_runtime_sql();
std::string set_runtime_version_sql(std::string_view version);

// The PostgreSQL schema of a client's database name: the name itself, shortened as an identifier is when it is too
// long.
std::string pg_schema_of(std::string_view database);
// False for schemas that belong to PostgreSQL or to howdah itself.
bool is_usable_schema(std::string_view pg_schema);
// Registers the database; with `create_schema` also makes its PostgreSQL schema. Several statements, safe to repeat.
std::string create_database_sql(std::string_view pg_schema, bool create_schema);

// The name of a database's writer-lock table, quoted and qualified.
std::string writer_table(std::string_view pg_schema);
// Takes the writer lock (catalogue D6): LOCK TABLE, which takes no snapshot and waits for lock_timeout (55P03), then
// an UPDATE, which fails with 40001 when the transaction's snapshot is older than the last writer's commit.
std::vector<std::string> writer_lock_statements(std::string_view pg_schema);

// The same for a READ COMMITTED transaction of a few statements, as one: the UPDATE waits for a writer that locked the
// table, and for another UPDATE of this kind, and keeps both waiting until it ends.
std::string short_writer_lock_statement(std::string_view pg_schema);

// A transaction of its own that writes WAL and nothing else: its commit is durable when all commits before it are. For
// every role.
std::string flush_sql();

// One row per object in order: the database's version, user_version, application_id, the object's type, name, tbl_name,
// sql, storage (all NULL when the schema is empty), and the database's objects_version(). No row at all: the database
// is not registered. One statement, so one snapshot.
std::string load_schema_sql(std::string_view pg_schema);

// Begins a schema change: `base` is the version of the catalog it was compiled against. Raises stale_schema_sqlstate
// when another one is current; otherwise the version becomes base + 1 and a notification is queued. Without a base
// (attached databases, whose versions a catalog does not have) whatever is current moves on.
std::string begin_schema_change_sql(std::string_view pg_schema, std::optional<std::int64_t> base);
// Raises stale_schema_sqlstate unless the version is this one; it stays so until the transaction ends.
std::string hold_schema_sql(std::string_view pg_schema, std::int64_t version);
// What the database's triggers and foreign keys are made with (objects_version.hpp).
std::string set_objects_version_sql(std::string_view pg_schema, std::string_view version);
std::string delete_schema_row_sql(std::string_view pg_schema, const SchemaRow& row);
// `was`: the row that `row` takes the place of.
std::string rename_schema_row_sql(std::string_view pg_schema, const SchemaRow& was, const SchemaRow& row);
// Writes rows, new ones behind all there are, in this order.
std::string put_schema_rows_sql(std::string_view pg_schema, const std::vector<SchemaRow>& rows);

// PRAGMA user_version and application_id: `name` is one of the two.
std::string get_database_value_statement(std::string_view pg_schema, std::string_view name);
std::string set_database_value_statement(std::string_view pg_schema, std::string_view name, std::int64_t value);
// The same of TEMP and of private databases, which have a Placement's prefix.
std::string get_private_value_statement(std::string_view prefix, std::string_view name);
std::string set_private_value_statement(std::string_view prefix, std::string_view name, std::int64_t value);

} // namespace howdah::dialect
