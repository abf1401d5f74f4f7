// How a Table is read from its CREATE text and from what the mirror says about it. Private to catalog*.cpp.
#pragma once

#include "dialect/catalog.hpp"

namespace howdah::dialect {

// Fills columns, keys, checks and foreign keys; `storage` as a SchemaRow has it.
void read_create_table(Table& table, const CreateTable& create, std::string_view storage);
// Views and virtual tables: the columns that SQLite itself finds. A view that refers to something missing has none.
void read_columns_from_mirror(Table& table, const Mirror& mirror);
// What howdah keeps of a virtual table, whose columns are known, as an ordinary one; nothing for other modules.
void read_virtual_table(Table& table, const CreateVirtualTable& create);
// Automatic indexes and those of CREATE INDEX. `creates` has the statement of each of the latter, by folded name.
struct IndexText {
    std::string name; // folded
    const CreateIndex* create;
};
void read_indexes(Table& table, const CreateTable* create, const std::vector<IndexText>& creates, const Mirror& mirror);

// The storage of a column nothing more is known about (catalogue section 2).
PgType default_storage(const Column& column, bool rowid_alias, bool strict);

// The name of the column that `expr`, a term of a key or an index, consists of; empty when it is another expression.
std::string_view column_of_key(const Expr& expr);

} // namespace howdah::dialect
