// The mirror: a connection of SQLite's own to an in-memory database, fenced in by an authorizer.
#include "dialect/mirror.hpp"

#include "dialect/catalog.hpp"
#include "dialect/mirror_connection.hpp"
#include "dialect/mirror_statement.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

namespace howdah::dialect {

namespace {

std::string quoted(std::string_view name)
{
    std::string out = "\"";
    for (const char c : name)
        out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

} // namespace

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
    impl_->deadline = Impl::Clock::now() + std::chrono::milliseconds(Impl::time_limit_ms);
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
    impl_->enter({}, Impl::time_limit_ms);
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
    impl_->enter({}, Impl::time_limit_ms);
    impl_->run("ATTACH ':memory:' AS " + quoted(name), Impl::Mode::open);
}

void Mirror::detach(std::string_view name)
{
    impl_->forget_expressions();
    impl_->enter({}, Impl::time_limit_ms);
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
    const auto deadline = Impl::Clock::now() + std::chrono::milliseconds(limit_ms);
    Cursor cursor(*this, sql, parameters, session);
    const auto left = [&] {
        const auto rest = deadline - Impl::Clock::now();
        return std::max(1, static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(rest).count()));
    };
    while (cursor.step(left()))
        row(cursor.row());
}

Value Mirror::like_is_case_sensitive()
{
    impl_->enter({}, Impl::time_limit_ms);
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
    if (std::any_of(beyond_the_connection.begin(), beyond_the_connection.end(),
                    [&](std::string_view beyond) { return equal_names(beyond, name); }))
        return answer;
    impl_->enter({}, Impl::time_limit_ms);
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
    impl.enter(session, Impl::time_limit_ms);
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
    impl_->enter(session, Impl::time_limit_ms);
    sqlite3_stmt* statement = impl_->cached(expression);
    const Scoped scope(impl_->mode, Impl::Mode::query);
    const Reset reset(statement);
    bind(statement, parameters);
    if (!step(statement))
        return {};
    return to_value(column(statement, 0));
}

} // namespace howdah::dialect
