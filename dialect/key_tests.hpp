// When the foreign keys that a write can meet are tested (catalogue 15). Most writes of a program that enforces foreign
// keys meet none: an UPDATE of other columns, a table without keys. They need not be told of them.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace howdah::dialect {

enum class KeyTests : std::uint8_t {
    none,         // it meets none
    at_statement, // at its end
    at_commit,    // some of them by the transaction's COMMIT: DEFERRABLE INITIALLY DEFERRED
};

struct MetKeys {
    KeyTests tests = KeyTests::none;
    bool from_parents = false; // it can delete a row, or change the key of one, to which others may refer
};
// `statement` is resolved. What triggers and the actions of keys may write is looked at, too.
MetKeys met_keys(const StatementNode& statement, const Catalog& catalog);

// The constraints, quoted and qualified, that PostgreSQL tests at the end of each statement, and SQLite at the end of
// the whole one that writes to `table`, fires its triggers and acts on its children.
std::vector<std::string> keys_tested_at_end(const Table& table, const Catalog& catalog);

} // namespace howdah::dialect
