// See conversation.hpp. The extended protocol is in conversation_extended.cpp, the answers to driver chatter are in
// conversation_chatter.cpp.
#include "conversation.hpp"

#include "conversation_state.hpp"
#include "wire_error.hpp"

#include <algorithm>

namespace howdah::proxy::pgwire {

namespace {

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
    const auto found = find_portal(execute->portal);
    return found && found == current_;
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

// ------------------------------------------------------------------------------------------------------------ portals

std::shared_ptr<Conversation::Portal> Conversation::find_portal(std::string_view name) const
{
    if (name.empty())
        return unnamed_portal_;
    const auto found = portals_.find(name);
    return found == portals_.end() ? nullptr : found->second;
}

std::shared_ptr<Conversation::Portal> Conversation::new_portal()
{
    auto portal = std::exchange(spare_portal_, nullptr);
    if (!portal || portal.use_count() > 1)
        return std::make_shared<Portal>();
    portal->name.clear();
    portal->statement.reset();
    portal->values.clear();
    portal->raw_values.clear();
    portal->formats.clear();
    portal->state = Portal::State::fresh;
    portal->shape.reset();
    return portal;
}

std::size_t Conversation::rest()
{
    if (!out_.empty() || in_script_)
        return 0;
    spare_portal_.reset();
    const std::size_t bytes = out_.capacity();
    std::string().swap(out_);
    return bytes;
}

void Conversation::forget_portal(std::string_view name)
{
    if (name.empty()) {
        if (unnamed_portal_)
            spare_portal_ = std::exchange(unnamed_portal_, nullptr);
    } else if (const auto found = portals_.find(name); found != portals_.end()) {
        portals_.erase(found);
    }
}

void Conversation::forget_portals()
{
    forget_portal({});
    portals_.clear();
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
        forget_portals();
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
    if (!statements_.empty())
        statements_.erase(std::string());
    forget_portal({});
    next_in_script();
}

void Conversation::next_in_script()
{
    while (const auto sql = next_statement(rest_, options_)) {
        script_answered_ = true;
        auto portal = new_portal();
        portal->statement = std::make_shared<Prepared>();
        portal->statement->take(*sql);
        current_ = std::move(portal);
        run_portal(*current_, 0);
        if (action_ || over_ || !in_script_)
            return;
    }
    if (!script_answered_)
        empty_query_response(out_);
    finish_cycle();
}

// --------------------------------------------------------------------------------------------------- rows and the end

// The columns of what runs have arrived. They become the portal's shape unless the client was promised another and has
// not asked again.
void Conversation::tell_shape(std::shared_ptr<const ResultShape> shape)
{
    Portal& portal = *current_;
    if (told_columns_ && !rewind())
        return; // the client believes in what it was told first
    told_columns_ = true;
    rows_from_ = out_.size();
    described_now_ = describing_;
    if (std::exchange(describing_, false) || in_script_) {
        describe_rows(out_, *shape, portal.formats);
        portal.statement->promised = shape;
    } else if (portal.statement->promised) {
        if (portal.statement->promised->width() != shape->width())
            row_error_ = wire_error("0A000", "cached plan must not change result type");
        else if (!shape->is_raw)
            shape = portal.statement->promised;
    }
    const std::size_t formats = portal.formats.size();
    if (formats > 1 && formats != shape->width() && !row_error_)
        row_error_ =
            wire_error("08P01", "bind message has " + std::to_string(formats) + " result formats but query has " +
                                    std::to_string(shape->width()) + " columns");
    portal.shape = std::move(shape);
}

std::shared_ptr<const ResultShape> Conversation::shape_of(std::span<const Column> columns)
{
    const auto same = [&](const std::shared_ptr<const ResultShape>& shape) {
        return shape && !shape->is_raw &&
               std::ranges::equal(columns, shape->columns, [](const Column& a, const Column& b) {
                   return a.kind == b.kind && a.name == b.name && a.decltype_ == b.decltype_;
               });
    };
    if (same(current_->statement->promised))
        return current_->statement->promised;
    if (!same(last_shape_))
        last_shape_ = std::make_shared<const ResultShape>(ResultShape{{columns.begin(), columns.end()}, {}, false});
    return last_shape_;
}

void Conversation::columns(std::span<const Column> columns)
{
    if (current_ && current_->state == Portal::State::fresh && asked_ == Asked::run)
        tell_shape(shape_of(columns));
}

void Conversation::raw_columns(std::span<const RawColumn> columns)
{
    if (current_ && current_->state == Portal::State::fresh)
        tell_shape(std::make_shared<const ResultShape>(ResultShape{{}, {columns.begin(), columns.end()}, true}));
}

void Conversation::row(std::span<const ValueView> row)
{
    static const ResultShape no_shape;
    if (current_ && !row_error_ && asked_ == Asked::run)
        row_error_ = append_row(out_, current_->shape ? *current_->shape : no_shape, current_->formats, row);
}

void Conversation::raw_row(std::span<const RawField> row)
{
    if (current_ && !row_error_)
        row_error_ = append_raw_row(out_, row);
}

std::optional<std::span<const std::int16_t>> Conversation::forward_formats(std::span<const Column> columns) const
{
    if (!current_ || current_->state != Portal::State::fresh)
        return std::nullopt;
    const Portal& portal = *current_;
    // Where the client was promised other types, or chose formats for another number of columns, values are needed.
    const auto& promised = portal.statement->promised;
    if (promised && !describing_ && !in_script_ &&
        (promised->is_raw ||
         !std::equal(promised->columns.begin(), promised->columns.end(), columns.begin(), columns.end(),
                     [](const Column& a, const Column& b) { return a.kind == b.kind; })))
        return std::nullopt;
    if (portal.formats.size() > 1 && portal.formats.size() != columns.size())
        return std::nullopt;
    return portal.formats;
}

void Conversation::forwarded_row(std::string_view message)
{
    if (current_ && !row_error_ && asked_ == Asked::run)
        out_.append(message);
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
    if (asked_ == Asked::guard && !outcome.error) {
        query_only_ = !query_only_;
        return ask(Asked::run, std::move(*std::exchange(guarded_, std::nullopt)));
    }
    told_columns_ = rows_left_ = false;
    asked_ = Asked::nothing;
    autocommit_ = autocommit;
    auto portal = std::exchange(current_, nullptr);
    const bool owes_description = std::exchange(describing_, false);
    if (portal)
        portal->state = outcome.suspended ? Portal::State::suspended : Portal::State::finished;
    if (outcome.error) {
        const int before = in_script_ && outcome.error->position > 0 && portal && !portal->statement->rewritten
                               ? characters(script_.substr(0, portal->statement->offset_in(script_)))
                               : 0;
        return fail(*outcome.error, outcome.error->position > 0 ? before + outcome.error->position : 0);
    }
    if (portal && portal->statement->read_only && !autocommit_)
        settings_.set("transaction_read_only", *portal->statement->read_only ? "on" : "off", true);
    if (autocommit_ && settings_.transaction_ended())
        report_changes();
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
    if (in_script_) {
        spare_portal_ = std::move(portal);
        next_in_script();
    }
}

} // namespace howdah::proxy::pgwire
