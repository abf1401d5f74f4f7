// One field of a PostgreSQL row in binary format becomes SQLite's value, and a value becomes a binary parameter.
//
// Pure: bytes in, values out. What a server sends is checked, never trusted.
//
// A parameter is int8, float8, text or bytea. The types v and numeric are never sent: howdah.v's OID differs from
// server to server, and a Slot always has a known class, so the statement's text widens it (howdah.t2v($1)).
#pragma once

#include "dialect/types.hpp"
#include "dialect/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect {

// A field as PostgreSQL sent it, nullopt for NULL. The view refers to `field`. Throws Error when the bytes are no value
// of `type`.
ValueView decode_field(std::optional<std::string_view> field, PgType type);

struct EncodedParameter {
    std::optional<std::string> bytes; // nullopt: NULL
    std::uint32_t oid = 0;            // of the type to declare
};
// Throws Error (SQLITE_MISMATCH) for a text that PostgreSQL cannot hold: a NUL character, invalid UTF-8; and when
// `value` is not of `type`'s class, which a plan's guard rules out.
EncodedParameter encode_parameter(const Value& value, PgType type);

// The oid that encode_parameter() has for a type.
std::uint32_t parameter_oid(PgType type);
// Of the arrays of a parameter's type.
std::uint32_t array_oid(std::uint32_t parameter);

} // namespace howdah::dialect
