// Rows on the way out: SQLite's values become DataRow messages, in the types and formats the client was promised.
//
//   ColumnKind   PostgreSQL type     text format                      binary format
//   integer      int8                7                                8 bytes
//   real         float8              1.0, 1.5e+300: shortest digits   8 bytes
//   text         text                as it is                         as it is
//   blob         bytea               \x00ff                           as it is
//   number       numeric             7 or 1.0: the class shows        numeric's digits
//   dynamic      text                as CAST(x AS TEXT); \x00ff for a BLOB, in both formats
#pragma once

#include "encode.hpp"

#include "proxy/exchange.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace howdah::proxy::pgwire {

Oid type_of(ColumnKind kind);

// What a client was told about a result: RowDescription without the formats, which Bind chooses later.
struct ResultShape {
    std::vector<Column> columns;
    std::vector<RawColumn> raw; // of a statement that goes to PostgreSQL untouched
    bool is_raw = false;
    std::size_t width() const { return is_raw ? raw.size() : columns.size(); }

    // describe_rows() keeps what it has made last, and for which formats: most clients ask again with the same.
    mutable std::string description{};
    mutable std::vector<std::int16_t> description_formats{};
};

// Formats by column from Bind's list: none means text, one is for all.
std::int16_t format_of(std::span<const std::int16_t> formats, std::size_t column);

void describe_rows(std::string& out, const ResultShape& shape, std::span<const std::int16_t> formats);

// Appends one DataRow. Where a value has no form in the promised type and format, appends nothing and says why.
std::optional<ClientError> append_row(std::string& out, const ResultShape& shape, std::span<const std::int16_t> formats,
                                      std::span<const ValueView> row);
std::optional<ClientError> append_raw_row(std::string& out, std::span<const RawField> row);

} // namespace howdah::proxy::pgwire
