// What SQLite's library says about a single value: asked, not imitated.
#include "dialect/mirror.hpp"

#include <sqlite3.h>

#include <charconv>
#include <new>

namespace howdah::dialect {

namespace {

// A statement that gives back what is bound to it: the way to a value object of SQLite's own.
class Echo {
public:
    Echo()
    {
        if (sqlite3_open_v2(":memory:", &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX,
                            nullptr) != SQLITE_OK ||
            sqlite3_prepare_v2(db_, "SELECT ?1", -1, &statement_, nullptr) != SQLITE_OK) {
            sqlite3_close(db_);
            throw std::bad_alloc();
        }
    }
    ~Echo()
    {
        sqlite3_finalize(statement_);
        sqlite3_close(db_);
    }
    Echo(const Echo&) = delete;
    Echo& operator=(const Echo&) = delete;

    Value number(std::string_view text)
    {
        sqlite3_bind_text64(statement_, 1, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
        sqlite3_step(statement_);
        sqlite3_value* copy = sqlite3_value_dup(sqlite3_column_value(statement_, 0));
        Value result;
        switch (sqlite3_value_numeric_type(copy)) {
        case SQLITE_INTEGER:
            result = static_cast<std::int64_t>(sqlite3_value_int64(copy));
            break;
        case SQLITE_FLOAT:
            result = sqlite3_value_double(copy);
            break;
        default:
            break;
        }
        sqlite3_value_free(copy);
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
        return result;
    }

private:
    sqlite3* db_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
};

// White space, digits and signs, points, exponents: a text with none of the first bytes a number can have is no number.
bool can_begin_number(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == ' ' || (c >= '\t' && c <= '\r');
}

} // namespace

std::string real_text(double value)
{
    char buffer[64];
    sqlite3_snprintf(sizeof buffer, buffer, "%!.15g", value);
    return buffer;
}

Value numeric_text(std::string_view text)
{
    if (text.empty() || !can_begin_number(text.front()))
        return {};
    std::int64_t integer = 0;
    if (text.size() <= 18) {
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), integer);
        if (problem == std::errc() && end == text.data() + text.size())
            return integer;
    }
    thread_local Echo echo;
    return echo.number(text);
}

std::string_view sqlite_library_version() { return sqlite3_libversion(); }

} // namespace howdah::dialect
