// The extended protocol: Parse, Bind, Describe, Execute, Close. See conversation.hpp.
#include "conversation.hpp"
#include "conversation_state.hpp"
#include "wire_error.hpp"

namespace howdah::proxy::pgwire {

namespace {

constexpr std::size_t max_statements = 20'000, max_portals = 20'000;

std::string quote(std::string_view name) { return "\"" + std::string(name) + "\""; }

ClientError no_statement(std::string_view name)
{
    return wire_error("26000", name.empty() ? "unnamed prepared statement does not exist"
                                            : "prepared statement " + quote(name) + " does not exist");
}

ClientError no_portal(std::string_view name)
{
    return wire_error("34000", "portal " + quote(name) + " does not exist");
}

// The session's name for a portal: never empty, because empty means "all rows at once" there.
std::string session_name(std::string_view portal)
{
    return portal.empty() ? std::string("unnamed") : "p:" + std::string(portal);
}

} // namespace

std::shared_ptr<Conversation::Prepared> Conversation::find_statement(std::string_view name) const
{
    const auto found = statements_.find(name);
    return found == statements_.end() ? nullptr : found->second;
}

void Conversation::handle(const Parse& m)
{
    if (!m.statement.empty() && statements_.contains(m.statement))
        return fail(wire_error("42P05", "prepared statement " + quote(m.statement) + " already exists"));
    if (statements_.size() >= max_statements)
        return fail(
            wire_error("53400", "too many prepared statements", "DEALLOCATE those that are not used any more."));
    if (m.statement.empty())
        statements_.erase(std::string());
    auto statement = std::make_shared<Prepared>();
    statement->declared = m.types;
    std::string_view rest = m.sql;
    const auto only = next_statement(rest, options_);
    if (next_statement(rest, options_))
        return fail(wire_error("42601", "cannot insert multiple commands into a prepared statement"));
    statement->empty = !only;
    statement->take(only.value_or(std::string_view()));
    parsing_ = std::move(statement);
    parsing_name_ = m.statement;
    if (parsing_->empty || parsing_->is_chatter())
        return finish_parse({});
    samples_.clear();
    for (const Oid type : m.types)
        samples_.push_back(sample_of(type));
    ask(Asked::parse, AskDescribe{parsing_->sql, samples_});
}

void Conversation::finish_parse(Description description)
{
    const auto statement = std::exchange(parsing_, nullptr);
    if (description.error)
        return fail(*description.error, description.error->position);
    if (description.raw) {
        statement->numbering.types = description.raw_parameter_types;
    } else {
        statement->numbering =
            number_parameters(description.parameter_names, description.parameter_count, statement->declared);
        if (statement->numbering.error)
            return fail(*statement->numbering.error);
    }
    statement->description = std::move(description);
    statement->described_at = epoch_;
    statements_[parsing_name_] = statement;
    parse_complete(out_);
}

void Conversation::handle(const Bind& m)
{
    const auto statement = find_statement(m.statement);
    if (!statement)
        return fail(no_statement(m.statement));
    if (!m.portal.empty() && portals_.contains(m.portal))
        return fail(wire_error("42P03", "cursor " + quote(m.portal) + " already exists"));
    if (portals_.size() >= max_portals)
        return fail(wire_error("53400", "too many portals"));
    if (m.values.size() != statement->numbering.types.size())
        return fail(wire_error("08P01", "bind message supplies " + std::to_string(m.values.size()) +
                                            " parameters, but prepared statement " + quote(m.statement) + " requires " +
                                            std::to_string(statement->numbering.types.size())));
    if (m.portal.empty())
        forget_portal({});
    auto portal = new_portal();
    portal->name = m.portal;
    portal->statement = statement;
    portal->formats = m.result_formats;
    if (auto error = bind_values(m, *statement, *portal))
        return fail(*error);
    if (portal->name.empty())
        unnamed_portal_ = std::move(portal);
    else
        portals_[portal->name] = std::move(portal);
    bind_complete(out_);
}

std::optional<ClientError> Conversation::bind_values(const Bind& m, const Prepared& statement, Portal& portal) const
{
    const Numbering& numbering = statement.numbering;
    if (statement.description.raw) {
        for (std::size_t i = 0; i < m.values.size(); ++i) {
            const auto& v = m.values[i];
            const Oid type = i < statement.declared.size() && statement.declared[i] != 0 ? statement.declared[i]
                                                                                         : numbering.types[i];
            portal.raw_values.push_back(
                {v ? std::optional(std::string(*v)) : std::nullopt, type, format_of(m.formats, i) != 0});
        }
        return std::nullopt;
    }
    portal.values.reserve(numbering.wire_of.size());
    for (const int wire : numbering.wire_of) {
        const auto i = static_cast<std::size_t>(wire);
        const bool binary = format_of(m.formats, i) != 0;
        // Bytes of no stated type, from a client that did not ask for the type either: node's pg sends a Buffer so.
        const bool plain_bytes = binary && numbering.guessed[i] && !statement.types_told;
        Converted converted = to_value(plain_bytes ? oid::bytea : numbering.types[i], binary, m.values[i], wire + 1);
        if (converted.error)
            return converted.error;
        portal.values.push_back(std::move(converted.value));
    }
    return std::nullopt;
}

void Conversation::handle(const Describe& m)
{
    if (m.kind == 'S') {
        const auto statement = find_statement(m.name);
        if (!statement)
            return fail(no_statement(m.name));
        return describe_statement(*statement);
    }
    const auto found = find_portal(m.name);
    if (!found)
        return fail(no_portal(m.name));
    describe_portal(*found);
}

void Conversation::describe_statement(Prepared& statement)
{
    parameter_description(out_, statement.numbering.types);
    statement.types_told = true;
    const bool known = statement.described_at == epoch_ || statement.description.raw;
    if (statement.empty || statement.is_chatter() || known)
        return write_description(statement.description, statement, {});
    parsing_ = statement.shared_from_this();
    samples_.clear();
    for (const int wire : statement.numbering.wire_of)
        samples_.push_back(sample_of(statement.numbering.types[static_cast<std::size_t>(wire)]));
    ask(Asked::describe_statement, AskDescribe{statement.sql, samples_});
}

void Conversation::describe_portal(Portal& portal)
{
    Prepared& statement = *portal.statement;
    if (statement.empty || statement.is_chatter() || statement.description.raw)
        return write_description(statement.description, statement, portal.formats);
    if (portal.state != Portal::State::fresh) {
        if (portal.width() > 0)
            describe_rows(out_, *portal.shape, portal.formats);
        else
            no_data(out_);
        return;
    }
    current_ = portal.shared_from_this();
    describing_ = true;
}

// RowDescription or NoData; from now on the client believes in these types.
void Conversation::write_description(const Description& description, Prepared& statement,
                                     std::span<const std::int16_t> formats)
{
    ResultShape shape{description.columns, description.raw_columns, description.raw};
    bool has_columns = description.has_columns;
    if (statement.is_chatter()) {
        shape.raw = chatter_columns(*statement.chatter);
        shape.is_raw = has_columns = !shape.raw.empty();
    }
    if (!has_columns || statement.empty)
        return no_data(out_);
    describe_rows(out_, shape, formats);
    statement.promised = std::make_shared<const ResultShape>(std::move(shape));
}

void Conversation::handle(const Execute& m)
{
    current_ = find_portal(m.portal);
    if (!current_)
        return fail(no_portal(m.portal));
    Portal& portal = *current_;
    if (portal.statement->empty) {
        current_ = nullptr;
        return empty_query_response(out_);
    }
    switch (portal.state) {
    case Portal::State::fresh:
        return run_portal(portal, m.max_rows);
    case Portal::State::suspended:
        row_error_.reset();
        ++epoch_;
        return ask(Asked::run, AskFetch{session_name(portal.name), m.max_rows});
    case Portal::State::finished:
        if (portal.width() == 0)
            return fail(wire_error("55000", "portal " + quote(m.portal) + " cannot be run"));
        current_ = nullptr;
        return command_complete(out_, "SELECT 0");
    }
}

void Conversation::run_portal(Portal& portal, std::int32_t max_rows)
{
    Prepared& statement = *portal.statement;
    row_error_.reset();
    ++epoch_;
    if (statement.is_chatter()) {
        portal.state = Portal::State::finished;
        return execute_chatter(*statement.chatter);
    }
    AskRun run{statement.sql, portal.values, {}};
    // A row limit is about rows: JDBC sends it with every INSERT.
    if (max_rows > 0 && (statement.description.has_columns || in_script_)) {
        run.options.portal = session_name(portal.name);
        run.options.max_rows = max_rows;
        session_portals_ = true;
    }
    if (statement.description.raw) {
        run.options.raw_parameters = portal.raw_values;
        run.options.raw_result_formats = portal.formats;
    }
    if (settings_.read_only() == query_only_)
        return ask(Asked::run, std::move(run));
    guarded_ = std::move(run);
    ask(Asked::guard, AskRun{query_only_ ? "PRAGMA query_only = 0" : "PRAGMA query_only = 1", {}, {}});
}

void Conversation::handle(const Close& m)
{
    if (m.kind == 'S') {
        if (const auto found = statements_.find(m.name); found != statements_.end()) {
            forget_portals_of(found->second.get());
            statements_.erase(found);
        }
        return close_complete(out_);
    }
    const auto found = find_portal(m.name);
    const bool held = found && found->state == Portal::State::suspended;
    forget_portal(m.name);
    if (held)
        return ask(Asked::close_portal, AskClosePortal{session_name(m.name)});
    close_complete(out_);
}

void Conversation::forget_portals_of(const Prepared* statement)
{
    if (unnamed_portal_ && unnamed_portal_->statement.get() == statement)
        unnamed_portal_.reset();
    std::erase_if(portals_, [&](const auto& entry) { return entry.second->statement.get() == statement; });
}

} // namespace howdah::proxy::pgwire
