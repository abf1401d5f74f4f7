// One field of a PostgreSQL row in binary format becomes SQLite's value, and a value becomes a binary parameter.
//
// Pure: bytes in, values out. What a server sends is checked, never trusted.
//
// A parameter of type v or numeric has no form of its own: howdah.v's OID differs from server to server. A slot always
// has a known class, so it is sent as int8, float8, text or bytea, and the statement's text widens it (howdah.t2v($1)).
// Accordingly parameter_oid() knows only those four, and encode_parameter() refuses a value that is not of the type.
#pragma once

#include "dialect/types.hpp"
#include "dialect/value.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace howdah::dialect {

namespace oid {
inline constexpr std::uint32_t boolean = 16;
inline constexpr std::uint32_t bytea = 17;
inline constexpr std::uint32_t int8 = 20;
inline constexpr std::uint32_t text = 25;
inline constexpr std::uint32_t float8 = 701;
inline constexpr std::uint32_t numeric = 1700;
} // namespace oid

// Keeps what a ValueView refers to when it is not a part of the field itself. Clear it between rows.
class Scratch {
public:
    std::string_view keep(std::string bytes);
    void clear() { kept_.clear(); }

private:
    std::deque<std::string> kept_;
};

// A field of a row as PostgreSQL sent it in binary format; nullopt is NULL. The view refers to `field`.
// nullopt: the bytes are not a value of `type`.
std::optional<ValueView> decode_field(PgType type, std::optional<std::string_view> field);

// The OID to declare for a parameter of this type; 0 when none may be sent as it (see above).
std::uint32_t parameter_oid(PgType type);
// The binary form of a parameter. `value` must not be NULL (NULL is sent as length -1) and must be of the type's class.
// nullopt when it is not, or when it is a text that PostgreSQL cannot hold (a NUL character, invalid UTF-8).
std::optional<std::string> encode_parameter(PgType type, const Value& value);
// The same, appended to `out`: 4 bytes of length, then the bytes, as Bind has it; NULL is length -1. False as above.
bool append_parameter(std::string& out, PgType type, const ValueView& value);

} // namespace howdah::dialect
