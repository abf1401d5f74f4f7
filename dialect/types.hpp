// What is known about an expression before it runs: affinity, collation, the storage classes it can have, and the
// PostgreSQL type that carries it.
#pragma once

#include "dialect/value.hpp"

#include <cstdint>
#include <string_view>

namespace howdah::dialect {

// https://sqlite.org/datatype3.html section 3. `none` is an expression's: no affinity at all. A column declared without
// a type or as BLOB has affinity `blob`, which is not the same thing in a comparison (section 4.2).
enum class Affinity : std::uint8_t { none, blob, text, numeric, integer, real };

constexpr bool is_numeric(Affinity a) { return a >= Affinity::numeric; }

// The affinity of a declared type, by the five rules of section 3.1.
Affinity affinity_of_type(std::string_view declared_type);

enum class Collation : std::uint8_t { binary, nocase, rtrim };

// A set of storage classes, NULL included: what a value can turn out to be.
class Classes {
public:
    constexpr Classes() = default;
    constexpr Classes(StorageClass one) : bits_(bit(one)) {} // NOLINT: a class is a set of one
    static constexpr Classes any() { return Classes(0b11111); }
    static constexpr Classes from_bits(std::uint8_t bits) { return Classes(bits); }

    constexpr bool has(StorageClass c) const { return (bits_ & bit(c)) != 0; }
    constexpr bool nullable() const { return has(StorageClass::null); }
    constexpr Classes without_null() const { return Classes(static_cast<std::uint8_t>(bits_ & ~1U)); }
    constexpr Classes with_null() const { return Classes(static_cast<std::uint8_t>(bits_ | 1U)); }
    // True when every non-NULL value is of class c (also true of the empty set).
    constexpr Classes without(StorageClass c) const { return Classes(static_cast<std::uint8_t>(bits_ & ~bit(c))); }
    constexpr bool only(StorageClass c) const { return without_null().bits_ == bit(c) || without_null().bits_ == 0; }
    constexpr bool empty() const { return bits_ == 0; }
    constexpr std::uint8_t bits() const { return bits_; }
    constexpr bool operator==(const Classes&) const = default;
    friend constexpr Classes operator|(Classes a, Classes b) { return Classes(static_cast<std::uint8_t>(a.bits_ | b.bits_)); }
    friend constexpr Classes operator&(Classes a, Classes b) { return Classes(static_cast<std::uint8_t>(a.bits_ & b.bits_)); }

private:
    constexpr explicit Classes(std::uint8_t bits) : bits_(bits) {}
    constexpr explicit Classes(int bits) : bits_(static_cast<std::uint8_t>(bits)) {}
    static constexpr std::uint8_t bit(StorageClass c) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(c)); }
    std::uint8_t bits_ = 0;
};

// The PostgreSQL type of a column or of a piece of PostgreSQL text (catalogue D1).
//   boolean   a predicate inside a statement; never leaves it (catalogue D10)
//   int8      every value INTEGER             float8   every value REAL
//   text      every value TEXT, COLLATE "C"   bytea    every value BLOB
//   numeric   tagged number: scale 0 is INTEGER, scale >= 1 or infinite is REAL
//   v         howdah.v: any class
enum class PgType : std::uint8_t { boolean, int8, float8, text, bytea, numeric, v };

// The narrowest PgType that carries every class of the set; v for none or for a mix of numbers and others.
// The empty set and {NULL} give text.
PgType pg_type_of(Classes classes);
Classes classes_of(PgType type);
// As it is written in SQL: bigint, double precision, text COLLATE "C" (with_collation), bytea, numeric, howdah.v.
std::string_view pg_type_name(PgType type);
// The same where no collation may or need stand: of a parameter, a cast, a variable.
std::string_view plain_type_name(PgType type);

// Applies `affinity` to a value as SQLite does on store (section 3). Before a comparison (section 4.2) use numeric where
// a column is REAL: an INTEGER is compared exactly there and does not become REAL.
Value apply_affinity(Value value, Affinity affinity);

} // namespace howdah::dialect
