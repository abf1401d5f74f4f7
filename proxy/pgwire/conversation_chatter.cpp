// How a Conversation answers driver chatter: from its settings, without the session.
#include "conversation.hpp"
#include "conversation_state.hpp"
#include "number_text.hpp"
#include "wire_error.hpp"

#include <charconv>

namespace howdah::proxy::pgwire {

namespace {

using chatter::Constants;

RawColumn column(std::string name, Oid type)
{
    RawColumn c;
    c.name = std::move(name);
    c.type = type;
    c.type_size = type == oid::int4      ? std::int16_t{4}
                  : type == oid::int8    ? std::int16_t{8}
                  : type == oid::boolean ? std::int16_t{1}
                                         : std::int16_t{-1};
    return c;
}

// A value given as text, in the format the client wants.
std::string in_format(const std::string& text, Oid type, bool binary)
{
    if (!binary || type == oid::text)
        return text;
    if (type == oid::boolean)
        return {text == "t" ? '\1' : '\0'};
    std::string out;
    if (type == oid::numeric) {
        append_numeric(out, text);
        return out;
    }
    std::int64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    for (int shift = type == oid::int4 ? 24 : 56; shift >= 0; shift -= 8)
        out += static_cast<char>(n >> shift);
    return out;
}

void row_of(std::string& out, std::span<const std::optional<std::string>> values, std::span<const RawColumn> columns,
            std::span<const std::int16_t> formats)
{
    std::vector<std::optional<std::string>> encoded;
    for (std::size_t i = 0; i < values.size(); ++i)
        encoded.push_back(values[i] ? std::optional(in_format(*values[i], columns[i].type, format_of(formats, i) != 0))
                                    : std::nullopt);
    const std::vector<RawField> fields(encoded.begin(), encoded.end());
    append_raw_row(out, fields);
}

} // namespace

std::vector<RawColumn> chatter_columns(const chatter::Chatter& chatter)
{
    std::vector<RawColumn> columns;
    if (const auto* show = std::get_if<chatter::Show>(&chatter)) {
        if (show->name == "all")
            for (const char* name : {"name", "setting", "description"})
                columns.push_back(column(name, oid::text));
        else
            columns.push_back(column(show->name, oid::text));
    } else if (const auto* constants = std::get_if<Constants>(&chatter)) {
        for (const Constants::Item& item : constants->items)
            columns.push_back(column(item.column, item.type));
    }
    return columns;
}

void Conversation::execute_chatter(const chatter::Chatter& chatter)
{
    const auto alive = current_; // holds `chatter`, and may be let go of while it is answered
    const auto columns = chatter_columns(chatter);
    if (in_script_ && !columns.empty() && !std::holds_alternative<chatter::Refuse>(chatter))
        describe_rows(out_, {{}, columns, true}, {});
    current_->shape = std::make_shared<const ResultShape>(ResultShape{{}, columns, true});
    std::visit([this](const auto& c) { perform(c); }, chatter);
    if (!action_)
        current_ = nullptr;
}

void Conversation::report_changes()
{
    for (const auto& [name, value] : settings_.changed())
        parameter_status(out_, name, value);
}

void Conversation::perform(const chatter::Acknowledge& c) { statement_done(c.tag); }

void Conversation::perform(const chatter::SetTransaction& c)
{
    if (c.read_only)
        settings_.set(c.session ? "default_transaction_read_only" : "transaction_read_only",
                      *c.read_only ? "on" : "off", !c.session);
    report_changes();
    statement_done("SET");
}

void Conversation::perform(const chatter::Assign& c)
{
    if (const auto error = settings_.set(c.name, c.value, c.local))
        return fail(*error);
    report_changes();
    statement_done(c.tag);
}

void Conversation::perform(const chatter::ResetAll&)
{
    settings_.reset_all();
    report_changes();
    statement_done("RESET");
}

void Conversation::perform(const chatter::DiscardAll&)
{
    if (!autocommit_)
        return fail(wire_error("25001", "DISCARD ALL cannot run inside a transaction block"));
    settings_.reset_all();
    query_only_ = false;
    statements_.clear();
    forget_portals();
    report_changes();
    ask(Asked::reset, AskReset{});
}

void Conversation::perform(const chatter::Deallocate& c)
{
    if (c.all) {
        std::erase_if(statements_, [](const auto& entry) { return !entry.first.empty(); });
        return statement_done("DEALLOCATE ALL");
    }
    const auto found = statements_.find(c.name);
    if (found == statements_.end())
        return fail(wire_error("26000", "prepared statement \"" + c.name + "\" does not exist"));
    forget_portals_of(found->second.get());
    statements_.erase(found);
    statement_done("DEALLOCATE");
}

void Conversation::perform(const chatter::Show& c)
{
    const Portal& portal = *current_;
    const std::vector<RawColumn> columns = portal.shape ? portal.shape->raw : std::vector<RawColumn>();
    if (c.name == "all") {
        for (const auto& [name, value] : settings_.all()) {
            const std::array<std::optional<std::string>, 3> values{name, value, std::string()};
            row_of(out_, values, columns, portal.formats);
        }
    } else {
        const std::array values{settings_.show(c.name)};
        if (!values[0])
            return fail(wire_error("42704", "unrecognized configuration parameter \"" + c.name + "\""));
        row_of(out_, values, columns, portal.formats);
    }
    statement_done("SHOW");
}

void Conversation::perform(const chatter::Constants& c)
{
    std::vector<std::optional<std::string>> values;
    for (const Constants::Item& item : c.items) {
        const auto& arguments = item.arguments;
        const std::string& f = item.function;
        std::optional<std::string> value;
        if (f.empty()) {
            value = arguments[0];
        } else if (f == "version") {
            value = settings_.version();
        } else if (f == "current_database" || f == "current_catalog") {
            value = settings_.database();
        } else if (f == "current_schema") {
            value = "public";
        } else if (f == "current_user" || f == "session_user" || f == "user" || f == "current_role") {
            value = settings_.user();
        } else if (f == "pg_backend_pid") {
            value = std::to_string(options_.process_id);
        } else if (f == "pg_is_in_recovery") {
            value = "f";
        } else if (f == "pg_client_encoding") {
            value = settings_.show("client_encoding");
        } else if (f == "pg_advisory_unlock_all") {
            value = "";
        } else if (f == "current_setting") {
            value = settings_.show(arguments[0]);
            if (!value && (arguments.size() < 2 || !(arguments[1] == "true" || arguments[1] == "t")))
                return fail(wire_error("42704", "unrecognized configuration parameter \"" + arguments[0] + "\""));
        } else if (f == "set_config") {
            const bool local = arguments[2] == "true" || arguments[2] == "t";
            if (const auto error = settings_.set(arguments[0], arguments[1], local))
                return fail(*error);
            value = settings_.show(arguments[0]);
        } // inet_server_addr() and the like: NULL, as over a Unix socket
        values.push_back(std::move(value));
    }
    report_changes();
    row_of(out_, values, (current_->shape ? current_->shape->raw : std::vector<RawColumn>()), current_->formats);
    statement_done("SELECT 1");
}

void Conversation::perform(const chatter::Refuse& c) { fail(c.error); }

void Conversation::welcome(std::string_view secret)
{
    for (const auto& [name, value] : settings_.reported())
        parameter_status(out_, name, value);
    backend_key_data(out_, options_.process_id, secret);
    ready();
}

} // namespace howdah::proxy::pgwire
