// See mirror_connection.hpp.
#include "dialect/mirror_connection.hpp"

#include "dialect/catalog.hpp"
#include "dialect/mirror_full_text.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <mutex>

namespace howdah::dialect {

namespace {

constexpr int opcodes_between_looks = 1000;
constexpr std::size_t cached_expressions = 512;
// SQLite's memory in this process, all mirrors together; beyond it a statement fails with "out of memory".
constexpr sqlite3_int64 heap_limit = sqlite3_int64{2} << 30;

// Pragmas that describe the schema; the argument names a table or an index.
constexpr std::array<std::string_view, 11> describing_pragmas = {
    "table_info",       "table_xinfo",       "table_list",      "index_list",  "index_info", "index_xinfo",
    "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "pragma_list"};

bool contains(const auto& names, std::string_view name)
{
    return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return equal_names(n, name); });
}

// Once per process, before the first connection.
void configure_library()
{
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_hard_heap_limit64(heap_limit); });
}

template <std::int64_t Mirror::SessionValues::*field>
void session_value(sqlite3_context* context, int, sqlite3_value**)
{
    const auto* session = static_cast<const Mirror::SessionValues*>(sqlite3_user_data(context));
    sqlite3_result_int64(context, session->*field);
}

void total_changes(sqlite3_context* context, int, sqlite3_value**)
{
    const auto* session = static_cast<const Mirror::SessionValues*>(sqlite3_user_data(context));
    if (session->total_is_lost)
        sqlite3_result_error(
            context, "howdah: total_changes() after triggers or foreign keys may have changed rows of their own", -1);
    else
        sqlite3_result_int64(context, session->total_changes);
}

// In the place of SQLite's own, which takes any parameter for the address of code and shows such addresses.
void no_tokenizers_by_address(sqlite3_context* context, int arguments, sqlite3_value**)
{
    if (arguments == 2)
        sqlite3_result_error(context, "fts3tokenize disabled", -1);
}

} // namespace

Mirror::Impl::Impl()
{
    configure_library();
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(":memory:", &db, flags, nullptr) != SQLITE_OK) {
        const Error error = error_of(db);
        sqlite3_close(db);
        throw error;
    }
    sqlite3_set_authorizer(db, authorize, this);
    sqlite3_progress_handler(db, opcodes_between_looks, is_late, this);
    const int kind = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    sqlite3_create_function_v2(db, "changes", 0, kind, &session, session_value<&SessionValues::changes>, nullptr,
                               nullptr, nullptr);
    sqlite3_create_function_v2(db, "total_changes", 0, kind, &session, total_changes, nullptr, nullptr, nullptr);
    sqlite3_create_function_v2(db, "last_insert_rowid", 0, kind, &session,
                               session_value<&SessionValues::last_insert_rowid>, nullptr, nullptr, nullptr);
    for (const int arguments : {1, 2})
        sqlite3_create_function_v2(db, "fts3_tokenizer", arguments, SQLITE_UTF8 | SQLITE_DIRECTONLY, nullptr,
                                   no_tokenizers_by_address, nullptr, nullptr, nullptr);
    add_full_text_function(db);
    run("PRAGMA temp_store = MEMORY", Mode::open);
}

Mirror::Impl::~Impl()
{
    forget_expressions();
    sqlite3_close_v2(db);
}

int Mirror::Impl::authorize(void* self, int action, const char* a, const char* b, const char*, const char*)
{
    const Mode mode = static_cast<Impl*>(self)->mode;
    if (mode == Mode::open)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return mode == Mode::prepare ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_PRAGMA:
        // Many pragmas take effect while they are prepared. Without an argument they only answer.
        if (!b || contains(describing_pragmas, a))
            return SQLITE_OK;
        if (mode == Mode::execute)
            return equal_names(a, "temp_store_directory") || equal_names(a, "data_store_directory") ? SQLITE_DENY
                                                                                                    : SQLITE_OK;
        return SQLITE_IGNORE;
    case SQLITE_FUNCTION:
        // howdah_full_text() is for slots; what clients write is prepared first.
        return equal_names(b ? b : "", mode == Mode::prepare ? "howdah_full_text" : "load_extension") ? SQLITE_DENY
                                                                                                      : SQLITE_OK;
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return mode == Mode::query ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_OK;
    }
}

int Mirror::Impl::is_late(void* self) { return Clock::now() > static_cast<Impl*>(self)->deadline; }

// Every call that runs something starts here: whose values functions answer with, and until when it may run.
void Mirror::Impl::enter(const SessionValues& values, int limit_ms)
{
    session = values;
    deadline = Clock::now() + std::chrono::milliseconds(limit_ms);
    if (like_is_case_sensitive != values.case_sensitive_like) {
        run(values.case_sensitive_like ? "PRAGMA case_sensitive_like = 1" : "PRAGMA case_sensitive_like = 0",
            Mode::open);
        like_is_case_sensitive = values.case_sensitive_like;
    }
}

void Mirror::Impl::run(std::string_view sql, Mode how)
{
    const Scoped scope(mode, how);
    while (!sql.empty()) {
        const Prepared prepared(db, sql);
        if (prepared.get())
            while (step(prepared.get())) {
            }
        sql.remove_prefix(prepared.tail());
    }
}

std::vector<std::string> Mirror::Impl::databases() const
{
    std::vector<std::string> names;
    for (int i = 0; const char* name = sqlite3_db_name(db, i); ++i)
        names.emplace_back(name);
    return names;
}

std::string Mirror::Impl::serialize(const std::string& name) const
{
    sqlite3_int64 size = 0;
    unsigned char* image = sqlite3_serialize(db, name.c_str(), &size, 0);
    if (!image)
        return {};
    std::string bytes(reinterpret_cast<const char*>(image), static_cast<std::size_t>(size));
    sqlite3_free(image);
    return bytes;
}

void Mirror::Impl::deserialize(const std::string& name, const std::string& image)
{
    if (image.empty())
        return;
    const Scoped scope(mode, Mode::open);
    auto* copy = static_cast<unsigned char*>(sqlite3_malloc64(image.size()));
    if (!copy)
        throw std::bad_alloc();
    std::copy(image.begin(), image.end(), reinterpret_cast<char*>(copy));
    const auto size = static_cast<sqlite3_int64>(image.size());
    if (sqlite3_deserialize(db, name.c_str(), copy, size, size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) != SQLITE_OK)
        throw error_of(db);
}

// `SELECT (expression)`, prepared once.
sqlite3_stmt* Mirror::Impl::cached(std::string_view expression)
{
    if (const auto found = expression_index.find(expression); found != expression_index.end()) {
        expressions.splice(expressions.begin(), expressions, found->second);
        return found->second->statement;
    }
    const Scoped scope(mode, Mode::query);
    Prepared prepared(db, "SELECT (" + std::string(expression) + "\n)");
    if (expressions.size() >= cached_expressions) {
        expression_index.erase(expressions.back().text);
        sqlite3_finalize(expressions.back().statement);
        expressions.pop_back();
    }
    expressions.push_front({std::string(expression), prepared.release()});
    expression_index.emplace(expressions.front().text, expressions.begin());
    return expressions.front().statement;
}

void Mirror::Impl::forget_expressions()
{
    for (const Expression& expression : expressions)
        sqlite3_finalize(expression.statement);
    expression_index.clear();
    expressions.clear();
}

} // namespace howdah::dialect
