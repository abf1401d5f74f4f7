// A prepared statement of the mirror's: owned, bound, stepped.
#include "dialect/mirror_statement.hpp"

#include <algorithm>
#include <string>

namespace howdah::dialect {

namespace {

struct State {
    std::string_view beginning, ending, sqlstate;
};

// PostgreSQL's names for what SQLite says in words.
constexpr State states[] = {
    {"near \"", ": syntax error", "42601"},
    {"incomplete input", "", "42601"},
    {"unrecognized token", "", "42601"},
    {"no such table", "", "42P01"},
    {"no such view", "", "42P01"},
    {"no such column", "", "42703"},
    {"ambiguous column name", "", "42702"},
    {"no such function", "", "42883"},
    {"wrong number of arguments", "", "42883"},
    {"no such index", "", "42704"},
    {"no such trigger", "", "42704"},
    {"no such collation", "", "42704"},
    {"unknown database", "", "3F000"},
    {"duplicate column name", "", "42701"},
    {"", "already exists", "42P07"},
    {"howdah: ", "", "0A000"},
};

std::string sqlstate_of(int code, std::string_view message)
{
    switch (code & 0xff) {
    case SQLITE_INTERRUPT:
        return "57014";
    case SQLITE_NOMEM:
        return "53200";
    case SQLITE_TOOBIG:
        return "54000";
    case SQLITE_CONSTRAINT:
        return "23000";
    case SQLITE_MISMATCH:
        return "42804";
    case SQLITE_READONLY:
        return "25006";
    case SQLITE_AUTH:
        return "42501";
    default:
        break;
    }
    for (const State& state : states)
        if (message.starts_with(state.beginning) && message.ends_with(state.ending))
            return std::string(state.sqlstate);
    return "42000";
}

} // namespace

Error error_of(sqlite3* db)
{
    const int code = sqlite3_extended_errcode(db);
    const std::string message = sqlite3_errmsg(db);
    const int offset = sqlite3_error_offset(db);
    Span span;
    if (offset >= 0)
        span = {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(offset) + 1};
    return Error(message, span, code, sqlstate_of(code, message));
}

Prepared::Prepared(sqlite3* db, std::string_view sql)
{
    const char* rest = nullptr;
    const int rc = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement_, &rest);
    if (rc != SQLITE_OK)
        throw error_of(db);
    // A statement without text has no tail of its own; nor has one that ends in a NUL byte.
    tail_ = statement_ && rest ? static_cast<std::size_t>(rest - sql.data()) : sql.size();
}

void bind(sqlite3_stmt* statement, std::span<const Value> values)
{
    const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
    for (std::size_t i = 0; i < std::min(wanted, values.size()); ++i) {
        const int n = static_cast<int>(i) + 1;
        const ValueView v = view(values[i]);
        switch (v.type) {
        case StorageClass::null:
            sqlite3_bind_null(statement, n);
            break;
        case StorageClass::integer:
            sqlite3_bind_int64(statement, n, v.integer);
            break;
        case StorageClass::real:
            sqlite3_bind_double(statement, n, v.real);
            break;
        case StorageClass::text:
            sqlite3_bind_text64(statement, n, v.bytes.data(), v.bytes.size(), SQLITE_STATIC, SQLITE_UTF8);
            break;
        case StorageClass::blob:
            // A null pointer would bind NULL; an empty blob needs an address.
            sqlite3_bind_blob64(statement, n, v.bytes.empty() ? "" : v.bytes.data(), v.bytes.size(), SQLITE_STATIC);
            break;
        }
    }
}

bool step(sqlite3_stmt* statement)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return true;
    case SQLITE_DONE:
        return false;
    default:
        throw error_of(sqlite3_db_handle(statement));
    }
}

ValueView column(sqlite3_stmt* statement, int index)
{
    ValueView v;
    const void* bytes = nullptr;
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        v.type = StorageClass::integer;
        v.integer = sqlite3_column_int64(statement, index);
        return v;
    case SQLITE_FLOAT:
        v.type = StorageClass::real;
        v.real = sqlite3_column_double(statement, index);
        return v;
    case SQLITE_TEXT:
        v.type = StorageClass::text;
        bytes = sqlite3_column_text(statement, index);
        break;
    case SQLITE_BLOB:
        v.type = StorageClass::blob;
        bytes = sqlite3_column_blob(statement, index);
        break;
    default:
        return v;
    }
    if (bytes)
        v.bytes = {static_cast<const char*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement, index))};
    return v;
}

} // namespace howdah::dialect
