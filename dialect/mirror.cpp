// The mirror: a connection of SQLite's own to an in-memory database, fenced in by an authorizer.
#include "dialect/mirror.hpp"

#include "dialect/catalog.hpp"
#include "dialect/mirror_full_text.hpp"
#include "dialect/mirror_statement.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <list>
#include <mutex>
#include <unordered_map>

namespace howdah::dialect {

namespace {

constexpr int time_limit_ms = 5000;
constexpr int opcodes_between_looks = 1000;
constexpr std::size_t cached_expressions = 512;
// SQLite's memory in this process, all mirrors together; beyond it a statement fails with "out of memory".
constexpr sqlite3_int64 heap_limit = sqlite3_int64{2} << 30;

using Clock = std::chrono::steady_clock;

// Pragmas that describe the schema; the argument names a table or an index.
constexpr std::array<std::string_view, 11> describing_pragmas = {
    "table_info",       "table_xinfo",       "table_list",      "index_list",  "index_info", "index_xinfo",
    "foreign_key_list", "foreign_key_check", "integrity_check", "quick_check", "pragma_list"};

bool contains(const auto& names, std::string_view name)
{
    return std::any_of(names.begin(), names.end(), [&](std::string_view n) { return equal_names(n, name); });
}

std::string quoted(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

// Once per process, before the first connection.
void configure_library()
{
    static std::once_flag once;
    std::call_once(once, [] { sqlite3_hard_heap_limit64(heap_limit); });
}

} // namespace

struct Mirror::Impl {
    // What the authorizer lets through.
    enum class Mode : std::uint8_t {
        prepare, // the statement is not run: anything, but a pragma may not take effect while it is prepared
        query,   // it is run and may change nothing
        execute, // it changes the schema
        open,    // the mirror's own statements: anything
    };

    Impl();
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    void run(std::string_view sql, Mode how);
    void deserialize(const std::string& name, const std::string& image);
    std::string serialize(const std::string& name) const;
    std::vector<std::string> databases() const;
    void enter(const SessionValues& values, int limit_ms);
    sqlite3_stmt* cached(std::string_view expression);
    void forget_expressions();

    static int authorize(void* self, int action, const char* a, const char* b, const char* database,
                         const char* trigger);
    static int is_late(void* self);

    sqlite3* db = nullptr;
    Mode mode = Mode::open;
    SessionValues session;
    bool like_is_case_sensitive = false;
    bool enforces_foreign_keys = false;
    Clock::time_point deadline = Clock::time_point::max();

