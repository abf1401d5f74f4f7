// The short way of a query: its plan is known, no transaction is open, so it shares a connection with other clients'
// queries. Whatever is not plain success goes the ordinary way again (session.cpp), if the client has seen nothing yet.
#include "proxy/command_tag.hpp"
#include "proxy/session_impl.hpp"

#include <spdlog/spdlog.h>

namespace asio = boost::asio;

namespace howdah::proxy {

bool Session::Impl::start_shared(std::string_view sql, std::span<const Value> parameters, ReplySink& sink,
                                 const RunOptions& run_options)
{
    if (!database || !database->is_loaded() || own_catalog || changed_schema || answers_as_set() || lease ||
        run_options.max_rows > 0 || !run_options.may_share || !transaction.autocommit() || sql.empty())
        return false;
    std::optional<Planned> found;
    if (parameters.empty() && dialect::lift_literals(sql, shape)) {
        found = find_plan(shape.text, shape.values, options);
        if (found)
            parameters = shape.values;
    }
    if (!found)
        found = find_plan(sql, parameters, options);
    if (!found)
        return false;
    if (!found->plan->shares || parameters.size() > static_cast<std::size_t>(found->plan->parameter_count)) {
        --shared.totals.plan_hits; // run() looks it up again
        return false;
    }
    if (!shared_query)
        shared_query = std::make_unique<SharedQuery>(database->shared_pool());
    cancelled = false;
    try {
        shared_query->start(std::move(found->plan), found->slots, sink);
    } catch (const dialect::Error&) {
        return false; // run() says what PostgreSQL cannot hold
    }
    ++shared.totals.statements;
    return true;
}

asio::awaitable<void> Session::Impl::wait_shared(ReplySink& sink)
{
    SharedQuery& query = *shared_query;
    while (!query.is_over()) {
        if (!query.take_event())
            co_await query.wait();
        if (query.is_over())
            break;
        const bool room = co_await sink.flush();
        if (!room)
            query.cancel();
        query.resume();
    }
    query.take_event();
}

std::optional<Outcome> Session::Impl::end_shared(std::string_view sql, ReplySink& sink)
{
    SharedQuery& query = *shared_query;
    const dialect::Compiled& plan = *query.plan();
    if (query.world_error)
        return failed(client_error(*query.world_error, false));
    if (query.server_error || query.decoding_error()) {
        const bool interrupted = query.server_error && query.server_error->sqlstate == "57014";
        if (!interrupted && (!query.announced() || sink.rewind()))
            return std::nullopt;
        if (query.decoding_error()) {
            ++shared.totals.compiler_bugs;
            spdlog::error("{}: {} for: {}", client, query.decoding_error()->message, sql);
            return failed(client_error(*query.decoding_error(), sql));
        }
        bool compiler_bug = false;
        return failed(client_error(*query.server_error, catalog().get(), compiler_bug));
    }
    query.announce();
    Outcome o = outcome();
    o.has_columns = true;
    o.rows = query.rows;
    o.tag = command_tag(plan, 0, query.rows);
    return o;
}

} // namespace howdah::proxy
