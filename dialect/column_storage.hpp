// How a column is kept on the server, and as text: SchemaRow::storage.
#pragma once

#include "dialect/catalog.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace howdah::dialect {

struct ColumnStorage {
    PgType type = PgType::v;
    bool long_keys = false; // long_keys.hpp

    ColumnStorage(PgType type_, bool long_keys_ = false) : type(type_), long_keys(long_keys_) {}
    explicit ColumnStorage(const Column& column) : type(column.storage), long_keys(column.long_keys) {}
    bool operator==(const ColumnStorage&) const = default;
};

// Column by column: "int8,text long,v".
std::string storage_text(const std::vector<ColumnStorage>& columns);
std::string storage_text(const Table& table);
// Of one column; what is not known is v.
ColumnStorage read_storage(std::string_view word);

} // namespace howdah::dialect
