// Statements of one client that have been sent before their turn came, and their answers until it does.
#pragma once

#include "proxy/sending.hpp"
#include "proxy/shared_query.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace howdah::proxy {

// What a statement returns before its turn, for the sink that it will have then.
class KeptRows final : public ReplySink {
public:
    static constexpr std::size_t most_bytes = 64 * 1024;
    // Beyond that many: whoever fills it waits, or, where it must not, the rows are given up.
    enum class WhenFull : std::uint8_t { pauses, drops };
    explicit KeptRows(WhenFull when_full) : when_full_(when_full) {}

    void on_columns(std::span<const Column> columns) override { columns_.emplace(columns.begin(), columns.end()); }
    void on_row(std::span<const ValueView> row) override
    {
        if (when_full_ == WhenFull::drops && is_full())
            return values_.clear();
        for (const ValueView& value : row) {
            bytes_ += sizeof(Value) + value.bytes.size();
            values_.push_back(dialect::to_value(value));
        }
        ++rows_;
    }
    void on_raw_columns(std::span<const RawColumn>) override {}
    void on_raw_row(std::span<const RawField>) override {}
    boost::asio::awaitable<bool> flush() override { co_return true; }
    bool is_full() const override { return bytes_ >= most_bytes; }

    // There were more rows than could be kept: the query has to be run once more.
    bool gave_up() const { return when_full_ == WhenFull::drops && is_full(); }
    // Hands on what has come so far, once.
    void tell(ReplySink& sink);

private:
    WhenFull when_full_;
    std::optional<std::vector<Column>> columns_;
    std::vector<Value> values_;
    std::size_t rows_ = 0, bytes_ = 0;
};

struct SentAhead {
    // As it will be asked for.
    std::string sql;
    std::vector<Value> parameters;
    std::unique_ptr<KeptRows> rows;

    std::unique_ptr<SharedQuery> query; // on a shared connection; or
    std::unique_ptr<Sending> sending;   // on the session's own, in the packet of the first; or, null, it is COMMIT
    std::size_t commands = 0;           // of that packet
    std::optional<pool::Result<pool::BatchResult>> answer;
};

// In the order in which they were sent. A statement leaves when its turn has come: a query when it is asked for, others
// when their answer is taken.
struct Ahead {
    static constexpr std::size_t most = 64, most_bytes = 256 * 1024;
    // The estimated time, in microseconds, of statements that begin with one of this time: an answer that is here shall
    // not wait for long ones behind it. What ran alone so far has waited for the disk alone, so two of its kind may go
    // together, and show how short they are then.
    static double most_micros(double of_first) { return of_first <= 100'000 ? std::max(10'000.0, 2 * of_first) : 0; }

    std::deque<SentAhead> statements;
    std::size_t commands_of_first = 0; // of the statement in whose packet they are

    // Whose this command of the packet is; null: the first statement's, or behind them all.
    const SentAhead* at(std::size_t command) const;
    // What has been done of them is not known.
    void all_lost(const pool::Error& error)
    {
        for (SentAhead& statement : statements)
            statement.answer = error;
    }
};

// Cuts the answer to a packet into that of its first statement, which is returned, and those of the statements behind
// it. Those that the server has skipped after an error are removed.
pool::Result<pool::BatchResult> share_out(pool::Result<pool::BatchResult> whole, Ahead& ahead);

} // namespace howdah::proxy
