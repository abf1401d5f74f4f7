// See client_error.hpp.
#include "proxy/client_error.hpp"

#include <algorithm>
#include <array>

namespace howdah::proxy {

namespace {

struct Code {
    int code;
    std::string_view name;
    std::string_view sqlstate;
};

// In order of code, so that the extended codes stand behind their primary one in spirit only.
constexpr std::array codes{
    Code{1, "SQLITE_ERROR", "42000"},
    Code{2, "SQLITE_INTERNAL", "XX000"},
    Code{3, "SQLITE_PERM", "42501"},
    Code{4, "SQLITE_ABORT", "57014"},
    Code{5, "SQLITE_BUSY", "55P03"},
    Code{6, "SQLITE_LOCKED", "55P03"},
    Code{7, "SQLITE_NOMEM", "53200"},
    Code{8, "SQLITE_READONLY", "25006"},
    Code{9, "SQLITE_INTERRUPT", "57014"},
    Code{10, "SQLITE_IOERR", "08006"},
    Code{11, "SQLITE_CORRUPT", "XX001"},
    Code{13, "SQLITE_FULL", "53100"},
    Code{14, "SQLITE_CANTOPEN", "3D000"},
    Code{17, "SQLITE_SCHEMA", "55000"},
    Code{18, "SQLITE_TOOBIG", "54000"},
    Code{19, "SQLITE_CONSTRAINT", "23000"},
    Code{20, "SQLITE_MISMATCH", "42804"},
    Code{21, "SQLITE_MISUSE", "XX000"},
    Code{23, "SQLITE_AUTH", "42501"},
    Code{25, "SQLITE_RANGE", "08P01"},
    Code{257, "SQLITE_ERROR_MISSING_COLLSEQ", "42704"},
    Code{275, "SQLITE_CONSTRAINT_CHECK", "23514"},
    Code{517, "SQLITE_BUSY_SNAPSHOT", "40001"},
    Code{787, "SQLITE_CONSTRAINT_FOREIGNKEY", "23503"},
    Code{1299, "SQLITE_CONSTRAINT_NOTNULL", "23502"},
    Code{1555, "SQLITE_CONSTRAINT_PRIMARYKEY", "23505"},
    Code{1811, "SQLITE_CONSTRAINT_TRIGGER", "23000"},
    Code{2067, "SQLITE_CONSTRAINT_UNIQUE", "23505"},
    Code{2579, "SQLITE_CONSTRAINT_ROWID", "23505"},
    Code{2835, "SQLITE_CONSTRAINT_PINNED", "23000"},
    Code{3091, "SQLITE_CONSTRAINT_DATATYPE", "42804"},
};

const Code* find_code(int code)
{
    const auto* found = std::find_if(codes.begin(), codes.end(), [&](const Code& c) { return c.code == code; });
    return found == codes.end() ? nullptr : found;
}

// 1-based position in characters, as PostgreSQL counts.
int position_of(const dialect::Span& span, std::string_view sql)
{
    if (span.empty() || span.begin > sql.size())
        return 0;
    const auto before = sql.substr(0, span.begin);
    return 1 + static_cast<int>(std::count_if(before.begin(), before.end(),
                                              [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

} // namespace

std::string_view result_code_name(int code)
{
    if (const Code* known = find_code(code))
        return known->name;
    if (const Code* primary = find_code(code & 0xFF))
        return primary->name;
    return "SQLITE_ERROR";
}

std::string_view sqlstate_of(int code)
{
    if (const Code* known = find_code(code))
        return known->sqlstate;
    if (const Code* primary = find_code(code & 0xFF))
        return primary->sqlstate;
    return "XX000";
}

ClientError make_error(int code, std::string message, std::string sqlstate)
{
    ClientError e;
    e.code = code;
    e.name = result_code_name(code);
    e.message = std::move(message);
    e.sqlstate = sqlstate.empty() ? std::string(sqlstate_of(code)) : std::move(sqlstate);
    return e;
}

ClientError client_error(const dialect::Error& error, std::string_view sql)
{
    const bool generic = error.sqlstate.empty() || error.sqlstate == "42000";
    ClientError e = make_error(error.code, error.message, generic ? std::string() : error.sqlstate);
    e.position = position_of(error.span, sql);
    if (error.refused)
        e.hint = "howdah runs a statement only where PostgreSQL can give SQLite's exact answer; docs/dialect.md lists "
                 "what is refused.";
    return e;
}

ClientError client_error(const pool::ServerError& error, const dialect::Catalog* catalog, bool& compiler_bug)
{
    compiler_bug = false;
    static const auto no_catalog = dialect::Catalog::make({}, {}, 0);
    const dialect::Error known =
        dialect::constraint_message(catalog == nullptr ? *no_catalog : *catalog, failure_of(error));
    const std::string sqlstate = error.sqlstate.starts_with("HW") ? std::string() : error.sqlstate;
    // Of a value or a trigger that is the client's own.
    const bool told = sqlstate == "22021" || sqlstate == "27000";
    compiler_bug = known.message.starts_with("howdah: ") && !told;
    ClientError e = make_error(known.code, known.message, sqlstate);
    if (!compiler_bug)
        return e;
    e.detail = error.detail;
    e.hint =
        "PostgreSQL refused what howdah made of this statement. This is a bug of howdah; please report the statement.";
    return e;
}

dialect::ServerFailure failure_of(const pool::ServerError& error)
{
    return {error.sqlstate, error.message,  error.detail,     error.schema, error.table,
            error.column,   error.datatype, error.constraint, error.where,  error.routine};
}

ClientError client_error(const pool::Error& error, bool in_transaction)
{
    const std::string undone = in_transaction ? "; the transaction was rolled back" : "";
    using Kind = pool::Error::Kind;
    switch (error.kind) {
    case Kind::connect:
        return make_error(14, "unable to open database file (no connection to PostgreSQL: " + error.message + ")",
                          error.sqlstate.empty() ? "08001" : error.sqlstate);
    case Kind::timeout:
        return make_error(5, "database is locked (" + error.message + undone + ")", "53300");
    case Kind::full:
        return make_error(5, "database is locked (" + error.message + ")", "53300");
    case Kind::abandoned:
        return make_error(9, "interrupted");
    case Kind::shutting_down: {
        auto e = make_error(10, "disk I/O error (howdah is shutting down" + undone + ")", "57P01");
        e.fatal = true;
        return e;
    }
    case Kind::lost:
    case Kind::protocol:
        break;
    }
    return make_error(10, "disk I/O error (the connection to PostgreSQL was lost: " + error.message + undone + ")",
                      error.sqlstate.empty() ? "08006" : error.sqlstate);
}

} // namespace howdah::proxy
