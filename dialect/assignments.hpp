// SET a = x, (b, c) = (SELECT …) of UPDATE and UPSERT, every value as its column stores it.
#pragma once

#include "dialect/ast.hpp"
#include "dialect/catalog.hpp"
#include "dialect/printer.hpp"

#include <functional>
#include <string>
#include <vector>

namespace howdah::dialect {

class Lowering;

class Assignments {
public:
    // A column that is named twice takes the last value, as in SQLite. `conflict`: the statement's; under REPLACE a
    // NULL becomes the default of a NOT NULL column.
    Assignments(const std::vector<SetClause>& set, const Table& table, ConflictAction conflict);

    // Table columns that change, -1 for the rowid (whatever name it went by), in table order.
    const std::vector<int>& columns() const { return columns_; }
    // The list after SET.
    std::string list(Lowering& lowering) const;
    // One value of columns(): for a row that is put together before it is stored.
    Fragment value(int column, Lowering& lowering) const;
    // Calls `test` for each value's expression until it answers true; whether it did.
    bool any(const std::function<bool(const Expr&)>& test) const;
    // Every column of the list gets the same value in each row.
    bool constant(const std::vector<int>& columns) const;

private:
    struct Source {
        int column;
        const SetClause* clause;
        std::size_t position; // in clause->columns
    };
    const Source* find(int column) const;
    Fragment stored(const Expr& expr, int column, Lowering& lowering) const;
    Fragment member_of(const Select& select, std::size_t position, int column, Lowering& lowering) const;
    Fragment not_null(const Fragment& value, int column, Lowering& lowering) const;

    const Table& table_;
    ConflictAction conflict_;
    std::vector<Source> sources_;
    std::vector<int> columns_;
};

} // namespace howdah::dialect
