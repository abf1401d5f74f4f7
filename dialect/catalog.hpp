// An immutable picture of one SQLite database as a client sees it: tables, indexes, views, triggers, and the mirror.
//
// A Catalog is made from the rows of howdah.schema (SQLite's own CREATE texts) and is never changed afterwards: DDL
// makes the next one. Sessions share it by shared_ptr<const Catalog>; ROLLBACK is taking the old pointer back.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/types.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

class Mirror;
struct FullText; // full_text.hpp
struct RTree;    // rtree.hpp

// One row of sqlite_schema, with what howdah adds to it.
struct SchemaRow {
    std::string schema = "main"; // main, temp, or the name of an attached database
    std::string type;            // table, index, view, trigger
    std::string name;
    std::string tbl_name;
    std::optional<std::string> sql; // NULL for automatic indexes
    // Tables: what storage_text() says of the columns ("int8,text long,v"); empty: by declaration.
    std::string storage;
};

struct Column {
    std::string name;
    std::string pg; // PostgreSQL identifier, not quoted
    std::string declared_type;
    Affinity affinity = Affinity::blob;
    Collation collation = Collation::binary;
    PgType storage = PgType::v;
    bool long_keys = false; // long_keys.hpp
    bool not_null = false;
    ConflictAction not_null_conflict = ConflictAction::unspecified;
    int primary_key = 0;                 // position in the primary key from 1, 0 when it is not in it
    const Expr* default_value = nullptr; // null: NULL
    std::string default_text;
    enum class Generated : std::uint8_t { no, virtual_, stored };
    Generated generated = Generated::no;
    const Expr* generated_as = nullptr;
    bool hidden = false; // hidden column of a virtual table
    const ColumnDef* definition = nullptr;
};

struct IndexColumn {
    int column = -1; // -1: the rowid; -2: `expr`
    const Expr* expr = nullptr;
    Collation collation = Collation::binary;
    bool descending = false;
};

struct Index {
    std::string name;
    std::string pg;
    std::string table;
    bool unique = false;
    enum class Origin : std::uint8_t { create_index, unique_constraint, primary_key };
    Origin origin = Origin::create_index;
    std::vector<IndexColumn> columns;
    const Expr* where = nullptr;
    ConflictAction conflict = ConflictAction::unspecified; // UNIQUE ON CONFLICT …
};

struct Check {
    std::string name; // empty when unnamed
    std::string text; // verbatim, for the error message
    const Expr* expr = nullptr;
};

struct ForeignKey {
    std::vector<int> columns;
    std::string parent;
    std::vector<std::string> parent_columns; // empty: the parent's primary key
    ForeignKeyClause::Action on_delete{}, on_update{};
    bool deferred = false;
};

struct Trigger {
    std::string name;
    std::string schema;
    const CreateTrigger* definition = nullptr;
    std::string text; // the CREATE TRIGGER text that `definition`'s spans refer to

    bool is_temporary() const { return schema == "temp"; } // on a table of whatever database
};

struct Table {
    enum class Kind : std::uint8_t { ordinary, view, virtual_table };
    Kind kind = Kind::ordinary;
    std::string name;
    std::string schema; // main, temp or attached
    std::string pg_schema;
    std::string pg_prefix; // of the names of everything that belongs to it (see Placement)
    std::string pg;        // PostgreSQL identifier, not quoted
    std::vector<Column> columns;
    int rowid_alias = -1; // index of the INTEGER PRIMARY KEY column
    bool without_rowid = false;
    std::string rowid_pg; // column that holds the rowid: the alias' own or the hidden one; empty without rowid
    bool strict = false;
    bool autoincrement = false;
    ConflictAction primary_key_conflict = ConflictAction::unspecified;
    std::vector<Check> checks;
    std::vector<ForeignKey> foreign_keys;
    std::vector<Index> indexes;    // in SQLite's order of creation, automatic ones included
    std::vector<Trigger> triggers; // in order of creation
    const CreateView* view = nullptr;
    std::string sql; // the CREATE text; the spans of every Expr in this Table refer to it
    // A virtual table that howdah keeps is an ordinary table of its kind's columns. Every other virtual table, and the
    // tables in which SQLite would keep such a one's data, are Kind::virtual_table: named, and not to be read.
    std::shared_ptr<const FullText> full_text; // of fts5, fts4 and fts3
    std::shared_ptr<const RTree> rtree;        // of rtree and rtree_i32

