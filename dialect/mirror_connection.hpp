// The mirror's connection, its authorizer and the expressions it has prepared. Private to mirror*.cpp.
#pragma once

#include "dialect/mirror.hpp"
#include "dialect/mirror_statement.hpp"

#include <chrono>
#include <list>
#include <unordered_map>

namespace howdah::dialect {

struct Mirror::Impl {
    // What the authorizer lets through.
    enum class Mode : std::uint8_t {
        prepare, // the statement is not run: anything, but a pragma may not take effect while it is prepared
        query,   // it is run and may change nothing
        execute, // it changes the schema
        open,    // the mirror's own statements: anything
    };

    using Clock = std::chrono::steady_clock;
    static constexpr int time_limit_ms = 5000;

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

// Leaves the authorizer in `value` for as long as it lives.
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

} // namespace howdah::dialect
