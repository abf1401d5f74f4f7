// See parameters.hpp.
#include "parameters.hpp"

#include "number_text.hpp"
#include "wire_error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace howdah::proxy::pgwire {

namespace {

struct Bad {
    ClientError error;
};

std::string lower(std::string_view s)
{
    std::string out(s);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

// ------------------------------------------------------------------------------------------------- numbering

constexpr int max_parameters = 65535;

constexpr std::array<std::pair<std::string_view, Oid>, 30> type_names{{
    {"bigint", oid::int8},     {"bool", oid::boolean},        {"boolean", oid::boolean},
    {"bytea", oid::bytea},     {"char", oid::bpchar},         {"date", oid::date},
    {"decimal", oid::numeric}, {"double", oid::float8},       {"float", oid::float8},
    {"float4", oid::float4},   {"float8", oid::float8},       {"int", oid::int4},
    {"int2", oid::int2},       {"int4", oid::int4},           {"int8", oid::int8},
    {"integer", oid::int4},    {"interval", oid::interval},   {"json", oid::json},
    {"jsonb", oid::jsonb},     {"numeric", oid::numeric},     {"oid", oid::oid},
    {"real", oid::float4},     {"smallint", oid::int2},       {"text", oid::text},
    {"time", oid::time},       {"timestamp", oid::timestamp}, {"timestamptz", oid::timestamptz},
    {"uuid", oid::uuid},       {"varchar", oid::varchar},     {"xml", oid::xml},
}};

} // namespace

Oid type_named(std::string_view name)
{
    const std::string key = lower(name);
    const auto* found =
        std::find_if(type_names.begin(), type_names.end(), [&](const auto& t) { return t.first == key; });
    return found == type_names.end() ? 0 : found->second;
}

namespace {

// $12, $12::type
struct Dollar {
    int number = 0;
    Oid type = 0;
};
std::optional<Dollar> dollar_number(std::string_view name)
{
    if (name.size() < 2 || name[0] != '$')
        return std::nullopt;
    Dollar d;
    const char* end = name.data() + name.size();
    const auto [after, failed] = std::from_chars(name.data() + 1, end, d.number);
    if (after == name.data() + 1)
        return std::nullopt;
    if (failed != std::errc())
        d.number = max_parameters + 1;
    const std::string_view rest(after, static_cast<std::size_t>(end - after));
    if (rest.starts_with("::"))
        d.type = type_named(rest.substr(2));
    else if (!rest.empty())
        return std::nullopt;
    return d;
}

// ---------------------------------------------------------------------------------------------------- values

std::string_view trimmed(std::string_view s)
{
    const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    while (!s.empty() && space(s.front()))
        s.remove_prefix(1);
    while (!s.empty() && space(s.back()))
        s.remove_suffix(1);
    return s;
}

[[noreturn]] void bad_text(std::string_view type, std::string_view text)
{
    throw Bad{wire_error("22P02", "invalid input syntax for type " + std::string(type) + ": \"" +
                                      std::string(text.substr(0, 100)) + "\"")};
}

Value boolean_of(std::string_view text)
{
    const std::string t = lower(trimmed(text));
    const auto prefix_of = [&](std::string_view word) { return !t.empty() && word.starts_with(t); };
    if (t == "1" || t == "on" || prefix_of("true") || prefix_of("yes"))
        return std::int64_t{1};
    if (t == "0" || t == "of" || t == "off" || prefix_of("false") || prefix_of("no"))
        return std::int64_t{0};
    bad_text("boolean", text);
}

std::optional<std::int64_t> whole_number(std::string_view text)
{
    if (text.starts_with('+'))
        text.remove_prefix(1);
    std::int64_t n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    return failed == std::errc() && end == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

Value integer_of(std::string_view text)
{
    if (const auto n = whole_number(trimmed(text)))
        return *n;
    const std::string_view t = trimmed(text);
    if (t.find_first_not_of("0123456789", t.starts_with('-') || t.starts_with('+') ? 1 : 0) == std::string_view::npos &&
        t.size() > 18)
        throw Bad{
            wire_error("22003", "value \"" + std::string(t.substr(0, 100)) + "\" is out of range for type bigint")};
    bad_text("integer", text);
}

// SQLite keeps NaN as NULL.
Value real_value(double real) { return std::isnan(real) ? Value() : Value(real); }

Value real_of(std::string_view text, std::string_view type)
{
    const std::string t = lower(trimmed(text));
    std::string_view digits = t;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+'))
        digits.remove_prefix(1);
    if (digits == "nan")
        return {};
    if (digits == "infinity" || digits == "inf")
        return negative ? -HUGE_VAL : HUGE_VAL;
    double real = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), real);
    if (digits.empty() || !(digits[0] == '.' || (digits[0] >= '0' && digits[0] <= '9')) ||
        end != digits.data() + digits.size())
        bad_text(type, text);
    if (failed == std::errc::result_out_of_range)
        real = std::strtod(std::string(digits).c_str(), nullptr); // 0 or infinity, as SQLite has it
    return negative ? -real : real;
}

Value numeric_of(std::string_view text)
{
    if (const auto n = whole_number(trimmed(text)))
        return *n;
    return real_of(text, "numeric");
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Blob from_hex(std::string_view digits)
{
    Blob blob;
    blob.bytes.reserve(digits.size() / 2);
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = hex_digit(digits[i]), low = i + 1 < digits.size() ? hex_digit(digits[i + 1]) : -1;
        if (high < 0 || low < 0)
            throw Bad{wire_error("22023", "invalid hexadecimal data in a bytea parameter")};
        blob.bytes += static_cast<char>(high << 4 | low);
    }
    return blob;
}

// \xHEX, or PostgreSQL's older form: \\ is a backslash, \ooo a byte in octal.
Blob bytea_of(std::string_view text)
{
    if (text.starts_with("\\x"))
        return from_hex(text.substr(2));
    Blob blob;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            blob.bytes += text[i];
        } else if (text.substr(i, 2) == "\\\\") {
            blob.bytes += text[i++];
        } else {
            const std::string_view octal = text.substr(std::min(i + 1, text.size()), 3);
            int n = 0;
            const auto [end, failed] = std::from_chars(octal.data(), octal.data() + octal.size(), n, 8);
            if (octal.size() != 3 || end != octal.data() + 3 || failed != std::errc() || n > 255)
                bad_text("bytea", text);
            blob.bytes += static_cast<char>(n);
            i += 3;
        }
    }
    return blob;
}

