// What a FROM clause offers to expressions: sources and their columns, as resolve() finds them and lower() prints them.
#pragma once

#include "dialect/ast.hpp"

#include <memory>
#include <string>
#include <vector>

namespace howdah::dialect {

struct Table;

struct SourceColumn {
    std::string name; // as SQLite spells it
    std::string pg;   // PostgreSQL identifier, not quoted
    Affinity affinity = Affinity::none;
    Collation collation = Collation::binary;
    bool has_collation = false;
    Classes classes = Classes::any(); // includes NULL where the source is on the nullable side of an outer join
    PgType type = PgType::v;          // how PostgreSQL delivers it
    bool collated = true;             // a text that PostgreSQL sees under COLLATE "C"
    bool read_as_real = false;        // INTEGERs become REAL when the column is read
    bool hidden = false;              // not part of *
    bool read = false;                // the statement names it, or its * does
    const Expr* origin = nullptr;     // the expression of a subquery or view column; null for a table's column
};

struct Source {
    enum class Kind : std::uint8_t {
        table,          // a PostgreSQL table of the catalog
        subquery,       // FROM (SELECT …), and a view, which is expanded to its SELECT (catalogue D4)
        common_table,   // a name from WITH
        table_function, // json_each(…), pragma_table_info(…), …
        excluded,       // `excluded` of an UPSERT
        trigger_row,    // NEW or OLD of a trigger
    };
    Kind kind = Kind::table;
    std::string name;     // alias, or the table's own name
    std::string pg_alias; // unique in the statement, not quoted
    std::vector<SourceColumn> columns;
    const Table* table = nullptr;        // table, excluded, trigger_row
    Select* select = nullptr;            // subquery: the resolved SELECT
    SelectPtr view_select;               // owns the SELECT of a view
    const CommonTable* common = nullptr; // common_table
    bool has_rowid = false;
    std::string rowid_pg;  // PostgreSQL column that holds the rowid (a rowid alias' own column)
    int rowid_alias = -1;  // index of the INTEGER PRIMARY KEY column
    int row_number = -1;   // table_function: index of the hidden column that counts its rows and is their rowid
    bool nullable = false; // the nullable side of an outer join
    // Columns that a USING or NATURAL join merged into one of the left side: not repeated by *.
    std::vector<int> merged;
    // A full-text table: what it is matched with wherever a row of it is used. `column` is an index into columns; that
    // of the table itself stands for all of them.
    struct Match {
        int column = -1;
        const Expr* pattern = nullptr;
    };
    std::vector<Match> matches;
    const Expr* rank = nullptr; // rank MATCH 'bm25(…)'
    bool loose_match = false;   // there are MATCHes that hold only for some of its rows
};

} // namespace howdah::dialect
