// A transaction of concurrent writers in which every statement so far touches one row that it then has to itself
// (dialect/point_access.hpp). It runs under READ COMMITTED, where such rows are waited for instead of conflicting, and
// without a savepoint for each statement.
//
// What the client was told is kept. When a statement comes that does not fit, or one fails, the transaction is rolled
// back and begun again under REPEATABLE READ with the same statements; it goes on if their answers are the same.
// Pure: decides, never sends.
#pragma once

#include "proxy/plan_cache.hpp"
#include "proxy/sending.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace howdah::proxy {

class RowTransaction {
public:
    // What the client was told of a statement.
    struct Answer {
        std::int64_t changes = 0;
        std::uint64_t rows = 0, digest = 0; // of a query; see StepSink::digest()
        std::optional<std::int64_t> rowid;
        bool operator==(const Answer&) const = default;
    };
    struct Statement {
        Planned planned;
        Answer answer;
    };
    static constexpr std::size_t most_statements = 64;
    static constexpr std::size_t most_bytes = 64 * 1024; // of values

    bool active() const { return active_; }
    // Whether a transaction whose first statement this is can be one.
    static bool may_begin(const Planned& first);
    void begin() { active_ = true; }
    // Whether the statement fits, behind others that have not been answered yet.
    bool takes(const Planned& next, std::span<const Planned* const> unanswered = {}) const;
    // Whether the answer is one of a row that is locked now; otherwise the statement must be run again elsewhere.
    static bool holds(const Planned& planned, std::int64_t changes);
    void ran(Planned planned, const Answer& answer);
    // Ends it; what has to be repeated.
    std::vector<Statement> take();
    void end() { *this = {}; }

    // The SQL that repeats the statement: it inserts under the rowid that the client was told.
    static std::string repeated_sql(const Statement& statement);

private:
    bool active_ = false;
    std::vector<Statement> statements_;
    std::size_t bytes_ = 0;
};

} // namespace howdah::proxy
