// An R-Tree: boxes of REALs of 32 bits (rtree) or of 32-bit integers (rtree_i32), and what lies beside them.
//
//   CREATE TABLE r ("id" bigint, "x0" float8, "x1" float8, …, CHECK ("x0" <= "x1"))
//
// A coordinate is stored as the 32-bit value SQLite keeps, rounded outwards, in a type of 64 bits: so it compares with
// what a query says as SQLite compares it.
#pragma once

#include "dialect/catalog.hpp"
#include "dialect/printer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct RTree {
    bool integers = false;
    int coordinates = 0;             // columns 1 … coordinates, each minimum before its maximum
    std::vector<ExprPtr> conditions; // minimum <= maximum, owned for the Table's checks
};

// Gives the table, whose columns are known, what USING rtree(…) or rtree_i32(…) means.
void read_rtree(Table& table, std::string_view module, const std::vector<std::string>& args);

bool is_coordinate(const Table& table, int column);
// A value as a coordinate column stores it.
Fragment coordinate(const Fragment& value, const Table& table, int column);
// A value as the id stores it; NULL asks for the next one.
Fragment rtree_id(const Fragment& value);

// Beside those of the table itself: what makes range queries fast.
std::vector<std::string> rtree_index_statements(const Table& table);

} // namespace howdah::dialect