Value text_value(Oid type, std::string_view text)
{
    switch (type) {
    case oid::boolean:
        return boolean_of(text);
    case oid::int2:
    case oid::int4:
    case oid::int8:
    case oid::oid:
        return integer_of(text);
    case oid::float4:
    case oid::float8:
        return real_of(text, "double precision");
    case oid::numeric:
        return numeric_of(text);
    case oid::bytea:
        return bytea_of(text);
    default:
        return std::string(text);
    }
}

// ---------------------------------------------------------------------------------------------------- binary

// The `size` bytes of a big-endian integer.
std::int64_t big_endian(std::string_view bytes, std::size_t size)
{
    if (bytes.size() != size)
        throw Bad{wire_error("22P03", "")};
    std::uint64_t n = 0;
    for (const char c : bytes)
        n = n << 8U | static_cast<std::uint8_t>(c);
    const unsigned unused = 64U - 8U * static_cast<unsigned>(size);
    return static_cast<std::int64_t>(n << unused) >> unused;
}

constexpr std::int64_t day_us = 86'400'000'000;

std::string clock_text(std::int64_t us)
{
    std::array<char, 40> buffer{};
    const std::int64_t s = us / 1'000'000, fraction = us % 1'000'000;
    std::snprintf(buffer.data(), buffer.size(), "%02d:%02d:%02d", static_cast<int>(s / 3600),
                  static_cast<int>(s / 60 % 60), static_cast<int>(s % 60));
    std::string text = buffer.data();
    if (fraction != 0) {
        std::snprintf(buffer.data(), buffer.size(), ".%06d", static_cast<int>(fraction));
        text += buffer.data();
    }
    return text;
}

// Days since 2000-01-01 in the proleptic Gregorian calendar (Howard Hinnant's civil_from_days).
std::string date_text(std::int64_t days)
{
    const std::int64_t z = days + 10957 + 719468;
    const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    const std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    const std::int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    if (year < 0 || year > 9999)
        throw Bad{wire_error("22008", "date out of range: SQLite knows the years 0000 to 9999")};
    std::array<char, 40> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%04d-%02d-%02d", static_cast<int>(year), static_cast<int>(month),
                  static_cast<int>(day));
    return buffer.data();
}

std::string timestamp_text(std::int64_t us)
{
    const std::int64_t days = us >= 0 ? us / day_us : -((-(us + 1)) / day_us) - 1;
    return date_text(days) + " " + clock_text(us - days * day_us);
}

std::string uuid_text(std::string_view bytes)
{
    if (bytes.size() != 16)
        throw Bad{wire_error("22P03", "")};
    std::string text;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        const auto b = static_cast<std::uint8_t>(bytes[i]);
        text += "0123456789abcdef"[b >> 4U];
        text += "0123456789abcdef"[b & 15U];
    }
    return text;
}