    // Prepared expressions, the least recently used last.
    struct Expression {
        std::string text;
        sqlite3_stmt* statement;
    };
    std::list<Expression> expressions;
    std::unordered_map<std::string_view, std::list<Expression>::iterator> expression_index;
};

namespace {

// Leaves the authorizer in `mode` for as long as it lives.
template <typename Mode>
class Scoped {
public:
    Scoped(Mode& variable, Mode value) : variable_(variable), before_(variable) { variable_ = value; }
    ~Scoped() { variable_ = before_; }
    Scoped(const Scoped&) = delete;
    Scoped& operator=(const Scoped&) = delete;

private:
    Mode& variable_;
    Mode before_;
};

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
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, nullptr);
    sqlite3_set_authorizer(db, authorize, this);
    sqlite3_progress_handler(db, opcodes_between_looks, is_late, this);
    const int kind = SQLITE_UTF8 | SQLITE_INNOCUOUS;
    sqlite3_create_function_v2(db, "changes", 0, kind, &session, session_value<&SessionValues::changes>, nullptr,
                               nullptr, nullptr);
    sqlite3_create_function_v2(db, "total_changes", 0, kind, &session, total_changes, nullptr, nullptr, nullptr);
    sqlite3_create_function_v2(db, "last_insert_rowid", 0, kind, &session,
                               session_value<&SessionValues::last_insert_rowid>, nullptr, nullptr, nullptr);
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
        // howdah_fts5() is for slots; what clients write is prepared first.
        return equal_names(b ? b : "", mode == Mode::prepare ? "howdah_fts5" : "load_extension") ? SQLITE_DENY
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

// ---------------------------------------------------------------------------------------------------------- Mirror

Mirror::Mirror() : impl_(std::make_unique<Impl>()) {}
Mirror::~Mirror() = default;

void Mirror::enforce_foreign_keys(bool on) const
{
    if (impl_->enforces_foreign_keys == on)
        return;
    impl_->run(on ? "PRAGMA foreign_keys = 1" : "PRAGMA foreign_keys = 0", Impl::Mode::open);
    impl_->enforces_foreign_keys = on;
}

Mirror::Answer Mirror::prepare(std::string_view sql, bool foreign_keys) const
{
    Answer answer;
    enforce_foreign_keys(foreign_keys);
    const Scoped scope(impl_->mode, Impl::Mode::prepare);
    impl_->deadline = Clock::now() + std::chrono::milliseconds(time_limit_ms);
    try {
        const Prepared prepared(impl_->db, sql);
        answer.tail = prepared.tail();
        sqlite3_stmt* statement = prepared.get();
        if (!statement)
            return answer;
        for (int i = 0; i < sqlite3_column_count(statement); ++i) {
            answer.columns.emplace_back(sqlite3_column_name(statement, i));
            const char* type = sqlite3_column_decltype(statement, i);
            answer.decltypes.push_back(type ? std::optional<std::string>(type) : std::nullopt);
        }
        answer.parameter_count = sqlite3_bind_parameter_count(statement);
        for (int i = 1; i <= answer.parameter_count; ++i) {
            const char* name = sqlite3_bind_parameter_name(statement, i);
            answer.parameter_names.emplace_back(name ? name : "");
        }
        answer.read_only = sqlite3_stmt_readonly(statement) != 0;
        answer.is_explain = sqlite3_stmt_isexplain(statement) != 0;
    } catch (const Error& error) {
        answer.error = error;
    }
    return answer;
}

void Mirror::execute(std::string_view sql)
{
    impl_->enter({}, time_limit_ms);
    impl_->run(sql, Impl::Mode::execute);
}

Mirror::Effects Mirror::execute_with_effects(std::string_view sql)
{
    constexpr sqlite3_int64 untouched = std::numeric_limits<sqlite3_int64>::min() + 1;
    sqlite3_set_last_insert_rowid(impl_->db, untouched);
    const auto before = sqlite3_total_changes64(impl_->db);
    execute(sql);
    Effects effects;
    if (sqlite3_total_changes64(impl_->db) != before)
        effects.changes = sqlite3_changes64(impl_->db);
    if (const auto rowid = sqlite3_last_insert_rowid(impl_->db); rowid != untouched)
        effects.last_insert_rowid = rowid;
    return effects;
}

void Mirror::attach(std::string_view name)
{
    impl_->enter({}, time_limit_ms);
    impl_->run("ATTACH ':memory:' AS " + quoted(name), Impl::Mode::open);
}

void Mirror::detach(std::string_view name)
{
    impl_->forget_expressions();
    impl_->enter({}, time_limit_ms);
    impl_->run("DETACH " + quoted(name), Impl::Mode::open);
}

void Mirror::adopt(std::string_view name, const Mirror& other)
{
    impl_->deserialize(std::string(name), other.impl_->serialize("main"));
}

// Serialised byte for byte; TEMP cannot be, and is made again from its texts.
std::unique_ptr<Mirror> Mirror::clone() const
{
    auto copy = std::make_unique<Mirror>();
    for (const std::string& name : impl_->databases()) {
        if (name == "temp")
            continue;
        if (name != "main")
            copy->attach(name);
        copy->impl_->deserialize(name, impl_->serialize(name));
    }
    copy->load("temp", schema());
    return copy;
}

std::vector<SchemaRow> Mirror::schema() const
{
    std::vector<SchemaRow> rows;
    std::string database;
    const auto add = [&](std::span<const ValueView> row) {
        SchemaRow& r = rows.emplace_back();
        r.schema = database;
        r.type = row[0].bytes;
        r.name = row[1].bytes;
        r.tbl_name = row[2].bytes;
        if (row[3].type != StorageClass::null)
            r.sql = std::string(row[3].bytes);
    };
    for (std::string& name : impl_->databases()) {
        database = std::move(name);
        query("SELECT type, name, tbl_name, sql FROM " + quoted(database) + ".sqlite_schema ORDER BY rowid", {}, {},
              add);
    }
    return rows;
}

void Mirror::query(std::string_view sql, std::span<const Value> parameters, const SessionValues& session,
                   const std::function<void(std::span<const ValueView>)>& row, int limit_ms) const
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
    Cursor cursor(*this, sql, parameters, session);
    const auto left = [&] {
        const auto rest = deadline - std::chrono::steady_clock::now();
        return std::max(1, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(rest).count()));
    };
    while (cursor.step(left()))
        row(cursor.row());
}

