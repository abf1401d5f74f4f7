// Statements that touch one row of one table, found by its rowid or another key or new, and read nothing else. A
// transaction made of such statements may see the newest version of each row (READ COMMITTED), because whatever it has
// seen is locked by it until it ends: nobody can tell that it did not run alone.
//
// A key is the rowid, or the columns of a UNIQUE or PRIMARY KEY: while the transaction holds a row that has, or had, a
// key's values, no other transaction can commit one that has them. A row that a foreign key looks for is locked, too.
#pragma once

#include "dialect/ast.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace howdah::dialect {

class Lowering;
struct Compiled;

struct PointAccess {
    enum class Kind : std::uint8_t {
        insert, // one row of values; with DO UPDATE perhaps that of the key instead
        change, // UPDATE or DELETE WHERE key = ?, which locks the row if it finds it
        read,   // SELECT … WHERE key = ?
    };
    struct Part {
        int slot = -1; // that has the value; -1: the literal is it
        Value literal;
    };
    struct Key {
        std::string name; // the index, as PostgreSQL names it; empty: the rowid
        std::vector<Part> parts;
    };
    Kind kind = Kind::read;
    std::string table; // as PostgreSQL names it
    // change, read: the one by which the row is found. insert: those that the row has, as far as the statement says.
    std::vector<Key> keys;
    // insert: the text within the only step's SQL that draws the row's rowid. With a number in its place the statement
    // inserts the same row once more. Empty where the rowid is given, or the table has none.
    std::string draws_rowid;
};

// `statement` is resolved and lowered to `out`.
std::optional<PointAccess> point_access(const StatementNode& statement, const Compiled& out, const Lowering& lowering);

} // namespace howdah::dialect
