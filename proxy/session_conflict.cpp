// What a statement meets only because others write at the same time, and whether it can be tried again unseen.
#include "dialect/rowid.hpp"
#include "proxy/session_impl.hpp"

#include <spdlog/spdlog.h>

namespace asio = boost::asio;

namespace howdah::proxy {

namespace {

constexpr int most_tries = 32;

} // namespace

pool::ServerError Session::Impl::conflict(std::string_view why)
{
    return pool::server_error("40001", "could not serialize access: " + std::string(why));
}

asio::awaitable<bool> Session::Impl::may_try_again(const CachedPlan& plan, const Attempt& attempt, int tries)
{
    if (options.writers != dialect::Writers::concurrent || tries > most_tries || cancelled)
        co_return false;
    const pool::ServerError& error = *attempt.server;
    if (error.sqlstate == "40001" || error.sqlstate == "40P01") {
        // A transaction that has shown its client nothing may as well have begun later.
        if (transaction.autocommit())
            co_return true;
        if (transaction.has_shown() || !lease)
            co_return false;
        const bool rolled_back = co_await roll_back();
        if (!rolled_back) {
            lost_transaction();
            co_return false;
        }
        transaction.restarted();
        ++shared.totals.retries_conflict;
        co_return true;
    }
    const auto move_on = dialect::rowid_collision(*catalog(), plan, failure_of(error));
    if (!move_on)
        co_return false;
    ++shared.totals.retries_conflict;
    if (!transaction.autocommit()) {
        // This transaction's snapshot does not show how far the others have come.
        pool::Batch batch;
        batch.commands.push_back(control(*move_on));
        auto moved = co_await database->pool().run(batch);
        co_return moved.has_value() && !moved->error;
    }
    co_return true;
}

} // namespace howdah::proxy