Value Mirror::like_is_case_sensitive()
{
    impl_->enter({}, time_limit_ms);
    const Scoped scope(impl_->mode, Impl::Mode::open);
    const Prepared prepared(impl_->db, "SELECT NOT ('a' LIKE 'A')");
    step(prepared.get());
    return to_value(column(prepared.get(), 0));
}

Mirror::PragmaAnswer Mirror::pragma(std::string_view name, const std::optional<std::string>& value)
{
    constexpr std::array<std::string_view, 4> beyond_the_connection = {"hard_heap_limit", "soft_heap_limit",
                                                                       "temp_store_directory", "data_store_directory"};
    PragmaAnswer answer;
    if (contains(beyond_the_connection, name))
        return answer;
    impl_->enter({}, time_limit_ms);
    const Scoped scope(impl_->mode, Impl::Mode::open);
    std::string sql = "PRAGMA " + quoted(name);
    if (value) {
        sql += " = '";
        for (const char c : *value)
            sql += c == '\'' ? "''" : std::string(1, c);
        sql += "'";
    }
    const Prepared prepared(impl_->db, sql);
    if (!prepared.get())
        return answer;
    const int columns = sqlite3_column_count(prepared.get());
    for (int i = 0; i < columns; ++i)
        answer.columns.emplace_back(sqlite3_column_name(prepared.get(), i));
    while (step(prepared.get())) {
        auto& row = answer.rows.emplace_back();
        for (int i = 0; i < columns; ++i)
            row.push_back(to_value(column(prepared.get(), i)));
    }
    return answer;
}

struct Mirror::Cursor::State {
    Impl& impl;
    SessionValues session;
    std::unique_ptr<Prepared> prepared;
};

Mirror::Cursor::Cursor(const Mirror& mirror, std::string_view sql, std::span<const Value> parameters,
                       const SessionValues& session)
    : state_(std::make_unique<State>(State{*mirror.impl_, session, nullptr}))
{
    Impl& impl = state_->impl;
    impl.enter(session, time_limit_ms);
    const Scoped scope(impl.mode, Impl::Mode::query);
    state_->prepared = std::make_unique<Prepared>(impl.db, sql);
    sqlite3_stmt* const statement = state_->prepared->get();
    if (!statement)
        return;
    // Not the authorizer's business: a virtual table prepares its own INSERTs when it is first read.
    if (!sqlite3_stmt_readonly(statement) && sqlite3_stmt_isexplain(statement) == 0)
        throw Error("not authorized", {}, code::auth, "42501");
    bind(statement, parameters);
    row_.resize(static_cast<std::size_t>(sqlite3_column_count(statement)));
}

Mirror::Cursor::~Cursor() = default;

bool Mirror::Cursor::step(int limit_ms)
{
    sqlite3_stmt* const statement = state_->prepared->get();
    if (!statement)
        return false;
    Impl& impl = state_->impl;
    impl.enter(state_->session, limit_ms);
    const Scoped scope(impl.mode, Impl::Mode::query);
    if (!dialect::step(statement))
        return false;
    for (std::size_t i = 0; i < row_.size(); ++i)
        row_[i] = column(statement, static_cast<int>(i));
    return true;
}

Value Mirror::evaluate(std::string_view expression, std::span<const Value> parameters,
                       const SessionValues& session) const
{
    impl_->enter(session, time_limit_ms);
    sqlite3_stmt* statement = impl_->cached(expression);
    const Scoped scope(impl_->mode, Impl::Mode::query);
    const Reset reset(statement);
    bind(statement, parameters);
    if (!step(statement))
        return {};
    return to_value(column(statement, 0));
}

} // namespace howdah::dialect
