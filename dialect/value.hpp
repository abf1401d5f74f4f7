// A value as SQLite has it: one of five storage classes (https://sqlite.org/datatype3.html, section 2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace howdah::dialect {

enum class StorageClass : std::uint8_t { null, integer, real, text, blob };

struct Blob {
    std::string bytes;
    bool operator==(const Blob&) const = default;
};

// NULL, INTEGER, REAL, TEXT (UTF-8), BLOB. The alternative's index is its StorageClass.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

constexpr StorageClass storage_class(const Value& value) { return static_cast<StorageClass>(value.index()); }

// A value that lives elsewhere: numbers inside, the bytes of TEXT and BLOB in a buffer that must outlive the view.
struct ValueView {
    StorageClass type = StorageClass::null;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view bytes;
};

inline ValueView view(const Value& value)
{
    ValueView v{storage_class(value), 0, 0, {}};
    if (const auto* i = std::get_if<std::int64_t>(&value))
        v.integer = *i;
    else if (const auto* r = std::get_if<double>(&value))
        v.real = *r;
    else if (const auto* t = std::get_if<std::string>(&value))
        v.bytes = *t;
    else if (const auto* b = std::get_if<Blob>(&value))
        v.bytes = b->bytes;
    return v;
}

inline Value to_value(const ValueView& v)
{
    switch (v.type) {
    case StorageClass::integer:
        return v.integer;
    case StorageClass::real:
        return v.real;
    case StorageClass::text:
        return std::string(v.bytes);
    case StorageClass::blob:
        return Blob{std::string(v.bytes)};
    case StorageClass::null:
        break;
    }
    return {};
}

} // namespace howdah::dialect
