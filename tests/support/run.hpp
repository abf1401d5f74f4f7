// Runs coroutines to their end in a test, with an end to the test's patience.
#pragma once

#include "pool/pool.hpp"
#include "proxy/io.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace howdah::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

inline asio::awaitable<void> pause(std::chrono::milliseconds time)
{
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

// Polls, for what other programs do in their own time.
template <typename Condition>
asio::awaitable<bool> eventually(Condition condition, std::chrono::milliseconds patience = 10s)
{
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline)
            co_return false;
        co_await pause(5ms);
    }
    co_return true;
}

// The io_context of a test. run() returns when `work` does, and whatever it left behind has ended; it throws what
// `work` throws.
class Loop {
public:
    proxy::Io io;

    asio::any_io_executor executor() { return io.get_executor(); }
    void run(std::function<asio::awaitable<void>()> work, std::chrono::seconds patience = 60s)
    {
        std::exception_ptr failure;
        bool done = false;
        asio::co_spawn(io, work(), [&](std::exception_ptr e) {
            failure = e;
            done = true;
        });
        io.restart();
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (!done && io.run_one_until(deadline) > 0)
            continue;
        if (failure)
            std::rethrow_exception(failure);
        if (!done)
            throw std::runtime_error("the test did not end");
    }
    // Until nothing is left to do: leases, coroutines and timers are gone.
    bool drains(std::chrono::seconds patience = 20s)
    {
        io.restart();
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (io.run_one_until(deadline) > 0)
            continue;
        return io.stopped();
    }
};

// Rows as text: fields joined by '|', NULL as "NULL".
struct TextRows : pool::RowSink {
    std::vector<std::string> rows;
    void on_row(std::span<const pool::Field> row) override
    {
        std::string text;
        for (const pool::Field& field : row)
            text += (&field == row.data() ? "" : "|") + (field ? std::string(*field) : "NULL");
        rows.push_back(text);
    }
    asio::awaitable<bool> flush() override { co_return true; }
};

inline pool::Command text_command(std::string sql, pool::RowSink* rows = nullptr)
{
    pool::Command command;
    command.sql = std::move(sql);
    command.binary_results = false;
    command.rows = rows;
    return command;
}

inline pool::Batch batch_of(std::string sql, pool::RowSink* rows = nullptr)
{
    pool::Batch batch;
    batch.commands.push_back(text_command(std::move(sql), rows));
    return batch;
}

// What one statement returns, rows joined by ' '; errors as "error SQLSTATE".
template <typename Runner>
asio::awaitable<std::string> ask(Runner& runner, std::string sql)
{
    TextRows rows;
    const pool::Batch batch = batch_of(std::move(sql), &rows);
    const pool::Result<pool::BatchResult> result = co_await runner.run(batch);
    if (!result)
        co_return "lost: " + result.error().message;
    if (result->error)
        co_return "error " + result->error->sqlstate;
    std::string text;
    for (const std::string& row : rows.rows)
        text += (text.empty() ? "" : " ") + row;
    co_return text;
}

} // namespace howdah::test
