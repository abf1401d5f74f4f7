// See rows.hpp.
#include "rows.hpp"

#include "number_text.hpp"
#include "wire_error.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace howdah::proxy::pgwire {

namespace {

constexpr std::size_t max_row_bytes = std::numeric_limits<std::int32_t>::max() - 16;

void append_hex(std::string& out, std::string_view bytes)
{
    out += "\\x";
    for (const char c : bytes) {
        const auto b = static_cast<std::uint8_t>(c);
        out += "0123456789abcdef"[b >> 4U];
        out += "0123456789abcdef"[b & 15U];
    }
}

// The value as SQLite's CAST(x AS TEXT) has it; a BLOB in hexadecimal, because its bytes need not be text.
void append_as_text(std::string& out, const ValueView& v)
{
    switch (v.type) {
    case StorageClass::integer:
        return append_integer(out, v.integer);
    case StorageClass::real:
        out += real_text(v.real);
        return;
    case StorageClass::text:
        out += v.bytes;
        return;
    case StorageClass::blob:
        return append_hex(out, v.bytes);
    case StorageClass::null:
        return;
    }
}

void append_text(std::string& out, ColumnKind kind, const ValueView& v)
{
    if (kind == ColumnKind::blob && v.type == StorageClass::text)
        append_hex(out, v.bytes); // the client reads it back as the text's bytes
    else if (v.type != StorageClass::real || kind == ColumnKind::dynamic || kind == ColumnKind::text)
        append_as_text(out, v);
    else if (kind == ColumnKind::number)
        append_plain_real(out, v.real);
    else
        append_float8(out, v.real);
}

// False: the promised type has no binary form for this value.
bool append_binary(MessageWriter& m, ColumnKind kind, const ValueView& v)
{
    switch (kind) {
    case ColumnKind::integer:
        if (v.type != StorageClass::integer)
            return false;
        m.int64(v.integer);
        return true;
    case ColumnKind::real: {
        const double real = v.type == StorageClass::integer ? static_cast<double>(v.integer) : v.real;
        constexpr std::int64_t exact = std::int64_t{1} << 53U;
        if (v.type != StorageClass::real &&
            !(v.type == StorageClass::integer && v.integer >= -exact && v.integer <= exact))
            return false;
        m.int64(std::bit_cast<std::int64_t>(real));
        return true;
    }
    case ColumnKind::number: {
        if (v.type != StorageClass::integer && v.type != StorageClass::real)
            return false;
        std::string plain;
        append_text(plain, kind, v);
        append_numeric(m.out(), plain);
        return true;
    }
    case ColumnKind::blob:
        if (v.type != StorageClass::blob && v.type != StorageClass::text)
            return false;
        m.bytes(v.bytes);
        return true;
    case ColumnKind::text:
    case ColumnKind::dynamic:
        append_as_text(m.out(), v);
        return true;
    }
    return false;
}

const char* class_name(StorageClass type)
{
    switch (type) {
    case StorageClass::integer:
        return "INTEGER";
    case StorageClass::real:
        return "REAL";
    case StorageClass::text:
        return "TEXT";
    case StorageClass::blob:
        return "BLOB";
    case StorageClass::null:
        break;
    }
    return "NULL";
}

const char* type_name(ColumnKind kind)
{
    switch (kind) {
    case ColumnKind::integer:
        return "int8";
    case ColumnKind::real:
        return "float8";
    case ColumnKind::number:
        return "numeric";
    case ColumnKind::blob:
        return "bytea";
    case ColumnKind::text:
    case ColumnKind::dynamic:
        break;
    }
    return "text";
}

ClientError too_wide()
{
    return wire_error("54000", "a row of this result is longer than the 2 GB that a PostgreSQL message can hold");
}

} // namespace

Oid type_of(ColumnKind kind)
{
    switch (kind) {
    case ColumnKind::integer:
        return oid::int8;
    case ColumnKind::real:
        return oid::float8;
    case ColumnKind::number:
        return oid::numeric;
    case ColumnKind::blob:
        return oid::bytea;
    case ColumnKind::text:
    case ColumnKind::dynamic:
        break;
    }
    return oid::text;
}

std::int16_t format_of(std::span<const std::int16_t> formats, std::size_t column)
{
    if (formats.size() == 1)
        return formats[0];
    return column < formats.size() ? formats[column] : std::int16_t{0};
}

namespace {

void describe(std::string& out, const ResultShape& shape, std::span<const std::int16_t> formats)
{
    MessageWriter m(out, 'T');
    m.int16(static_cast<std::int16_t>(shape.columns.size() + shape.raw.size()));
    std::size_t column = 0;
    for (const Column& c : shape.columns) {
        const Oid type = type_of(c.kind);
        const bool wide = type == oid::int8 || type == oid::float8;
        write_field(m, {.name = c.name,
                        .type = type,
                        .size = static_cast<std::int16_t>(wide ? 8 : -1),
                        .format = format_of(formats, column++)});
    }
    for (const RawColumn& c : shape.raw)
        write_field(
            m, {c.name, c.table_oid, c.attribute, c.type, c.type_size, c.type_modifier, format_of(formats, column++)});
}

} // namespace

void describe_rows(std::string& out, const ResultShape& shape, std::span<const std::int16_t> formats)
{
    if (shape.description.empty() || !std::ranges::equal(shape.description_formats, formats)) {
        shape.description.clear();
        describe(shape.description, shape, formats);
        shape.description_formats.assign(formats.begin(), formats.end());
    }
    out += shape.description;
}

std::optional<ClientError> append_row(std::string& out, const ResultShape& shape, std::span<const std::int16_t> formats,
                                      std::span<const ValueView> row)
{
    const std::size_t before = out.size();
    std::optional<ClientError> error;
    {
        MessageWriter m(out, 'D');
        m.int16(static_cast<std::int16_t>(row.size()));
        for (std::size_t i = 0; i < row.size() && !error; ++i) {
            const ValueView& v = row[i];
            if (v.type == StorageClass::null) {
                m.int32(-1);
                continue;
            }
            if (m.size() + v.bytes.size() * 2 > max_row_bytes) {
                error = too_wide();
                break;
            }
            const ColumnKind kind = i < shape.columns.size() ? shape.columns[i].kind : ColumnKind::dynamic;
            const std::size_t mark = m.begin_field();
            if (format_of(formats, i) == 0)
                append_text(out, kind, v);
            else if (!append_binary(m, kind, v))
                error = wire_error("22P03",
                                   "howdah: column \"" + shape.columns[i].name + "\" was described as " +
                                       type_name(kind) + ", and a row holds a value of class " + class_name(v.type) +
                                       ", which has no binary form as such",
                                   "Ask for this column in text format, or CAST it.");
            m.end_field(mark);
        }
    }
    if (error)
        out.resize(before);
    return error;
}

std::optional<ClientError> append_raw_row(std::string& out, std::span<const RawField> row)
{
    std::size_t size = 0;
    for (const RawField& field : row)
        size += 4 + (field ? field->size() : 0);
    if (size > max_row_bytes)
        return too_wide();
    MessageWriter m(out, 'D');
    m.int16(static_cast<std::int16_t>(row.size()));
    for (const RawField& field : row) {
        m.int32(field ? static_cast<std::int32_t>(field->size()) : -1);
        if (field)
            m.bytes(*field);
    }
    return std::nullopt;
}

} // namespace howdah::proxy::pgwire
