// The rows an INSERT brings: every value already what its column stores, every column that needs one with its default.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/printer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

class Lowering;
struct Key; // write_keys.hpp

struct InsertRows {
    // Where the rowids come from. `mixed`: a value where it is not NULL.
    enum class Rowid : std::uint8_t { none, automatic, given, mixed };
    Rowid rowid = Rowid::none;
    std::vector<int> columns;     // of the table, in its order; generated ones and the rowid are not among them
    std::vector<Classes> classes; // of each column's values

    bool is_values = false;
    std::vector<std::vector<Fragment>> values; // VALUES: one per column
    std::vector<Fragment> rowids;              // and each row's rowid when it is given or mixed
    std::string query;                         // SELECT: columns named as the table's
    bool placed = false;                       // and one before these, "~place": the row's number from 1

    // last_insert_rowid() as the value of a column: from the second row on, the row before has moved it.
    struct Echo {
        std::size_t column = 0;          // into columns
        std::vector<std::size_t> places; // rows of VALUES, from 1; empty: all of them
        Fragment before;                 // what the column stores of the rowid before
        Fragment refused;                // the same where it cannot be known: an error
        bool exact = true;               // false: an expression of it, which `before` is not
    };
    std::vector<Echo> echoes;

    bool single() const { return is_values && values.size() == 1; }
};

// `all_columns`: those too that are not given and have no default (NULL), for rules that look at the whole row.
InsertRows insert_rows(const Insert& insert, const Table& table, Lowering& lowering, bool all_columns);

// The names of the columns, quoted, in the order in which rows_query() has them; the rowid first unless there is none.
std::vector<std::string> column_names(const InsertRows& rows, const Table& table);

// The rows as a query over those columns. The rowid is as it was given: NULL, of type bigint, where it is automatic.
std::string rows_query(const InsertRows& rows, const Table& table);
// The same where rows are not inserted as a set: an error takes the place of an echo.
std::string rows_query_without_echoes(const InsertRows& rows, const Table& table);
// What the query of rows_with_rowids() calls the largest rowid before it, and a row's number from 1.
constexpr std::string_view numbered_rows_last = "b.last", numbered_rows_place = "n.\"~place\"";
// A row whose key the table has takes no rowid: it is left out, as are those whose key a row before them has, or it is
// kept, for DO UPDATE.
struct Unnumbered {
    const Key* key = nullptr; // null: every row takes one
    bool kept = false;
};
// Whether that key is known ahead of the rowids, of any row: it is not partial and has no rowid in it.
bool is_known_ahead(const Table& table, const Key& key);
// The rows for which `filter` (a condition over the alias "n", may be empty) holds, with the rowids they get, all of
// them found at once (catalogue 13); in order. `unnumbered`: where rowids are automatic.
std::string rows_with_rowids(const InsertRows& rows, const Table& table, Lowering& lowering, const std::string& filter,
                             const Unnumbered& unnumbered = {});

} // namespace howdah::dialect
