// VALUES of many rows as arrays, so that the server reads, plans and keeps one short statement whatever their number:
//
//   VALUES (?, 'a'), (?, NULL), …
//   ->  SELECT g.i0::bigint AS x, g.t1::text AS y FROM ROWS FROM (unnest($1::bigint[]), unnest($2::text[])) AS g (i0,
//   t1)
#pragma once

#include "dialect/ast.hpp"
#include "dialect/printer.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace howdah::dialect {

class Lowering;

class RowArrays {
public:
    // With fewer rows there is nothing to gain.
    static constexpr std::size_t least_rows = 8;
    // Whether each value depends on no row.
    static bool suit(const SelectCore& values, const Lowering& lowering);

    explicit RowArrays(Lowering& lowering) : lowering_(lowering) {}

    // What `lower` makes of the next row's value of a column: for all rows whose values have the same form the same
    // text.
    Fragment add(std::size_t column, const std::function<Fragment()>& lower);
    // One that is not made of its row's own values.
    Fragment add(std::size_t column, Fragment value);
    // Whether no column's values have too many forms.
    bool work() const;
    // Once for each column, when all rows are in: its value. The arrays become slots of the step.
    std::string value(std::size_t column);
    // Then: the source of the rows, in their order, for FROM.
    std::string from() const;

private:
    struct Array {
        PgType type;
        std::vector<int> slots; // of each row up to the last that has one
    };
    struct Column {
        std::vector<Fragment> forms;
        std::vector<std::uint8_t> form_of_row;
        std::map<std::string, Array, std::less<>> arrays; // by name
    };
    static constexpr std::size_t most_forms = 8;

    bool is_nullable_array(const Column& column) const;
    void choose_form(std::size_t column, std::string& text);
    std::string unnest(const std::string& name, PgType type, std::vector<int> slots);

    Lowering& lowering_;
    std::vector<Column> columns_;
    std::size_t rows_ = 0;
    bool too_many_ = false;
    std::vector<std::string> sources_, names_;
};

} // namespace howdah::dialect