Value binary_value(Oid type, std::string_view bytes)
{
    switch (type) {
    case oid::boolean:
        return std::int64_t{big_endian(bytes, 1) != 0};
    case oid::int2:
        return big_endian(bytes, 2);
    case oid::int4:
        return big_endian(bytes, 4);
    case oid::oid:
        return big_endian(bytes, 4) & 0xffff'ffff;
    case oid::int8:
        return big_endian(bytes, 8);
    case oid::float4:
        return real_value(std::bit_cast<float>(static_cast<std::uint32_t>(big_endian(bytes, 4))));
    case oid::float8:
        return real_value(std::bit_cast<double>(big_endian(bytes, 8)));
    case oid::numeric: {
        const auto text = numeric_text(bytes);
        if (!text)
            throw Bad{wire_error("22P03", "")};
        return numeric_of(*text);
    }
    case oid::bytea:
        return Blob{std::string(bytes)};
    case oid::date:
        return date_text(big_endian(bytes, 4));
    case oid::time: {
        const std::int64_t us = big_endian(bytes, 8);
        if (us < 0 || us > day_us)
            throw Bad{wire_error("22P03", "")};
        return clock_text(us);
    }
    case oid::timestamp:
        return timestamp_text(big_endian(bytes, 8));
    case oid::timestamptz:
        return timestamp_text(big_endian(bytes, 8)) + "+00:00";
    case oid::uuid:
        return uuid_text(bytes);
    case oid::jsonb:
        if (bytes.empty() || bytes[0] != 1)
            throw Bad{wire_error("22P03", "")};
        return std::string(bytes.substr(1));
    case 0:
    case oid::text:
    case oid::varchar:
    case oid::bpchar:
    case oid::char_:
    case oid::name:
    case oid::unknown:
    case oid::json:
    case oid::xml:
        return std::string(bytes);
    default:
        throw Bad{wire_error("0A000",
                             "howdah: a binary parameter of the PostgreSQL type with OID " + std::to_string(type) +
                                 " has no SQLite value",
                             "Send it as text.")};
    }
}

} // namespace

Numbering number_parameters(std::span<const std::string> names, int count, std::span<const Oid> declared)
{
    Numbering n;
    n.types.assign(declared.begin(), declared.end());
    bool by_dollar = false, by_sqlite = false;
    for (int i = 0; i < count; ++i) {
        const std::string_view name = static_cast<std::size_t>(i) < names.size()
                                          ? std::string_view(names[static_cast<std::size_t>(i)])
                                          : std::string_view();
        const auto dollar = dollar_number(name);
        (dollar ? by_dollar : by_sqlite) = true;
        const int number = dollar ? dollar->number : i + 1;
        if (number < 1 || number > max_parameters) {
            n.error = wire_error("42P02", "there is no parameter " + std::string(name));
            return n;
        }
        n.wire_of.push_back(number - 1);
        n.used = std::max(n.used, number);
        if (n.types.size() < static_cast<std::size_t>(number))
            n.types.resize(static_cast<std::size_t>(number));
        if (Oid& type = n.types[static_cast<std::size_t>(number - 1)]; type == 0 && dollar)
            type = dollar->type;
    }
    if (by_dollar && by_sqlite)
        n.error = wire_error("0A000", "howdah: $1 and SQLite's own placeholders cannot be mixed in one statement",
                             "Use either $1, $2, … or ?, ?1, :a, @a, $a.");
    for (Oid& type : n.types) {
        n.guessed.push_back(type == 0);
        type = type == 0 ? oid::text : type;
    }
    return n;
}

Value sample_of(Oid type)
{
    switch (type) {
    case oid::boolean:
    case oid::int2:
    case oid::int4:
    case oid::int8:
    case oid::oid:
        return std::int64_t{0};
    case oid::float4:
    case oid::float8:
    case oid::numeric:
        return 0.5;
    case oid::bytea:
        return Blob{};
    default:
        return std::string("0");
    }
}

Converted to_value(Oid type, bool binary, const std::optional<std::string_view>& bytes, int number)
{
    Converted converted;
    if (!bytes)
        return converted;
    try {
        converted.value = binary ? binary_value(type, *bytes) : text_value(type, *bytes);
    } catch (Bad& bad) {
        if (bad.error.message.empty())
            bad.error.message = "incorrect binary data format in bind parameter " + std::to_string(number);
        converted.error = std::move(bad.error);
    }
    return converted;
}

} // namespace howdah::proxy::pgwire
