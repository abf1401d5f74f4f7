// serve_pgwire: a FrontEnd among the server's real surroundings.
#include "encode.hpp"
#include "front_end.hpp"
#include "wire_error.hpp"

#include "proxy/databases.hpp"
#include "proxy/log.hpp"

namespace howdah::proxy::pgwire {

boost::asio::awaitable<void> serve_pgwire(Socket socket, ServerContext& context)
{
    Client client(context, "pgwire", socket);
    Surroundings around;
    around.config = context.config;
    around.tls = context.tls;
    around.auth = context.auth;
    around.conversation = {.process_id = 0, .first_statement = first_statement, .is_blank = is_blank};
    around.cancel_keys = &context.cancel_keys;
    around.client = client.name();
    around.local = client.peer() == "unix";
    around.on_auth_failure = [&context] { ++context.databases.totals().auth_failures["pgwire"]; };
    around.open_session = [&context, name = client.name()](const std::string& database) {
        return std::make_unique<RealSession>(context.databases, database, name);
    };
    if (context.draining)
        around.closed = wire_error("57P03", "the database system is shutting down");
    else if (client.over_limit())
        around.closed = wire_error("53300", "sorry, too many clients already");
    const auto front_end = std::make_shared<FrontEnd>(std::move(socket), std::move(around));
    client.on_goodbye = [&front_end](Goodbye how) { front_end->say_goodbye(how); };
    client.on_tick = [&front_end] { return front_end->on_tick(); };
    co_await front_end->run();
}

} // namespace howdah::proxy::pgwire
