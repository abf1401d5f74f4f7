// Who receives what a plan's steps return: decodes it to SQLite's values and hands on what is the client's.
#pragma once

#include "dialect/result_values.hpp"
#include "dialect/text.hpp"
#include "pool/batch.hpp"
#include "proxy/exchange.hpp"
#include "proxy/plan_cache.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace howdah::proxy {

// Receives one step's rows: decodes each field to SQLite's value, hands the client's columns on and keeps the rest.
class StepSink final : public pool::RowSink {
public:
    StepSink(const CachedPlan& plan, const dialect::Step& step, ReplySink& reply)
        : plan_(plan),
          to_client_(step.role == dialect::Step::Role::rows || step.returns_rows),
          returns_rowid_(step.returns_rowid),
          count_is_value_(step.count_is_value),
          reply_(reply)
    {
    }

    void on_row(std::span<const pool::Field> row) override
    try {
        if (failure_)
            return;
        for (const pool::Field& field : row)
            bytes_ += field ? field->size() : 0;
        if (digest_ != 0)
            add_to_digest(row);
        const std::size_t client_columns = std::min(row.size(), to_client_ ? plan_.columns.size() : 0);
        values_.resize(client_columns);
        for (std::size_t i = 0; i < client_columns; ++i)
            values_[i] = dialect::decode_field(row[i], plan_.columns[i].type);
        if ((returns_rowid_ || count_is_value_) && row.size() > client_columns) {
            const ValueView hidden = dialect::decode_field(row[client_columns], dialect::PgType::int8);
            if (hidden.type == StorageClass::integer)
                hidden_ = hidden.integer;
        }
        if (!to_client_)
            return;
        announce();
        reply_.on_row(values_);
        ++rows_;
    } catch (const dialect::Error& error) {
        failure_ = error; // what arrived is no value of the column's type
    }

    boost::asio::awaitable<bool> flush() override { return reply_.flush(); }

    // As if no row had come: what sent it was rolled back. For a step whose rows are not the client's.
    void forget()
    {
        hidden_.reset();
        failure_.reset();
    }

    // From here on the rows' bytes are summed up; equal rows have equal sums.
    void keep_digest() { digest_ = dialect::hash_seed; }
    std::uint64_t digest() const { return digest_; }

    // Columns are announced with the first row, or at the end: an error before that leaves no header behind.
    void announce()
    {
        if (announced_ || !to_client_)
            return;
        announced_ = true;
        reply_.on_columns(plan_.output);
    }

    std::uint64_t rows() const { return rows_; }
    std::size_t bytes() const { return bytes_; }
    bool announced() const { return announced_; }
    const std::optional<dialect::Error>& failure() const { return failure_; }
    std::optional<std::int64_t> hidden() const { return hidden_; }

private:
    // FNV-1a, with the length of each field before its bytes.
    void add_to_digest(std::span<const pool::Field> row)
    {
        const auto add = [&](std::string_view bytes) { digest_ = dialect::hash(bytes, digest_); };
        for (const pool::Field& field : row) {
            const std::int64_t size = field ? static_cast<std::int64_t>(field->size()) : -1;
            add({reinterpret_cast<const char*>(&size), sizeof size});
            if (field)
                add(*field);
        }
    }

    const CachedPlan& plan_;
    bool to_client_, returns_rowid_, count_is_value_;
    bool announced_ = false;
    ReplySink& reply_;
    std::vector<ValueView> values_;
    std::optional<dialect::Error> failure_;
    std::uint64_t rows_ = 0, digest_ = 0; // 0: nobody asks for it
    std::size_t bytes_ = 0;
    std::optional<std::int64_t> hidden_;
};

// Receives the row of a step with role failure: the error that ended an OR FAIL statement.
class FailureSink final : public pool::RowSink {
public:
    void on_row(std::span<const pool::Field> row) override
    {
        pool::ServerError& e = error_.emplace();
        e.severity = "ERROR";
        std::string* const fields[] = {&e.sqlstate, &e.message, &e.detail,    &e.schema,
                                       &e.table,    &e.column,  &e.constraint};
        for (std::size_t i = 0; i < std::size(fields) && i < row.size(); ++i)
            *fields[i] = std::string(row[i].value_or(std::string_view()));
    }
    boost::asio::awaitable<bool> flush() override { co_return true; }
    const std::optional<pool::ServerError>& error() const { return error_; }

private:
    std::optional<pool::ServerError> error_;
};

// For statements whose rows are nobody's.
struct NoRows final : ReplySink {
    void on_columns(std::span<const Column>) override {}
    void on_row(std::span<const ValueView>) override {}
    void on_raw_columns(std::span<const RawColumn>) override {}
    void on_raw_row(std::span<const RawField>) override {}
    boost::asio::awaitable<bool> flush() override { co_return true; }
};

} // namespace howdah::proxy
