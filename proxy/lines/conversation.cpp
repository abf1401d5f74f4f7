// What a client's requests are answered with. See conversation.hpp.
#include "proxy/lines/conversation.hpp"

#include "proxy/auth.hpp"
#include "proxy/databases.hpp"
#include "proxy/log.hpp"

#include <algorithm>

namespace howdah::proxy::lines {

namespace {

constexpr const char* default_database = "main";

// Nothing but comments, spaces and one semicolon.
bool is_empty(std::string_view statement)
{
    if (statement.ends_with(';'))
        statement.remove_suffix(1);
    return is_blank(statement);
}

// What is left of a script from its next statement that is not empty.
std::string_view skip_empty(std::string_view script)
{
    while (!is_blank(script)) {
        const std::size_t length = first_statement(script);
        if (!is_empty(script.substr(0, length)))
            return script;
        script.remove_prefix(length);
    }
    return {};
}

} // namespace

ClientError fatal_error(int code, const char* name, std::string message, const char* sqlstate)
{
    ClientError error;
    error.code = code;
    error.name = name;
    error.message = std::move(message);
    error.sqlstate = sqlstate;
    error.fatal = true;
    return error;
}

// The statements behind the one that runs: those left of its request, and those of lines that have arrived.
class Conversation::ReadAhead final : public Lookahead {
public:
    ReadAhead(Conversation& conversation, const Request& request, std::string_view rest)
        : conversation_(conversation), rest_(rest), values_(&request.positional), next_(conversation.parsed_.begin())
    {
    }

    std::optional<Foreseen> next() override
    {
        while (rest_.empty()) {
            if (next_ == conversation_.parsed_.end()) {
                const auto line = conversation_.in_.next();
                if (!line)
                    return std::nullopt;
                next_ = conversation_.parsed_.insert(next_, parse_request(*line));
            }
            const auto* request = std::get_if<Request>(&*next_);
            if (!request || request->hello || !request->named.empty())
                return std::nullopt;
            ++next_;
            rest_ = skip_empty(request->sql);
            values_ = &request->positional;
            if (rest_.empty())
                return std::nullopt;
        }
        const std::string_view statement = rest_.substr(0, first_statement(rest_));
        rest_ = skip_empty(rest_.substr(statement.size()));
        // Values that several statements share are dealt out when their turn comes.
        if (!values_->empty() && !rest_.empty())
            return std::nullopt;
        return Foreseen{statement, *values_};
    }

private:
    Conversation& conversation_;
    std::string_view rest_; // of the request that is being looked at
    const std::vector<Value>* values_;
    std::list<Parsed>::iterator next_;
};

awaitable<void> Conversation::answer(Parsed parsed)
{
    if (auto* bad = std::get_if<BadRequest>(&parsed)) {
        id_ = std::move(bad->id);
        fail(bad_request(std::move(bad->message)));
        co_return;
    }
    const Request& request = std::get<Request>(parsed);
    id_ = request.id;
    const bool first = !std::exchange(greeted_, true);
    if (request.hello) {
        if (first)
            co_await welcome(*request.hello);
        else
            fail(bad_request("howdah: \"hello\" must be the first request"));
        co_return;
    }
    if (first && context_.auth && context_.auth->required()) {
        ++context_.databases.totals().auth_failures["lines"];
        fail(fatal_error(23, "SQLITE_AUTH",
                         "howdah: the first request must be {\"hello\": {\"user\": …, \"password\": …}}", "28000"));
        co_return;
    }
    if (!session_)
        start_session(default_database);
    co_await run_statements(request);
}

awaitable<void> Conversation::welcome(const Hello& hello)
{
    if (context_.auth && context_.auth->required()) {
        const std::string user = hello.user.value_or("");
        if (!context_.auth->check_password(user, hello.password.value_or(""))) {
            ++context_.databases.totals().auth_failures["lines"];
            log_client(client_.name(), spdlog::level::warn, "login failed for user \"{}\"", user);
            fail(fatal_error(23, "SQLITE_AUTH", "howdah: password authentication failed for user \"" + user + "\"",
                             "28P01"));
            co_return;
        }
    }
    const std::string database = hello.database.value_or(default_database);
    start_session(database);
    running_ = true;
    auto error = co_await session_->open();
    running_ = false;
    if (error) {
        error->fatal = true;
        fail(*error);
    } else {
        append_hello(out_, id_, database);
    }
}

awaitable<void> Conversation::run_statements(const Request& request)
{
    const std::string_view script = skip_empty(request.sql);
    std::string_view rest =
        script.empty() ? std::string_view(request.sql) : script; // an empty request has an answer too
    std::size_t used = 0; // values of a positional list that earlier statements took
    for (bool alone = true, more = true; more && !gone_; alone = false) {
        const std::size_t length = first_statement(rest);
        const std::string_view statement = rest.substr(0, length);
        rest = skip_empty(rest.substr(length));
        more = !rest.empty();
        if (!co_await run_statement(statement, rest, request, used, alone && !more))
            co_return;
    }
}

// False after an error, which ends the request.
awaitable<bool> Conversation::run_statement(std::string_view statement, std::string_view rest, const Request& request,
                                            std::size_t& used, bool alone)
{
    std::optional<std::vector<Value>> own; // with a single statement and a list, the list is taken as it is
    if (!request.named.empty() || (!request.positional.empty() && !alone)) {
        own = co_await parameters(statement, request, used);
        if (!own)
            co_return false;
    }
    running_ = true;
    has_header_ = false;
    header_at_.reset();
    const std::span<const Value> values = own ? *own : request.positional;
    // Where several statements share a list of values, what comes is not known before their turn.
    const bool deals = !request.named.empty() || (!request.positional.empty() && !alone);
    const bool has_more = !rest.empty() || !parsed_.empty() || in_.has_more();
    ReadAhead ahead(*this, request, rest);
    // Named before it is awaited: GCC 12 destroys temporaries of a co_await expression twice (GCC bug 101367).
    RunOptions options;
    auto run = session_->run(statement, values, *this, std::move(options), has_more && !deals ? &ahead : nullptr);
    const Outcome outcome = co_await std::move(run);
    running_ = false;
    if (outcome.error) {
        append_error(out_, id_, *outcome.error, outcome.autocommit);
        over_ = over_ || outcome.error->fatal;
        co_return false;
    }
    append_trailer(out_, id_, outcome, !rest.empty());
    co_return co_await flush();
}

awaitable<std::optional<std::vector<Value>>> Conversation::parameters(std::string_view statement,
                                                                      const Request& request, std::size_t& used)
{
    running_ = true;
    auto describe = session_->describe_parameters(statement);
    Description description = co_await std::move(describe);
    running_ = false;
    if (description.error) {
        fail(*description.error);
        co_return std::nullopt;
    }
    const auto count = static_cast<std::size_t>(std::max(description.parameter_count, 0));
    if (!request.named.empty()) {
        description.parameter_names.resize(count);
        co_return named_values(request, description.parameter_names);
    }
    const std::size_t end = std::min(request.positional.size(), used + count);
    std::vector<Value> values(request.positional.begin() + static_cast<std::ptrdiff_t>(used),
                              request.positional.begin() + static_cast<std::ptrdiff_t>(end));
    used = end;
    co_return values;
}

} // namespace howdah::proxy::lines
