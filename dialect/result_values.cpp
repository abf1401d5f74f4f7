// PostgreSQL's binary formats; see result_values.hpp. Integers are big endian.
//   numeric  int16 digits, int16 weight, uint16 sign, uint16 scale, then int16 digits of base 10000
//   record   int32 fields, then per field uint32 type, int32 length (-1: NULL), bytes
#include "dialect/result_values.hpp"

#include "dialect/error.hpp"
#include "dialect/text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

namespace howdah::dialect {

namespace {

constexpr std::uint32_t oid_bytea = 17, oid_int8 = 20, oid_text = 25, oid_float8 = 701;

[[noreturn]] void malformed()
{
    throw Error("howdah: PostgreSQL sent a value that is not of the expected type", {}, code::error, "XX000");
}

// Reads from the front; malformed() past the end.
class Bytes {
public:
    explicit Bytes(std::string_view bytes) : rest_(bytes) {}

    template <typename T>
    T integer()
    {
        std::make_unsigned_t<T> value = 0;
        for (const char c : take(sizeof(T)))
            value = static_cast<std::make_unsigned_t<T>>((std::uint64_t{value} << 8) | static_cast<unsigned char>(c));
        return static_cast<T>(value);
    }

    std::string_view take(std::size_t count)
    {
        if (rest_.size() < count)
            malformed();
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    void end() const
    {
        if (!rest_.empty())
            malformed();
    }

private:
    std::string_view rest_;
};

ValueView integer_view(std::int64_t value) { return {StorageClass::integer, value, 0, {}}; }

ValueView real_view(double value)
{
    if (std::isnan(value))
        return {};
    return {StorageClass::real, 0, value, {}};
}

template <typename T>
T sole_integer(std::string_view field)
{
    Bytes bytes(field);
    const T value = bytes.integer<T>();
    bytes.end();
    return value;
}

// The digits of a finite numeric as decimal text.
std::string decimal_text(Bytes bytes, int digits, int weight, bool negative)
{
    std::string text = negative ? "-" : "";
    for (int i = 0; i < digits; ++i) {
        const auto digit = bytes.integer<std::int16_t>();
        if (digit < 0 || digit > 9999)
            malformed();
        const std::string four = std::to_string(10000 + digit);
        text.append(four, 1, 4);
    }
    bytes.end();
    text += digits == 0 ? "0e0" : "e" + std::to_string(4 * (weight - digits + 1));
    return text;
}

std::int64_t integer_of(Bytes bytes, int digits, int weight, bool negative)
{
    __extension__ using Wide = __int128;
    Wide value = 0;
    if (weight > 4 || digits > weight + 1)
        malformed();
    for (int i = 0; i <= weight; ++i) {
        const int digit = i < digits ? bytes.integer<std::int16_t>() : 0;
        if (digit < 0 || digit > 9999)
            malformed();
        value = value * 10000 + digit;
    }
    bytes.end();
    if (negative)
        value = -value;
    if (value < std::numeric_limits<std::int64_t>::min() || value > std::numeric_limits<std::int64_t>::max())
        malformed();
    return static_cast<std::int64_t>(value);
}

// A tagged number: scale 0 is an INTEGER.
ValueView numeric_view(std::string_view field)
{
    Bytes bytes(field);
    const int digits = bytes.integer<std::int16_t>();
    const int weight = bytes.integer<std::int16_t>();
    const auto sign = bytes.integer<std::uint16_t>();
    const auto scale = bytes.integer<std::uint16_t>();
    switch (sign) {
    case 0xC000:
        return {};
    case 0xD000:
        return real_view(std::numeric_limits<double>::infinity());
    case 0xF000:
        return real_view(-std::numeric_limits<double>::infinity());
    case 0x0000:
    case 0x4000:
        break;
    default:
        malformed();
    }
    if (digits < 0)
        malformed();
    const bool negative = sign == 0x4000;
    if (scale == 0)
        return integer_view(integer_of(bytes, digits, digits == 0 ? -1 : weight, negative));
    const std::string text = decimal_text(bytes, digits, weight, negative);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::result_out_of_range)
        value = weight > 0 ? std::numeric_limits<double>::infinity() * (negative ? -1 : 1) : 0;
    return real_view(value);
}

// howdah.v: (n numeric, t text, b bytea) with one field set.
ValueView record_view(std::string_view field)
{
    Bytes bytes(field);
    if (bytes.integer<std::int32_t>() != 3)
        malformed();
    ValueView value;
    for (const StorageClass kind : {StorageClass::real, StorageClass::text, StorageClass::blob}) {
        bytes.integer<std::uint32_t>();
        const auto length = bytes.integer<std::int32_t>();
        if (length == -1)
            continue;
        if (length < 0 || value.type != StorageClass::null)
            malformed();
        const std::string_view content = bytes.take(static_cast<std::size_t>(length));
        value = kind == StorageClass::real ? numeric_view(content) : ValueView{kind, 0, 0, content};
    }
    bytes.end();
    return value;
}

std::string big_endian(std::uint64_t value)
{
    std::string bytes(8, '\0');
    for (int i = 7; i >= 0; --i, value >>= 8)
        bytes[static_cast<std::size_t>(i)] = static_cast<char>(value & 0xFF);
    return bytes;
}

[[noreturn]] void not_of(PgType type)
{
    throw Error("howdah: a parameter is not of the type it was planned for, " + std::string(pg_type_name(type)), {},
                code::mismatch, "XX000");
}

template <typename T>
const T& get(const Value& value, PgType type)
{
    const T* held = std::get_if<T>(&value);
    if (!held)
        not_of(type);
    return *held;
}

} // namespace

ValueView decode_field(std::optional<std::string_view> field, PgType type)
{
    if (!field)
        return {};
    switch (type) {
    case PgType::boolean:
        return integer_view(sole_integer<std::uint8_t>(*field) != 0);
    case PgType::int8:
        return integer_view(sole_integer<std::int64_t>(*field));
    case PgType::float8:
        return real_view(std::bit_cast<double>(sole_integer<std::uint64_t>(*field)));
    case PgType::text:
        return {StorageClass::text, 0, 0, *field};
    case PgType::bytea:
        return {StorageClass::blob, 0, 0, *field};
    case PgType::numeric:
        return numeric_view(*field);
    case PgType::v:
        break;
    }
    return record_view(*field);
}

std::uint32_t parameter_oid(PgType type)
{
    switch (type) {
    case PgType::int8:
        return oid_int8;
    case PgType::float8:
        return oid_float8;
    case PgType::bytea:
        return oid_bytea;
    case PgType::text:
    case PgType::boolean:
    case PgType::numeric:
    case PgType::v:
        break;
    }
    return oid_text;
}

std::uint32_t array_oid(std::uint32_t parameter)
{
    constexpr std::uint32_t of_bytea = 1001, of_text = 1009, of_int8 = 1016, of_float8 = 1022;
    switch (parameter) {
    case oid_int8:
        return of_int8;
    case oid_float8:
        return of_float8;
    case oid_bytea:
        return of_bytea;
    default:
        return of_text;
    }
}

EncodedParameter encode_parameter(const Value& value, PgType type)
{
    const bool null = storage_class(value) == StorageClass::null;
    switch (type) {
    case PgType::int8:
        if (null)
            return {std::nullopt, oid_int8};
        return {big_endian(static_cast<std::uint64_t>(get<std::int64_t>(value, type))), oid_int8};
    case PgType::float8:
        if (null)
            return {std::nullopt, oid_float8};
        return {big_endian(std::bit_cast<std::uint64_t>(get<double>(value, type))), oid_float8};
    case PgType::text: {
        if (null)
            return {std::nullopt, oid_text};
        const auto& text = get<std::string>(value, type);
        if (!is_storable_text(text))
            throw Error("howdah: a text value with a NUL character or invalid UTF-8 cannot be stored in PostgreSQL "
                        "text; use a BLOB",
                        {}, code::mismatch, "22021");
        return {text, oid_text};
    }
    case PgType::bytea:
        if (null)
            return {std::nullopt, oid_bytea};
        return {get<Blob>(value, type).bytes, oid_bytea};
    case PgType::boolean:
    case PgType::numeric:
    case PgType::v:
        break;
    }
    not_of(type);
}

} // namespace howdah::dialect
