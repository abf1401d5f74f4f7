// See conversation.hpp. The answers to driver chatter are in conversation_chatter.cpp.
#include "conversation.hpp"

#include "conversation_state.hpp"
#include "wire_error.hpp"

#include <algorithm>

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

int characters(std::string_view utf8)
{
    return static_cast<int>(std::count_if(utf8.begin(), utf8.end(),
                                          [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Errors after which PostgreSQL goes on with the next message, without waiting for Sync.
bool is_cycle_of_its_own(char type) { return type == 'Q' || type == 'F'; }

} // namespace

Conversation::Conversation(Settings settings, ConversationOptions options)
    : settings_(std::move(settings)), options_(options)
{
}
Conversation::~Conversation() = default;

// ----------------------------------------------------------------------------------------------- asking and telling

void Conversation::ask(Asked what, Action action)
{
    asked_ = what;
    action_ = std::move(action);
}

std::optional<Action> Conversation::next_action() { return std::exchange(action_, std::nullopt); }

void Conversation::on(const Message& message)
{
    if (over_)
        return;
    idle_ = false;
    if (current_ && describing_ && !answers_with_execute(message)) {
        deferred_ = message;
        describe_pending_portal();
        return;
    }
    dispatch(message);
}

void Conversation::dispatch(const Message& message)
{
    const bool heard_while_skipping =
        std::holds_alternative<Sync>(message) || std::holds_alternative<Terminate>(message) ||
        (std::holds_alternative<Malformed>(message) && std::get<Malformed>(message).fatal);
    if (skipping_ && !heard_while_skipping)
        return;
    std::visit([this](const auto& m) { handle(m); }, message);
}

// Describe of a portal is put off, because what mostly follows is its Execute, and running it tells the columns too.
bool Conversation::answers_with_execute(const Message& message) const
{
    const auto* execute = std::get_if<Execute>(&message);
    if (execute == nullptr)
        return false;
    const auto found = portals_.find(execute->portal);
    return found != portals_.end() && found->second == current_;
}

void Conversation::describe_pending_portal()
{
    ask(Asked::describe_portal, AskDescribe{current_->statement->sql, current_->values});
}

void Conversation::described(Description description)
{
    const Asked asked = std::exchange(asked_, Asked::nothing);
    if (asked == Asked::parse) {
        finish_parse(std::move(description));
        return;
    }
    const auto portal = std::exchange(current_, nullptr);
    describing_ = false;
    if (description.error)
        fail(*description.error, description.error->position);
    else if (asked == Asked::describe_portal)
        write_description(description, *portal->statement, portal->formats);
    else
        write_description(description, *parsing_, {});
    if (const auto message = std::exchange(deferred_, std::nullopt))
        dispatch(*message);
}

void Conversation::done(bool autocommit)
{
    autocommit_ = autocommit;
    switch (std::exchange(asked_, Asked::nothing)) {
    case Asked::close_portal:
        close_complete(out_);
        break;
    case Asked::sync:
        session_portals_ = false;
        ready();
        break;
    case Asked::reset:
        session_portals_ = false;
        current_ = nullptr;
        statement_done("DISCARD ALL");
        if (in_script_)
            next_in_script();
        break;
    default:
        break;
    }
}

void Conversation::end(const ClientError& error)
{
    ClientError fatal = error;
    fatal.fatal = true;
    error_response(out_, fatal, 0);
    over_ = true;
}

void Conversation::fail(const ClientError& error, int position)
{
    describing_ = false;
    current_ = nullptr;
    error_response(out_, error, position);
    if (error.fatal) {
        over_ = true;
        return;
    }
    if (in_script_)
        finish_cycle();
    else
        skipping_ = true;
}

// ------------------------------------------------------------------------------------------------- the end of a cycle

void Conversation::finish_cycle()
{
    in_script_ = false;
    rest_ = script_ = {};
    current_ = nullptr;
    describing_ = false;
    if (session_portals_ && autocommit_)
        ask(Asked::sync, AskSync{});
    else
        ready();
}

void Conversation::ready()
{
    if (autocommit_) {
        portals_.clear();
        if (settings_.transaction_ended())
            report_changes();
    }
    ready_for_query(out_, autocommit_ ? 'I' : 'T');
    idle_ = true;
    owes_answer_ = true;
}

void Conversation::handle(const Sync&)
{
    skipping_ = false;
    ++epoch_;
    finish_cycle();
}

void Conversation::handle(const Flush&) { action_ = WriteOutput{}; }

void Conversation::handle(const Terminate&) { over_ = true; }

void Conversation::handle(const FunctionCall&)
{
    error_response(out_, wire_error("0A000", "howdah: function calls by number are not supported", "Use SELECT."), 0);
    finish_cycle();
}

void Conversation::handle(const Malformed& m)
{
    if (m.fatal)
        return end(wire_error("08P01", m.why));
    in_script_ = is_cycle_of_its_own(m.type);
    fail(wire_error("08P01", m.why));
}

void Conversation::statement_done(std::string_view tag) { command_complete(out_, tag); }

// ------------------------------------------------------------------------------------------------ the simple protocol

void Conversation::handle(const Query& m)
{
    in_script_ = true;
    script_answered_ = false;
    script_ = rest_ = m.sql;
    statements_.erase(std::string());
    portals_.erase(std::string());
    next_in_script();
}

void Conversation::next_in_script()
{
    while (!rest_.empty()) {
        const std::size_t length = std::clamp<std::size_t>(options_.first_statement(rest_), 1, rest_.size());
        const std::string_view sql = rest_.substr(0, length);
        rest_.remove_prefix(length);
        if (is_empty_statement(sql, options_))
            continue;
        script_answered_ = true;
        auto portal = std::make_shared<Portal>();
        portal->statement = std::make_shared<Prepared>();
        portal->statement->take(sql);
        current_ = std::move(portal);
        run_portal(*current_, 0);
        if (action_ || over_ || !in_script_)
            return;
    }
    if (!script_answered_)
        empty_query_response(out_);
    finish_cycle();
}

// ---------------------------------------------------------------------------------------------- the extended protocol

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
    std::string_view only, rest = m.sql;
    while (!rest.empty()) {
        const std::size_t length = std::clamp<std::size_t>(options_.first_statement(rest), 1, rest.size());
        const std::string_view sql = rest.substr(0, length);
        rest.remove_prefix(length);
        if (is_empty_statement(sql, options_))
            continue;
        if (!only.empty())
            return fail(wire_error("42601", "cannot insert multiple commands into a prepared statement"));
        only = sql;
    }
    statement->empty = only.empty();
    statement->take(only);
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
    auto portal = std::make_shared<Portal>();
    portal->name = m.portal;
    portal->statement = statement;
    portal->formats = m.result_formats;
    if (auto error = bind_values(m, *statement, *portal))
        return fail(*error);
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
    const auto found = portals_.find(m.name);
    if (found == portals_.end())
        return fail(no_portal(m.name));
    describe_portal(*found->second);
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
        if (portal.shape.width() > 0)
            describe_rows(out_, portal.shape, portal.formats);
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
    statement.promised = std::move(shape);
}

void Conversation::handle(const Execute& m)
{
    const auto found = portals_.find(m.portal);
    if (found == portals_.end())
        return fail(no_portal(m.portal));
    current_ = found->second;
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
        if (portal.shape.width() == 0)
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
    if (!statement.warning.empty())
        warn(statement.warning);
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
    ask(Asked::run, std::move(run));
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
    const auto found = portals_.find(m.name);
    const bool held = found != portals_.end() && found->second->state == Portal::State::suspended;
    if (found != portals_.end())
        portals_.erase(found);
    if (held)
        return ask(Asked::close_portal, AskClosePortal{session_name(m.name)});
    close_complete(out_);
}

void Conversation::forget_portals_of(const Prepared* statement)
{
    std::erase_if(portals_, [&](const auto& entry) { return entry.second->statement.get() == statement; });
}

// --------------------------------------------------------------------------------------------------- rows and the end

// The columns of what runs have arrived. They become the portal's shape unless the client was promised another and has
// not asked again.
void Conversation::tell_shape(ResultShape shape)
{
    Portal& portal = *current_;
    if (told_columns_ && !rewind())
        return; // the client believes in what it was told first
    told_columns_ = true;
    rows_from_ = out_.size();
    described_now_ = describing_;
    if (std::exchange(describing_, false) || in_script_) {
        describe_rows(out_, shape, portal.formats);
        portal.statement->promised = shape;
    } else if (portal.statement->promised) {
        if (portal.statement->promised->width() != shape.width())
            row_error_ = wire_error("0A000", "cached plan must not change result type");
        else if (!shape.is_raw)
            shape = *portal.statement->promised;
    }
    const std::size_t formats = portal.formats.size();
    if (formats > 1 && formats != shape.width() && !row_error_)
        row_error_ =
            wire_error("08P01", "bind message has " + std::to_string(formats) + " result formats but query has " +
                                    std::to_string(shape.width()) + " columns");
    portal.shape = std::move(shape);
}

void Conversation::columns(std::span<const Column> columns)
{
    if (current_ && current_->state == Portal::State::fresh)
        tell_shape({{columns.begin(), columns.end()}, {}, false});
}

void Conversation::raw_columns(std::span<const RawColumn> columns)
{
    if (current_ && current_->state == Portal::State::fresh)
        tell_shape({{}, {columns.begin(), columns.end()}, true});
}

void Conversation::row(std::span<const ValueView> row)
{
    if (current_ && !row_error_)
        row_error_ = append_row(out_, current_->shape, current_->formats, row);
}

void Conversation::raw_row(std::span<const RawField> row)
{
    if (current_ && !row_error_)
        row_error_ = append_raw_row(out_, row);
}

bool Conversation::rewind()
{
    if (!told_columns_)
        return true;
    if (rows_left_)
        return false;
    out_.resize(rows_from_);
    describing_ = described_now_;
    row_error_.reset();
    told_columns_ = false;
    return true;
}

void Conversation::written()
{
    owes_answer_ = false;
    rows_left_ = told_columns_;
}

void Conversation::ran(Outcome outcome, bool autocommit)
{
    told_columns_ = rows_left_ = false;
    asked_ = Asked::nothing;
    autocommit_ = autocommit;
    const auto portal = std::exchange(current_, nullptr);
    const bool owes_description = std::exchange(describing_, false);
    if (portal)
        portal->state = outcome.suspended ? Portal::State::suspended : Portal::State::finished;
    if (outcome.error) {
        const int before = in_script_ && outcome.error->position > 0 && portal && !portal->statement->rewritten
                               ? characters(script_.substr(0, portal->statement->offset_in(script_)))
                               : 0;
        return fail(*outcome.error, outcome.error->position > 0 ? before + outcome.error->position : 0);
    }
    if (const auto error = std::exchange(row_error_, std::nullopt))
        return fail(*error);
    if (owes_description && !in_script_)
        no_data(out_);
    if (outcome.suspended)
        return portal_suspended(out_);
    if (outcome.is_empty)
        empty_query_response(out_);
    else
        statement_done(outcome.tag);
    if (in_script_)
        next_in_script();
}

} // namespace howdah::proxy::pgwire