    // Lives on one server connection and is nobody else's: TEMP, and databases attached as ':memory:'.
    bool is_private() const { return pg_schema == "pg_temp"; }
    bool has_rowid() const { return kind == Kind::ordinary && !without_rowid; }
    int find_column(std::string_view name) const; // ASCII case-insensitive; -1 when absent
    const Index* find_index(std::string_view name) const;
};

// Where a database lives on the server. `schema` holds main; attached databases have their own. Several private ones
// share pg_temp: each puts a prefix before the names of its tables, indexes and functions.
struct Placement {
    std::string schema; // "main", "temp" or the attached name
    std::string pg_schema;
    std::string prefix{};
};

class Catalog {
public:
    // Builds a catalog. Throws Error when a row's SQL does not parse (a damaged howdah.schema).
    // `version` is the number that howdah.database has for main; a plan is valid for one version.
    static std::shared_ptr<const Catalog> make(std::vector<SchemaRow> rows, std::vector<Placement> placements,
                                               std::int64_t version);
    // The same with a mirror that already has this schema, as after a DDL statement that ran on a clone.
    static std::shared_ptr<const Catalog> make(std::vector<SchemaRow> rows, std::vector<Placement> placements,
                                               std::int64_t version, std::unique_ptr<Mirror> mirror);
    ~Catalog();

    // Looks a table, view or virtual table up as SQLite does: an empty schema means temp, then main, then the attached
    // ones in order. Null when there is none. sqlite_schema and its aliases are not found here (see is_schema_table).
    const Table* find_table(std::string_view schema, std::string_view name) const;
    const Index* find_index(std::string_view schema, std::string_view name, const Table** table = nullptr) const;
    // Tables whose foreign keys name `parent` (in the same schema).
    std::vector<const Table*> children_of(const Table& parent) const;

    const std::vector<std::unique_ptr<Table>>& tables() const { return tables_; }
    const std::vector<SchemaRow>& rows() const { return rows_; }
    const std::vector<Placement>& placements() const { return placements_; }
    const std::string& pg_schema(std::string_view schema) const;
    std::string_view pg_prefix(std::string_view schema) const;
    std::int64_t version() const { return version_; }
    // Unique among all catalogs of this process; what a plan-cache key holds.
    std::uint64_t id() const { return id_; }
    // SQLite itself with this schema and no rows. Not thread safe; statements are run to completion between co_awaits.
    Mirror& mirror() const { return *mirror_; }

private:
    Catalog() = default;
    void read_rows();
    void read_table(const SchemaRow& row, const StatementNode& node);
    void read_trigger(const SchemaRow& row, const CreateTrigger& definition);
    void mark_shadow_tables();

    std::vector<SchemaRow> rows_;
    std::vector<Placement> placements_;
    std::int64_t version_ = 0;
    std::uint64_t id_ = 0;
    std::vector<std::unique_ptr<Table>> tables_;
    std::vector<std::unique_ptr<Statement>> statements_; // own the ASTs that tables_ point into
    std::unique_ptr<Mirror> mirror_;
};

// sqlite_schema, sqlite_master, sqlite_temp_schema, sqlite_temp_master, with or without a schema name.
bool is_schema_table(std::string_view name);

// The PostgreSQL identifier of a SQLite name: ASCII folded to lower case; over 63 bytes, the first 54 bytes (on a
// character boundary), '~' and 8 hexadecimal digits of a hash of the whole (catalogue 15); the name of a system column
// (ctid, xmin, …) with a '~' behind it. Not quoted.
std::string pg_identifier(std::string_view name);

bool equal_names(std::string_view a, std::string_view b); // ASCII case-insensitive
std::string fold(std::string_view name);                  // ASCII lower case

} // namespace howdah::dialect
