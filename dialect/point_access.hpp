// Statements that touch one row of one table, found by its rowid or new, and read nothing else. A transaction made of
// such statements may see the newest version of each row (READ COMMITTED), because whatever it has seen is locked by it
// until it ends: nobody can tell that it did not run alone.
#pragma once

#include "dialect/ast.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace howdah::dialect {

class Lowering;
struct Compiled;

struct PointAccess {
    enum class Kind : std::uint8_t {
        insert, // one row of values
        change, // UPDATE or DELETE WHERE rowid = ?, which locks the row if it finds it
        read,   // SELECT … WHERE rowid = ?
    };
    Kind kind = Kind::read;
    std::string table; // as PostgreSQL names it
    int slot = -1;     // change, read: the one that has the rowid
    // insert: the text within the only step's SQL that draws the row's rowid. With a number in its place the statement
    // inserts the same row once more. Empty where the rowid is given.
    std::string draws_rowid;
};

// `statement` is resolved and lowered to `out`. Foreign keys must be off.
std::optional<PointAccess> point_access(const StatementNode& statement, const Compiled& out, const Lowering& lowering);

} // namespace howdah::dialect
